// SPDX-License-Identifier: MIT
/**
 * The SDK's TLSSocket (`examples/io/tcp/tlssocket/tlssocket.js` over `modules/crypt/ssl/session_419.js`) as its callers meet
 * it: where it reads, what it throws, when it calls back, and its timer. It enciphers nothing: records are as TLS 1.2 has
 * them, but for that. And a server that speaks the same.
 */
import { X509Certificate } from "node:crypto";
import type { TlsSocket, TlsSocketClass, TlsSocketOptions } from "../../../firmware/drivers/secure-socket.js";
import type { Socket } from "../../../firmware/drivers/socket.js";
import type { CertificateManager, X509 } from "../../../firmware/drivers/trust.js";
import type { Acceptor, BrokerPeer, BrokerSocket } from "../../../simulator/seams.js";

function joined(parts: readonly ArrayLike<number>[]): Uint8Array {
	const whole = new Uint8Array(sum(parts));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}

const sum = (parts: readonly ArrayLike<number>[]): number =>
	parts.reduce((bytes, part) => bytes + part.length, 0);

/** A TLS record. */
export function record(type: number, ...parts: ArrayLike<number>[]): Uint8Array {
	const length = sum(parts);
	return joined([[type, 3, 3, length >> 8, length], ...parts]);
}

/** A handshake message. */
export function message(type: number, ...parts: ArrayLike<number>[]): Uint8Array {
	const length = sum(parts);
	return joined([[type, length >> 16, length >> 8, length], ...parts]);
}

/** The message that carries a chain. */
export function certificateMessage(chain: readonly Uint8Array[]): Uint8Array {
	const list = chain.flatMap((one) => [one.length >> 16, (one.length >> 8) & 255, one.length & 255, ...one]);
	return message(11, [list.length >> 16, list.length >> 8, list.length], list);
}

/** A ServerHello for ECDHE-ECDSA, and a key that is signed with SHA-256 and ECDSA. */
export const hello = (minor = 3, session: readonly number[] = [], suite = 0xc02b): Uint8Array =>
	message(2, [3, minor], new Uint8Array(32), [session.length, ...session, suite >> 8, suite & 255, 0]);
export const serverHello = hello();
export const keyExchange = (hash = 4, signature = 3, value = [0x30, 6, 2, 1, 9, 2, 1, 9]): Uint8Array =>
	message(12, [3, 0, 23, 65, 4], new Uint8Array(64), [hash, signature, 0, value.length, ...value]);

/** What the TCP socket is to TLSSocket, which keeps its books on it. */
type Books = Socket & { readable: number; writable: number };

type Packet = Uint8Array & { offset?: number };

export interface TlsHost {
	readonly tls: TlsSocketClass;
	readonly sockets: ModelSocket[];
	latest: TlsSocketOptions | undefined;
	/** Timers that TLSSocket has set: nothing guards what they do. */
	timers: number;
	/** The session that is offered; empty: none. */
	offers: readonly number[];
}

export function tlsHost(): TlsHost {
	const host: { -readonly [K in keyof TlsHost]: TlsHost[K] } = {
		tls: undefined as unknown as TlsSocketClass,
		sockets: [],
		latest: undefined,
		timers: 0,
		offers: [],
	};
	host.tls = class extends ModelSocket {
		constructor(options: TlsSocketOptions) {
			host.latest = options;
			super(options, host);
			host.sockets.push(this);
		}
	};
	return host;
}

/** `class TLSSocket` and `class SSLSession` in one. */
export class ModelSocket implements TlsSocket {
	#socket: Books | undefined;
	#ready = false;
	#alert = false;
	#finished = false;
	#step = 0;
	#packet: Packet | undefined;
	#held: Uint8Array[] = [];
	#application: Uint8Array | undefined;
	#data: Uint8Array | undefined;
	#position = 0;
	readonly #options: TlsSocketOptions;
	readonly #host: TlsHost;

	constructor(options: TlsSocketOptions, host: TlsHost) {
		this.#options = options;
		this.#host = host;
		this.#socket = new options.TCP.io({
			...options,
			onReadable: (count) => this.#onReadable(count),
			onWritable: (count) => this.#onWritable(count),
			onError: () => options.onError(),
		}) as Books;
		this.#socket.readable = this.#socket.writable = 0;
	}

	close(): void {
		this.#socket?.close();
		this.#socket = undefined;
	}

	read(view: Uint8Array): number | undefined {
		const data = this.#data;
		if (data === undefined) return undefined;
		const result = Math.min(view.byteLength, data.length - this.#position);
		view.set(data.subarray(this.#position, this.#position + result));
		this.#position += result;
		if (this.#position === data.length) this.#data = undefined;
		if (this.#data === undefined && this.#socket!.readable) this.#host.timers++;
		return result;
	}

	write(view: Uint8Array, options?: { more: boolean; byteLength: number }): number {
		this.#held.push(view.slice());
		const socket = this.#socket!;
		if (options?.more) return Math.max(0, socket.writable - sum(this.#held) - 32);
		const packet = record(23, ...this.#held);
		this.#held = [];
		socket.writable = socket.write(packet) as number;
		return Math.max(0, socket.writable - 32);
	}

	#onWritable(count: number): void {
		this.#socket!.writable = count;
		if (!this.#ready) this.#messageHandler(false);
		else if (count > 96) this.#options.onWritable(count - 96);
	}

	#onReadable(count: number): void {
		this.#socket!.readable = count;
		if (this.#data !== undefined) return;
		this.#messageHandler(true);
		if (!this.#ready) this.#messageHandler(false);
	}

	#messageHandler(read: boolean): void {
		if (!this.#ready) {
			if (this.#handshake()) {
				this.#ready = true;
				this.#onWritable(this.#socket!.writable);
			}
			if (read) this.#session();
			return;
		}
		const data = this.#session();
		if (data === undefined) return;
		if (data === null) {
			this.#options.onError();
			return;
		}
		if (data.length === 0) return;
		this.#data = data;
		this.#position = 0;
		this.#options.onReadable(data.length);
	}

	/** True when the handshake is over; also when an alert has ended it. */
	#handshake(): boolean {
		if (this.#step === 0) {
			const session = [this.#host.offers.length, ...this.#host.offers];
			this.#send(record(22, message(1, [3, 3], new Uint8Array(32), session)));
			this.#step = -1;
		} else if (this.#step === 14) {
			this.#send(record(22, message(16, [1])));
			this.#finish();
			this.#step = -1;
		} else if (this.#step === 20) {
			if (!this.#finished) this.#finish(); // a session that is resumed
			return true;
		} else if (this.#socket!.readable !== 0) {
			const packet = this.#readPacket();
			if (packet !== undefined) this.#unpacketize(packet);
		}
		return this.#alert;
	}

	#finish(): void {
		this.#finished = true;
		this.#send(record(20, [1]));
		this.#send(record(22, message(20, new Uint8Array(12))));
	}

	#session(): Uint8Array | null | undefined {
		while (this.#socket!.readable) {
			if (this.#application === undefined) {
				const packet = this.#readPacket();
				if (packet === undefined) return undefined;
				this.#unpacketize(packet);
				if (this.#alert) return null;
			}
			const data = this.#application;
			this.#application = undefined;
			if (data !== undefined) return data;
		}
		return undefined;
	}

	#unpacketize(packet: Uint8Array): void {
		const body = packet.subarray(5);
		if (packet[0] === 21) {
			this.#alert = true;
			if (body[1] !== 0) throw new Error(`alert: ${body[0]}, ${body[1]}`);
		} else if (packet[0] === 22) {
			for (let at = 0; at < body.length; ) {
				const length = (body[at + 1] << 16) | (body[at + 2] << 8) | body[at + 3];
				if (![0, 1, 2, 11, 12, 13, 14, 15, 16, 20].includes(body[at]))
					throw new Error(`handshake: unknown type: ${body[at]}`);
				if (at + 4 + length > body.length) throw new Error();
				// `helloProtocol.unpacketize`: an older version is an alert, and no exception.
				if (body[at] === 2 && body[at + 5] < 3) this.#alert = true;
				this.#step = body[at];
				at += 4 + length;
			}
		} else if (packet[0] === 23) {
			// Stands for a record whose authentication fails.
			if (body[0] === 0xbad % 256 && body.length === 1) throw new Error("recordProtocol: auth failed");
			this.#application = body.slice();
		} else if (packet[0] !== 20) throw new Error("recordProtocol: bad data");
	}

	/** `readPacket`: the header into five bytes, which then grow to the whole record. */
	#readPacket(): Uint8Array | undefined {
		const socket = this.#socket!;
		let packet = this.#packet;
		if (packet === undefined || packet.offset! < 5) {
			packet ??= new Uint8Array(new ArrayBuffer(5, { maxByteLength: 32768 }));
			packet.offset ??= 0;
			this.#packet = packet;
			const need = Math.min(5 - packet.offset, socket.readable);
			socket.read(packet.subarray(packet.offset, packet.offset + need));
			socket.readable -= need;
			packet.offset += need;
			if (packet.offset < 5) return undefined;
			(packet.buffer as ArrayBuffer).resize(((packet[3] << 8) | packet[4]) + 5);
		}
		let need = packet.length - packet.offset!;
		if (need > 0) {
			if (socket.readable === 0) return undefined;
			need = Math.min(need, socket.readable);
			socket.read(packet.subarray(packet.offset!, packet.offset! + need));
			socket.readable -= need;
			packet.offset! += need;
			if (packet.offset! < packet.length) return undefined;
		}
		this.#packet = undefined;
		return new Uint8Array(packet.buffer);
	}

	#send(packet: Uint8Array): void {
		this.#socket!.write(packet);
		this.#socket!.writable -= packet.length;
	}
}

/** The SDK's `x509` and `ssl/cert`, with OpenSSL's arithmetic. */
export const x509: X509 = {
	decode: (certificate) => ({ certificate: certificate.slice() }),
	decodeSPKI: (certificate) => ({ certificate: certificate.slice() }),
};

export const certificates: CertificateManager = class {
	_verify(key: object, decoded: object): boolean {
		const of = (one: object): X509Certificate =>
			new X509Certificate((one as { certificate: Uint8Array }).certificate);
		return of(decoded).verify(of(key).publicKey);
	}

	findCert(): undefined {
		throw new URIError("Resource not found: ca.ski");
	}
};

/** How a server behaves. */
export interface Manners {
	/** What follows the client's hello. */
	readonly flight: readonly Uint8Array[];
	/** What follows the client's Finished. */
	readonly last?: readonly Uint8Array[];
	/** Several records are sent as one piece. */
	readonly together?: boolean;
}

export const usual = (chain: readonly Uint8Array[]): Manners => ({
	flight: [
		record(22, serverHello),
		record(22, certificateMessage(chain)),
		record(22, keyExchange(), message(14)),
	],
	last: [record(20, [1]), record(22, message(20, new Uint8Array(12)))],
});

/** Puts such a server before an acceptor. */
export function secureAcceptor(acceptor: Acceptor, manners: Manners): Acceptor {
	return { accept: (socket) => new Server(socket, acceptor, manners) };
}

class Server implements BrokerPeer {
	readonly #socket: BrokerSocket;
	readonly #acceptor: Acceptor;
	readonly #manners: Manners;
	#bytes = new Uint8Array(0);
	#peer: BrokerPeer | undefined;

	constructor(socket: BrokerSocket, acceptor: Acceptor, manners: Manners) {
		this.#socket = socket;
		this.#acceptor = acceptor;
		this.#manners = manners;
	}

	onData(chunk: Uint8Array): void {
		this.#bytes = new Uint8Array(joined([this.#bytes, chunk]));
		for (;;) {
			const bytes = this.#bytes;
			const length = ((bytes[3] << 8) | bytes[4]) + 5;
			if (bytes.length < 5 || bytes.length < length) return;
			this.#bytes = bytes.slice(length);
			this.#onRecord(bytes[0], bytes.slice(5, length));
		}
	}

	onDrain(): void {
		this.#peer?.onDrain();
	}

	onClose(): void {
		this.#peer?.onClose();
	}

	#onRecord(type: number, body: Uint8Array): void {
		if (type === 22 && body[0] === 1) this.#say(this.#manners.flight);
		else if (type === 22 && body[0] === 20) {
			this.#say(this.#manners.last ?? []);
			this.#peer = this.#acceptor.accept(this.#end());
		} else if (type === 23) this.#peer?.onData(body);
	}

	#say(records: readonly Uint8Array[]): void {
		if (this.#manners.together) this.#socket.send(Buffer.concat(records));
		else for (const one of records) this.#socket.send(one);
	}

	#end(): BrokerSocket {
		const socket = this.#socket;
		return {
			send(chunk) {
				for (let at = 0; at < chunk.length; at += 16384)
					socket.send(record(23, chunk.subarray(at, at + 16384)));
			},
			get backlog() {
				return socket.backlog;
			},
			end() {
				socket.send(record(21, [1, 0]));
				socket.end();
			},
			destroy: () => socket.destroy(),
			address: socket.address,
		};
	}
}
