// SPDX-License-Identifier: MIT
/**
 * Looks over the SDK's shoulder during a TLS 1.2 handshake (RFC 5246, section 7.4), whose messages come in the clear, before
 * the SDK sees them: the certificates go to {@link Trust}, and the server's key exchange has to be signed. The SDK leaves a
 * signature unchecked when the server says that its algorithm is 0 (`ssl_handshake.js`, serverKeyExchange), so that anybody
 * could use the certificates of somebody else.
 */

import { certificatesIn } from "./certificates.js";
import { RecordType } from "./guard.js";
import { refused, type TlsFault } from "./tls-faults.js";
import type { Trust } from "./trust.js";

/** RFC 5246, section 7.4. */
const enum Message {
	ServerHello = 2,
	Certificate = 11,
	ServerKeyExchange = 12,
}

const recordHeader = 5;
const messageHeader = 4;
/** Where a client's first record tells the length of the session that it wants to resume: behind version and random. */
const sessionLengthAt = recordHeader + messageHeader + 2 + 32;

export class Handshake {
	/** Undefined: the server is not checked at all. */
	readonly #trust: Trust | undefined;
	/** A session to resume was offered. */
	#offered = false;
	#greeted = false;
	/** The server has shown certificates that are trusted. */
	#trusted = false;
	/** It has begun a full handshake. */
	#full = false;
	/** Curves come with the suites 0xC0xx; a group is told by its numbers. */
	#curves = false;

	constructor(trust: Trust | undefined) {
		this.#trust = trust;
	}

	/** True when the other end is known: by its certificates, or because it knows the secret of the session before. */
	get authentic(): boolean {
		return this.#trust === undefined || this.#trusted || (this.#offered && !this.#full);
	}

	/** A record that is to be sent. */
	sent(record: Uint8Array): void {
		if (this.#greeted) return;
		this.#greeted = true;
		this.#offered = record[sessionLengthAt] > 0;
	}

	/** A whole record that was received in the clear. Returns what is wrong with it. */
	received(record: Uint8Array, now: number): TlsFault | undefined {
		if (this.#trust === undefined || record[0] !== RecordType.Handshake) return undefined;
		for (let at = recordHeader; at + messageHeader <= record.length; ) {
			const length = (record[at + 1] << 16) | (record[at + 2] << 8) | record[at + 3];
			const end = at + messageHeader + length;
			if (end > record.length)
				return refused("sends a handshake message in several records, which the SDK cannot read");
			const fault = this.message(record, record[at], at + messageHeader, end, now);
			if (fault !== undefined) return fault;
			at = end;
		}
		return undefined;
	}

	private message(
		record: Uint8Array,
		type: number,
		start: number,
		end: number,
		now: number,
	): TlsFault | undefined {
		if (type === Message.ServerHello) {
			const suite = start + 2 + 32 + 1 + record[start + 2 + 32];
			this.#curves = record[suite] === 0xc0;
		} else if (type === Message.Certificate) {
			this.#full = true;
			const chain = certificatesIn(record, start + 3, end);
			if (chain === undefined) return refused("sends certificates that cannot be read");
			const fault = (this.#trust as Trust).fault(chain, now);
			this.#trusted = fault === undefined;
			return fault;
		} else if (type === Message.ServerKeyExchange) {
			this.#full = true;
			if (!this.signs(record, start, end)) return refused("does not sign its key");
		}
		return undefined;
	}

	/** Whether a hash (SHA-256 to 512) and a signature (RSA, ECDSA) are named behind the key, which the SDK then checks. */
	private signs(record: Uint8Array, start: number, end: number): boolean {
		let at = start;
		if (this.#curves) at += 4 + record[start + 3];
		else for (let i = 0; i < 3; i++) at += 2 + ((record[at] << 8) | record[at + 1]);
		if (at + 4 > end) return false;
		const hash = record[at];
		const signature = record[at + 1];
		return hash >= 4 && hash <= 6 && (signature === 1 || signature === 3);
	}
}
