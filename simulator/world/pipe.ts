// SPDX-License-Identifier: MIT
/** One direction of a virtual connection: in order, delayed, in pieces, and cut where a test wants it. */

import type { Scheduled } from "../seams.js";
import type { World } from "../world.js";
import type { Conditions } from "./conditions.js";
import type { SeededRandom } from "./random.js";
import type { TraceEntry } from "./trace.js";

/** `up`: from the board to the broker. `down`: from the broker to the board. */
export type Direction = "up" | "down";

/** Who stands at the far end of a pipe. Called from events of the world only. */
export interface PipeEnd {
	onBytes(bytes: Uint8Array): void;
	/** The far end has taken `count` bytes of what this end had sent the other way. */
	onTaken(count: number): void;
	onEnd(): void;
	onReset(): void;
}

/** What a pipe needs of the connection that it belongs to. */
export interface PipeOwner {
	readonly world: World;
	readonly random: SeededRandom;
	readonly conditions: Conditions;
	trace(direction: Direction, event: TraceEntry["event"], bytes: Uint8Array): void;
	/** The cut that {@link Pipe.cutAfter} had asked for is due. */
	cut(): void;
}

interface Parcel {
	readonly departs: number;
	readonly arrives: number;
	/** A piece of the stream; undefined for the other kinds. */
	readonly bytes: Uint8Array | undefined;
	/** Taken bytes of the other direction. */
	taken: number;
	readonly mark: "end" | "reset" | undefined;
}

const nothing = new Uint8Array(0);

export class Pipe {
	readonly #owner: PipeOwner;
	readonly #direction: Direction;
	readonly #end: PipeEnd;
	/** Under way, in order, which they keep when the latency shrinks: each waits for those before it. Those before `#head` have arrived. */
	#parcels: Parcel[] = [];
	#head = 0;
	#scheduled: Scheduled | undefined;
	/** Nothing departs or arrives any more. */
	#dead = false;
	/** When the sender's wire is free again. */
	#freeMs = 0;
	/** Nothing arrives before this time. */
	#stalledMs = 0;
	#bytesUntilCut = Infinity;

	constructor(owner: PipeOwner, direction: Direction, end: PipeEnd) {
		this.#owner = owner;
		this.#direction = direction;
		this.#end = end;
	}

	/** Sends bytes, which belong to the pipe from now on. */
	send(bytes: Uint8Array): void {
		const { conditions, random } = this.#owner;
		for (let at = 0; at < bytes.length; ) {
			const longest = Math.max(1, conditions.pieceBytes);
			const length = Math.min(
				conditions.randomPieces ? 1 + random.below(longest) : longest,
				bytes.length - at,
			);
			this.#enqueue(length === bytes.length ? bytes : bytes.subarray(at, at + length), 0, undefined);
			at += length;
		}
	}

	/** Tells the far end that `count` of its bytes were taken, in order with what was sent before. */
	taken(count: number): void {
		const last = this.#parcels[this.#parcels.length - 1];
		const mergeable =
			this.#head < this.#parcels.length && last.taken > 0 && last.departs === this.#owner.world.now;
		if (mergeable) last.taken += count;
		else this.#enqueue(undefined, count, undefined);
	}

	/** The last word, after all that was sent. */
	finish(mark: "end" | "reset"): void {
		this.#enqueue(undefined, 0, mark);
	}

	/** Lets `count` more bytes arrive, then cuts the whole connection; 0: when the next byte would arrive. */
	cutAfter(count: number): void {
		this.#bytesUntilCut = count;
	}

	/** Nothing arrives during the next `ms` milliseconds; nothing is lost either. */
	stall(ms: number): void {
		this.#stalledMs = Math.max(this.#stalledMs, this.#owner.world.now + ms);
	}

	/** Loses what is under way and all that will be sent. */
	drop(): void {
		this.#dead = true;
		this.#parcels = [];
		this.#head = 0;
		if (this.#scheduled !== undefined) this.#owner.world.cancel(this.#scheduled);
		this.#scheduled = undefined;
	}

	#enqueue(bytes: Uint8Array | undefined, taken: number, mark: Parcel["mark"]): void {
		if (this.#dead) return;
		const { conditions, world } = this.#owner;
		const latencyMs = this.#direction === "up" ? conditions.upMs : conditions.downMs;
		if (bytes !== undefined && conditions.bytesPerSecond > 0) {
			this.#freeMs = Math.max(this.#freeMs, world.now) + (bytes.length * 1000) / conditions.bytesPerSecond;
		}
		const arrives = Math.max(this.#freeMs, world.now) + latencyMs;
		this.#parcels.push({ departs: world.now, arrives, bytes, taken, mark });
		if (this.#scheduled === undefined) this.#schedule();
	}

	#schedule(): void {
		const { world } = this.#owner;
		const arrives = this.#parcels[this.#head].arrives;
		this.#scheduled = world.after(Math.max(0, arrives - world.now), this.#arrive);
	}

	readonly #arrive = (): void => {
		this.#scheduled = undefined;
		const stillMs = this.#stalledMs - this.#owner.world.now;
		if (stillMs > 0) {
			this.#scheduled = this.#owner.world.after(stillMs, this.#arrive);
			return;
		}
		const parcel = this.#parcels[this.#head++];
		if (this.#head === this.#parcels.length) {
			this.#parcels = [];
			this.#head = 0;
		} else {
			if (this.#head >= 1024) {
				this.#parcels.splice(0, this.#head);
				this.#head = 0;
			}
			this.#schedule();
		}
		this.#hand(parcel);
	};

	#hand(parcel: Parcel): void {
		if (parcel.bytes !== undefined) this.#handBytes(parcel.bytes);
		else if (parcel.taken > 0) this.#end.onTaken(parcel.taken);
		else if (parcel.mark !== undefined) {
			this.#owner.trace(this.#direction, parcel.mark, nothing);
			if (parcel.mark === "end") this.#end.onEnd();
			else this.#end.onReset();
		}
	}

	#handBytes(bytes: Uint8Array): void {
		const whole = bytes.length <= this.#bytesUntilCut;
		const arrived = whole ? bytes : bytes.subarray(0, this.#bytesUntilCut);
		this.#bytesUntilCut -= arrived.length;
		if (arrived.length > 0) {
			this.#owner.trace(this.#direction, "data", arrived);
			this.#end.onBytes(arrived);
		}
		if (this.#bytesUntilCut === 0) this.#owner.cut();
	}
}
