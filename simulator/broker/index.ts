// SPDX-License-Identifier: MIT
/** The embedded broker: its public names, nothing else. */

export type { AuthExchange, AuthMethod, AuthStep } from "./authentication.js";
export {
	type Action,
	Broker,
	type BrokerHooks,
	type BrokerOptions,
	type Credentials,
	type Publication,
	type SessionView,
	type Verdict,
} from "./broker.js";
export type { Active, AnswerRule, Chaos, Deed, PacketRule } from "./chaos.js";
export { type BrokerEvent, type Counters, DROP_CAUSES, type DropCause } from "./events.js";
export { type BrokerLimits, LIMITS, limitsOf, PROFILES, type Profile } from "./limits.js";
export { type Address, type ListenOptions, TcpListener } from "./listener.js";
export { Code, type Kind, type Qos, textOf, type Version } from "./protocol.js";
