// SPDX-License-Identifier: MIT
/** The module `ringbuoy/flash` on XS: a partition of the flash chip, for the store. */
export * from "ringbuoy/firmware/drivers/flash";
