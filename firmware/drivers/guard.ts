// SPDX-License-Identifier: MIT
/**
 * A guard between the SDK's `TLSSocket` and the TCP socket below it.
 *
 * TLSSocket does its work inside callbacks of that socket, and throws out of them: a certificate that does not please it, an
 * alert, a record that cannot be read (the SDK's `modules/crypt/ssl/ssl_*.js`). Such an exception would leave a native
 * callback, and the device restarts. So TLSSocket gets a TCP class of ours: its callbacks are called in a `try`, and
 * whoever owns the connection is told afterwards, outside of TLSSocket's code, where everything is allowed again.
 *
 * TLSSocket also goes on reading from a timer of its own, which no guard could stand before. It sets that timer when
 * `readable` says that more waits while it is being read from; so it is told that nothing does ({@link GuardedSocket.blind}),
 * and the owner lets it look again ({@link GuardedSocket.again}).
 */

import type { Socket, SocketClass, SocketOptions, Told } from "./socket.js";

/** The owner of a guarded socket. */
export interface Warden {
	/** The socket of a new connection. Called from inside its constructor: keep it. */
	onMade(socket: GuardedSocket): void;
	/** A record that TLSSocket sends, until it has begun to encipher. */
	onSent(record: Uint8Array): void;
	/** A whole record has come in the clear, and TLSSocket has not looked at it yet. What is thrown here goes through it to {@link onReturned}. */
	onRecord(record: Uint8Array): void;
	/** A callback has returned, or thrown: then `caught` is what. Called outside of foreign code. */
	onReturned(caught: Caught | undefined): void;
}

/** An exception, kept. Anything may be thrown, also `undefined`. */
export class Caught {
	readonly error: unknown;

	constructor(error: unknown) {
		this.error = error;
	}
}

/** Types of TLS records (RFC 5246, section 6.2.1), the first byte of each. */
export const enum RecordType {
	ChangeCipherSpec = 20,
	Alert = 21,
	Handshake = 22,
	Data = 23,
}

/** Of a record. */
const headerBytes = 5;
/** RFC 5246, section 6.2.3. The SDK would make room for twice as much, which restarts a board that has no such room. */
const recordBytesMost = 16_384 + 2048;

/** A TCP class whose callbacks do not throw. */
export function guarded(io: SocketClass, warden: Warden): SocketClass {
	return class extends GuardedSocket {
		constructor(options: SocketOptions) {
			super(io, warden, options);
		}
	};
}

export class GuardedSocket implements Socket {
	/** TLSSocket keeps here how much it may write; not a number when the connection is broken. */
	writable = 0;
	/** True while TLSSocket is read from: it sees that nothing waits. */
	blind = false;
	/** It was up. */
	connected = false;
	/** A write has failed. The ESP32's socket tells its end later, the Linux one never does (`lin/tcp.c`, tcpTask). */
	broken = false;
	/** Type of the record whose header was read last; 0 before the first. */
	record = 0;
	#readable = 0;
	#closed = false;
	/** What is received, or sent, is enciphered. */
	#secretIn = false;
	#secretOut = false;
	readonly #tcp: Socket;
	readonly #warden: Warden;
	readonly #options: SocketOptions;

	constructor(io: SocketClass, warden: Warden, options: SocketOptions) {
		this.#options = options;
		this.#warden = warden;
		const { address, port, nodelay } = options;
		this.#tcp = new io({
			address,
			port,
			...(nodelay === undefined ? {} : { nodelay }),
			onReadable: (count) => this.enter(count, -1),
			onWritable: (count) => this.enter(-1, count),
			onError: () => this.enter(-1, -1),
		});
		warden.onMade(this);
	}

	/** TLSSocket keeps here how much it may read. */
	get readable(): number {
		return this.blind ? 0 : this.#readable;
	}

	set readable(count: number) {
		this.#readable = count;
	}

	/** Something is left that TLSSocket has not looked at. */
	get more(): boolean {
		return this.#readable > 0;
	}

	/** The SDK reads each record into a buffer of its own, the header first (`session_419.js`, readPacket). */
	read(view: Uint8Array): Told {
		const count = this.#tcp.read(view);
		const { buffer, byteOffset } = view;
		if (byteOffset === 0) this.record = view[0];
		if (buffer.byteLength === headerBytes && byteOffset + view.length === headerBytes) {
			const header = view.length === headerBytes ? view : new Uint8Array(buffer);
			if (((header[3] << 8) | header[4]) > recordBytesMost) throw new Error("a record is too long");
		}
		if (
			!this.#secretIn &&
			buffer.byteLength > headerBytes &&
			byteOffset + view.length === buffer.byteLength
		) {
			this.#secretIn = this.record === RecordType.ChangeCipherSpec;
			this.#warden.onRecord(new Uint8Array(buffer));
		}
		return count;
	}

	write(view: Uint8Array): Told {
		if (!this.#secretOut) {
			this.#secretOut = view[0] === RecordType.ChangeCipherSpec;
			this.#warden.onSent(view);
		}
		const room = this.#tcp.write(view);
		if (room === undefined) this.broken = true;
		return room;
	}

	/** After it the socket calls nobody back. The SDK's Linux socket would. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#tcp.close();
	}

	/** Lets TLSSocket look at what waits. The owner calls it, outside of foreign code. */
	again(): Caught | undefined {
		try {
			this.#options.onReadable?.call(this, this.#readable);
		} catch (error) {
			return new Caught(error);
		}
		return undefined;
	}

	/** The socket calls back: readable, writable, or else it failed. */
	private enter(readable: number, writable: number): void {
		if (this.#closed) return;
		const { onReadable, onWritable, onError } = this.#options;
		let caught: Caught | undefined;
		try {
			if (readable >= 0) onReadable?.call(this, readable);
			else if (writable >= 0) {
				this.connected = true;
				onWritable?.call(this, writable);
			} else onError?.call(this);
		} catch (error) {
			caught = new Caught(error);
		}
		this.#warden.onReturned(caught);
	}
}
