// SPDX-License-Identifier: MIT
/**
 * A partition whose plug can be pulled in the middle of a command: of a write, some bytes are programmed and one of them
 * half; of an erase, nothing, everything, or a part of the bits. For a display; `nor-flash.ts` knows all the ways.
 */

import type { Flash, Random } from "../../lib/ports.js";

/** What was under way when the power went. */
export type Torn = "write" | "erase";

export class PluggedFlash implements Flash {
	/** The plug was pulled inside a command; told before the command throws. */
	onCut: ((torn: Torn) => void) | undefined;
	readonly #flash: Flash;
	readonly #random: Random;
	/** Commands until the plug is pulled; 0: it is not. */
	#armed = 0;
	#dead = false;

	constructor(flash: Flash, random: Random) {
		this.#flash = flash;
		this.#random = random;
	}

	/** The power goes in the middle of the `nth` command from now; 0: it does not. */
	arm(nth: number): void {
		this.#armed = nth;
	}

	/** Every call throws until {@link powerOn}. */
	powerOff(): void {
		this.#armed = 0;
		this.#dead = true;
	}

	powerOn(): void {
		this.#dead = false;
	}

	status(): { readonly size: number; readonly blockLength: number } {
		return this.#flash.status();
	}

	read(view: Uint8Array, offset: number): number {
		this.#check();
		return this.#flash.read(view, offset);
	}

	write(view: Uint8Array, offset: number): void {
		this.#check();
		if (!this.#due()) {
			this.#flash.write(view, offset);
			return;
		}
		const done = this.#random.below(view.length);
		const torn = view.slice(0, done + 1);
		torn[done] |= this.#random.below(256);
		this.#flash.write(torn, offset);
		this.#cut("write");
	}

	eraseBlock(first: number, end = first + 1): void {
		this.#check();
		if (!this.#due()) {
			this.#flash.eraseBlock(first, end);
			return;
		}
		const how = this.#random.below(3);
		const { blockLength } = this.#flash.status();
		const block = new Uint8Array(blockLength);
		this.#flash.read(block, first * blockLength);
		if (how > 0) this.#flash.eraseBlock(first);
		if (how === 2) {
			for (let at = 0; at < blockLength; at++) block[at] |= this.#random.below(256);
			this.#flash.write(block, first * blockLength);
		}
		this.#cut("erase");
	}

	#due(): boolean {
		return this.#armed > 0 && --this.#armed === 0;
	}

	#cut(torn: Torn): never {
		this.powerOff();
		this.onCut?.(torn);
		throw new Error("the power is cut");
	}

	#check(): void {
		if (this.#dead) throw new Error("the power is cut");
	}
}
