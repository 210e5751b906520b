// SPDX-License-Identifier: MIT
/**
 * Looks over the SDK's shoulder during a TLS 1.2 handshake (RFC 5246, section 7.3), whose messages come in the clear, before
 * the SDK sees them. The SDK keeps no order (`ssl_handshake.js`, `ssl_record.js`): it takes each message at any time, keeps data
 * that comes in the clear for later, and says that it is ready when a hello of another version ends the handshake, so that it
 * would go on in the clear. Here each message has its turn, once:
 *
 * ```
 *     Hello ──▶ Certificate ──▶ Key (DHE, ECDHE) ──▶ Request (if any) ──▶ Done ──client's flight──▶ Change ──▶ Ciphered
 *       └──the session before is resumed──────────────────────────────────────────────────────────────┘
 * ```
 *
 * The certificates go to {@link Trust}. The server's key has to be signed by the key of its certificate: the SDK leaves a
 * signature unchecked when the server says that its algorithm is 0, and loops for ever over one of zeros.
 */

import { type Certificate, certificatesIn, ecdsaBytes, Kind, same } from "./certificates.js";
import { RecordType } from "./guard.js";
import { DECLINED, refused, type TlsFault } from "./tls-faults.js";
import type { Trust } from "./trust.js";

/** RFC 5246, section 7.4. */
const enum Message {
	ServerHello = 2,
	Certificate = 11,
	ServerKeyExchange = 12,
	CertificateRequest = 13,
	ServerHelloDone = 14,
}

/** What comes next. */
const enum Turn {
	Hello,
	Certificate,
	Key,
	/** A certificate request, or the end of the server's flight. */
	Request,
	Done,
	Change,
	/** From here on only who has the keys is understood, and its Finished is checked by the SDK. */
	Ciphered,
}

/** How the key is agreed on, by cipher suite (`ssl_ciphersuites.js`); all others were not offered. */
const rsaSuites = Object.freeze([0x2f, 0x35, 0x3c, 0x3d]);
const dheSuites = Object.freeze([0x67, 0x6b, 0x9e]);
const ecdheSuites = Object.freeze([0xc027, 0xc02b, 0xc02f]);

const recordHeader = 5;
const messageHeader = 4;
const helloBytes = 38;
/** Where a hello tells the length of its session. */
const sessionLengthAt = 34;

export class Handshake {
	/** Undefined: who the server is does not matter. */
	readonly #trust: Trust | undefined;
	/** The session that this dialler may resume. */
	readonly #known: Uint8Array | undefined;
	#turn = Turn.Hello;
	/** Our hello is sent, and so is the end of what we say in the clear. */
	#greeted = false;
	#changed = false;
	/** The session that was offered, if it is ours. */
	#offered: Uint8Array | undefined;
	/** As the server has named it. */
	#session: Uint8Array | undefined;
	#resumed = false;
	#trusted = false;
	#suite = 0;
	/** The server's own certificate. */
	#own: Certificate | undefined;

	constructor(trust: Trust | undefined, known?: Uint8Array) {
		this.#trust = trust;
		this.#known = known;
	}

	/** True when the other end is known: by its certificates, or because it knows the secret of the session before. */
	get authentic(): boolean {
		return this.#trust === undefined || this.#trusted || this.#resumed;
	}

	/** True when nothing goes over the wire in the clear any more. */
	get ciphered(): boolean {
		return this.#turn === Turn.Ciphered && this.#changed;
	}

	/** What may be resumed next time. */
	get session(): Uint8Array | undefined {
		return this.#session;
	}

	/** A record that is to be sent. */
	sent(record: Uint8Array): void {
		if (record[0] === RecordType.ChangeCipherSpec) this.#changed = true;
		if (this.#greeted) return;
		this.#greeted = true;
		const at = recordHeader + messageHeader + sessionLengthAt;
		// The SDK has one session for each name, whoever on this board made it, and however little that one checked.
		const offered = record.slice(at + 1, at + 1 + record[at]);
		const known = this.#known;
		if (known !== undefined && same(offered, known)) this.#offered = known;
	}

	/** A whole record that was received in the clear. Returns what is wrong with it; what the SDK throws at is left to it. */
	received(record: Uint8Array, now: number): TlsFault | undefined {
		const type = record[0];
		if (type === RecordType.Alert) return record[recordHeader + 1] === 0 ? DECLINED : undefined;
		if (type === RecordType.Data) return refused("sends data in the middle of the TLS handshake");
		if (type === RecordType.ChangeCipherSpec) return this.change(record);
		if (type !== RecordType.Handshake) return undefined;
		for (let at = recordHeader; at < record.length; ) {
			const length = (record[at + 1] << 16) | (record[at + 2] << 8) | record[at + 3];
			const end = at + messageHeader + length;
			if (!(end <= record.length))
				return refused("sends a handshake message in several records, which the SDK cannot read");
			const fault = this.message(record, record[at], at + messageHeader, end, now);
			if (fault !== undefined) return fault;
			at = end;
		}
		return undefined;
	}

	/** In a full handshake the client changes first. */
	private change(record: Uint8Array): TlsFault | undefined {
		const sound = record.length === recordHeader + 1 && record[recordHeader] === 1;
		if (!sound || this.#turn !== Turn.Change || this.#changed === this.#resumed)
			return refused("changes the cipher out of turn");
		this.#turn = Turn.Ciphered;
		return undefined;
	}

	private message(
		record: Uint8Array,
		type: number,
		start: number,
		end: number,
		now: number,
	): TlsFault | undefined {
		const turn = this.#turn;
		if (type === Message.ServerHello && turn === Turn.Hello) return this.hello(record, start, end);
		if (type === Message.Certificate && turn === Turn.Certificate)
			return this.certificate(record, start, end, now);
		if (type === Message.ServerKeyExchange && turn === Turn.Key) {
			this.#turn = Turn.Request;
			if (this.#trust !== undefined && !this.signs(record, start, end))
				return refused("does not sign its key");
			return undefined;
		}
		if (type === Message.CertificateRequest && turn === Turn.Request) {
			this.#turn = Turn.Done;
			return undefined;
		}
		if (type === Message.ServerHelloDone && (turn === Turn.Request || turn === Turn.Done) && start === end) {
			this.#turn = Turn.Change;
			return undefined;
		}
		return refused(`sends handshake message ${type} out of turn`);
	}

	private hello(record: Uint8Array, start: number, end: number): TlsFault | undefined {
		const session = record[start + sessionLengthAt];
		const at = start + sessionLengthAt + 1 + session;
		if (end - start < helloBytes || session > 32 || at + 3 > end)
			return refused("does not speak TLS: its hello cannot be read. Is this its TLS port?");
		if (record[start] !== 3 || record[start + 1] !== 3)
			return refused("does not speak TLS 1.2, and the SDK nothing else");
		this.#suite = (record[at] << 8) | record[at + 1];
		if (keyOf(this.#suite) === Turn.Hello || record[at + 2] !== 0)
			return refused("chose a cipher that was not offered");
		const offered = this.#offered;
		if (session > 0) this.#session = record.slice(at - session, at);
		this.#resumed = session > 0 && offered !== undefined && same(record.subarray(at - session, at), offered);
		this.#turn = this.#resumed ? Turn.Change : Turn.Certificate;
		return undefined;
	}

	private certificate(record: Uint8Array, start: number, end: number, now: number): TlsFault | undefined {
		this.#turn = keyOf(this.#suite);
		if (this.#trust === undefined) return undefined;
		const length = (record[start] << 16) | (record[start + 1] << 8) | record[start + 2];
		const whole = end - start >= 3 && length === end - start - 3;
		const chain = whole ? certificatesIn(record, start + 3, end) : undefined;
		if (chain === undefined) return refused("sends certificates that cannot be read, or more than eight");
		const fault = this.#trust.fault(chain, now);
		this.#trusted = fault === undefined;
		this.#own = chain[0];
		return fault;
	}

	/** Whether there is a signature of the right kind behind the key, with SHA-256 to 512, which the SDK then checks. */
	private signs(record: Uint8Array, start: number, end: number): boolean {
		let at = start;
		if (this.#suite >= 0xc000) at += 4 + record[start + 3];
		else {
			const size = (record[at] << 8) | record[at + 1];
			if (size < 128 || size > 512) return false; // a group that is too small, or takes for ever
			for (let i = 0; i < 3; i++) {
				const bytes = (record[at] << 8) | record[at + 1];
				if (bytes > size) return false;
				at += 2 + bytes;
			}
		}
		const length = (record[at + 2] << 8) | record[at + 3];
		const own = this.#own;
		if (own === undefined || at + 4 + length !== end || record[at] < 4 || record[at] > 6) return false;
		if (record[at + 1] === 1) return own.key === Kind.Rsa && length === own.keyBytes;
		const bytes = ecdsaBytes(record, at + 4, end);
		return record[at + 1] === 3 && own.key === Kind.Ec && bytes > 0 && bytes <= own.keyBytes;
	}
}

/** What comes behind the certificates; {@link Turn.Hello} for a suite that was not offered. */
function keyOf(suite: number): Turn {
	if (rsaSuites.includes(suite)) return Turn.Request;
	return dheSuites.includes(suite) || ecdheSuites.includes(suite) ? Turn.Key : Turn.Hello;
}
