// SPDX-License-Identifier: MIT
/** The embedded broker: its public names, nothing else. */

export {
	type Action,
	Broker,
	type BrokerHooks,
	type BrokerOptions,
	type Credentials,
	type Publication,
	type Refusal,
	type SessionView,
	type Verdict,
} from "./broker.js";
export type { Active, AnswerRule, Chaos, Deed, Dismissal, PacketRule, Substitute } from "./chaos.js";
export { type BrokerEvent, type Counters, DROP_CAUSES, type DropCause } from "./events.js";
export { type BrokerLimits, LIMITS, limitsOf, PROFILES, type Profile } from "./limits.js";
export { type Address, type ListenOptions, TcpListener } from "./listener.js";
export type { AuthExchange, AuthMethod, AuthStep } from "./method.js";
export { type Beside, Code, type Kind, type Qos, textOf, type Version } from "./protocol.js";
export { SCRAM_SHA_256, type ScramKeys, type ScramOptions, scramKeys, scramSha256 } from "./scram.js";
export { WebSocketListener, type WebSocketListenOptions } from "./websocket-listener.js";
