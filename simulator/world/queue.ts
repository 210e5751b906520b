// SPDX-License-Identifier: MIT
/** The event queue of a world: a binary heap, ordered by time and then by insertion number. */

/** One thing to do at a time. Owned by the queue from `push` until it is popped or removed. */
export class Event {
	/** Virtual milliseconds. */
	readonly time: number;
	/** Insertion number: makes the order of simultaneous events a fact instead of an accident. */
	readonly order: number;
	readonly action: () => void;
	/** Where it lies in the heap; -1 when it is not queued. Lets `remove` be exact, so that no cancelled event lingers. */
	place = -1;

	constructor(time: number, order: number, action: () => void) {
		this.time = time;
		this.order = order;
		this.action = action;
	}
}

export class EventQueue {
	readonly #heap: Event[] = [];
	#orders = 0;

	/** How many events wait. */
	get size(): number {
		return this.#heap.length;
	}

	push(time: number, action: () => void): Event {
		const event = new Event(time, this.#orders++, action);
		this.#heap.push(event);
		this.#rise(event, this.#heap.length - 1);
		return event;
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
