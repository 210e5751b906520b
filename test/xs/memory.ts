// SPDX-License-Identifier: MIT
/**
 * A board's link for gates: the drivers that ship (`firmware/drivers`), over a socket that is an object of the harness,
 * and at the other end a scripted peer. The socket takes and fills whole views and throws as the SDK's does
 * (`modules/io/socket/lwip/tcp.c`). Nothing allocates after construction: the harness has one socket for all dials. On a
 * device `TcpDialler` makes one for each, of 2 slots (`test/sdk` counts that).
 */

import type { DeviceMemory } from "../../firmware/drivers/memory.js";
import { type Socket, SocketTransport } from "../../firmware/drivers/socket.js";
import type { Dialler, Link, LinkFault, Transport } from "../../lib/ports.js";
import { XsClock } from "./board.js";

export { DeviceMemory as XsMemory } from "../../firmware/drivers/memory.js";

/** The other end of the link. */
export interface Peer {
	/** The client wrote `bytes[start]` to `bytes[end - 1]`; they are gone when this returns. May call {@link Loopback.deliver}. */
	onBytes(bytes: Uint8Array, start: number, end: number): void;
	/** A connection was opened (before its first byte), or closed by the client. */
	onOpen?(): void;
	onClose?(): void;
}

/** What the network does: bytes on their way to the client, of one connection after the other. */
export class Loopback {
	readonly peer: Peer;
	/** What a socket may write at a time, always. */
	readonly roomBytes: number;
	/** How many bytes wait for the client. */
	waiting = 0;
	/** How many times something was delivered; wraps around. */
	deliveries = 0;
	readonly socket: LoopbackSocket;
	open = false;
	#first = 0;
	readonly #queue: Uint8Array;
	readonly #size: number;

	constructor(peer: Peer, roomBytes: number, queueBytes: number) {
		this.peer = peer;
		this.roomBytes = roomBytes;
		this.socket = new LoopbackSocket(this);
		this.#queue = new Uint8Array(queueBytes);
		this.#size = queueBytes;
	}

	/** Queues `bytes[start]` to `bytes[end - 1]` for the client to read. */
	deliver(bytes: Uint8Array, start: number, end: number): void {
		const count = end - start;
		if (this.waiting + count > this.#size) throw new Error("the peer delivers more than the loopback holds");
		let at = this.#first + this.waiting;
		if (at >= this.#size) at -= this.#size;
		const before = this.#size - at;
		if (count <= before) xs.copy(this.#queue, at, bytes, start, end);
		else {
			xs.copy(this.#queue, at, bytes, start, start + before);
			xs.copy(this.#queue, 0, bytes, start + before, end);
		}
		this.waiting += count;
		this.deliveries = (this.deliveries + 1) | 0;
	}

	/** Fills the whole view. */
	take(view: Uint8Array): void {
		const count = view.length;
		const before = this.#size - this.#first;
		if (count <= before) xs.copy(view, 0, this.#queue, this.#first, this.#first + count);
		else {
			xs.copy(view, 0, this.#queue, this.#first, this.#size);
			xs.copy(view, before, this.#queue, 0, count - before);
		}
		this.#first += count;
		if (this.#first >= this.#size) this.#first -= this.#size;
		this.waiting -= count;
	}

	begin(): void {
		this.open = true;
		this.#clear();
	}

	end(): void {
		this.open = false;
		this.#clear();
		this.peer.onClose?.();
	}

	#clear(): void {
		this.waiting = 0;
		this.#first = 0;
	}
}

/** The native socket of the device. */
class LoopbackSocket implements Socket {
	readonly #network: Loopback;

	constructor(network: Loopback) {
		this.#network = network;
	}

	/** What a constructor does. */
	connect(): this {
		this.#network.begin();
		return this;
	}

	read(view: Uint8Array): number | undefined {
		const network = this.#network;
		if (network.waiting === 0) return undefined;
		if (view.length === 0 || view.length > network.waiting) throw new Error("invalid");
		network.take(view);
		return view.length;
	}

	write(view: Uint8Array): number {
		const network = this.#network;
		if (!network.open) throw new Error("not ready");
		if (view.length > network.roomBytes) throw new Error("would block");
		network.peer.onBytes(view, 0, view.length);
		return network.roomBytes;
	}

	close(): void {
		if (this.#network.open) this.#network.end();
	}
}

/** Dials, and tells what happened: one event at a time, never from inside the client's calls. */
export class XsDialler implements Dialler {
	readonly socket: Loopback;
	readonly #transport: SocketTransport;
	#up = false;
	#told = 0;
	#fault = -1;

	constructor(memory: DeviceMemory, peer: Peer, roomBytes = 2048, queueBytes = 4096) {
		this.socket = new Loopback(peer, roomBytes, queueBytes);
		// The clock is the driver's alone: its deadline never comes.
		this.#transport = new SocketTransport({ memory, clock: new XsClock(), connectMs: 15_000 });
	}

	dial(link: Link): Transport {
		this.#up = false;
		this.#told = this.socket.deliveries;
		this.#fault = -1;
		this.#transport.open(link);
		this.#transport.attach(this.socket.socket.connect());
		return this.#transport;
	}

	/** The peer's side ends the connection; told after what it delivered. */
	hangUp(fault: LinkFault): void {
		this.#fault = fault;
	}

	/** Tells one event to the client, if there is one. Returns whether there was. */
	turn(): boolean {
		const network = this.socket;
		const transport = this.#transport;
		if (!network.open) return false;
		if (!this.#up) {
			this.#up = true;
			network.peer.onOpen?.();
			transport.writable(network.roomBytes);
			return true;
		}
		// Edge-triggered: what was left unread is not told again until more arrives, also while it is being told.
		const { deliveries } = network;
		if (deliveries !== this.#told) {
			this.#told = deliveries;
			if (network.waiting > 0) transport.readable(network.waiting);
			return true;
		}
		if (this.#fault >= 0) {
			const fault = this.#fault as LinkFault;
			this.#fault = -1;
			transport.failed(fault);
			return true;
		}
		return false;
	}

	/** Turns until nothing is left to tell. Returns how many turns it took. */
	settle(limit = 10_000): number {
		let turns = 0;
		while (this.turn()) if (++turns >= limit) throw new Error("the link does not come to rest");
		return turns;
	}
}
