// SPDX-License-Identifier: MIT
/** The public names of `ringbuoy/store`. */
export { RamStore } from "./ram-store.js";
