// SPDX-License-Identifier: MIT
import type { Alarm, Clock, Timer } from "../ports.js";

/** What the client waits for. At most one of each. */
export const enum Deadline {
	/** The link comes up. */
	Connect = 0,
	/** CONNACK comes. */
	Connack = 1,
	/** It is time to look whether a PINGREQ is due. */
	Ping = 2,
	/** PINGRESP, or any other byte, comes. */
	PingReply = 3,
	/** SUBACK or UNSUBACK comes. */
	Request = 4,
	/** The next attempt to connect. */
	Backoff = 5,
	/** The connection has lasted long enough for the backoff to start anew. */
	Stable = 6,
	/** `flush` gives up. */
	Flush = 7,
	/** A turn was broken off by a listener that threw: it is taken up again. */
	Resume = 8,
	/** The link has no room for DISCONNECT: it is closed without. */
	Goodbye = 9,
	/** The broker finishes what is open inbound, so that what was held back can be fetched. */
	Fetch = 10,
	Count = 11,
}

/** How far a `flush` is. */
export const enum Flushing {
	No = 0,
	/** Until the outbox is empty, or the time is up. */
	Waiting = 1,
	/** There is nothing to wait for; the alarm tells. */
	Soon = 2,
	/** The alarm has gone: to be told in this turn. */
	Due = 3,
}

/** A table of deadlines over one timer, which is set to the nearest. A spurious alarm finds nothing due. */
export class Deadlines {
	#armed = 0;
	#at = new Int32Array(Deadline.Count);
	#timer: Timer;
	/** When the timer will wake, while `#running`. */
	#wake = 0;
	#running = false;

	constructor(clock: Clock, alarm: Alarm) {
		this.#timer = clock.timer(alarm);
	}

	set(which: Deadline, now: number, ms: number): void {
		this.#at[which] = (now + ms) | 0;
		this.#armed |= 1 << which;
		if (this.#running && ((this.#wake - this.#at[which]) | 0) <= 0) return;
		this.#wake = this.#at[which];
		this.#running = true;
		this.#timer.arm(ms);
	}

	/** Forgets one. The timer may wake for it in vain, which costs less than looking for the new nearest. */
	clear(which: Deadline): void {
		this.#armed &= ~(1 << which);
	}

	clearAll(): void {
		this.#armed = 0;
		this.#running = false;
		this.#timer.disarm();
	}

	isSet(which: Deadline): boolean {
		return (this.#armed & (1 << which)) !== 0;
	}

	/** Milliseconds until `which`, 0 when it is due or not set. */
	remaining(which: Deadline, now: number): number {
		if (!this.isSet(which)) return 0;
		const ms = (this.#at[which] - now) | 0;
		return ms > 0 ? ms : 0;
	}

	/** Takes one that is due off the table and returns it, or -1. */
	due(now: number): number {
		for (let which = 0; which < Deadline.Count; which++) {
			if ((this.#armed & (1 << which)) === 0 || ((this.#at[which] - now) | 0) > 0) continue;
			this.#armed &= ~(1 << which);
			return which;
		}
		return -1;
	}

	/** Sets the timer to the nearest deadline, after an alarm. */
	rearm(now: number): void {
		this.#running = false;
		let nearest = 0x7fff_ffff;
		for (let which = 0; which < Deadline.Count; which++) {
			if ((this.#armed & (1 << which)) === 0) continue;
			const ms = (this.#at[which] - now) | 0;
			if (ms < nearest) nearest = ms;
		}
		if (this.#armed === 0) return;
		if (nearest < 0) nearest = 0;
		this.#running = true;
		this.#wake = (now + nearest) | 0;
		this.#timer.arm(nearest);
	}
}
