// SPDX-License-Identifier: MIT
/** What the end of a connection does not tell by itself: how far it had come, and how often it has ended like that. */

import { LINK_FAULT_BASE, LinkFault, Reason } from "../../lib/index.js";
import { explain } from "./reasons.js";

/** How one connection ended, in what the board knows of it. */
export interface End {
	readonly reason: number;
	/** Those of the dialler. */
	readonly words: string;
	/** The link was up. */
	readonly up: boolean;
	/** It got a CONNACK, whatever was in it. */
	readonly answered: boolean;
	readonly nowMs: number;
}

/** Two boards of one name throw each other out at each attempt: about every second, later every two minutes. */
const AGAIN_MS = 150_000;

/** Not what a broker says or does first. */
export const NONSENSE: ReadonlySet<number> = new Set([
	Reason.MalformedPacket,
	Reason.ProtocolError,
	Reason.PacketTooLarge,
]);
const CLOSED: ReadonlySet<number> = new Set(
	[LinkFault.Closed, LinkFault.Reset, LinkFault.Unknown].map((fault) => LINK_FAULT_BASE - fault),
);

/** Goes on through power cuts: it is the memory of whoever watches the board. */
export class Diagnosis {
	/** "host:port". */
	readonly #place: string;
	readonly #secure: boolean;
	/** A broker has answered in this run. */
	#met = false;
	/** When a broker that had answered closed the connection without a word. */
	#closedMs = Number.NEGATIVE_INFINITY;

	constructor(place: string, secure: boolean) {
		this.#place = place;
		this.#secure = secure;
	}

	/** Why it ended, and what to do about it, in one sentence. */
	explain({ reason, words, up, answered, nowMs }: End): string {
		const stranger = up && !answered && !this.#met;
		this.#met ||= answered;
		if (stranger) {
			const answer = this.#strange(reason);
			if (answer !== undefined) return answer;
		}
		const text = explain(reason, words);
		if (!answered || !CLOSED.has(reason)) return text;
		const again = nowMs - this.#closedMs < AGAIN_MS;
		this.#closedMs = nowMs;
		return again ? `${text} Again and again: often another client has this name, too; try --name.` : text;
	}

	/** Undefined: an end of that kind is what it says it is. */
	#strange(reason: number): string | undefined {
		const tls = this.#secure ? "" : ", and whether it wants TLS (mqtts://)";
		if (NONSENSE.has(reason))
			return `${this.#place} answers, but not as an MQTT broker; check the port${tls}.`;
		if (reason === Reason.ConnackTimeout)
			return `${this.#place} takes the connection and says nothing; check the port${tls}.`;
		if (CLOSED.has(reason))
			return `${this.#place} closed the connection instead of answering; check the port${tls}, or look into its log.`;
		return undefined;
	}
}
