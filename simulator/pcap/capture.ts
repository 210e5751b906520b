// SPDX-License-Identifier: MIT
/**
 * What boards and broker say to each other as a file for Wireshark: Ethernet, IPv4 and TCP around the bytes, as if somebody
 * had listened on the wire.
 *
 * Each piece stands at the time at which it arrived, and is acknowledged at once. A board has an address of its own, 10.0.0.1
 * and up, and the file says its name; the broker is 192.0.2.1, port 1883. What never arrived is not in it.
 */

import type { Direction } from "../world.js";
import { Blocks } from "./blocks.js";
import { type End, Flag, frame, MSS } from "./frame.js";

const BROKER = (192 << 24) | (2 << 8) | 1;
const BOARDS = 10 << 24;
const MQTT = 1883;
/** The ports from which boards dial. */
const PORT_FIRST = 49_152;
const PORTS = 65_536 - PORT_FIRST;
/** Real milliseconds: so old is what is not in the file yet, as long as frames come. */
const FLUSH_MS = 500;
const SIMPLY: Uint8Array = new Uint8Array(0);

/** What is known of a board: its address, and how often it has dialled. */
interface Caller {
	readonly address: number;
	dials: number;
}

export class Capture {
	/** Frames so far. */
	packets = 0;
	readonly #blocks: Blocks;
	/** Microseconds since 1970. */
	readonly #clock: () => number;
	readonly #callers = new Map<string, Caller>();
	#comment = "";
	#flushedMs = performance.now();

	/** Makes the file anew; throws when that cannot be done. `epochMs`: the time, in milliseconds since 1970. */
	constructor(file: string, epochMs: () => number) {
		this.#blocks = new Blocks(file);
		this.#clock = () => Math.round(epochMs() * 1000);
	}

	/** A connection of the board of that name is up. */
	connection(board: string): Connection {
		let caller = this.#callers.get(board);
		if (caller === undefined) {
			caller = { address: BOARDS + this.#callers.size + 1, dials: 0 };
			this.#callers.set(board, caller);
			this.#blocks.name(caller.address, board);
		}
		const port = PORT_FIRST + (caller.dials++ % PORTS);
		return new Connection(this, caller.address, port, caller.dials);
	}

	/** Stands beside the next frame. */
	comment(text: string): void {
		this.#comment = this.#comment === "" ? text : `${this.#comment}\n${text}`;
	}

	/** Writes what is waiting: up to here the file can be read. */
	flush(): void {
		this.#blocks.flush();
	}

	/** Throws why the file could not be written, if so. Harmless when it is called again. */
	close(): void {
		this.#blocks.close();
		if (this.#blocks.error !== undefined) throw this.#blocks.error;
	}

	/** For connections. */
	send(from: End, to: End, flags: number, payload = SIMPLY): void {
		this.#blocks.packet(this.#clock(), frame(from, to, flags, this.packets, payload), this.#comment);
		this.#comment = "";
		this.packets++;
		const now = performance.now();
		if (now - this.#flushedMs < FLUSH_MS) return;
		this.#flushedMs = now;
		this.flush();
	}
}

/** Both ends of a TCP connection, as far as frames need them. */
export class Connection {
	readonly #capture: Capture;
	readonly #board: End;
	readonly #broker: End;

	/** It comes up: three frames. `salt` tells it from others of this board. */
	constructor(capture: Capture, address: number, port: number, salt: number) {
		this.#capture = capture;
		this.#board = { address, port, sequence: start(address, salt), finished: false };
		this.#broker = { address: BROKER, port: MQTT, sequence: start(BROKER, salt), finished: false };
		this.#send(this.#board, Flag.Syn);
		this.#send(this.#broker, Flag.Syn | Flag.Ack);
		this.#send(this.#board, Flag.Ack);
	}

	/** Nothing of it will be seen any more. */
	get over(): boolean {
		return this.#board.finished && this.#broker.finished;
	}

	/** Bytes have arrived. They are not kept. */
	data(direction: Direction, bytes: Uint8Array): void {
		const from = direction === "up" ? this.#board : this.#broker;
		if (from.finished) return;
		for (let at = 0; at < bytes.length; at += MSS) {
			this.#send(from, Flag.Psh | Flag.Ack, bytes.subarray(at, at + MSS));
			this.#send(this.#other(from), Flag.Ack);
		}
	}

	/** That side has closed in order; when it is the board, the broker follows at once. */
	end(direction: Direction): void {
		this.#finish(direction === "up" ? this.#board : this.#broker);
		if (direction === "up") this.#finish(this.#broker);
	}

	/** That side has closed without order. */
	reset(direction: Direction): void {
		if (this.over) return;
		this.#send(direction === "up" ? this.#board : this.#broker, Flag.Rst | Flag.Ack);
		this.#board.finished = this.#broker.finished = true;
	}

	#finish(from: End): void {
		if (from.finished) return;
		this.#send(from, Flag.Fin | Flag.Ack);
		from.finished = true;
		this.#send(this.#other(from), Flag.Ack);
	}

	#other(end: End): End {
		return end === this.#board ? this.#broker : this.#board;
	}

	#send(from: End, flags: number, payload: Uint8Array = SIMPLY): void {
		this.#capture.send(from, this.#other(from), flags, payload);
		const length = payload.length + (flags & (Flag.Syn | Flag.Fin) ? 1 : 0);
		from.sequence = (from.sequence + length) >>> 0;
	}
}

/** An initial sequence number: any will do, as long as it is another one each time. */
function start(address: number, salt: number): number {
	return Math.imul(address ^ Math.imul(salt, 0x9e37_79b1), 0x85eb_ca6b) >>> 0;
}
