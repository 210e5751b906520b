// SPDX-License-Identifier: MIT
/** A partition of the flash chip, for the store. */
import type { Flash } from "../../lib/index.js";

/** The part that we use of `embedded:storage/flash` (`modules/io/flash/esp32/flash-esp32.c`). */
export interface FlashStorage {
	/** Finds a data partition by its label. Throws when there is none. */
	open(options: { readonly path: string; readonly mode?: "r" | "r+" }): FlashPartition;
}

export interface FlashPartition {
	/** Fills the view. Throws "read failed". */
	read(view: Uint8Array, offset: number): number;
	/** Throws "write failed". */
	write(view: Uint8Array, offset: number): void;
	/** Blocks `first` to `end - 1`, in one native call. Throws "erase failed". */
	eraseBlock(first: number, end: number): void;
	/** Other fields than these differ from platform to platform. */
	status(): { readonly size: number; readonly blockLength: number };
	close(): void;
}

export interface FlashOptions {
	/** The module `embedded:storage/flash`. */
	readonly io: FlashStorage;
	/** Label of the partition in partitions.csv; default "ringbuoy". */
	readonly label?: string;
	/** Called between the blocks when several are erased: lets the other tasks run, `Timer.delay(1)` of the SDK. */
	readonly pause?: () => void;
}

/**
 * A data partition. Nothing is allocated after the constructor; what the chip refuses is thrown, and the store catches it.
 *
 * Erases yield to the watchdogs in this way: a native call erases one block (4096 bytes: 40 ms as a rule, 400 at most by the
 * data sheets), and the store asks for one at most in a turn. After each turn the SDK's loop feeds the task watchdog, where a
 * board has it on (`modMessageService` in `xs/platforms/esp/xsHost.c`), whose time is five seconds and more. Only
 * `FlashStore.format` erases block after block: there, {@link FlashOptions.pause} lets the idle task run in between.
 */
export class DeviceFlash implements Flash {
	readonly #partition: FlashPartition;
	readonly #pause: (() => void) | undefined;
	readonly #status: { readonly size: number; readonly blockLength: number };

	/** Throws when there is no such partition, in words that say what to do. */
	constructor(options: FlashOptions) {
		const { io, label = "ringbuoy", pause } = options;
		try {
			this.#partition = io.open({ path: label });
			const { size, blockLength } = this.#partition.status();
			this.#status = Object.freeze({ size, blockLength });
		} catch (error) {
			throw new Error(
				`there is no partition ${label}: partitions.csv of the board needs a line with that label, ` +
					`and the board has to be flashed with it (${error instanceof Error ? error.message : error})`,
			);
		}
		this.#pause = pause;
	}

	read(view: Uint8Array, offset: number): number {
		return this.#partition.read(view, offset);
	}

	write(view: Uint8Array, offset: number): void {
		this.#partition.write(view, offset);
	}

	eraseBlock(first: number, end = first + 1): void {
		for (let block = first; block < end; block++) {
			if (block > first) this.#pause?.();
			this.#partition.eraseBlock(block, block + 1);
		}
	}

	status(): { readonly size: number; readonly blockLength: number } {
		return this.#status;
	}
}
