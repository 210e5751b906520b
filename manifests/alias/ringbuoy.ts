// SPDX-License-Identifier: MIT
/** The module `ringbuoy` on XS. A name of its own, because relative imports there start from a module's specifier. */
export * from "ringbuoy/lib/index";
