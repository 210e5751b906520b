// SPDX-License-Identifier: MIT
/** One connection within the process: both ends, and what happens at them. The rules stand in `direct.ts`. */

import { type Link, LinkFault, type Transport } from "../../lib/ports.js";
import type { BrokerPeer, BrokerSocket } from "../seams.js";
import { PIECE_BYTES, type Slab } from "./cargo.js";
import type { DirectDialler, DirectNetwork } from "./direct.js";

/** What may be under way in each direction, in bytes: the buffers of the SDK. */
const WINDOW_BYTES = PIECE_BYTES;

/** What arrives. */
export const enum Kind {
	/** The board has dialled. */
	Dial,
	/** Bytes for the broker. */
	Up,
	/** Bytes for the board. */
	Down,
	/** The board has closed. */
	Closed,
	/** The broker has closed, in order or not. */
	Ended,
	Reset,
	/** The board has read what was in the broker's way. */
	Drained,
}

export interface Parcel {
	readonly link: DirectLink;
	readonly kind: Kind;
	readonly arrivesMs: number;
	/** Bytes; more are added while nothing stands behind it. */
	bytes: number;
	/** Where they are, if they go to the broker. */
	readonly slab: Slab | undefined;
	readonly start: number;
}

type Fault = LinkFault.Closed | LinkFault.Reset | LinkFault.Refused;
const WORDS: Readonly<Record<Fault, string>> = {
	[LinkFault.Closed]: "the broker closed the connection",
	[LinkFault.Reset]: "the connection was reset",
	[LinkFault.Refused]: "nobody listens there",
};

const enum Phase {
	Dialling,
	Up,
	/** This end hears nothing any more. */
	Gone,
}

/** Both ends of one connection. */
export class DirectLink implements Transport, BrokerSocket {
	readonly #dialler: DirectDialler;
	readonly #link: Link;
	#peer: BrokerPeer | undefined;
	/** Of the board's end, and of the broker's. */
	#board = Phase.Dialling;
	#broker = Phase.Dialling;
	/** Bytes written by the board and not yet at the broker. */
	#unsent = 0;
	/** Sent by the broker and not yet read: the chunk that is read, and those behind it. */
	#chunk: Uint8Array | undefined;
	#chunkStart = 0;
	#chunks: Uint8Array[] | undefined;
	/** Of their bytes those that the board can read, and all. */
	#readable = 0;
	#unread = 0;
	/** Nothing arrives any more but the news of that. */
	#broken = false;
	/** Why it is over: told when all that arrived is read. */
	#fault: Fault | undefined;

	constructor(dialler: DirectDialler, link: Link) {
		this.#dialler = dialler;
		this.#link = link;
		dialler.network.send(this, Kind.Dial);
	}

	get address(): string {
		return this.#dialler.address;
	}

	get #network(): DirectNetwork {
		return this.#dialler.network;
	}

	// ---- The board's end

	get room(): number {
		return this.#board === Phase.Up && this.#fault === undefined ? WINDOW_BYTES - this.#unsent : 0;
	}

	/** Throws when the range is no range: that is a mistake of the caller. */
	read(bytes: Uint8Array, start: number, limit: number): number {
		if (!(start >= 0 && start <= limit && limit <= bytes.length))
			throw new RangeError(`read ${start}..${limit}`);
		if (this.#board !== Phase.Up) return 0;
		const behind = this.backlog > 0;
		let at = start;
		while (at < limit && this.#readable > 0) at += this.#readChunk(bytes, at, limit);
		if (at === start) return 0;
		if (behind) this.#letIn();
		if (this.#readable === 0 && this.#fault !== undefined) this.#network.send(this, Kind.Ended);
		return at - start;
	}

	/** Throws when there is no room for it ("would block"): that is a mistake of the caller. */
	write(bytes: Uint8Array, start: number, end: number): number {
		if (this.#board !== Phase.Up || this.#fault !== undefined) return 0;
		if (!(start >= 0 && start <= end && end <= bytes.length)) throw new RangeError(`write ${start}..${end}`);
		const { room } = this;
		if (end - start > room) throw new RangeError(`write of ${end - start} bytes into ${room}: would block`);
		if (end === start) return room;
		this.#unsent += end - start;
		this.#network.carry(this, bytes, start, end);
		return room - (end - start);
	}

	/** What was written still arrives. */
	close(): void {
		if (this.#board === Phase.Gone) return;
		this.#board = Phase.Gone;
		this.#network.send(this, Kind.Closed);
		this.#settle();
	}

	// ---- The broker's end

	get backlog(): number {
		return this.#unread > WINDOW_BYTES ? this.#unread - WINDOW_BYTES : 0;
	}

	send(chunk: Uint8Array): void {
		if (this.#broker !== Phase.Up || chunk.length === 0) return;
		const inWindow = Math.min(chunk.length, WINDOW_BYTES - Math.min(WINDOW_BYTES, this.#unread));
		if (this.#chunk === undefined) this.#chunk = chunk;
		else (this.#chunks ??= []).push(chunk);
		this.#unread += chunk.length;
		if (inWindow > 0) this.#network.send(this, Kind.Down, inWindow);
	}

	end(): void {
		this.#leave(Kind.Ended);
	}

	destroy(): void {
		this.#leave(Kind.Reset);
	}

	// ---- The network

	/** Breaks it, with all that is under way. */
	cut(): void {
		this.#broken = true;
		if (this.#board === Phase.Up) this.#network.send(this, Kind.Reset);
		if (this.#broker === Phase.Up) this.#network.send(this, Kind.Closed);
	}

	arrive(parcel: Parcel): void {
		const { kind, bytes } = parcel;
		switch (kind) {
			case Kind.Dial:
				this.#establish();
				break;
			case Kind.Up:
				this.#carry(parcel);
				break;
			case Kind.Down:
				if (this.#board !== Phase.Up || this.#broken) break;
				this.#readable = Math.min(this.#unread, this.#readable + bytes);
				if (this.#readable > 0) this.#link.onReadable(this.#readable);
				break;
			case Kind.Closed:
				this.#broker = Phase.Gone;
				this.#settle();
				this.#peer?.onClose();
				this.#peer = undefined;
				break;
			case Kind.Drained:
				if (this.#broker === Phase.Up && this.backlog === 0) this.#peer?.onDrain();
				break;
			case Kind.Ended:
			case Kind.Reset:
				this.#endBoard(kind === Kind.Ended ? LinkFault.Closed : LinkFault.Reset);
		}
	}

	#establish(): void {
		if (this.#board !== Phase.Dialling) return;
		const acceptor = this.#network.accept(this);
		if (acceptor === undefined) {
			this.#broker = Phase.Gone;
			this.#endBoard(LinkFault.Refused);
			return;
		}
		this.#board = this.#broker = Phase.Up;
		const peer = acceptor.accept(this);
		this.#peer = this.#broker === (Phase.Up as Phase) ? peer : undefined;
		this.#link.onWritable(this.room);
	}

	#carry(parcel: Parcel): void {
		this.#unsent -= parcel.bytes;
		if (this.#broker === Phase.Up && !this.#broken) this.#peer!.onData(this.#network.shown(parcel));
		if (this.#board === Phase.Up && this.#fault === undefined) this.#link.onWritable(this.room);
	}

	/** Reads from one chunk, not beyond what is readable. Returns how much. */
	#readChunk(bytes: Uint8Array, at: number, limit: number): number {
		const chunk = this.#chunk!;
		const first = this.#chunkStart;
		const count = Math.min(limit - at, chunk.length - first, this.#readable);
		if (count <= 32) for (let i = 0; i < count; i++) bytes[at + i] = chunk[first + i];
		else bytes.set(chunk.subarray(first, first + count), at);
		this.#readable -= count;
		this.#unread -= count;
		if (first + count < chunk.length) this.#chunkStart = first + count;
		else {
			this.#chunkStart = 0;
			this.#chunk = this.#chunks?.shift();
			if (this.#chunks?.length === 0) this.#chunks = undefined;
		}
		return count;
	}

	/** The board has read, and bytes were waiting for that. */
	#letIn(): void {
		const more = Math.min(this.#unread, WINDOW_BYTES) - this.#readable;
		if (more > 0) this.#network.send(this, Kind.Down, more);
		if (this.backlog === 0) this.#network.send(this, Kind.Drained);
	}

	/** The broker goes; what it sent before still arrives. */
	#leave(kind: Kind.Ended | Kind.Reset): void {
		if (this.#broker !== Phase.Up) return;
		// In order it goes on listening until the board has closed, too.
		if (kind === Kind.Reset) {
			this.#broker = Phase.Gone;
			this.#peer = undefined;
		}
		this.#network.send(this, kind);
		this.#settle();
	}

	#endBoard(fault: Fault): void {
		if (this.#board === Phase.Gone) return;
		this.#dialler.lastError = WORDS[fault];
		this.#fault ??= fault;
		if (this.#readable > 0) return;
		this.#board = Phase.Gone;
		if (this.#broker === Phase.Up) this.#network.send(this, Kind.Closed);
		this.#settle();
		this.#link.onError(this.#fault);
	}

	#settle(): void {
		if (this.#board !== Phase.Gone) return;
		this.#chunk = undefined;
		this.#chunks = undefined;
		this.#unread = this.#readable = 0;
		if (this.#broker === Phase.Gone) this.#network.forget(this);
	}
}
