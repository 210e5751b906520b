// SPDX-License-Identifier: MIT
/**
 * A virtual connection: the board's end follows the SDK's TCP rules as `lib/ports.ts` words them, the far end is a
 * {@link BrokerSocket}. Every callback is an event of the world, also without latency.
 */

import { type Link, LinkFault, type Transport } from "../../lib/ports.js";
import type { Acceptor, Scheduled } from "../seams.js";
import type { World } from "../world.js";
import { BrokerEnd } from "./broker-end.js";
import type { Conditions } from "./conditions.js";
import { type Direction, Pipe, type PipeEnd, type PipeOwner } from "./pipe.js";
import type { SeededRandom } from "./random.js";
import type { Mortal, Scope } from "./scope.js";
import type { TraceEntry, Tracer } from "./trace.js";

/** The SDK's send buffer on the ESP32, in bytes. */
const sendBufferBytes = 8192;

const enum Phase {
	Connecting,
	Up,
	/** Closed by the board, told to be gone, or without power: no callback any more. */
	Dead,
}

/** What a link is made of; filled in by the dialler. */
export interface LinkParts {
	readonly world: World;
	/** Names the link in traces. */
	readonly name: string;
	readonly address: string;
	readonly random: SeededRandom;
	/** Belongs to the link from now on. */
	readonly conditions: Conditions;
	readonly scope: Scope | undefined;
	readonly tracer: () => Tracer | undefined;
	/** Both ends are done with it. */
	readonly onGone: (link: VirtualLink) => void;
	/** The words for the fault. */
	readonly onFault: (fault: LinkFault, words: string) => void;
}

export class VirtualLink implements Transport, Mortal, PipeEnd, PipeOwner {
	readonly name: string;
	readonly world: World;
	readonly random: SeededRandom;
	readonly conditions: Conditions;
	readonly #parts: LinkParts;
	readonly #link: Link;
	readonly #up: Pipe;
	readonly #down: Pipe;
	readonly #far: BrokerEnd;
	#phase = Phase.Connecting;
	/** Received and not yet read. */
	#inbox: Uint8Array[] = [];
	/** How much of the first of them was read. */
	#inboxStart = 0;
	#unread = 0;
	/** Written in this turn: leaves the board as one piece, as the SDK's deferred output does. */
	#outbox: Uint8Array[] = [];
	/** Written and not yet taken by the far end. */
	#unsent = 0;
	/** Why it is over; waits until all that was received is read. */
	#fault: LinkFault | undefined;
	#scheduled: Scheduled | undefined;

	constructor(link: Link, parts: LinkParts) {
		this.#link = link;
		this.#parts = parts;
		this.name = parts.name;
		this.world = parts.world;
		this.random = parts.random;
		this.conditions = parts.conditions;
		this.#down = new Pipe(this, "down", this);
		this.#far = new BrokerEnd(this.#down, parts.address, () => this.#settle());
		this.#up = new Pipe(this, "up", this.#far);
		parts.scope?.add(this);
	}

	// ---- The board's end

	get room(): number {
		return this.#phase === Phase.Up && this.#fault === undefined ? sendBufferBytes - this.#unsent : 0;
	}

	/** Throws when the range is no range: that is a mistake of the caller. */
	read(bytes: Uint8Array, start: number, limit: number): number {
		if (!(start >= 0 && start <= limit && limit <= bytes.length))
			throw this.world.error(`read ${start}..${limit}`);
		if (this.#phase !== Phase.Up) return 0;
		let at = start;
		while (at < limit && this.#unread > 0) {
			const chunk = this.#inbox[0];
			const count = Math.min(limit - at, chunk.length - this.#inboxStart);
			bytes.set(chunk.subarray(this.#inboxStart, this.#inboxStart + count), at);
			at += count;
			this.#unread -= count;
			this.#inboxStart += count;
			if (this.#inboxStart < chunk.length) continue;
			this.#inbox.shift();
			this.#inboxStart = 0;
		}
		if (at > start) {
			this.#up.taken(at - start);
			if (this.#unread === 0 && this.#fault !== undefined) this.#tellSoon();
		}
		return at - start;
	}

	/** Throws when there is no room for it ("would block"): that is a mistake of the caller. */
	write(bytes: Uint8Array, start: number, end: number): number {
		if (this.#phase !== Phase.Up || this.#fault !== undefined) return 0;
		if (!(start >= 0 && start <= end && end <= bytes.length))
			throw this.world.error(`write ${start}..${end}`);
		if (end - start > this.room)
			throw this.world.error(`write of ${end - start} bytes into ${this.room}: would block`);
		if (end > start) {
			if (this.#outbox.length === 0) this.#scheduled = this.world.after(0, this.#output);
			this.#outbox.push(bytes.slice(start, end));
			this.#unsent += end - start;
		}
		return this.room;
	}

	/** What was written still goes out. */
	close(): void {
		if (this.#phase === Phase.Dead) return;
		const phase = this.#phase;
		const rude = this.#unread > 0;
		if (this.#outbox.length > 0) this.#output();
		this.#die();
		if (phase === Phase.Up) this.#up.finish(rude ? "reset" : "end");
		this.#settle();
	}

	// ---- Faults

	/** True from `onWritable` until the board closes it or is told of its end. */
	get isUp(): boolean {
		return this.#phase === Phase.Up;
	}

	/** The connection breaks now; both sides learn of it at once, what is under way is lost. */
	cut(): void {
		this.#up.drop();
		this.#down.drop();
		if (this.#phase !== Phase.Dead) this.world.after(0, () => this.#end(LinkFault.Reset));
		this.world.after(0, () => this.#far.onReset());
	}

	/** What the board has written in this turn is on its way already, whatever becomes of the board: another task sends it. */
	depart(): void {
		if (this.#outbox.length > 0) this.#output();
	}

	/** Cuts it after `bytes` more bytes have arrived in that direction: in the middle of a packet, if so wished. */
	cutAfter(direction: Direction, bytes: number): void {
		(direction === "up" ? this.#up : this.#down).cutAfter(bytes);
	}

	/** Nothing arrives for `ms` milliseconds, then everything: as when packets are lost and sent again. */
	stall(ms: number, direction?: Direction): void {
		if (direction !== "down") this.#up.stall(ms);
		if (direction !== "up") this.#down.stall(ms);
	}

	/** Half-open, for good: nothing arrives any more, in one direction or both, and nobody is told. */
	silence(direction?: Direction): void {
		if (direction !== "down") this.#up.drop();
		if (direction !== "up") this.#down.drop();
	}

	/** The board loses its power: no callback, no word to the far end. */
	vanish(): void {
		this.#outbox = [];
		this.#die();
		this.#settle();
	}

	// ---- What the dialler does

	/** Comes up at once; called from an event of the world. */
	establish(acceptor: Acceptor): void {
		if (this.#phase !== Phase.Connecting) return;
		this.#phase = Phase.Up;
		this.trace("up", "open", new Uint8Array(0));
		this.#far.accept(acceptor);
		if (this.isUp) this.#link.onWritable(this.room);
	}

	/** The dial has failed; called from an event of the world. */
	fail(fault: LinkFault, words: string): void {
		if (this.#phase === Phase.Connecting) this.#end(fault, words);
	}

	// ---- The world's side

	trace(direction: Direction, event: TraceEntry["event"], bytes: Uint8Array): void {
		this.#parts.tracer()?.({ time: this.world.now, link: this.name, direction, event, bytes });
	}

	onBytes(bytes: Uint8Array): void {
		if (this.#phase !== Phase.Up) return;
		this.#inbox.push(bytes);
		this.#unread += bytes.length;
		this.#link.onReadable(this.#unread);
	}

	onTaken(count: number): void {
		if (this.#phase !== Phase.Up || this.#fault !== undefined) return;
		this.#unsent -= count;
		this.#link.onWritable(this.room);
	}

	onEnd(): void {
		this.#end(LinkFault.Closed, "the broker closed the connection");
	}

	onReset(): void {
		this.#end(LinkFault.Reset);
	}

	#output = (): void => {
		const pieces = this.#outbox;
		this.#outbox = [];
		if (this.#scheduled !== undefined) this.world.cancel(this.#scheduled);
		this.#scheduled = undefined;
		this.#up.send(pieces.length === 1 ? pieces[0] : new Uint8Array(Buffer.concat(pieces)));
	};

	/** The end is known; the board learns of it when it has read everything, as with the SDK. */
	#end(fault: LinkFault, words = "the connection was reset"): void {
		if (this.#phase === Phase.Dead || this.#fault !== undefined) return;
		this.#fault = fault;
		this.#parts.onFault(fault, words);
		if (this.#unread === 0) this.#tell();
	}

	#tellSoon(): void {
		if (this.#scheduled !== undefined) this.world.cancel(this.#scheduled);
		this.#scheduled = this.world.after(0, this.#tell);
	}

	#tell = (): void => {
		if (this.#phase === Phase.Dead) return;
		const fault = this.#fault!;
		this.#die();
		this.#up.finish("end");
		this.#settle();
		this.#link.onError(fault);
	};

	#die(): void {
		this.#phase = Phase.Dead;
		this.#inbox = [];
		this.#unread = 0;
		if (this.#scheduled !== undefined) this.world.cancel(this.#scheduled);
		this.#scheduled = undefined;
		this.#parts.scope?.delete(this);
	}

	#settle(): void {
		if (this.#phase === Phase.Dead && this.#far.isDone) this.#parts.onGone(this);
	}
}
