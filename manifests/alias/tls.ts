// SPDX-License-Identifier: MIT
/** The module `ringbuoy/tls` on XS: MQTT over the TLS of the SDK. */
export * from "ringbuoy/firmware/drivers/tls-dialler";
