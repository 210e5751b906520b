// SPDX-License-Identifier: MIT
/** What the rules have in common: a flash, a life on it, something to do. */
import { MessageState } from "../../../lib/wire/record.js";
import { NorFlash } from "../../../simulator/nor-flash.js";
import { Life } from "../../lib/store/lives.js";

/** By name; one that does not hold throws. */
export type Rules = Readonly<{ [name: string]: () => void }>;

/** Throws unless it holds. */
export function sure(holds: boolean, otherwise: string): void {
	if (!holds) throw new Error(otherwise);
}

export const SECTOR = 4096;
export const CELL = 32;
export const MAGIC = 0x52424c47;
export const LIMITS = { keptMessages: 64, window: 8, receiveMaximum: 8, recordBytes: 512, outboxBytes: 1024 };

export const flashOf = (sectors = 8): NorFlash => new NorFlash({ sectors, reprogram: "throw" });

export const lifeOn = (flash: NorFlash): Life => new Life(flash, LIMITS, { encrypted: flash.encrypted });

/** Publishes and ends so many messages, as a board that is online does. */
export function traffic(life: Life, count: number): void {
	const { store } = life;
	for (let i = 0; i < count; i++) {
		const number = life.put({ payload: "y".repeat(150) });
		sure(number > 0, `put refuses: ${number}`);
		store.mark(number, MessageState.AwaitAck);
		sure(store.commit() === 0, "commit refuses");
		store.mark(number, MessageState.Done);
	}
}

/** Where in the flash this text stands. */
export function placeOf(flash: NorFlash, text: string): number {
	const at = Buffer.from(flash.bytes.buffer, flash.bytes.byteOffset, flash.bytes.length).indexOf(text);
	sure(at >= 0, `${text} is not in the flash`);
	return at;
}

/** A flash with a store on it: some messages wait, in several sectors. */
export function written(sectors = 12): { flash: NorFlash; numbers: number[] } {
	const flash = flashOf(sectors);
	const life = lifeOn(flash);
	life.open();
	const numbers = Array.from({ length: 36 }, (_, i) => life.put({ payload: `${i}`.padEnd(300, "p") }));
	sure(
		numbers.every((number) => number > 0),
		`the store takes ${numbers}`,
	);
	life.store.flush();
	return { flash, numbers };
}
