// SPDX-License-Identifier: MIT
/**
 * The deadlines of all connections and sessions behind one timer: a host's own costs hundreds of bytes, and most of these are
 * moved or cleared before they fall due. A heap by time; those of one instant fall due in the order in which they were set.
 */

import type { Schedule } from "../seams.js";
import { Alarm } from "./alarm.js";

/** What has one deadline at a time. */
export interface Due {
	/** Where it is in the heap, -1: nowhere. Begins as -1, and is changed by {@link Deadlines} alone. */
	place: number;
	onDue(): void;
}

export class Deadlines {
	readonly #schedule: Schedule;
	readonly #alarm: Alarm;
	/** Three columns of one heap. */
	readonly #dues: Due[] = [];
	readonly #times: number[] = [];
	readonly #orders: number[] = [];
	#order = 0;
	#ringing = false;

	constructor(schedule: Schedule) {
		this.#schedule = schedule;
		this.#alarm = new Alarm(schedule, () => this.#ring());
	}

	/** It falls due once, when the schedule's `now` is `at`, and not at the time set before. */
	set(due: Due, at: number): void {
		this.clear(due);
		const place = this.#dues.length;
		due.place = place;
		this.#dues.push(due);
		this.#times.push(at);
		this.#orders.push(this.#order++);
		this.#rise(place);
		if (due.place === 0) this.#arm();
	}

	clear(due: Due): void {
		const { place } = due;
		if (place < 0) return;
		const last = this.#dues.length - 1;
		if (place < last) this.#swap(place, last);
		this.#dues.pop();
		this.#times.pop();
		this.#orders.pop();
		due.place = -1;
		if (place < last) {
			this.#rise(place);
			this.#sink(place);
		}
		if (last === 0) this.#alarm.clear(); // one that was set for nothing does no harm, but it should not wait for ever
	}

	#ring(): void {
		this.#ringing = true;
		try {
			while (this.#dues.length > 0 && this.#times[0] <= this.#schedule.now) {
				const due = this.#dues[0];
				this.clear(due);
				due.onDue();
			}
		} finally {
			this.#ringing = false;
			if (this.#dues.length > 0) this.#arm();
		}
	}

	#arm(): void {
		if (!this.#ringing) this.#alarm.set(Math.max(0, this.#times[0] - this.#schedule.now));
	}

	#isBefore(one: number, other: number): boolean {
		const times = this.#times;
		if (times[one] !== times[other]) return times[one] < times[other];
		return this.#orders[one] < this.#orders[other];
	}

	#swap(one: number, other: number): void {
		const dues = this.#dues;
		const due = dues[one];
		dues[one] = dues[other];
		dues[other] = due;
		dues[one].place = one;
		due.place = other;
		swap(this.#times, one, other);
		swap(this.#orders, one, other);
	}

	#rise(place: number): void {
		while (place > 0) {
			const parent = (place - 1) >> 1;
			if (!this.#isBefore(place, parent)) return;
			this.#swap(place, parent);
			place = parent;
		}
	}

	#sink(place: number): void {
		for (;;) {
			let child = 2 * place + 1;
			if (child >= this.#dues.length) return;
			if (child + 1 < this.#dues.length && this.#isBefore(child + 1, child)) child++;
			if (!this.#isBefore(child, place)) return;
			this.#swap(place, child);
			place = child;
		}
	}
}

function swap(column: number[], one: number, other: number): void {
	const value = column[one];
	column[one] = column[other];
	column[other] = value;
}
