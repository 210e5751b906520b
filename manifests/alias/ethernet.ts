// SPDX-License-Identifier: MIT
/** The module `ringbuoy/ethernet` on XS: a wired port. */
export * from "ringbuoy/firmware/drivers/ethernet";
