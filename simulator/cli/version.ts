// SPDX-License-Identifier: MIT
/** Put in place of this name when the command line is bundled. */
declare const RINGBUOY_VERSION: string;

/** The version of the package that this was built from. */
export const version: string = RINGBUOY_VERSION;
