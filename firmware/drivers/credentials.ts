// SPDX-License-Identifier: MIT
/**
 * Settings in key-value storage: NVS on an ESP32. There they survive a new firmware, and a board changes its network without
 * being rebuilt. They are stored in the clear unless the build encrypts NVS.
 *
 * Facts of the SDK's class (`modules/io/storage/esp32/storage-esp32.c`): opening a namespace for reading that nobody has
 * written to throws; so does reading a value of another type than text; `write` has committed when it returns.
 */

import { check, KEYS, type Key } from "./keys.js";
import { wordsOf } from "./network.js";

/** As much as is used here of what `embedded:storage/key-value` opens in format "string". */
export interface TextStorage {
	/** Undefined when there is no such key. */
	read(key: string): unknown;
	write(key: string, value: string): void;
	delete(key: string): void;
	close(): void;
	[Symbol.iterator](): IterableIterator<string>;
}

/** The default export of `embedded:storage/key-value`. */
export interface KeyValueStorage {
	open(options: { path: string; format: "string"; mode: "r" | "r+" }): TextStorage;
}

/** The namespace; at most 15 characters. */
export const NAMESPACE = "ringbuoy";

/** Opens the settings of this board: "r" to read them, undefined when none were ever written; "r+" to {@link provision}. */
export function openStorage(io: KeyValueStorage, mode: "r" | "r+" = "r"): TextStorage | undefined {
	try {
		return io.open({ path: NAMESPACE, format: "string", mode });
	} catch {
		return undefined;
	}
}

/**
 * Writes one setting, for a program or a console that lets somebody change it; it counts from the next start on. An empty
 * value deletes it, so that the build's counts again. Returns "" when it is written, or what is wrong, without the value.
 *
 * Who may do this is up to the caller: whoever sets the network and the broker owns the board.
 */
export function provision(storage: TextStorage, key: string, value: string): string {
	if (!Object.hasOwn(KEYS, key)) return `${key} is no setting; the names are in firmware/README.md`;
	const fault = value === "" ? "" : check(key as Key, value);
	if (fault !== "") return `${key} must be ${fault}`;
	try {
		if (value === "") storage.delete(key);
		else storage.write(key, value);
		return "";
	} catch (thrown) {
		return `${key} cannot be written (${wordsOf(thrown)})`;
	}
}
