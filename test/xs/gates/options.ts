// SPDX-License-Identifier: MIT
/**
 * What each option adds to a client of default limits, slots and chunks of the heap: its own object and its part of the arena.
 * The limits are what holds today, 32 bit.
 */
import { Client, type ClientOptions } from "../../../lib/client.js";
import {
	Aliases,
	Authentication,
	Brokers,
	Fragments,
	Holds,
	Requests,
	Router,
	Sources,
} from "../../../lib/extras/index.js";
import { DEFAULT_LIMITS } from "../../../lib/limits.js";
import { RamStore } from "../../../lib/store/ram-store.js";
import { check, cost } from "../gate.js";
import { idle } from "../idle.js";

const method = { name: "MINE", begin() {}, answer: () => true, finish: () => true };
const user = (): string => "u";

function bytesOf(name: string, options: () => Partial<ClientOptions>): number {
	return cost(
		`a client with ${name}`,
		() =>
			new Client({
				...idle,
				store: new RamStore(DEFAULT_LIMITS),
				limits: DEFAULT_LIMITS,
				clientId: "greenhouse-1",
				...options(),
			}),
	).cost.bytes;
}

const alone = bytesOf("nothing besides", () => ({}));
// biome-ignore format: a table
const prices: [string, number, () => Partial<ClientOptions>][] = [
	["aliases: new Aliases()", 880, () => ({ aliases: new Aliases() })],
	["authentication: new Authentication(method)", 712, () => ({ authentication: new Authentication(method) })],
	["fragments: new Fragments()", 304, () => ({ fragments: new Fragments() })],
	["holds: new Holds()", 744, () => ({ holds: new Holds() })],
	["requests: new Requests({ responseTopic })", 680, () => ({ requests: new Requests({ responseTopic: "board/answers" }) })],
	["router: new Router()", 464, () => ({ router: new Router() })],
	["sources: new Sources()", 488, () => ({ sources: new Sources() })],
	['version: "auto"', 288, () => ({ version: "auto" })],
	["user: () => string", 288, () => ({ user })],
];
for (const [name, most, options] of prices) {
	const more = bytesOf(name, options) - alone;
	if (xs.bits === 32) check(`the price of ${name}`, more <= most, `more than ${most} bytes`, { more });
}

const brokers = [idle.dialler, idle.dialler, idle.dialler];
cost("new Brokers({ brokers: [a, b, c] })", () => new Brokers({ brokers }), 360);
