// SPDX-License-Identifier: MIT
/** Real time for thousands of boards: all that waits lies in one heap, behind one timer of the host. */

import type { Scheduled } from "../seams.js";
import { Event, EventQueue, type Timeline } from "../world/queue.js";

/** The longest delay that `setTimeout` takes, in milliseconds (24.8 days): above it, it fires at once. */
const DELAY_MAX_MS = 2 ** 31 - 1;
/** After so many milliseconds of events the host's sockets have their turn. */
const PASS_MS = 5;

/** Keeps the process alive while something waits; {@link close} forgets all of it. */
export class NodeTimeline implements Timeline {
	readonly #queue = new EventQueue();
	readonly #startMs = performance.now();
	/** Fixed at the start, so that `epochMs` never goes back either. */
	readonly #startEpochMs = Date.now();
	#timeout: NodeJS.Timeout | undefined;
	/** When the timeout under way fires. */
	#firesMs = Infinity;
	#immediate: NodeJS.Immediate | undefined;

	get now(): number {
		return performance.now() - this.#startMs;
	}

	get epochMs(): number {
		return this.#startEpochMs + this.now;
	}

	/** How many events wait. */
	get pending(): number {
		return this.#queue.size;
	}

	after(delayMs: number, action: () => void): Scheduled {
		const time = this.#due(delayMs);
		const event = this.#queue.push(time, action);
		this.#wake(time);
		return event;
	}

	arm(event: Event, delayMs: number): void {
		const time = this.#due(delayMs);
		this.#queue.add(event, time);
		this.#wake(time);
	}

	cancel(scheduled: Scheduled): void {
		if (scheduled instanceof Event) this.#queue.remove(scheduled);
	}

	/** Nothing happens any more. */
	close(): void {
		for (let event = this.#queue.pop(); event !== undefined; event = this.#queue.pop());
		this.#rest();
		clearImmediate(this.#immediate);
		this.#immediate = undefined;
	}

	#due(delayMs: number): number {
		if (!(delayMs >= 0)) throw new RangeError(`a delay of ${delayMs} ms`);
		return this.now + delayMs;
	}

	/** Something is due at `time`. A timeout that fires too early finds nothing to do, which is cheaper than moving it. */
	#wake(time: number): void {
		if (this.#immediate !== undefined || time >= this.#firesMs) return;
		const delayMs = time - this.now;
		if (delayMs <= 0) {
			this.#immediate = setImmediate(this.#pass);
			return;
		}
		this.#rest();
		this.#firesMs = time;
		this.#timeout = setTimeout(this.#pass, Math.min(Math.ceil(delayMs), DELAY_MAX_MS));
	}

	#rest(): void {
		clearTimeout(this.#timeout);
		this.#timeout = undefined;
		this.#firesMs = Infinity;
	}

	/** Lets happen what is due. */
	readonly #pass = (): void => {
		this.#rest();
		clearImmediate(this.#immediate);
		this.#immediate = undefined;
		const queue = this.#queue;
		const begun = this.now;
		try {
			for (let next = queue.peek(); next !== undefined && next.time <= begun; next = queue.peek()) {
				queue.remove(next);
				next.happen();
				if (this.now - begun > PASS_MS) break;
			}
		} finally {
			const next = queue.peek();
			if (next !== undefined) this.#wake(next.time);
		}
	};
}
