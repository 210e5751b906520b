// SPDX-License-Identifier: MIT
import { Counter } from "../counters.js";
import type { BudgetTerm } from "../limits.js";
import type { Arena } from "../memory/arena.js";
import { type Dialler, LinkFault } from "../ports.js";
import { LINK_FAULT_BASE, Reason } from "../wire/protocol.js";
import { MessageState } from "../wire/record.js";
import { DAY_SECONDS } from "./identity.js";
import type { Session } from "./session.js";

/** What became of an attempt, as far as the version may have been the cause. */
export const enum Attempt {
	/** CONNECT was not sent, or that was not the end of it: it says nothing. */
	NoWord = 0,
	/** The broker closed after CONNECT without a byte. */
	Silent = 1,
	/** It did something else. */
	Heard = 2,
}

/** Bits of one broker each, by {@link Dialler.which}; more than so many share. */
const BROKERS_MOST = 31;

/**
 * Which version is spoken with `version: "auto"`: 5.0, until the broker shows that it cannot.
 *
 *     5.0 ──CONNACK 0x01 or 0x84, or three closes in a row without a byte after CONNECT──▶ 3.1.1 ──a day──▶ 5.0
 *
 * Never for a broker that has answered in 5.0 in this life: whatever it does later is a fault, and a fault that passes must not
 * cost what 5.0 knows. And never while exchanges are open that a connection of this life may have carried on: their
 * acknowledgements would mean something else. What an earlier life left open does not count as long as no connection
 * was up, or a board that was cut off from a broker of 3.1.1 would never come back to it. Stored messages know no version.
 *
 * Of a list of brokers each has its own; a redirect, and what is tried next, is the same session in either version.
 */
export class Fallback {
	private session!: Session;
	/** Brokers that have answered in 5.0, that are spoken to in 3.1.1, that have closed without a byte once, and twice. */
	private met = 0;
	private old = 0;
	private once = 0;
	private twice = 0;
	/** When the last of them was given up, a time of `Clock.seconds`. */
	private since = 0;
	/** The bit of the broker of this attempt. */
	private bit = 1;

	term(): BudgetTerm {
		return { name: "version fallback", bytes: 0, reason: "which brokers speak 3.1.1 only" };
	}

	attach(_arena: Arena, session: Session): void {
		this.session = session;
	}

	/** Before an attempt: sets the version in which it is made. */
	choose(dialler: Dialler): void {
		const { encoder, clock } = this.session;
		if (this.old !== 0 && clock.seconds - this.since >= DAY_SECONDS) this.old = 0;
		const which = dialler.which ?? 0;
		this.bit = 1 << (which < BROKERS_MOST ? which : BROKERS_MOST);
		const version5 = (this.old & this.bit) === 0;
		if (version5 !== encoder.version5 && (dialler.stranger === true || !this.exchanging()))
			encoder.version5 = version5;
	}

	/** The broker answered CONNECT; `version5`: in the words of 5.0. */
	answered(reason: number, version5: boolean): void {
		this.once &= ~this.bit;
		this.twice &= ~this.bit;
		if (version5 && reason !== Reason.UnsupportedProtocolVersion) this.met |= this.bit;
	}

	/** An attempt, or a connection, ended for `reason`. Returns true when it is to be made in 3.1.1 now, at once. */
	failed(reason: number, attempt: Attempt): boolean {
		const { bit } = this;
		const refused = reason === Reason.UnsupportedProtocolVersion;
		if (!this.session.encoder.version5) {
			// It wants neither: 5.0 again, when it is time for another attempt.
			if (refused) this.old &= ~bit;
			return false;
		}
		let gone = false;
		if (attempt === Attempt.Silent) {
			gone = (this.twice & bit) !== 0;
			if ((this.once & bit) !== 0) this.twice |= bit;
			this.once |= bit;
		} else if (attempt === Attempt.Heard) {
			this.once &= ~bit;
			this.twice &= ~bit;
		}
		if ((!refused && !gone) || (this.met & bit) !== 0 || this.exchanging()) return false;
		this.once &= ~bit;
		this.twice &= ~bit;
		this.old |= bit;
		this.since = this.session.clock.seconds;
		return true;
	}

	/** True while there is something that was begun in the version spoken so far. */
	private exchanging(): boolean {
		const { store, counters } = this.session;
		if (counters[Counter.Connects] === 0) return false;
		if (store.inboundCount > 0) return true;
		for (let number = store.next(0); number > 0; number = store.next(number))
			if (store.state(number) >= MessageState.AwaitAck) return true;
		return false;
	}
}

/** Ends that a broker may choose which does not know what to make of CONNECT. */
export function isClose(reason: number): boolean {
	return (
		reason === LINK_FAULT_BASE - LinkFault.Closed ||
		reason === LINK_FAULT_BASE - LinkFault.Reset ||
		reason === LINK_FAULT_BASE - LinkFault.Unknown
	);
}
