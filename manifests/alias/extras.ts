// SPDX-License-Identifier: MIT
/** The module `ringbuoy/extras` on XS: what a client can do besides. */
export * from "ringbuoy/lib/extras/index";
