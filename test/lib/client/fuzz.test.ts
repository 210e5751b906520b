// SPDX-License-Identifier: MIT
/** A slice of `npm run fuzz -- --layer session`, on the sources. */
import { expect, test } from "vitest";
import { Aliases, Fragments, Sources } from "../../../lib/extras/index.js";
import { Client, TINY_LIMITS } from "../../../lib/index.js";
import { RamStore } from "../../../lib/store/index.js";
import { VirtualClock, VirtualNetwork, World } from "../../../simulator/world.js";
import { StatefulFuzzer } from "../../fuzz/stateful.js";

const RUNS = 50;
const SEED = Number(process.env.SEED ?? Date.now() & 0x7fff_ffff);
console.log(`fuzz: seed ${SEED} (SEED=${SEED} repeats it)`);

const lib = {
	Aliases,
	Client,
	Fragments,
	RamStore,
	Sources,
	TINY_LIMITS,
	VirtualClock,
	VirtualNetwork,
	World,
};

test(`${RUNS} lives with a server out of its mind [MQTT-4.8.0-1] [5.0 MQTT-4.13.1-1]`, {
	timeout: 60_000,
}, () => {
	const fuzzer = new StatefulFuzzer(lib, SEED);
	for (let n = 0; n < RUNS; n++) fuzzer.next();
	expect(fuzzer.inputs).toBeGreaterThan(RUNS * 5);
});

test("a client that forgets a ticket, or sends beyond its window, is caught", () => {
	class Forgetful extends Client {
		override publish(...parameters: Parameters<Client["publish"]>): number {
			const ticket = super.publish(...parameters);
			return ticket > 0 && ticket % 5 === 0 ? ticket + 1_000_000 : ticket;
		}
	}
	expect(() => {
		const fuzzer = new StatefulFuzzer({ ...lib, Client: Forgetful }, 1);
		for (let n = 0; n < 20; n++) fuzzer.next();
	}).toThrow(/run \d+;/);
});
