// SPDX-License-Identifier: MIT
import { Row, Rows } from "../limits.js";
import type { Arena } from "../memory/arena.js";
import type { Alarm, Clock, Timer } from "../ports.js";

/** What the client waits for. At most one of each; `Rows.Deadlines` is how many there are. */
export const enum Deadline {
	/** The link comes up. */
	Connect = 0,
	/** CONNACK comes, or the next AUTH. */
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
	/** A turn is to be taken: one was broken off by a listener that threw, or an extra waits for this. */
	Resume = 8,
	/** The link has no room for DISCONNECT: it is closed without. */
	Goodbye = 9,
	/** The broker finishes what is open inbound, so that what was held back can be fetched. */
	Fetch = 10,
	/** The store is untidy: something is done about it when nothing is in flight. */
	Maintain = 11,
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

/** The timer runs; the bit above those of the deadlines. */
const RUNNING = 1 << Rows.Deadlines;

/** A table of deadlines over one timer, which is set to the nearest. A spurious alarm finds nothing due. */
export class Deadlines {
	/** One bit for each that is set, and {@link RUNNING}. */
	private armed = 0;
	private view: DataView;
	private start: number;
	private timer: Timer;
	/** When the timer will wake, while it runs. */
	private wake = 0;

	constructor(arena: Arena, clock: Clock, alarm: Alarm) {
		this.view = arena.view;
		this.start = arena.region(Rows.Deadlines * Row.Deadline);
		this.timer = clock.timer(alarm);
	}

	set(which: Deadline, now: number, ms: number): void {
		const at = (now + ms) | 0;
		this.view.setInt32(this.start + which * Row.Deadline, at);
		const running = (this.armed & RUNNING) !== 0;
		this.armed |= (1 << which) | RUNNING;
		if (running && ((this.wake - at) | 0) <= 0) return;
		this.wake = at;
		this.timer.arm(ms);
	}

	/** Forgets one. The timer may wake for it in vain, which costs less than looking for the new nearest. */
	clear(which: Deadline): void {
		this.armed &= ~(1 << which);
	}

	clearAll(): void {
		this.armed = 0;
		this.timer.disarm();
	}

	isSet(which: Deadline): boolean {
		return (this.armed & (1 << which)) !== 0;
	}

	/** Milliseconds until `which`, 0 when it is due or not set. */
	remaining(which: Deadline, now: number): number {
		if (!this.isSet(which)) return 0;
		const ms = this.left(which, now);
		return ms > 0 ? ms : 0;
	}

	/** Takes one that is due off the table and returns it, or -1. */
	due(now: number): number {
		for (let which = 0; which < Rows.Deadlines; which++) {
			if ((this.armed & (1 << which)) === 0 || this.left(which, now) > 0) continue;
			this.armed &= ~(1 << which);
			return which;
		}
		return -1;
	}

	/** Sets the timer to the nearest deadline, after an alarm. */
	rearm(now: number): void {
		this.armed &= ~RUNNING;
		let nearest = 0x7fff_ffff;
		for (let which = 0; which < Rows.Deadlines; which++) {
			if ((this.armed & (1 << which)) === 0) continue;
			const ms = this.left(which, now);
			if (ms < nearest) nearest = ms;
		}
		if (this.armed === 0) return;
		if (nearest < 0) nearest = 0;
		this.armed |= RUNNING;
		this.wake = (now + nearest) | 0;
		this.timer.arm(nearest);
	}

	private left(which: number, now: number): number {
		return (this.view.getInt32(this.start + which * Row.Deadline) - now) | 0;
	}
}
