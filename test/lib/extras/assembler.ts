// SPDX-License-Identifier: MIT
/** Puts the pieces of payloads together, and throws when they do not fit. */
import { Fragments } from "../../../lib/extras/index.js";
import type { Message } from "../../../lib/index.js";
import { met, type Peer, type Version } from "../../kit/peer.js";
import type { Rig, RigOptions } from "../../kit/rig.js";

export interface Assembled {
	readonly topic: string;
	readonly payload: Uint8Array;
	readonly qos: number;
}

/** Bytes that say where they belong. */
export function patterned(length: number, seed = 0): Uint8Array {
	return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) * 13 + seed * 31) & 0xff);
}

export class Assembler {
	/** Lengths of the pieces of the last message. */
	cuts: number[] = [];
	/** A piece had `mayRepeat`. */
	repeats = false;
	readonly #whole: Assembled[] = [];
	#parts: Uint8Array[] = [];
	#length = 0;
	#topic = "";

	/** Listens besides whatever listens already. */
	constructor(rig: Rig) {
		const before = rig.recorder.hook;
		const onMessage = rig.recorder.onMessage.bind(rig.recorder);
		rig.recorder.onMessage = (message) => {
			this.#add(message);
			onMessage(message);
		};
		rig.recorder.hook = before;
	}

	/** What has come whole since the last call. */
	take(): Assembled[] {
		return this.#whole.splice(0);
	}

	#add(message: Message): void {
		if (message.first) {
			this.#parts = [];
			this.#length = 0;
			this.cuts = [];
			this.#topic = message.topic();
		}
		if (message.offset !== this.#length) throw new Error(`offset ${message.offset}, not ${this.#length}`);
		if (message.topic() !== this.#topic) throw new Error(`topic ${message.topic()}, not ${this.#topic}`);
		if (message.mayRepeat) this.repeats = true;
		this.#parts.push(message.payload());
		this.#length += message.length;
		this.cuts.push(message.length);
		if (message.last !== (this.#length === message.totalLength))
			throw new Error(`last is ${message.last} at ${this.#length} of ${message.totalLength}`);
		if (!message.last) return;
		const payload = Uint8Array.from(Buffer.concat(this.#parts));
		this.#whole.push({ topic: this.#topic, payload, qos: message.qos });
		this.#length = Number.NaN; // only a first piece may follow
	}
}

/** Online, with fragments, through a region of `packetBytes`. */
export function streaming(
	version: Version,
	packetBytes = 128,
	options: RigOptions = {},
): { rig: Rig; peer: Peer; seen: Assembler } {
	const limits = { ...options.limits, packetBytes };
	const { rig, peer } = met(version, { fragments: new Fragments(), ...options, limits });
	return { rig, peer, seen: new Assembler(rig) };
}
