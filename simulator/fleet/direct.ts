// SPDX-License-Identifier: MIT
/**
 * Connections within the process, for thousands of boards and a broker: no sockets, one object for both ends.
 *
 * It keeps the rules of `lib/ports.ts` and of `seams.ts`: what is written is consumed when the call returns, a write has at most
 * the SDK's 8192 bytes under way, so has the broker to the board, nobody is called back from inside a call of his own, and
 * what was received is read before the end is told. All links share one queue with one latency, so what is under way is in the
 * order of its arrival, and one event of the schedule serves all of them. A link at rest holds no buffer.
 */

import { type Dialler, type Link, LinkFault, type Transport } from "../../lib/ports.js";
import { BlockPool, ByteRing } from "../node/byte-ring.js";
import type { Acceptor, BrokerPeer, BrokerSocket, Schedule } from "../seams.js";

/** What may be under way in each direction, in bytes: the buffers of the SDK. */
const WINDOW_BYTES = 8192;
const blocks = new BlockPool(WINDOW_BYTES);
/** Where bytes are shown to the broker, and a view for each length that there was: making one costs more than to copy a packet. */
const stage = Buffer.alloc(WINDOW_BYTES);
const views: (Buffer | undefined)[] = new Array(WINDOW_BYTES + 1).fill(undefined);

/** The first `count` bytes of the stage. */
function staged(count: number): Buffer {
	return (views[count] ??= stage.subarray(0, count));
}

export interface DirectOptions {
	/** Milliseconds from one end to the other; default 0: the next turn of the schedule. */
	readonly latencyMs?: number;
	/** A connection is up; CONNECT follows in the same instant. */
	readonly onUp?: () => void;
}

/** What arrives. */
const enum Kind {
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

interface Parcel {
	readonly link: DirectLink;
	readonly kind: Kind;
	readonly arrivesMs: number;
	/** Bytes; more are added while nothing stands behind it. */
	bytes: number;
}

export class DirectNetwork {
	readonly schedule: Schedule;
	/** Who takes new connections; undefined: nobody listens, and who dials is refused. */
	acceptor: Acceptor | undefined;
	readonly #latencyMs: number;
	readonly #onUp: (() => void) | undefined;
	#parcels: Parcel[] = [];
	/** Those of them that have arrived. */
	#arrived = 0;
	#scheduled = false;
	readonly #links = new Set<DirectLink>();

	constructor(schedule: Schedule, options: DirectOptions = {}) {
		this.schedule = schedule;
		this.#latencyMs = options.latencyMs ?? 0;
		this.#onUp = options.onUp;
	}

	/** One may serve many boards. `address` is where the broker believes them to be. */
	dialler(address: string): DirectDialler {
		return new DirectDialler(this, address);
	}

	/** Connections of which one end is there. */
	get size(): number {
		return this.#links.size;
	}

	/** Breaks every connection, at once; both ends learn of it. */
	cut(): void {
		for (const link of this.#links) link.cut();
	}

	/** For links. */
	send(link: DirectLink, kind: Kind, bytes = 0): void {
		const arrivesMs = this.schedule.now + this.#latencyMs;
		const last = this.#arrived < this.#parcels.length ? this.#parcels[this.#parcels.length - 1] : undefined;
		const joins = last !== undefined && (last.arrivesMs === arrivesMs || this.#latencyMs === 0);
		if (joins && last.link === link && last.kind === kind) {
			last.bytes += bytes;
			return;
		}
		this.#parcels.push({ link, kind, arrivesMs, bytes });
		if (!this.#scheduled) this.#wake();
	}

	/** For links: the dial has arrived. Returns who takes it. */
	accept(link: DirectLink): Acceptor | undefined {
		if (this.acceptor === undefined) return undefined;
		this.#links.add(link);
		this.#onUp?.();
		return this.acceptor;
	}

	/** For links: neither end is there any more. */
	forget(link: DirectLink): void {
		this.#links.delete(link);
	}

	#wake(): void {
		this.#scheduled = true;
		const { arrivesMs } = this.#parcels[this.#arrived];
		this.schedule.after(Math.max(0, arrivesMs - this.schedule.now), this.#pass);
	}

	/** What is sent meanwhile is left for the next pass. */
	readonly #pass = (): void => {
		const { now } = this.schedule;
		const end = this.#parcels.length;
		try {
			while (this.#arrived < end && this.#parcels[this.#arrived].arrivesMs <= now) {
				const { link, kind, bytes } = this.#parcels[this.#arrived++];
				link.arrive(kind, bytes);
			}
		} finally {
			this.#scheduled = false;
			if (this.#arrived === this.#parcels.length) {
				this.#parcels = [];
				this.#arrived = 0;
			} else {
				if (this.#arrived >= 1024) {
					this.#parcels.splice(0, this.#arrived);
					this.#arrived = 0;
				}
				this.#wake();
			}
		}
	};
}

export class DirectDialler implements Dialler {
	readonly address: string;
	/** What happened last, in words; empty before the first failure. */
	lastError = "";
	readonly network: DirectNetwork;

	constructor(network: DirectNetwork, address: string) {
		this.network = network;
		this.address = address;
	}

	dial(link: Link): Transport {
		return new DirectLink(this, link);
	}
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
class DirectLink implements Transport, BrokerSocket {
	readonly #dialler: DirectDialler;
	readonly #link: Link;
	#peer: BrokerPeer | undefined;
	/** Of the board's end, and of the broker's. */
	#board = Phase.Dialling;
	#broker = Phase.Dialling;
	/** Written by the board and not yet at the broker. */
	readonly #up = new ByteRing(blocks);
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
		return this.#board === Phase.Up && this.#fault === undefined ? this.#up.room : 0;
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
		if (end - start > this.#up.room)
			throw new RangeError(`write of ${end - start} bytes into ${this.#up.room}: would block`);
		if (end === start) return this.#up.room;
		this.#up.put(bytes, start, end);
		this.#network.send(this, Kind.Up, end - start);
		return this.#up.room;
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

	arrive(kind: Kind, bytes: number): void {
		switch (kind) {
			case Kind.Dial:
				this.#establish();
				break;
			case Kind.Up:
				this.#carry(bytes);
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

	#carry(bytes: number): void {
		const count = this.#up.take(stage, 0, Math.min(bytes, this.#up.used));
		if (this.#broker === Phase.Up && !this.#broken && count > 0) this.#peer!.onData(staged(count));
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
