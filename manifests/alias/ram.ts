// SPDX-License-Identifier: MIT
/** The module `ringbuoy/store/ram` on XS: the store for who has no flash to spare, without the one in flash. */
export * from "ringbuoy/lib/store/ram-store";
