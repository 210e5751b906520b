// SPDX-License-Identifier: MIT
/** The module `ringbuoy/websocket` on XS: MQTT over WebSocket, on any other dialler. */
export * from "ringbuoy/firmware/drivers/websocket-dialler";
