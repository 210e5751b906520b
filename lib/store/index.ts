// SPDX-License-Identifier: MIT
/** The public names of `ringbuoy/store`. */
export { FlashStore, type FlashStoreOptions } from "./flash-store.js";
export { RamStore } from "./ram-store.js";
export { ENDURANCE, type Wear } from "./wear.js";
