// SPDX-License-Identifier: MIT
import { type BudgetTerm, budget, type Limits } from "../limits.js";
import type { Settled } from "../listener.js";
import type { Arena } from "../memory/arena.js";
import type { OwedRing } from "../memory/ring.js";
import type { Random } from "../ports.js";
import type { ConnectCredentials, ConnectProperties } from "../wire/connect.js";
import type { InboundAliases } from "../wire/decoder.js";
import type { Encoder, OutboundAliases } from "../wire/encoder.js";
import type { Holder, Message } from "../wire/message.js";
import type { Packet } from "../wire/packet.js";
import type { Filter, Properties } from "../wire/topic.js";
import { Credentials } from "./credentials.js";
import { Fallback } from "./fallback.js";
import type { Who } from "./identity.js";
import type { Intake } from "./intake.js";
import type { Session } from "./session.js";

/*
 * What a client can do besides. Each is an object of `lib/extras/` that the application makes and hands to the client; the core
 * knows it only by its interface here. One that is left out is null in a frozen object, so it costs no memory, and its code
 * need not be linked.
 */

/** Something that a client can do besides. Serves one client. */
export interface Extra {
	/** What it takes of the client's block, for the budget. */
	term(limits: Limits): BudgetTerm;
	/** Takes its part of the block. Called once, by the client's constructor; the session is whole by then. */
	attach(arena: Arena, session: Session, random: Random): void;
}

/** Topic aliases of 5.0, in both directions [3.3.2.3.4]. They live as long as a connection. */
export interface TopicAliases extends Extra, InboundAliases, OutboundAliases {
	/** A new connection. `outboundMaximum` is the server's Topic Alias Maximum. */
	reset(outboundMaximum: number): void;
}

/** QoS 1 and 2 messages that were delivered and not answered yet, in order of arrival. They die with the connection. */
export interface HeldMessages extends Extra, Holder {
	/** How many there are. */
	readonly count: number;
	/** A QoS 2 message was given to the application, and not taken before its connection ended: it may come again. */
	readonly lost: boolean;
	/** True when one of them is of QoS 2 and has this identifier. */
	awaits(id: number): boolean;
	/** True when one more may come; `opens`: and its identifier may have to go into the store. */
	hasRoom(opens: boolean): boolean;
	/**
	 * The message in the packet goes to the application now; of QoS 2 with the store's `hash` of it. `known`: it does not, the store
	 * knows its identifier. The caller has asked {@link hasRoom}.
	 */
	begin(qos: number, hash: number, known: boolean): void;
	/** Its handler has returned. */
	handled(): void;
	/** The message whose handler runs, if it is of QoS 2 and not held, is in the store from now on. */
	take(): void;
	/** The ring of acknowledgements owed, which may have properties here. */
	owed(arena: Arena, rows: number): OwedRing;
	/** Answers a held message. Returns 0 or a refusal. */
	acknowledge(handle: number, reason: number, properties: Properties | null): number;
	/** Owes the broker what may leave, while there is room. Returns true when there was something. */
	release(): boolean;
	/** Deals with what was forgotten. Returns 1 when something may leave, 0 when not, or why the link must end, which is negative. */
	tend(now: number): number;
	/** Milliseconds until {@link tend} has something to do; -1: nothing waits. */
	remaining(now: number): number;
	/** The connection is gone. */
	drop(): void;
}

/** Messages longer than the packet region, in pieces. */
export interface PayloadFragments extends Extra {
	/** Maximum Packet Size for CONNECT; 0: none. */
	readonly maximumPacketSize: number;
	/** The packet region's keeper, and the packet. In place of the usual ones. */
	intake(arena: Arena, start: number, size: number): Intake;
}

/** Enhanced authentication of 5.0 [3.15, 4.12]; its properties go into CONNECT. */
export interface EnhancedAuthentication extends Extra, ConnectProperties {
	/** The most bytes that the properties may have. */
	readonly most: number;
	/** An exchange is under way. */
	readonly isOpen: boolean;
	/** A CONNACK with success is in the packet. Returns 0, or why the link must end; `NotAuthorized` is ours to say, not the server's. */
	accept(packet: Packet): number;
	/** The same for AUTH. */
	receive(packet: Packet): number;
	/** Authenticates anew, on a connection that is online. Returns 0 or a refusal. */
	again(): number;
	/** Encodes the AUTH that is due, if any. Returns true when there is no room for it. */
	gather(encoder: Encoder): boolean;
}

/**
 * Told once of each request: `reply` is the answer, valid during the call, and `reason` 0; or there is none, and `reason` says why:
 * `Reason.ReplyTimeout`; `Reason.NoMatchingSubscribers`, nobody has got the request (QoS 1); or why the request could not be delivered.
 * `ticket` is what `client.request` returned. Every call on the client is legal inside; it must not throw. An answer that comes in
 * pieces (`fragments`) is told piece by piece, up to `reply.last`; the time may be up between two of them.
 */
export type ReplyHandler = (reply: Message | undefined, reason: number, ticket: number) => void;

/** Requests that wait for an answer. They outlive connections. */
export interface OpenRequests extends Extra {
	/** Bytes of the longest Response Information that the server may give; 0: it is not asked. */
	readonly informationBytes: number;
	/** Where the properties of the request stand that {@link prepare} has made. */
	readonly propertiesStart: number;
	readonly propertiesEnd: number;
	/** Makes response topic and correlation data for a request whose topic has these properties. Returns 0 or a refusal. */
	prepare(properties: Properties | null): number;
	/** The request that was prepared is the message `ticket`, and its answer is waited for so many milliseconds. */
	expect(ticket: number, onReply: ReplyHandler, ms: number): void;
	/** CONNACK, with success, is in the packet. */
	online(): void;
	/** True when the message in the packet came with the response topic; its handler was told. */
	answers(): boolean;
	/** A ticket is settled. */
	settled(ticket: number, outcome: Settled, reason: number): void;
	/** Gives up what waited for too long. Returns whether there was something. */
	tend(now: number): boolean;
	/** Milliseconds until {@link tend} has something to do; -1: nothing waits. */
	remaining(now: number): number;
}

/** Hands messages to the handlers of the filters that they match. */
export interface MessageRouter extends Extra {
	/** The Subscription Identifier of a filter, for SUBSCRIBE; 0 when it has no handler. */
	identifier(filter: Filter): number;
	/** What the broker has agreed to is another than before: looks at the subscriptions anew. */
	refresh(): void;
	/**
	 * Hands the message in the packet to each handler that it is for, once. Returns false when there was none. `ours`: this life
	 * began the session, so there are no identifiers in it but those of this life.
	 */
	dispatch(packet: Packet, ours: boolean): boolean;
}

/** Bytes that can be read again: a part of flash, a file. */
export interface Source {
	/**
	 * Writes the bytes from `offset` on to `bytes[start]` to `bytes[end - 1]`, all of them and at once, and returns how many:
	 * anything but `end - start`, or a throw, means that it has failed. Asked in order, and from offset 0 again when the message
	 * is sent again; not after its ticket is settled. `bytes` is the client's memory: nothing else of it may be touched or kept.
	 */
	read(bytes: Uint8Array, start: number, end: number, offset: number): number;
}

/** Messages whose payload is read when it is sent. */
export interface PayloadSources extends Extra {
	/** True when one more message can have a source. */
	readonly hasRow: boolean;
	/** A message is being written: nothing else may be. */
	readonly open: boolean;
	/** The same, or the link has not sent all of it: what came behind it waits, and its answer takes longer. */
	readonly busy: boolean;
	/** The message was accepted. The caller has asked {@link hasRow}. */
	hold(number: number, source: Source, length: number): void;
	/** Bytes of a message's payload that a source has; 0 for one that has none. */
	lengthOf(number: number): number;
	/**
	 * Writes the head of the message whose record was loaded to `at`, and as much of its payload as there is room for. Returns 1;
	 * 0 when there is no room for its head now; -1 when its source failed, then it is settled.
	 */
	begin(
		number: number,
		at: number,
		id: number,
		again: boolean,
		expirySeconds: number,
		aliases: OutboundAliases | null,
	): number;
	/** Goes on with what is {@link open}, as far as there is room. Returns false when its source failed and the link must end. */
	pour(): boolean;
	/** A ticket is settled: its source is not asked any more. */
	settled(number: number): void;
	/** True for an acknowledgement that cannot be: its message is still being written. */
	early(number: number, reason: number): boolean;
	/** The link has more room than before. */
	writable(room: number): void;
	/** The room of the link, before something is written, and whether a message may begin. */
	look(room: number, mayBegin: boolean): void;
	/** The link is gone. */
	cut(): void;
}

/** By the names under which they are among the options of a client. */
export interface Extras {
	readonly aliases: TopicAliases | null;
	readonly authentication: EnhancedAuthentication | null;
	/** User and password, when one of them is a function. */
	readonly credentials: (ConnectCredentials & Extra) | null;
	readonly holds: HeldMessages | null;
	/** Which version is spoken, with `version: "auto"`. */
	readonly fallback: (Fallback & Extra) | null;
	readonly fragments: PayloadFragments | null;
	readonly requests: OpenRequests | null;
	readonly router: MessageRouter | null;
	readonly sources: PayloadSources | null;
}

/** The same, as an application gives them. */
export type ExtraOptions = {
	readonly [Name in Exclude<keyof Extras, "credentials" | "fallback">]?: NonNullable<Extras[Name]>;
};

const NONE: Extras = Object.freeze({
	aliases: null,
	authentication: null,
	credentials: null,
	fallback: null,
	fragments: null,
	holds: null,
	requests: null,
	router: null,
	sources: null,
});

/** Those among the options; without any, an object that is in ROM. */
export function extrasFrom(options: ExtraOptions & Pick<Who, "user" | "password" | "version">): Extras {
	const { user, password, version } = options;
	const asked = typeof user === "function" || typeof password === "function";
	const extras: Extras = {
		aliases: options.aliases ?? null,
		authentication: options.authentication ?? null,
		credentials: asked ? new Credentials(user, password) : null,
		fallback: version === "auto" ? new Fallback() : null,
		fragments: options.fragments ?? null,
		holds: options.holds ?? null,
		requests: options.requests ?? null,
		router: options.router ?? null,
		sources: options.sources ?? null,
	};
	return listOf(extras).length === 0 ? NONE : extras;
}

/** As a list. Construction only. */
export function listOf(extras: Extras): Extra[] {
	return Object.values(extras).filter((extra) => extra !== null);
}

/** The memory budget, term by term. Allocates. */
export function budgetOf(session: Session): BudgetTerm[] {
	const { limits, extras, store } = session;
	return [
		...budget(limits),
		...listOf(extras).map((extra) => extra.term(limits)),
		{ name: "store", bytes: store.bytes, reason: "messages, their table, inbound QoS 2 identifiers" },
	];
}
