// SPDX-License-Identifier: MIT
import { EventKind } from "./format.js";

/** An event that is not written yet: kind u8, aux u8, key u16, word i32. */
export const EVENT_ROW = 8;
/** Events that may wait to be written, a power of two; more are written out early. */
export const EVENT_ROWS = 16;

/** What changed and is not in flash yet, in order. */
export class Events {
	count = 0;
	/** Of which so many must be written before anything is sent; the others may wait for company. */
	required = 0;
	private view: DataView;
	private start: number;
	private first = 0;

	constructor(view: DataView, start: number) {
		this.view = view;
		this.start = start;
	}

	get full(): boolean {
		return this.count === EVENT_ROWS;
	}

	/** Adds an event; the caller has asked {@link full}. */
	push(kind: number, key: number, word: number): void {
		const at = this.at(this.count++);
		this.view.setInt32(at, (kind << 24) | key);
		this.view.setInt32(at + 4, word);
		if (isRequired(kind)) this.required++;
	}

	/** Takes the oldest away. */
	shift(): void {
		if (isRequired(this.kind(0))) this.required--;
		this.first = (this.first + 1) & (EVENT_ROWS - 1);
		this.count--;
	}

	clear(): void {
		this.count = 0;
		this.required = 0;
	}

	// The event at `index`, 0 is the oldest.

	kind(index: number): number {
		return this.view.getUint8(this.at(index));
	}

	/** 1: the application's number goes with it. */
	aux(index: number): number {
		return this.view.getUint8(this.at(index) + 1);
	}

	setAux(index: number): void {
		this.view.setUint8(this.at(index) + 1, 1);
	}

	/** True when the application's number is written with it. */
	hasNumber(index: number): boolean {
		return this.aux(index) === 1 || this.kind(index) === EventKind.Remembered;
	}

	key(index: number): number {
		return this.view.getUint16(this.at(index) + 2);
	}

	word(index: number): number {
		return this.view.getInt32(this.at(index) + 4);
	}

	/** Kind, aux and key, as they stand in a record. */
	head(index: number): number {
		return this.view.getInt32(this.at(index));
	}

	private at(index: number): number {
		return this.start + ((this.first + index) & (EVENT_ROWS - 1)) * EVENT_ROW;
	}
}

/** That a message is done may wait: it would be sent again, and its end would be told again. So may the subscriptions. */
function isRequired(kind: number): boolean {
	return kind !== EventKind.Done && kind !== EventKind.Subscribed;
}
