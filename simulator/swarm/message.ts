// SPDX-License-Identifier: MIT
/** What is known of one message of a run, and what its payload is: it says by itself which message it is. */

import { Settled } from "../../lib/listener.js";
import type { Qos } from "./plan.js";

/** How the call of `publish` ended. */
export const enum Fate {
	/** The power went before it returned: anything may have happened, but nothing twice. */
	Limbo,
	Refused,
	Accepted,
}

export const VOLATILE = 0x10;
export const SETTLE_STORED = 0x80;

/** The source of a message that no board sent. */
export const BROKER = -1;
/** The one that a reading of the sensor firmware is for: it is watched as far as the broker. */
export const NOBODY = -2;

export class Letter {
	readonly index: number;
	/** A board, or {@link BROKER}. */
	readonly from: number;
	readonly to: number;
	readonly qos: Qos;
	readonly flags: number;
	readonly size: number;
	/** Of the sender, when it was published. */
	readonly life: number;
	fate = Fate.Limbo;
	ticket = 0;
	/** Its time may run out. */
	expires = false;
	/** How often the broker took it, and how often it came to the handler. */
	arrived = 0;
	given = 0;
	/** The outcome that was told last, -1: none; and the life in which that was. */
	outcome = -1;
	toldLife = -1;
	/** The life in which the handler had it last. */
	givenLife = -1;
	/** The exchange with the one it is for has ended in order. */
	finished = false;
	/** It may be lost on its way from the broker. */
	excused = false;
	/** The broker lost the session of the sender, so nobody may know its end; and it may come again though it is QoS 2. */
	orphaned = false;
	repeatable = false;
	/** The sender goes on in a session that the broker has begun unheard: what it is told of this message is of another one. */
	doubtful = false;

	constructor(index: number, from: number, to: number, qos: Qos, flags: number, size: number, life: number) {
		this.index = index;
		this.from = from;
		this.to = to;
		this.qos = qos;
		this.flags = flags;
		this.size = size;
		this.life = life;
	}

	/** It need not survive the life in which it was published. */
	get isVolatile(): boolean {
		return this.qos === 0 || (this.flags & VOLATILE) !== 0;
	}

	/** It was accepted, and need not arrive all the same. */
	get gaveUp(): boolean {
		const { outcome } = this;
		return (
			outcome === Settled.Dropped ||
			outcome === Settled.GaveWay ||
			outcome === Settled.Expired ||
			outcome === Settled.Uncertain ||
			outcome === Settled.Rejected
		);
	}

	get words(): string {
		const { index, from, to, qos, flags, size, life, fate, ticket, arrived, outcome, toldLife, given } = this;
		const source = from === BROKER ? "the broker" : `board ${from}`;
		const target = to === NOBODY ? "the broker" : `board ${to}`;
		return (
			`message ${index} (QoS ${qos}, ${source} to ${target}, flags ${flags}, ${size} bytes, life ${life}, ` +
			`fate ${fate}, ticket ${ticket}, arrived ${arrived} times, given ${given} times, outcome ${outcome} in life ${toldLife})`
		);
	}
}

/** Writes payload number `index` into `bytes`: the number, then bytes that follow from it. */
export function writePayload(bytes: Uint8Array, index: number, size: number): void {
	bytes[0] = index >>> 8;
	bytes[1] = index;
	for (let i = 2; i < size; i++) bytes[i] = index * 31 + i * 7;
}

/** Which message a payload is of; -1: of none. */
export function indexIn(bytes: Uint8Array, start: number, end: number): number {
	return end - start < 2 ? -1 : (bytes[start] << 8) | bytes[start + 1];
}

export function isPayload(
	bytes: Uint8Array,
	start: number,
	end: number,
	index: number,
	size: number,
): boolean {
	if (end - start !== size) return false;
	for (let i = 2; i < size; i++) if (bytes[start + i] !== ((index * 31 + i * 7) & 0xff)) return false;
	return true;
}
