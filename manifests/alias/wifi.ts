// SPDX-License-Identifier: MIT
/** The module `ringbuoy/wifi` on XS: a station that stays joined. */
export * from "ringbuoy/firmware/drivers/wifi";
