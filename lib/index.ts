// SPDX-License-Identifier: MIT
/** The public names of the core. The store is in `ringbuoy/store`, the ports of Node in `ringbuoy/node`. */
export {
	Client,
	type ClientOptions,
	DROP_OLDEST,
	KEEP_LATEST,
	type Qos,
	RETAIN,
	SETTLE_STORED,
	VOLATILE,
	type Will,
} from "./client.js";
export { Counter } from "./counters.js";
export { type BudgetTerm, DEFAULT_LIMITS, type Limits, limitsFrom, TINY_LIMITS } from "./limits.js";
export { type Listener, Settled } from "./listener.js";
export {
	type Alarm,
	type Block,
	type Clock,
	type Dialler,
	type Flash,
	type Link,
	LinkFault,
	type Memory,
	type Power,
	type Random,
	type Store,
	StoreFault,
	type Timer,
	type Transport,
} from "./ports.js";
export type { Message } from "./wire/message.js";
export { LINK_FAULT_BASE, Reason } from "./wire/protocol.js";
export { Refusal } from "./wire/refusal.js";
export type { Filter, Topic } from "./wire/topic.js";
export type { Writer } from "./wire/writer.js";
