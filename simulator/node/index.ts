// SPDX-License-Identifier: MIT
/** The ports of Node: real time, real sockets. Becomes `ringbuoy/node`. */

export { NodeClock, type NodeClockOptions } from "./clock.js";
export { flashBlockBytes, NodeFlash, type NodeFlashOptions } from "./flash.js";
export { NodeMemory } from "./memory.js";
export { NodeRandom, SeededRandom } from "./random.js";
export { NodeSchedule } from "./schedule.js";
export { TcpDialler, type TcpOptions } from "./tcp.js";
export { NodeTimeline } from "./timeline.js";
export { TlsDialler, type TlsOptions } from "./tls.js";
export {
	type Broker,
	type BrokerOptions,
	type BrokerUrl,
	brokerAt,
	diallerAt,
	diallerTo,
	parseBrokerUrl,
} from "./url.js";
export { WebSocketDialler, type WebSocketOptions } from "./websocket.js";
