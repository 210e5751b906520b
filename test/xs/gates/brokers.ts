// SPDX-License-Identifier: MIT
/** What several brokers, and a fallback of the version, take besides a client without. */
import { Client } from "../../../lib/client.js";
import { Brokers } from "../../../lib/extras/brokers.js";
import { DEFAULT_LIMITS } from "../../../lib/limits.js";
import { RamStore } from "../../../lib/store/ram-store.js";
import { XsRandom } from "../board.js";
import { cost, row } from "../gate.js";

const port = { arm() {}, disarm() {}, timer: () => port, allocate: (bytes: number) => new Uint8Array(bytes) };
const clock = { ...port, ticks: 0, seconds: 0, epochSeconds: 0 };
const dialler = {
	dial(): never {
		throw new Error("nobody is there");
	},
};
const random = new XsRandom();
const listener = {};
const brokers = [dialler, dialler, dialler];

function make(version: 5 | "auto"): Client {
	const limits = DEFAULT_LIMITS;
	const store = new RamStore(limits);
	return new Client({
		memory: port,
		dialler,
		clock,
		random,
		store,
		limits,
		version,
		clientId: "greenhouse-1",
		listener,
	});
}

const { cost: total } = cost("a client of either version", () => make("auto"), 10_484);
row("besides one of 5.0", { bytes: total.bytes - cost("a client of 5.0", () => make(5), 10_196).cost.bytes });
cost("a list of three brokers", () => new Brokers({ brokers }), 360);
