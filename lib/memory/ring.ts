// SPDX-License-Identifier: MIT
import { Row } from "../limits.js";
import type { Arena } from "./arena.js";

/**
 * The acknowledgements that are owed to the broker, first in, first out, so that they leave in the order in which their
 * causes came [MQTT-4.6.0-2, -3, -4]. A row is one 32-bit number:
 *
 *     ┌──────────┬──────────┬────────────────────┐
 *     │ type u8  │ reason u8│ identifier u16     │
 *     └──────────┴──────────┴────────────────────┘
 *
 * When it is full, nothing more is read from the link: the broker waits, and nothing is dropped.
 */
export class OwedRing {
	/** How many wait. */
	count = 0;
	protected head = 0;
	protected view: DataView;
	private start: number;
	private capacity: number;

	constructor(arena: Arena, rows: number) {
		this.view = arena.view;
		this.start = arena.region(rows * Row.Owed);
		this.capacity = rows;
	}

	/** How many more can be taken. */
	get room(): number {
		return this.capacity - this.count;
	}

	/** Adds one. The caller has looked at {@link room}. See {@link properties}, which are kept only where there is a place for them. */
	push(type: number, id: number, reason: number, _properties = 0): void {
		this.view.setInt32(this.start + this.tail * Row.Owed, (type << 24) | (reason << 16) | id);
		this.count++;
	}

	/** Where the properties of the oldest one start, as `Properties` has them; 0: it has none. */
	get properties(): number {
		return 0;
	}

	/** The row of the next one. */
	protected get tail(): number {
		const row = this.head + this.count;
		return row < this.capacity ? row : row - this.capacity;
	}

	/** The oldest one, as a row; take it apart with `>>> 24`, `>>> 16 & 255`, `& 65535`. Only while `count > 0`. */
	get first(): number {
		return this.view.getInt32(this.start + this.head * Row.Owed);
	}

	/** Drops the oldest one. */
	shift(): void {
		if (++this.head === this.capacity) this.head = 0;
		this.count--;
	}

	clear(): void {
		this.count = 0;
	}
}
