// SPDX-License-Identifier: MIT
/** `embedded:storage/key-value` in format "buffer", as the SDK's `modules/io/storage/esp32/storage-esp32.c` has it. */
import type { KeyValueDomain, KeyValueStorage } from "../../../firmware/drivers/ledger.js";

export class BlobStorage implements KeyValueStorage {
	readonly blobs = new Map<string, Uint8Array>();
	/** How many were written. */
	writes = 0;
	/** NVS is full, or was never made. */
	refuses: "" | "open" | "write" = "";

	open({ path, format }: { path: string; format: "buffer" }): KeyValueDomain {
		if (this.refuses === "open") throw new Error("ESP_ERR_NVS_NOT_INITIALIZED");
		// NVS_KEY_NAME_MAX_SIZE is 16 with the zero at the end, for namespaces and keys.
		if (path.length > 15) throw new Error("ESP_ERR_NVS_KEY_TOO_LONG");
		if (format !== "buffer") throw new RangeError("unsupported");
		return {
			read: (key, view) => {
				const blob = this.blobs.get(`${path}/${key}`);
				if (blob === undefined) return undefined;
				if (view.length < blob.length) throw new RangeError("buffer too small");
				view.set(blob);
				return blob.length;
			},
			write: (key, view) => {
				if (key.length > 15) throw new Error("ESP_ERR_NVS_KEY_TOO_LONG");
				if (this.refuses === "write") throw new Error("ESP_ERR_NVS_NOT_ENOUGH_SPACE");
				this.writes++;
				this.blobs.set(`${path}/${key}`, view.slice());
			},
		};
	}
}
