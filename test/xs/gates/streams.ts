// SPDX-License-Identifier: MIT
/** Payloads longer than the regions, both ways: a piece costs no slot and no chunk, and what the two extras take is shown. */
import { Client } from "../../../lib/client.js";
import { Fragments } from "../../../lib/extras/fragments.js";
import { type Source, Sources } from "../../../lib/extras/sources.js";
import { limitsFrom } from "../../../lib/limits.js";
import type { Listener } from "../../../lib/listener.js";
import { RamStore } from "../../../lib/store/ram-store.js";
import type { Message } from "../../../lib/wire/message.js";
import { XsClock, XsRandom } from "../board.js";
import { XsBroker } from "../broker.js";
import { check, cost, gate, row } from "../gate.js";
import { XsDialler, XsMemory } from "../memory.js";

const LIMITS = limitsFrom({ packetBytes: 512, sendBytes: 512 });
const PAYLOAD = 3000;

class Counts implements Listener {
	pieces = 0;
	messages = 0;
	bytes = 0;
	settled = 0;
	onMessage(message: Message): void {
		this.pieces++;
		this.bytes += message.length;
		if (message.last) this.messages++;
	}
	onSettled(): void {
		this.settled++;
	}
}

/** Reads from bytes that are there, as from memory-mapped flash. */
class Bytes implements Source {
	readings = 0;
	readonly #bytes = new Uint8Array(PAYLOAD);
	read(bytes: Uint8Array, start: number, end: number, offset: number): number {
		this.readings++;
		xs.copy(bytes, start, this.#bytes, offset, offset + end - start);
		return end - start;
	}
}

type Board = { memory: XsMemory; broker: XsBroker; dialler: XsDialler; clock: XsClock; counts: Counts };

function makeBoard(version: 4 | 5): Board {
	const memory = new XsMemory(256);
	const broker = new XsBroker();
	broker.version5 = version === 5;
	const dialler = new XsDialler(memory, broker);
	broker.dialler = dialler;
	const clock = new XsClock();
	clock.afterAlarm = () => dialler.settle();
	return { memory, broker, dialler, clock, counts: new Counts() };
}

const random = new XsRandom();
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Array.from(text, (c) => c.charCodeAt(0)));

function gates(version: 4 | 5): void {
	const name = version === 5 ? "5.0" : "3.1.1";
	const board = makeBoard(version);
	const { broker, dialler, counts, memory, clock } = board;
	const client = new Client({
		memory,
		dialler,
		clock,
		random,
		store: new RamStore(LIMITS),
		limits: LIMITS,
		version,
		clientId: "camera-1",
		listener: counts,
		fragments: new Fragments(),
		sources: new Sources(2),
	});
	client.open();
	dialler.settle();
	check(`${name}: connected`, client.online);
	const topic = client.topic("greenhouse/1/picture");
	const filter = bytesOf("greenhouse/1/firmware");
	const payload = new Uint8Array(PAYLOAD);
	const source = new Bytes();
	for (let qos: 0 | 1 | 2 = 0; qos < 3; qos++) {
		const level = qos as 0 | 1 | 2;
		const messages = counts.messages;
		const pieces = counts.pieces;
		gate(`${name}: receive ${PAYLOAD} bytes in pieces, QoS ${level}`, () => {
			broker.publish(filter, payload, level);
			dialler.settle();
		});
		check(`${name}: each came whole`, counts.messages - messages === 1043, `${counts.messages - messages}`);
		check(`${name}: in seven pieces`, counts.pieces - pieces === 7 * 1043, `${counts.pieces - pieces}`);
		const settled = counts.settled;
		gate(`${name}: send ${PAYLOAD} bytes from a source, QoS ${level}`, () => {
			client.publishFrom(topic, source, PAYLOAD, level);
			dialler.settle();
		});
		check(`${name}: each was settled`, counts.settled - settled === 1043, `${counts.settled - settled}`);
	}
	check(`${name}: no byte is missing`, counts.bytes === PAYLOAD * 3 * 1043, `${counts.bytes}`);
	check(`${name}: read in six pieces`, source.readings === 6 * 3 * 1043, `${source.readings}`);
}

// The board's own objects are not the client's.
const port = { arm() {}, disarm() {}, timer: () => port, allocate: (bytes: number) => new Uint8Array(bytes) };
const silent = { ...port, ticks: 0, seconds: 0, epochSeconds: 0 };
const nobody = {
	dial(): never {
		throw new Error("nobody is there");
	},
};

function whole(fragments: boolean, sources: boolean): number {
	const title = fragments ? "with Fragments" : sources ? "with Sources(2)" : "with neither";
	const { cost: total } = cost(`whole client, ${title}`, () => {
		const store = new RamStore(LIMITS);
		const ports = { memory: port, dialler: nobody, clock: silent, random, store, limits: LIMITS };
		const who = { ...ports, clientId: "camera-1" };
		if (fragments) return new Client({ ...who, fragments: new Fragments() });
		return sources ? new Client({ ...who, sources: new Sources(2) }) : new Client(who);
	});
	return total.bytes;
}

const base = whole(false, false);
row("what they add", { fragments: whole(true, false) - base, sources: whole(false, true) - base });
gates(5);
gates(4);
