// SPDX-License-Identifier: MIT
/**
 * The SDK's `TLSSocket` in the clothes of a TCP socket: announces what waits in full, tells its room as it is, and says why
 * it failed.
 *
 * ```
 *     Shaking ──handshake done──▶ Up ──closed, failed──▶ Over
 *        │                          (what was received is read first)   ▲
 *        └────an exception, an alert, the end, no trust─────────────────┘
 * ```
 *
 * TLSSocket's callbacks only note what happened. The owner's are called when TLSSocket's code has returned, so that whatever
 * the owner does, closing included, meets it at rest; and an exception of the owner is no exception of TLS.
 */

import type { LinkFault } from "../../lib/index.js";
import { type Caught, type GuardedSocket, guarded, RecordType, type Warden } from "./guard.js";
import { Handshake } from "./handshake.js";
import { messageOf, type Socket, type SocketClass, type SocketOptions } from "./socket.js";
import {
	CLOCK_NOT_SET,
	CUT,
	DECLINED,
	GOODBYE,
	handshakeFault,
	SILENT,
	sessionFault,
	type TlsFault,
	UNKNOWN,
} from "./tls-faults.js";
import type { Der, Trust } from "./trust.js";

/** What the SDK's `ssl/session` takes (`modules/crypt/ssl/session_419.js`). */
export interface SessionOptions {
	serverName: string;
	/** Whether the SDK checks certificates: see `trust.ts`. */
	verify: false;
	clientCertificates?: readonly Der[];
	clientKey?: Der;
	applicationLayerProtocolNegotiation?: string | readonly string[];
	tls_max_fragment_length?: number;
	cache: boolean;
}

/** The part that we use of `embedded:io/socket/tcp/tls` (the SDK's `examples/io/tcp/tlssocket/tlssocket.js`). */
export interface TlsSocket {
	/** Fills as much of the view as there is. */
	read(view: Uint8Array): number | undefined;
	/** With `more` it keeps the bytes for the next write. Throws when the TCP socket does. */
	write(view: Uint8Array, options?: { more: boolean; byteLength: number }): number;
	close(): void;
}

export interface TlsSocketOptions {
	TCP: { io: SocketClass };
	address: string;
	port: number;
	nodelay?: boolean;
	secure: SessionOptions;
	onReadable(count: number): void;
	onWritable(room: number): void;
	onError(): void;
}

export type TlsSocketClass = new (options: TlsSocketOptions) => TlsSocket;

/** What all connections of a dialler have in common. */
export interface Keeper {
	readonly tls: TlsSocketClass;
	readonly io: SocketClass;
	/** False while certificates cannot be checked, for want of a clock. */
	readonly ready: boolean;
	/** Seconds since 1970. */
	readonly now: number;
	/** For the next handshake. */
	session(): SessionOptions;
	/** Undefined: the server is not checked. */
	readonly trust: Trust | undefined;
	/** The session that may be resumed: one that a server had which was checked. */
	readonly known: Uint8Array | undefined;
	/** The handshake is done. */
	onShaken(session: Uint8Array | undefined): void;
	/** It failed, or what came after it. */
	onFailed(fault: TlsFault): void;
	/** {@link SecureSocket.onAlarm} of this one, `ms` later. */
	wake(socket: SecureSocket, ms: number): void;
}

const enum Phase {
	Shaking,
	Up,
	Over,
}

/** Header, nonce, padding and authentication of a record of any cipher: 29 to 85 bytes. The SDK reckons so, too. */
export const RECORD_OVERHEAD = 96;
/** How long a connection that does not take what is written is listened to. */
const brokenMs = 500;
/** RFC 5246, section 6.2.1. */
const plaintextBytesMost = 16_384;

export class SecureSocket implements Socket, Warden {
	#phase = Phase.Shaking;
	#tls: TlsSocket | undefined;
	#guard: GuardedSocket | undefined;
	/** Deciphered and not read; TLSSocket has one record at a time. */
	#unread = 0;
	/** What TLSSocket has told and the owner has not heard. */
	#readable = false;
	#writable = false;
	#ended = false;
	/** The owner is being told something. */
	#telling = false;
	/** To be told a moment later: from inside the constructor nothing can be. */
	#doomed: TlsFault | undefined;
	/** What the handshake showed of the server. */
	#verdict: TlsFault | undefined;
	readonly #handshake: Handshake;
	readonly #more = { more: true, byteLength: 0 };
	readonly #keeper: Keeper;
	readonly #options: SocketOptions;

	/** Throws what the TCP class throws. What TLS throws is told by `onError`. */
	constructor(keeper: Keeper, options: SocketOptions) {
		this.#keeper = keeper;
		this.#options = options;
		this.#handshake = new Handshake(keeper.trust, keeper.known);
		if (keeper.ready) this.start();
		else this.doom(CLOCK_NOT_SET);
	}

	read(view: Uint8Array): number | undefined {
		if (this.#phase !== Phase.Up || this.#unread === 0) return undefined;
		const guard = this.#guard as GuardedSocket;
		guard.blind = true;
		const count = this.#tls?.read(view) ?? 0;
		guard.blind = false;
		this.#unread = count > 0 ? this.#unread - count : 0;
		if (this.#unread === 0 && !this.#telling && (guard.more || this.#ended)) this.#keeper.wake(this, 0);
		return count;
	}

	/** All that belongs to one write becomes one record. */
	write(view: Uint8Array, following = 0): number | undefined {
		const tls = this.#tls;
		if (this.#phase !== Phase.Up || tls === undefined) throw new Error("not ready");
		if (following > 0) {
			this.#more.byteLength = view.length + following;
			tls.write(view, this.#more);
			return 0;
		}
		tls.write(view);
		return this.room;
	}

	/** TLSSocket says no goodbye either. */
	close(): void {
		if (this.#phase === Phase.Over) return;
		if (this.#phase === Phase.Shaking && this.#guard?.connected) this.#keeper.onFailed(SILENT);
		this.end();
	}

	/** What could not be told from where it was found. */
	onAlarm(): void {
		if (this.#phase === Phase.Over || this.#telling) return;
		if (this.#doomed !== undefined) this.fail(this.#doomed);
		else if (this.#phase === Phase.Shaking && this.#guard?.broken) this.lose(this.#guard);
		else this.tell();
	}

	// ── what the guard tells ─────────────────────────────────────────────────────────────────────────────────────

	onMade(guard: GuardedSocket): void {
		this.#guard = guard;
	}

	onSent(record: Uint8Array): void {
		this.#handshake.sent(record);
	}

	onRecord(record: Uint8Array): void {
		this.#verdict = this.#handshake.received(record, this.#keeper.now);
		if (this.#verdict !== undefined) throw new Error("refused");
	}

	onReturned(caught: Caught | undefined): void {
		if (this.#phase === Phase.Over) return;
		if (caught !== undefined) this.blame(caught);
		else {
			this.tell();
			// What the peer said before it left may be on its way still: an alert, as a rule.
			if ((this.#phase as Phase) === Phase.Shaking && this.#guard?.broken) this.#keeper.wake(this, brokenMs);
		}
	}

	// ── the life of a connection ─────────────────────────────────────────────────────────────────────────────────

	private start(): void {
		const { address, port, nodelay } = this.#options;
		try {
			this.#tls = new this.#keeper.tls({
				TCP: { io: guarded(this.#keeper.io, this) },
				address,
				port,
				...(nodelay === undefined ? {} : { nodelay }),
				secure: this.#keeper.session(),
				onReadable: (count) => {
					this.#unread = count;
					this.#readable = true;
				},
				onWritable: () => {
					this.#writable = true;
				},
				onError: () => {
					this.#ended = true;
				},
			});
		} catch (error) {
			const message = messageOf(error);
			if (isSocketError(message)) throw error;
			this.doom(handshakeFault(message));
		}
	}

	/** Tells the owner what has happened, in the order in which it happened, and lets TLSSocket go on in between. */
	private tell(): void {
		this.#telling = true;
		try {
			while (this.#phase !== Phase.Over && this.tellOne());
		} finally {
			this.#telling = false; // the owner may throw
		}
	}

	/** False when there is nothing more to tell for now. */
	private tellOne(): boolean {
		const guard = this.#guard as GuardedSocket;
		const options = this.#options;
		if (this.#writable) {
			this.#writable = false;
			if (this.#phase === Phase.Shaking && !this.shaken(guard)) return true;
			const { room } = this;
			if (room !== undefined && room > 0) options.onWritable?.call(this, room);
		} else if (this.#readable) {
			this.#readable = false;
			options.onReadable?.call(this, this.#unread);
		} else if (this.#unread > 0) return false;
		else if (this.#phase === Phase.Up && guard.more) {
			const caught = guard.again();
			if (caught !== undefined) this.blame(caught);
			else if (!this.#readable && !this.#ended) return false;
		} else if (this.#ended) this.lose(guard);
		else return false;
		return true;
	}

	/**
	 * TLSSocket says that it is ready, which it does too when the handshake has ended for another reason. It would write in
	 * the clear then.
	 */
	private shaken(guard: GuardedSocket): boolean {
		if (guard.record === RecordType.Alert) {
			this.fail(DECLINED);
			return false;
		}
		if (!this.#handshake.authentic || !this.#handshake.ciphered) {
			this.fail(UNKNOWN);
			return false;
		}
		this.#phase = Phase.Up;
		this.#keeper.onShaken(this.#handshake.session);
		return true;
	}

	/** The connection is gone, without an exception. */
	private lose(guard: GuardedSocket): void {
		if (this.#phase === Phase.Up) {
			if (guard.record === RecordType.Alert) this.fail(GOODBYE);
			else this.finish(undefined);
		} else if (guard.connected) this.fail(guard.record === RecordType.Alert ? DECLINED : CUT);
		else this.finish(undefined);
	}

	private blame(caught: Caught): void {
		const message = messageOf(caught.error);
		if (this.#phase === Phase.Up) this.fail(sessionFault(message));
		else this.fail(this.#verdict ?? handshakeFault(message));
	}

	private fail(fault: TlsFault): void {
		this.#keeper.onFailed(fault);
		this.finish(fault.fault);
	}

	private doom(fault: TlsFault): void {
		this.#doomed = fault;
		this.#keeper.wake(this, 0);
	}

	private finish(fault: LinkFault | undefined): void {
		this.end();
		this.#options.onError?.call(this, fault);
	}

	private end(): void {
		this.#phase = Phase.Over;
		this.#unread = 0;
		this.release();
	}

	private release(): void {
		// The guard first: TLSSocket's own state may be in pieces.
		this.#guard?.close();
		this.#tls?.close();
		this.#guard = undefined;
		this.#tls = undefined;
	}

	/** What one write takes; undefined when the connection is broken. */
	private get room(): number | undefined {
		const writable = this.#guard?.writable;
		if (typeof writable !== "number" || Number.isNaN(writable)) return undefined;
		const room = writable - RECORD_OVERHEAD;
		if (room <= 0) return 0;
		return room < plaintextBytesMost ? room : plaintextBytesMost;
	}
}

/** The constructor of a TCP socket throws these (`modules/io/socket/lwip/tcp.c`, `lin/tcp.c`). */
function isSocketError(message: string): boolean {
	return (
		message.startsWith("no ") ||
		message === "invalid address" ||
		message === "invalid port" ||
		message === "bind failed"
	);
}
