// SPDX-License-Identifier: MIT
import { DEFAULT_LIMITS, limitsFrom } from "../../../lib/limits.js";
import { FlashStore } from "../../../lib/store/flash-store.js";
import { NorFlash } from "../../../simulator/nor-flash.js";
import { storeContract } from "../../contract/store.js";

/** One record is made in a part of the outbox. */
const recordBytes = 256;

storeContract("FlashStore", (limits) => {
	const { outboxBytes } = limitsFrom({ ...DEFAULT_LIMITS, ...limits });
	return new FlashStore(new NorFlash(), { ...limits, recordBytes, outboxBytes: outboxBytes + recordBytes });
});
