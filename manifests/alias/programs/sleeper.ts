// SPDX-License-Identifier: MIT
/** The module `ringbuoy/program` of `manifests/sleeper.json`. */
export * from "ringbuoy/firmware/programs/sleeper";
