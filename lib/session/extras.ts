// SPDX-License-Identifier: MIT
import type { BudgetTerm, Limits } from "../limits.js";
import type { Arena } from "../memory/arena.js";
import type { ConnectCredentials } from "../wire/connect.js";
import type { InboundAliases } from "../wire/decoder.js";
import type { OutboundAliases } from "../wire/encoder.js";
import { Credentials } from "./credentials.js";
import type { Who } from "./identity.js";
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
export interface TopicAliases extends Extra, InboundAliases, OutboundAliases {
	/** A new connection. `outboundMaximum` is the server's Topic Alias Maximum. */
	reset(outboundMaximum: number): void;
}

/** By the names under which they are among the options of a client. */
export interface Extras {
	readonly aliases: TopicAliases | null;
	/** User and password, when one of them is a function. */
	readonly credentials: (ConnectCredentials & Extra) | null;
}

/** The same, as an application gives them. */
export type ExtraOptions = {
	readonly [Name in Exclude<keyof Extras, "credentials">]?: NonNullable<Extras[Name]>;
};

const NONE: Extras = Object.freeze({ aliases: null, credentials: null });

/** Those among the options; without any, an object that is in ROM. */
export function extrasFrom(options: ExtraOptions & Pick<Who, "user" | "password">): Extras {
	const { aliases = null, user, password } = options;
	const asked = typeof user === "function" || typeof password === "function";
	if (aliases === null && !asked) return NONE;
	return { aliases, credentials: asked ? new Credentials(user, password) : null };
}

/** As a list. Construction only. */
export function listOf(extras: Extras): Extra[] {
	return Object.values(extras).filter((extra) => extra !== null);
}
