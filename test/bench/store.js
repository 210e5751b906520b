// SPDX-License-Identifier: MIT
/**
 * A message in flash, from accepted to settled: how many a second, how many bytes of flash, how many commands. Both sides write to
 * the same simulated NOR flash, in memory; bytes and commands are counted, so they are the same on every machine.
 */
import { Arena } from "../../dist/js/lib/memory/arena.js";
import { FlashStore } from "../../dist/js/lib/store/index.js";
import { NodeClock, NodeFlash, NodeMemory, NodeRandom } from "../../dist/js/simulator/node/index.js";
import { JsonLines } from "./json-lines.js";
import { compared, inTurns } from "./rounds.js";

const TOPIC = "greenhouse/1/temperature"; // 24 bytes
const PAYLOAD = new Uint8Array(64).fill(0x78);
const FLASH_BYTES = 64 * 1024;
const ROUNDS = 15;
const MESSAGES = 3000;

/** See lib/wire/record.ts. */
const OVERHEAD = 10;
const State = Object.freeze({ Done: 0, AwaitAck: 3, AwaitRec: 4, AwaitComp: 5 });
/** @type {Readonly<Record<number, readonly number[]>>} */
const STATES = Object.freeze({
	1: [State.AwaitAck, State.Done],
	2: [State.AwaitRec, State.AwaitComp, State.Done],
});
/** The most bytes of flash for a message: the design has 140.2 for QoS 1; the most commands; and how often the peer's speed is demanded. */
const BYTES_MOST = Object.freeze({ 1: 141, 2: 166 });
const COMMANDS_MOST = Object.freeze({ 1: 1.5, 2: 2.3 });
const FLOOR = 1.2;

class Ours {
	flash = new NodeFlash({ size: FLASH_BYTES });
	#store = new FlashStore(this.flash);
	#arena = new Arena(new NodeMemory(), this.#store.bytes);
	#topic = new TextEncoder().encode(TOPIC);

	constructor() {
		this.#store.attach(this.#arena, this.#arena.region(this.#store.bytes), new NodeClock(), new NodeRandom());
		if (this.#store.open(1, 60) === 1) this.#store.clear(true);
	}

	get bytes() {
		return this.#store.wear.bytesWritten;
	}

	/** As a client does it: what was sent is noted before it leaves, and tidying is done when there is time. @param {number} qos */
	message(qos) {
		const store = this.#store;
		const { view, bytes } = this.#arena;
		const length = OVERHEAD + this.#topic.length + PAYLOAD.length;
		const at = store.reserve(length, false);
		if (at < 0) throw new Error(`refused: ${at}`);
		view.setUint16(at, qos << 9); // the QoS, no traits
		view.setUint16(at + 2, 0);
		view.setUint32(at + 4, 0);
		view.setUint16(at + 8, this.#topic.length);
		bytes.set(this.#topic, at + OVERHEAD);
		bytes.set(PAYLOAD, at + OVERHEAD + this.#topic.length);
		const number = store.seal(at + length);
		for (const state of STATES[qos]) {
			store.mark(number, state);
			if (store.commit() !== 0) throw new Error("the flash failed");
		}
		while (store.untidy) store.maintain();
	}
}

class Theirs {
	flash = new NodeFlash({ size: FLASH_BYTES });
	#store = new JsonLines(this.flash);

	get bytes() {
		return this.#store.bytes;
	}

	/** @param {number} qos */
	message(qos) {
		const number = this.#store.put(TOPIC, PAYLOAD, qos);
		this.#store.mark(number, "sent");
		if (qos === 2) this.#store.mark(number, "released");
		this.#store.mark(number, "done");
	}
}

/** @param {Ours | Theirs} side @param {number} qos @param {number} messages */
function measured(side, qos, messages) {
	const { bytes } = side;
	const { commands } = side.flash;
	const started = process.cpuUsage();
	for (let i = 0; i < messages; i++) side.message(qos);
	const { user, system } = process.cpuUsage(started);
	return {
		speed: messages / ((user + system) / 1e6),
		bytes: (side.bytes - bytes) / messages,
		commands: (side.flash.commands - commands) / messages,
	};
}

/** @param {import("./benches.js").Options} options @returns {Promise<import("./benches.js").Entry[]>} */
export async function store({ rounds = ROUNDS, messages = MESSAGES, progress }) {
	const ours = new Ours();
	const theirs = new Theirs();
	/** @type {import("./benches.js").Entry[]} */
	const entries = [];
	for (const qos of /** @type {const} */ ([1, 2])) {
		const pairs = await inTurns({
			rounds,
			warmUp: 2,
			ours: () => measured(ours, qos, messages),
			theirs: () => measured(theirs, qos, messages),
			progress: (round) => progress(`QoS ${qos}, round ${round} of ${rounds}`),
		});
		const of = (/** @type {"speed" | "bytes" | "commands"} */ key) =>
			compared(
				pairs.map((pair) => ({ ours: pair.ours[key], theirs: pair.theirs[key] })),
				key !== "speed",
			);
		const speed = of("speed");
		const bytes = of("bytes");
		const commands = of("commands");
		const judged = /** @type {const} */ ("value");
		entries.push(
			{
				name: `QoS ${qos}, kept, sent and settled`,
				unit: "messages/s of processor time",
				...speed,
				floor: FLOOR,
				pass: speed.ratio >= FLOOR,
				note:
					`rounds of ${messages} messages of 64 bytes, topic of 24, one at a time, store alone, simulated NOR flash of 64 KiB ` +
					"in memory for both; peer: lines of JSON in a ring (json-lines.js), which reads nothing back and has no checks",
			},
			{
				name: `QoS ${qos}, flash for a message`,
				unit: "bytes",
				...bytes,
				floor: BYTES_MOST[qos],
				judged,
				pass: bytes.value <= BYTES_MOST[qos],
				note: "headers of sectors and what cleaning writes again included",
			},
			{
				name: `QoS ${qos}, commands for a message`,
				unit: "writes and erases",
				...commands,
				floor: COMMANDS_MOST[qos],
				judged,
				pass: commands.value <= COMMANDS_MOST[qos],
			},
		);
	}
	return entries;
}
