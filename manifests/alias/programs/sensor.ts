// SPDX-License-Identifier: MIT
/** The module `ringbuoy/program` of `manifests/sensor.json`. */
export * from "ringbuoy/firmware/programs/sensor";
