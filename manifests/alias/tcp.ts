// SPDX-License-Identifier: MIT
/** The module `ringbuoy/tcp` on XS: what a client needs of a board that has TCP. */
export * from "ringbuoy/firmware/tcp";
