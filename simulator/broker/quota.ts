// SPDX-License-Identifier: MIT
/**
 * What the Receive Maximum of the broker counts on one connection (5.0, section 4.9).
 *
 * A PUBLISH counts until its answer has been handed to the socket, not until it was decided: a client that
 * sends more in one piece than it may is caught, and one that keeps to the rule never is, because it cannot
 * have seen an answer that was not sent.
 */

export class Quota {
	readonly #maximum: number;
	/** QoS 2 identifiers whose PUBCOMP has not been written. */
	#open: Set<number> | undefined;
	#unanswered = 0;
	#answered = 0;

	constructor(maximum: number) {
		this.#maximum = maximum;
	}

	/** A PUBLISH of QoS 1 or 2 came. False: it is one too many. */
	admit(qos: number, id: number): boolean {
		if (qos === 2) {
			this.#open ??= new Set();
			if (this.#open.has(id)) return true;
			this.#open.add(id);
		}
		this.#unanswered++;
		return this.#unanswered <= this.#maximum;
	}

	/** Its last answer (PUBACK, PUBCOMP, PUBREC with an error) is about to be written. */
	answer(qos: number, id: number): void {
		if (qos === 1 || this.#open?.delete(id)) this.#answered++;
	}

	/** All answers written so far are on their way. */
	flushed(): void {
		this.#unanswered -= this.#answered;
		this.#answered = 0;
	}
}
