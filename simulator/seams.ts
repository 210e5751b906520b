// SPDX-License-Identifier: MIT
/** Where the parts of the simulator meet: time, and the two ends of a connection on the broker's side. Types only. */

/** Time and things to do in it: the virtual one of a world, or the real one of the host. */
export interface Schedule {
	/** Milliseconds since the start of this schedule; never goes back. */
	readonly now: number;
	/** Milliseconds since 1970, as this world believes. */
	readonly epochMs: number;
	/** Runs `action` once, `delayMs` from now (0: after all that is due now). Returns what {@link cancel} takes. */
	after(delayMs: number, action: () => void): Scheduled;
	/** Forgets it. Harmless when it has run or was cancelled before. */
	cancel(scheduled: Scheduled): void;
}

export type Scheduled = object;

/** What a listener gives the broker: the sending half of one accepted connection. */
export interface BrokerSocket {
	/** Takes the bytes; the caller does not touch `chunk` afterwards. */
	send(chunk: Uint8Array): void;
	/** Bytes taken by {@link send} and not yet handed on: the broker holds back when this grows. */
	readonly backlog: number;
	/** Sends what is queued, then closes. */
	end(): void;
	/** Closes at once. No callback comes afterwards. */
	destroy(): void;
	/** Where the peer is, for logs and limits. */
	readonly address: string;
	/** What TLS knows of it; undefined: it came without. */
	readonly tls?: TlsFacts;
}

/** What was agreed upon and shown in a TLS handshake. */
export interface TlsFacts {
	/** The name that was asked for (SNI); undefined: none was. */
	readonly servername: string | undefined;
	/** The protocol that was agreed upon (ALPN); undefined: none was offered. */
	readonly alpn: string | undefined;
	/** The common name of the client's certificate; undefined: it showed none. */
	readonly certificate: string | undefined;
}

/** What a listener tells the broker about that connection. */
export interface BrokerPeer {
	/** Bytes arrived. The callee does not keep `chunk` beyond the call. */
	onData(chunk: Uint8Array): void;
	/** The backlog is empty again after it was not. */
	onDrain(): void;
	/** The connection is gone, in order or not. Called once. */
	onClose(): void;
}

/** Both listeners and the virtual network hand new connections to one of these. */
export interface Acceptor {
	accept(socket: BrokerSocket): BrokerPeer;
}
