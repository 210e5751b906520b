// SPDX-License-Identifier: MIT
/** The module `ringbuoy/program` of `manifests/soak.json`. */
export * from "ringbuoy/firmware/programs/soak";
