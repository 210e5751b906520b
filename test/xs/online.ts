// SPDX-License-Identifier: MIT
/** A client with its store in RAM that is connected to the scripted peer. */
import { Client, type ClientOptions } from "../../lib/client.js";
import { DEFAULT_LIMITS, type Limits } from "../../lib/limits.js";
import { RamStore } from "../../lib/store/ram-store.js";
import { XsClock, XsRandom } from "./board.js";
import { XsBroker } from "./broker.js";
import { check } from "./gate.js";
import { XsDialler, XsMemory } from "./memory.js";

export interface Online {
	readonly client: Client;
	readonly broker: XsBroker;
	readonly dialler: XsDialler;
	readonly clock: XsClock;
}

/** `connackProperties`: what CONNACK of 5.0 says, with their length. */
export function online(
	version: 4 | 5,
	options: Partial<ClientOptions>,
	limits: Limits = DEFAULT_LIMITS,
	connackProperties: Uint8Array = Uint8Array.of(0),
): Online {
	const memory = new XsMemory(256);
	const broker = new XsBroker();
	broker.version5 = version === 5;
	broker.connackProperties = connackProperties;
	const dialler = new XsDialler(memory, broker);
	broker.dialler = dialler;
	const clock = new XsClock();
	clock.afterAlarm = () => dialler.settle();
	const client = new Client({
		memory,
		dialler,
		clock,
		random: new XsRandom(),
		store: new RamStore(limits),
		limits,
		version,
		clientId: "greenhouse-1",
		keepAliveSeconds: 60,
		...options,
	});
	client.open();
	dialler.settle();
	check(`${version === 5 ? "5.0" : "3.1.1"}: connected`, client.online);
	return { client, broker, dialler, clock };
}

/** ASCII only. */
export const bytesOf = (text: string): Uint8Array =>
	Uint8Array.from(Array.from(text, (c) => c.charCodeAt(0)));
