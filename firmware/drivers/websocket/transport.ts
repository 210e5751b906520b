// SPDX-License-Identifier: MIT
/**
 * MQTT in the binary frames of a WebSocket (RFC 6455, MQTT 5.0 section 6), over any other transport.
 *
 * ```
 *     Closed ──dial──▶ Dialling ──writable──▶ Upgrading ──101──▶ Up ──close frame, a violation──▶ Failing
 *        ▲                │ error                │ error, no 101  │ error                          │
 *        └────────────────┴──────────────────────┴────────────────┴────────────────────────────────┘ the link is told, once
 * ```
 *
 * One object serves all connections of its dialler. Nothing is copied: received payload goes straight to where the client
 * reads it to, and what is sent is masked where it stands in the client's memory, handed on together with its header, which
 * borrows the bytes before it for that moment, and unmasked again before `write` returns. Nothing is allocated per frame.
 */

import {
	type Alarm,
	type Clock,
	type Dialler,
	type Link,
	LinkFault,
	type Random,
	type Timer,
	type Transport,
} from "../../../lib/index.js";
import { FrameReader, Header, Opcode, type Violation, violationWords } from "./frame-reader.js";
import { FrameWriter, headerBytes, payloadBytesMost } from "./frame-writer.js";
import { Answer, type Upgrade } from "./upgrade.js";

const enum Phase {
	Closed,
	Dialling,
	/** The request is sent, or being sent, and the answer is read. */
	Upgrading,
	Up,
	/** It is over, and the link is told when that is possible. */
	Failing,
}

/** Offsets in the block; the request lies at its front while the link is upgrading. */
const enum At {
	/** Header and payload of a pong, or of a close frame. */
	Control = 0,
	/** The payload of a ping, behind the header of its pong. */
	Ping = 6,
	/** A header that comes in, or bytes of the answer. */
	In = 132,
	End = 144,
}

/** RFC 6455, section 7.4.1. */
const enum Close {
	Normal = 1000,
	ProtocolError = 1002,
	UnsupportedData = 1003,
}

/**
 * Kept free beside the payload of one write: its header, and for a client whose bytes begin at the block's front, a write
 * for the header alone, which below us may be a record of TLS with about 96 bytes around it.
 */
const margin = headerBytes + 104;

export interface WebSocketTransportOptions {
	readonly dialler: Dialler & { readonly lastError: string };
	readonly clock: Clock;
	readonly random: Random;
	readonly upgrade: Upgrade;
	/** The server's name, for words. */
	readonly place: string;
}

export class WebSocketTransport implements Transport, Link, Alarm {
	/** What happened last and what to do about it, in a sentence; empty before the first failure. */
	lastError = "";
	#phase = Phase.Closed;
	#below: Transport | undefined;
	#link: Link | undefined;
	/** Announced from below, and not read. */
	#waiting = 0;
	readonly #frames = new FrameReader();
	readonly #frame: FrameWriter;
	#block = new Uint8Array(0);
	/** Bytes of the request that are sent, then whether the answer's end is near: how much of its last four bytes has come. */
	#sent = 0;
	#ending = 0;
	/** Bytes of a ping's payload that have come; and of one that is to be answered, or -1. */
	#pinged = 0;
	#owed = -1;
	#fault: LinkFault = LinkFault.Unknown;
	/** The link is being told something: what must not be told from inside `read` is told after it. */
	#telling = false;
	readonly #dialler: Dialler & { readonly lastError: string };
	readonly #random: Random;
	#upgrade!: Upgrade;
	#place = "";
	readonly #timer: Timer;

	constructor(options: WebSocketTransportOptions) {
		this.#dialler = options.dialler;
		this.#random = options.random;
		this.#frame = new FrameWriter(options.random);
		this.#timer = options.clock.timer(this);
		this.address(options.upgrade, options.place);
	}

	/** From the next connection on it asks for that; not while there is one. */
	address(upgrade: Upgrade, place: string): void {
		this.#upgrade = upgrade;
		this.#place = place;
		const bytes = Math.max(At.End, upgrade.bytes);
		if (bytes > this.#block.length) this.#block = new Uint8Array(bytes);
	}

	// ── what the core calls ──────────────────────────────────────────────────────────────────────────────────────

	get room(): number {
		if (this.#phase !== Phase.Up) return 0;
		const room = this.#below!.room - margin - (this.#owed < 0 ? 0 : this.#owed + margin);
		if (room <= 0) return 0;
		return room < payloadBytesMost ? room : payloadBytesMost;
	}

	read(bytes: Uint8Array, start: number, limit: number): number {
		if (this.#phase !== Phase.Up) return 0;
		const frames = this.#frames;
		let at = start;
		while (at < limit && this.#payload()) {
			const most = frames.remaining < limit - at ? frames.remaining : limit - at;
			const count = this.#take(bytes, at, at + most);
			if (count === 0) break;
			frames.remaining -= count;
			at += count;
		}
		// What lies behind, if only a close frame, is looked at a moment later.
		if (!this.#telling && frames.remaining === 0 && this.#waiting > 0) this.#timer.arm(0);
		return at - start;
	}

	write(bytes: Uint8Array, start: number, end: number): number {
		if (this.#phase !== Phase.Up) return 0;
		if (end > start) this.#frame.write(this.#below!, Opcode.Binary, bytes, start, end);
		return this.room;
	}

	/** Says goodbye where that is possible; its answer is not waited for. */
	close(): void {
		if (this.#phase === Phase.Closed) return;
		if (this.#phase === Phase.Up) this.#sayClose(Close.Normal);
		else if (this.#phase === Phase.Upgrading)
			this.lastError = `${this.#place} did not answer the request for a WebSocket; is this the port of its WebSocket listener?`;
		this.#end();
	}

	// ── what the dialler calls ───────────────────────────────────────────────────────────────────────────────────

	/** A connection begins; one that was open is closed. */
	open(link: Link): void {
		this.close();
		this.#link = link;
		this.#waiting = 0;
		this.#sent = 0;
		this.#ending = 0;
		this.#owed = -1;
		this.#frames.reset();
		this.#phase = Phase.Dialling;
		try {
			this.#below = this.#dialler.dial(this);
		} catch (error) {
			this.#phase = Phase.Closed;
			this.#link = undefined;
			throw error;
		}
	}

	// ── what the link below tells ────────────────────────────────────────────────────────────────────────────────

	onWritable(room: number): void {
		if (this.#phase === Phase.Dialling) {
			this.#upgrade.compose(this.#block, this.#random);
			this.#phase = Phase.Upgrading;
		}
		if (this.#phase === Phase.Upgrading) this.#request(room);
		else if (this.#phase === Phase.Up) {
			this.#pong();
			const free = this.room;
			if (free > 0) this.#link!.onWritable(free);
		}
	}

	onReadable(count: number): void {
		this.#waiting = count;
		this.#pump();
	}

	onError(fault: LinkFault): void {
		if (this.#phase === Phase.Closed) return;
		if (this.#phase === Phase.Failing) {
			this.#tell();
			return;
		}
		this.#fault = fault;
		this.lastError =
			this.#phase === Phase.Upgrading && fault <= LinkFault.Reset
				? `${this.#place} ended the connection instead of answering; is this the port of its WebSocket listener?`
				: this.#dialler.lastError;
		this.#tell();
	}

	/** A moment after `read`. */
	onAlarm(): void {
		this.#pump();
	}

	// ── the handshake ────────────────────────────────────────────────────────────────────────────────────────────

	#request(room: number): void {
		const { bytes } = this.#upgrade;
		let free = room;
		while (this.#sent < bytes && free > 0) {
			const count = bytes - this.#sent < free ? bytes - this.#sent : free;
			free = this.#below!.write(this.#block, this.#sent, this.#sent + count);
			this.#sent += count;
		}
	}

	/** Reads the answer, never beyond its end: the last four bytes are CR LF CR LF. */
	#readAnswer(): void {
		const block = this.#block;
		while (this.#phase === Phase.Upgrading) {
			const count = this.#take(block, At.In, At.In + 4 - this.#ending);
			if (count === 0) return;
			for (let i = At.In; i < At.In + count; i++) {
				const byte = block[i];
				this.#ending = byte === (this.#ending & 1 ? 0x0a : 0x0d) ? this.#ending + 1 : byte === 0x0d ? 1 : 0;
				const answer = this.#upgrade.push(byte);
				if (answer === Answer.Failed) {
					this.#fail(LinkFault.Refused, this.#upgrade.words);
					return;
				}
				if (answer === Answer.Accepted) {
					this.#phase = Phase.Up;
					const free = this.room;
					this.#telling = true;
					if (free > 0) this.#link!.onWritable(free);
					this.#telling = false;
					return;
				}
			}
		}
	}

	// ── frames that come ─────────────────────────────────────────────────────────────────────────────────────────

	/** Takes in what waits, and tells the client of payload, until it leaves some or nothing is left. */
	#pump(): void {
		if (this.#phase === Phase.Upgrading) this.#readAnswer();
		while (this.#phase === Phase.Up && this.#payload()) {
			const { remaining } = this.#frames;
			if (this.#waiting === 0) return;
			this.#telling = true;
			this.#link!.onReadable(remaining < this.#waiting ? remaining : this.#waiting);
			this.#telling = false;
			if (this.#frames.remaining > 0) return;
		}
		if (this.#phase === Phase.Failing) this.#tell();
	}

	/** Reads headers and control frames, up to the payload of a data frame: true when the client is to take that. */
	#payload(): boolean {
		const frames = this.#frames;
		const block = this.#block;
		while (this.#phase === Phase.Up) {
			if (frames.remaining > 0) {
				if (frames.opcode < Opcode.Close) return true;
				if (!this.#control()) return false;
				continue;
			}
			const count = this.#take(block, At.In, At.In + frames.need);
			if (count === 0) return false;
			for (let i = At.In; i < At.In + count; i++) {
				const found = frames.push(block[i]);
				if (found < 0) {
					this.#violated(found as Violation);
					return false;
				}
				if (found === Header.Complete && frames.opcode >= Opcode.Close) {
					this.#pinged = 0;
					if (frames.remaining === 0) this.#controlled();
				}
			}
		}
		return false;
	}

	/** Takes in a control frame's payload; false when it has to wait for more. */
	#control(): boolean {
		const frames = this.#frames;
		// Only a ping's is kept; the place is the pong's, and a later ping may take it [RFC 6455, 5.5.3].
		const at = frames.opcode === Opcode.Ping ? At.Ping + this.#pinged : At.In;
		const most =
			frames.opcode === Opcode.Ping || frames.remaining < headerBytes ? frames.remaining : headerBytes;
		if (frames.opcode === Opcode.Ping) this.#owed = -1;
		const count = this.#take(this.#block, at, at + most);
		if (count === 0) return false;
		this.#pinged += count;
		frames.remaining -= count;
		if (frames.remaining === 0 || frames.opcode === Opcode.Close) this.#controlled();
		return true;
	}

	/** A control frame has come, as far as it matters. */
	#controlled(): void {
		const { opcode } = this.#frames;
		if (opcode === Opcode.Ping) {
			this.#owed = this.#pinged;
			this.#pong();
		} else if (opcode === Opcode.Close) {
			this.#sayClose(Close.Normal);
			this.#fail(LinkFault.Closed, "closed the WebSocket; its log says why, if it has one");
		}
	}

	#violated(violation: Violation): void {
		this.#sayClose(Close.ProtocolError);
		this.#fail(LinkFault.Unknown, `breaks the rules of WebSocket: ${violationWords(violation)}`);
	}

	#take(bytes: Uint8Array, start: number, limit: number): number {
		const count = this.#below!.read(bytes, start, limit);
		this.#waiting = count < this.#waiting ? this.#waiting - count : 0;
		return count;
	}

	// ── frames that go ───────────────────────────────────────────────────────────────────────────────────────────

	/** Answers the last ping, if there is room for that. */
	#pong(): void {
		if (this.#owed < 0 || this.#below!.room < this.#owed + margin) return;
		const end = At.Ping + this.#owed;
		this.#owed = -1;
		this.#frame.write(this.#below!, Opcode.Pong, this.#block, At.Ping, end);
	}

	#sayClose(code: Close): void {
		if (this.#below!.room < margin) return;
		const block = this.#block;
		block[At.Ping] = code >> 8;
		block[At.Ping + 1] = code;
		this.#frame.write(this.#below!, Opcode.Close, block, At.Ping, At.Ping + 2);
	}

	// ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────

	/** It is over; told by whoever called, or a moment later. */
	#fail(fault: LinkFault, words: string): void {
		this.#phase = Phase.Failing;
		this.#fault = fault;
		this.lastError = `${this.#place} ${words}.`;
		this.#timer.arm(0);
	}

	#tell(): void {
		const link = this.#link!;
		this.#end();
		link.onError(this.#fault);
	}

	#end(): void {
		this.#phase = Phase.Closed;
		this.#link = undefined;
		this.#waiting = 0;
		this.#timer.disarm();
		const below = this.#below;
		this.#below = undefined;
		below?.close();
	}
}
