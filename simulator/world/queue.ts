// SPDX-License-Identifier: MIT
/** The event queue of a world: a binary heap, ordered by time and then by insertion number. */

import type { Schedule } from "../seams.js";

/** One thing to do at a time. Queued by {@link EventQueue.add}, and its maker's own when it has happened or was removed. */
export abstract class Event {
	/** Virtual milliseconds. Set by the queue, as the next two are. */
	time = 0;
	/** Insertion number: makes the order of simultaneous events a fact instead of an accident. */
	order = 0;
	/** Where it lies in the heap; -1 when it is not queued. Lets `remove` be exact, so that no cancelled event lingers. */
	place = -1;

	/** It is time. */
	abstract happen(): void;
}

/** An event for one occasion. */
class Occasion extends Event {
	readonly #action: () => void;

	constructor(action: () => void) {
		super();
		this.#action = action;
	}

	happen(): void {
		this.#action();
	}
}

/** A schedule on which events can be moved: a timer is one of its own, and costs nothing each time that it is set. */
export interface Timeline extends Schedule {
	/** Lets `event` happen once, `delayMs` from now, and not when it was to happen before; {@link cancel} takes it, too. */
	arm(event: Event, delayMs: number): void;
}

export class EventQueue {
	readonly #heap: Event[] = [];
	#orders = 0;

	/** How many events wait. */
	get size(): number {
		return this.#heap.length;
	}

	push(time: number, action: () => void): Event {
		const event = new Occasion(action);
		this.add(event, time);
		return event;
	}

	/** Queues an event for `time`; one that is queued already is moved there, and makes nothing. */
	add(event: Event, time: number): void {
		const { place } = event;
		event.time = time;
		event.order = this.#orders++;
		if (place < 0) {
			this.#heap.push(event);
			this.#rise(event, this.#heap.length - 1);
			return;
		}
		this.#rise(event, place);
		if (event.place === place) this.#sink(event, place);
	}

	/** The next event, left where it is; undefined when the queue is empty. */
	peek(): Event | undefined {
		return this.#heap[0];
	}

	pop(): Event | undefined {
		const first = this.#heap[0];
		if (first !== undefined) this.remove(first);
		return first;
	}

	/** Takes an event out, wherever it is. Harmless when it is not queued any more. */
	remove(event: Event): void {
		const place = event.place;
		if (place < 0 || this.#heap[place] !== event) return;
		event.place = -1;
		const last = this.#heap.pop()!;
		if (last === event) return;
		this.#rise(last, place);
		if (last.place === place) this.#sink(last, place);
	}

	#rise(event: Event, place: number): void {
		while (place > 0) {
			const above = (place - 1) >> 1;
			const other = this.#heap[above];
			if (!before(event, other)) break;
			this.#put(other, place);
			place = above;
		}
		this.#put(event, place);
	}

	#sink(event: Event, place: number): void {
		const size = this.#heap.length;
		for (let below = 2 * place + 1; below < size; below = 2 * place + 1) {
			if (below + 1 < size && before(this.#heap[below + 1], this.#heap[below])) below++;
			const other = this.#heap[below];
			if (!before(other, event)) break;
			this.#put(other, place);
			place = below;
		}
		this.#put(event, place);
	}

	#put(event: Event, place: number): void {
		this.#heap[place] = event;
		event.place = place;
	}
}

function before(a: Event, b: Event): boolean {
	return a.time < b.time || (a.time === b.time && a.order < b.order);
}
