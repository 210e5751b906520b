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
export { Counter, LinkFault, Next, Property, Reason, Refusal, Settled, StoreFault } from "./dictionaries.js";
export { type BudgetTerm, DEFAULT_LIMITS, type Limits, limitsFrom, TINY_LIMITS } from "./limits.js";
export type { Listener } from "./listener.js";
export type {
	Alarm,
	Block,
	Clock,
	Dialler,
	Flash,
	Link,
	Memory,
	Power,
	Random,
	Store,
	Timer,
	Transport,
} from "./ports.js";
export type { ReplyHandler } from "./session/extras.js";
export type { Server } from "./session/link.js";
export type { PropertyFields } from "./wire/fields.js";
export type { PropertyLens } from "./wire/lens.js";
export type { Message } from "./wire/message.js";
export {
	LINK_FAULT_BASE,
	NO_LOCAL,
	NO_RETAINED,
	RETAIN_AS_PUBLISHED,
	RETAINED_IF_NEW,
} from "./wire/protocol.js";
export type { Filter, Properties, Topic } from "./wire/topic.js";
export type { Writer } from "./wire/writer.js";
