// SPDX-License-Identifier: MIT
/**
 * The other ports of a board for gates: a clock that is moved by hand, a small random generator, a flash partition. No
 * allocation after construction.
 */
import type { Alarm, Clock, Flash, Random, Timer } from "../../lib/ports.js";

class XsTimer implements Timer {
	readonly #clock: XsClock;
	readonly alarm: Alarm;
	/** In milliseconds since start, as a double: never wraps. */
	due = Number.POSITIVE_INFINITY;

	constructor(clock: XsClock, alarm: Alarm) {
		this.#clock = clock;
		this.alarm = alarm;
	}

	arm(ms: number): void {
		this.due = this.#clock.milliseconds + ms;
	}

	disarm(): void {
		this.due = Number.POSITIVE_INFINITY;
	}
}

/** Time passes when {@link XsClock.advance} is called. */
export class XsClock implements Clock {
	milliseconds = 0;
	/** Called after each alarm: the rest of the board gets its turn. */
	afterAlarm: (() => void) | undefined;
	/** 0 until it is set: the wall clock is not known. */
	epochAtStart = 0;
	readonly #timers: XsTimer[] = [];

	get ticks(): number {
		return this.milliseconds | 0;
	}

	get seconds(): number {
		return Math.floor(this.milliseconds / 1000);
	}

	get epochSeconds(): number {
		return this.epochAtStart === 0 ? 0 : this.epochAtStart + this.seconds;
	}

	timer(wake: Alarm): Timer {
		const timer = new XsTimer(this, wake);
		this.#timers.push(timer);
		return timer;
	}

	/** Lets `ms` pass and wakes what is due, in order of time. */
	advance(ms: number): void {
		const until = this.milliseconds + ms;
		for (;;) {
			const next = this.#next();
			if (next === undefined || next.due > until) break;
			if (next.due > this.milliseconds) this.milliseconds = next.due;
			next.disarm();
			next.alarm.onAlarm();
			this.afterAlarm?.();
		}
		this.milliseconds = until;
	}

	#next(): XsTimer | undefined {
		const timers = this.#timers;
		const count = timers.length;
		let first: XsTimer | undefined;
		for (let i = 0; i < count; i++)
			if (timers[i].due < (first === undefined ? Number.POSITIVE_INFINITY : first.due)) first = timers[i];
		return first;
	}
}

/** A linear congruential generator: the same numbers every run. */
export class XsRandom implements Random {
	#state: number;

	constructor(seed = 1) {
		this.#state = seed;
	}

	below(limit: number): number {
		this.#state = (Math.imul(this.#state, 1664525) + 1013904223) | 0;
		return Math.floor(((this.#state >>> 0) / 4294967296) * limit);
	}
}

/** Made once: throwing it costs nothing. */
const REFUSED = new Error("the flash refuses");

/** NOR flash in memory: programming clears bits, erasing sets all of a block. It counts what is done to it. */
export class XsFlash implements Flash {
	/** Bytes programmed, blocks erased. */
	programmed = 0;
	erases = 0;
	/** Every command is refused while true. */
	broken = false;
	readonly bytes: Uint8Array;
	readonly #status: { readonly size: number; readonly blockLength: number };

	constructor(blocks: number) {
		this.bytes = new Uint8Array(blocks * 4096).fill(0xff);
		this.#status = { size: blocks * 4096, blockLength: 4096 };
	}

	status(): { readonly size: number; readonly blockLength: number } {
		return this.#status;
	}

	read(view: Uint8Array, offset: number): number {
		const { length } = view;
		if (this.broken) throw REFUSED;
		xs.copy(view, 0, this.bytes, offset, offset + length);
		return length;
	}

	write(view: Uint8Array, offset: number): void {
		const { bytes } = this;
		const { length } = view;
		if (this.broken) throw REFUSED;
		for (let i = 0; i < length; i++) bytes[offset + i] &= view[i];
		this.programmed += length;
	}

	eraseBlock(first: number, end = first + 1): void {
		if (this.broken) throw REFUSED;
		this.bytes.fill(0xff, first * 4096, end * 4096);
		this.erases += end - first;
	}
}
