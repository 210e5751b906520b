// SPDX-License-Identifier: MIT
/** The module `ringbuoy/network` on XS: one network or several, the time of day, and settings from where their owner wrote them. */
export * from "ringbuoy/firmware/network";
