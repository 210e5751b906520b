// SPDX-License-Identifier: MIT
/** The module `ringbuoy/program` of `manifests/hello.json`. */
export * from "ringbuoy/firmware/programs/hello";
