// SPDX-License-Identifier: MIT
import type { BudgetTerm, Limits } from "../limits.js";
import type { Arena } from "../memory/arena.js";
import type { Packet } from "../wire/packet.js";
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
	attach(arena: Arena, session: Session): void;
}

/** Topic aliases of 5.0, in both directions [3.3.2.3.4]. They live as long as a connection. */
export interface TopicAliases extends Extra {
	/** The highest alias that the broker may use, for CONNECT; 0: none. */
	readonly inboundMaximum: number;
	/** A new connection. `outboundMaximum` is the server's Topic Alias Maximum. */
	reset(outboundMaximum: number): void;
	/**
	 * How to send the topic that stands from `start` to `end`: 0 as it is; above 0 as this alias alone; below 0 as it is, with
	 * the alias `-n`, which means it from then on. To be called only for a PUBLISH that is going to be written.
	 */
	outbound(start: number, end: number): number;
	/** Puts the whole topic in place of the packet's alias, or keeps it under that alias. Returns 0 or why the link must end. */
	inbound(packet: Packet, alias: number): number;
}

/** By the names under which they are among the options of a client. */
export interface Extras {
	readonly aliases: TopicAliases | null;
}

/** The same, as an application gives them. */
export type ExtraOptions = { readonly [Name in keyof Extras]?: NonNullable<Extras[Name]> };

const NONE: Extras = Object.freeze({ aliases: null });

/** Those among the options; without any, an object that is in ROM. */
export function extrasFrom(options: ExtraOptions): Extras {
	const { aliases = null } = options;
	return aliases === null ? NONE : { aliases };
}

/** As a list. Construction only. */
export function listOf(extras: Extras): Extra[] {
	return Object.values(extras).filter((extra) => extra !== null);
}
