// SPDX-License-Identifier: MIT
/**
 * A transport over a socket of Node, plain or TLS, with the rules of `lib/ports.ts`.
 *
 * Sending: `write` copies into a ring of 8192 bytes, as long as the SDK's send buffer. All writes of one turn leave as
 * one `socket.write` of a range of that ring. Nearly always the kernel takes all of it at once, and the range is free
 * when `write` returns; a callback would only make garbage. Otherwise libuv keeps a reference to it, and an empty write
 * behind it tells when it is free. One range is on its way at a time, which takes no bookkeeping and no closure per
 * write.
 *
 * Receiving: the client reads straight from the chunk that arrived; only what it leaves is copied into a ring. The
 * socket is paused while that ring could not take another whole chunk, so TCP's window does the rest.
 */

import type { Socket } from "node:net";
import { type Link, LinkFault, type Transport } from "../../lib/ports.js";
import { BlockPool, ByteRing } from "./byte-ring.js";
import { faultOf } from "./faults.js";

const sendBytes = 8192;
/** The longest chunk that a socket hands over at once: the size of our receive buffers, and of a TLS record. */
export const chunkBytes = 16384;
/** How long a closed connection may try to send what was written before it was closed. */
const lingerMs = 1000;
const nothing = Buffer.alloc(0);

const sendBlocks = new BlockPool(sendBytes);
const receiveBlocks = new BlockPool(2 * chunkBytes);

const enum Phase {
	Connecting,
	Up,
	/** Closed by the client, or told to be gone: no callback any more. */
	Dead,
}

export class NodeTransport implements Transport {
	readonly #link: Link;
	readonly #onFault: (fault: LinkFault, error: unknown) => void;
	readonly #out = new ByteRing(sendBlocks);
	readonly #in = new ByteRing(receiveBlocks);
	#socket: Socket | undefined;
	#phase = Phase.Connecting;
	/** Bytes of `#out` that libuv holds; 0 = it holds none. */
	#sending = 0;
	#flushDue = false;
	/** The client is being told something: what it writes meanwhile is flushed once, after it. */
	#telling = false;
	/** The chunk that just arrived, while the client is being told: what it has not read of it. */
	#chunk: Uint8Array | undefined;
	#chunkStart = 0;
	#chunkEnd = 0;
	#paused = false;
	/** Why it is over; told when all that was received is read, as the SDK does. */
	#fault: LinkFault | undefined;
	#linger: NodeJS.Timeout | undefined;

	/** `onFault` hears of the end first, with Node's error if there was one. */
	constructor(link: Link, onFault: (fault: LinkFault, error: unknown) => void) {
		this.#link = link;
		this.#onFault = onFault;
	}

	/** Takes the socket, which is connecting; `upEvent` tells that it is ready. Chunks are given to {@link receive}. */
	attach(socket: Socket, upEvent: "connect" | "secureConnect"): void {
		this.#socket = socket;
		socket.setNoDelay(true);
		socket.once(upEvent, this.#onUp);
		socket.on("error", this.#onSocketError);
		socket.on("end", this.#onSocketEnd);
		socket.on("close", this.#onSocketClose);
	}

	get room(): number {
		return this.#phase === Phase.Up && this.#fault === undefined ? this.#out.room : 0;
	}

	/** Throws when the range is no range: that is a mistake of the caller. */
	read(bytes: Uint8Array, start: number, limit: number): number {
		if (!(start >= 0 && start <= limit && limit <= bytes.length))
			throw new RangeError(`read ${start}..${limit}`);
		if (this.#phase !== Phase.Up) return 0;
		let count = this.#in.take(bytes, start, limit);
		if (this.#chunk !== undefined) count += this.#readChunk(bytes, start + count, limit);
		else if (count > 0) this.#afterRead();
		return count;
	}

	/** Throws when there is no room for it ("would block"): that is a mistake of the caller. */
	write(bytes: Uint8Array, start: number, end: number): number {
		if (this.#phase !== Phase.Up || this.#fault !== undefined) return 0;
		if (!(start >= 0 && start <= end && end <= bytes.length)) throw new RangeError(`write ${start}..${end}`);
		if (end - start > this.#out.room) {
			throw new RangeError(`write of ${end - start} bytes into ${this.#out.room}: would block`);
		}
		this.#out.put(bytes, start, end);
		if (!this.#flushDue && this.#sending === 0 && end > start) {
			this.#flushDue = true;
			// Measured: a microtask makes 160 bytes more garbage, setImmediate 530, and neither is faster.
			if (!this.#telling) process.nextTick(this.#flush);
		}
		return this.#out.room;
	}

	/** What was written still goes out, for a second at most; what was received is forgotten. */
	close(): void {
		if (this.#phase === Phase.Dead) return;
		const wasUp = this.#phase === Phase.Up;
		this.#die();
		const socket = this.#socket!;
		if (!wasUp || socket.destroyed) {
			socket.destroy();
			return;
		}
		this.#linger = setTimeout(() => socket.destroy(), lingerMs);
		this.#linger.unref();
		if (this.#sending === 0) this.#flush();
	}

	/** A chunk has arrived; `chunk` is used during the call only. False: no more, please; the transport resumes the socket. */
	receive(chunk: Uint8Array, length: number): boolean {
		if (this.#phase !== Phase.Up || this.#fault !== undefined) return true;
		this.#chunk = chunk;
		this.#chunkStart = 0;
		this.#chunkEnd = length;
		this.#telling = true;
		this.#link.onReadable(this.#in.used + length);
		this.#chunk = undefined;
		this.#telling = false;
		if ((this.#phase as Phase) === Phase.Dead) return true;
		this.#in.put(chunk, this.#chunkStart, this.#chunkEnd);
		this.#paused = this.#in.room < chunkBytes;
		if (this.#flushDue) this.#flush();
		return !this.#paused;
	}

	#readChunk(bytes: Uint8Array, start: number, limit: number): number {
		const count = Math.min(limit - start, this.#chunkEnd - this.#chunkStart);
		const end = this.#chunkStart + count;
		if (count <= 64) for (let i = 0; i < count; i++) bytes[start + i] = this.#chunk![this.#chunkStart + i];
		else bytes.set(this.#chunk!.subarray(this.#chunkStart, end), start);
		this.#chunkStart = end;
		return count;
	}

	#afterRead(): void {
		if (this.#in.used === 0 && this.#fault !== undefined) process.nextTick(this.#tell);
		if (!this.#paused || this.#in.room < chunkBytes) return;
		this.#paused = false;
		this.#socket!.resume(); // calls nobody back before the next tick
	}

	readonly #onUp = (): void => {
		if (this.#phase !== Phase.Connecting) return;
		this.#phase = Phase.Up;
		this.#tellRoom();
	};

	/** What the client writes in answer leaves by a tick of its own: a flood would recurse. */
	#tellRoom(): void {
		if (this.#phase !== Phase.Up || this.#fault !== undefined) return;
		this.#telling = true;
		this.#link.onWritable(this.#out.room);
		this.#telling = false;
		if (this.#flushDue) process.nextTick(this.#flush);
	}

	readonly #flush = (): void => {
		this.#flushDue = false;
		if (this.#sending === 0 && this.#send()) this.#tellRoom();
	};

	/** Hands what is in the ring to the socket, as far as it takes it. Returns whether there is room now that was not. */
	#send(): boolean {
		const socket = this.#socket!;
		let gone = false;
		while (this.#out.used > 0 && !socket.destroyed) {
			const count = this.#out.straight;
			socket.write(this.#out.peek(count));
			if (socket.errored) return false; // its "error" tells
			if (socket.writableLength > 0) {
				this.#sending = count;
				socket.write(nothing, this.#onSent);
				return gone;
			}
			this.#out.drop(count);
			gone = true;
		}
		if (this.#phase === Phase.Dead) socket.destroySoon();
		return gone;
	}

	readonly #onSent = (error?: Error | null): void => {
		const sent = this.#sending;
		this.#sending = 0;
		if (error || this.#fault !== undefined) return; // the socket's "error" or "close" tells
		this.#out.drop(sent);
		this.#flushDue = false;
		this.#send();
		this.#tellRoom();
	};

	readonly #onSocketError = (error: Error): void => {
		this.#end(faultOf(error), error);
	};

	readonly #onSocketEnd = (): void => {
		this.#end(LinkFault.Closed, undefined);
	};

	readonly #onSocketClose = (): void => {
		clearTimeout(this.#linger);
		this.#end(LinkFault.Unknown, undefined);
		this.#out.clear(this.#sending > 0);
	};

	#end(fault: LinkFault, error: unknown): void {
		if (this.#phase === Phase.Dead || this.#fault !== undefined) return;
		this.#fault = fault;
		this.#onFault(fault, error);
		if (this.#in.used === 0) this.#tell();
	}

	readonly #tell = (): void => {
		if (this.#phase === Phase.Dead) return;
		const fault = this.#fault!;
		this.#die();
		this.#socket!.destroy();
		this.#link.onError(fault);
	};

	#die(): void {
		this.#phase = Phase.Dead;
		this.#in.clear();
		this.#chunkStart = this.#chunkEnd;
	}
}
