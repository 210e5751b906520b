// SPDX-License-Identifier: MIT
/** `embedded:storage/flash` as the SDK's `modules/io/flash/esp32/flash-esp32.c` has it: names, messages, missing fields. */
import type { FlashPartition, FlashStorage } from "../../../firmware/drivers/flash.js";

export class FlashChip implements FlashStorage {
	readonly commands: string[] = [];
	refuses = "";
	readonly #partitions = new Map<string, Uint8Array>();

	constructor(partitions: Readonly<Record<string, number>>) {
		for (const [label, bytes] of Object.entries(partitions))
			this.#partitions.set(label, new Uint8Array(bytes).fill(0xff));
	}

	open({ path, mode = "r+" }: { path: string; mode?: "r" | "r+" }): FlashPartition {
		const bytes = this.#partitions.get(path);
		if (bytes === undefined) throw new Error("can't find partition");
		if (mode !== "r" && mode !== "r+") throw new Error("invalid mode");
		const refuse = (command: string): void => {
			if (this.refuses === command) throw new Error(`${command} failed`);
		};
		return {
			read: (view, offset) => {
				refuse("read");
				if (offset + view.length > bytes.length) throw new Error("read failed");
				view.set(bytes.subarray(offset, offset + view.length));
				return view.length;
			},
			write: (view, offset) => {
				refuse("write");
				for (let i = 0; i < view.length; i++) bytes[offset + i] &= view[i];
			},
			eraseBlock: (first, end) => {
				refuse("erase");
				this.commands.push(`erase ${first} ${end}`);
				bytes.fill(0xff, first * 4096, end * 4096);
			},
			status: () => {
				// The typings have two more fields, which this platform does not set.
				const status = { size: bytes.length, blockLength: 4096, blocks: bytes.length / 4096 };
				return { ...status, writeAlign: undefined, eraseValue: undefined };
			},
			close: () => {},
		};
	}
}
