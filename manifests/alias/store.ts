// SPDX-License-Identifier: MIT
/** The module `ringbuoy/store` on XS: both stores. Apart from `ringbuoy`, so that nobody links a store that he does not use. */
export * from "ringbuoy/lib/store/index";
