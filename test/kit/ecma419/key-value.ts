// SPDX-License-Identifier: MIT
/** `embedded:storage/key-value` in format "string", as `modules/io/storage/esp32/storage-esp32.c` has it over NVS. */
import type { KeyValueStorage, TextStorage } from "../../../firmware/drivers/credentials.js";

/** What NVS holds under a key: only a string is read as one. */
export type Entry = string | number | Uint8Array;

export class Nvs implements KeyValueStorage {
	/** By namespace. A namespace is there once it was opened for writing. */
	readonly namespaces = new Map<string, Map<string, Entry>>();
	/** Storages that are open. */
	opened = 0;
	/** The partition is full. */
	full = false;
	/** Its pages are damaged: listing its keys fails. */
	damaged = false;

	open({ path, format, mode }: { path: string; format: "string"; mode: "r" | "r+" }): TextStorage {
		// NVS_KEY_NAME_MAX_SIZE is 16 with the zero at the end, for namespaces and keys.
		if (path.length > 15) throw new Error("ESP_ERR_NVS_KEY_TOO_LONG");
		if (format !== "string") throw new RangeError("unsupported");
		let entries = this.namespaces.get(path);
		if (entries === undefined) {
			if (mode === "r") throw new Error("ESP_ERR_NVS_NOT_FOUND");
			entries = new Map();
			this.namespaces.set(path, entries);
		}
		this.opened++;
		return new Directory(this, entries, mode === "r");
	}
}

class Directory implements TextStorage {
	readonly #nvs: Nvs;
	readonly #entries: Map<string, Entry>;
	readonly #readOnly: boolean;

	constructor(nvs: Nvs, entries: Map<string, Entry>, readOnly: boolean) {
		this.#nvs = nvs;
		this.#entries = entries;
		this.#readOnly = readOnly;
	}

	read(key: string): unknown {
		this.#check(key);
		const entry = this.#entries.get(key);
		if (entry !== undefined && typeof entry !== "string") throw new TypeError("mismatch");
		return entry;
	}

	write(key: string, value: string): void {
		if (this.#readOnly) throw new Error("read-only");
		this.#check(key);
		if (this.#nvs.full) throw new Error("ESP_ERR_NVS_NOT_ENOUGH_SPACE");
		this.#entries.set(key, value);
	}

	delete(key: string): void {
		if (this.#readOnly) throw new Error("read-only");
		this.#check(key);
		this.#entries.delete(key);
	}

	close(): void {
		this.#nvs.opened--;
	}

	[Symbol.iterator](): IterableIterator<string> {
		if (this.#nvs.damaged) throw new Error("ESP_ERR_NVS_CORRUPT_KEY_PART");
		return this.#entries.keys();
	}

	#check(key: string): void {
		if (key.length > 15) throw new Error("ESP_ERR_NVS_KEY_TOO_LONG");
	}
}
