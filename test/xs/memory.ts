// SPDX-License-Identifier: MIT
/**
 * A board for gates: memory and transport that move bytes the way the device's driver has to on XS, where native calls
 * take whole views and a sub-view allocates; and at the other end of the link a scripted peer.
 *
 * A block is a fixed-length view over a resizable buffer. Behind the view, in the same buffer, lies the driver's window,
 * seen by a view that tracks the length. Bytes go out by copyWithin into the window, a shrink to their end, one
 * `io.set(window)` into a small resizable buffer, and back to full length; the socket then gets the small view, as short
 * as the bytes. Bytes come in through the small view alone. Nothing here allocates after construction.
 */
import type { Dialler, Link, LinkFault, Memory, Transport } from "../../lib/ports.js";

/** One block of the arena, with the window behind it. */
class Block {
	readonly buffer: ArrayBuffer;
	/** What the core works in. */
	readonly view: Uint8Array;
	/** Everything, to move bytes into the window. */
	readonly whole: Uint8Array;
	/** The window: as long as the buffer says. */
	readonly window: Uint8Array;
	readonly bytes: number;
	readonly full: number;

	constructor(bytes: number, windowBytes: number) {
		const full = bytes + windowBytes;
		this.buffer = new ArrayBuffer(full, { maxByteLength: full });
		this.view = new Uint8Array(this.buffer, 0, bytes);
		this.whole = new Uint8Array(this.buffer);
		this.window = new Uint8Array(this.buffer, bytes);
		this.bytes = bytes;
		this.full = full;
	}
}

/** The memory port of the board. */
export class XsMemory implements Memory {
	readonly windowBytes: number;
	readonly #blocks: Block[] = [];

	constructor(windowBytes = 256) {
		this.windowBytes = windowBytes;
	}

	allocate(bytes: number): Uint8Array {
		const block = new Block(bytes, this.windowBytes);
		this.#blocks.push(block);
		return block.view;
	}

	/** The block whose view that is. Throws for bytes that did not come from {@link allocate}. */
	find(view: Uint8Array): Block {
		const blocks = this.#blocks;
		const count = blocks.length;
		for (let i = 0; i < count; i++) if (blocks[i].view === view) return blocks[i];
		throw new Error("bytes that are not of this board's memory");
	}
}

/** The other end of the link. */
export interface Peer {
	/** The client wrote `bytes[start]` to `bytes[end - 1]`; they are gone when this returns. May call {@link Loopback.deliver}. */
	onBytes(bytes: Uint8Array, start: number, end: number): void;
	/** A connection was opened (before its first byte), or closed by the client. */
	onOpen?(): void;
	onClose?(): void;
}

/** The native socket of the device: takes and fills whole views, and throws when a view is too long. */
export class Loopback {
	peer: Peer;
	/** Bytes on their way to the client, and how many wait. */
	waiting = 0;
	/** How many times something was delivered; wraps around. */
	deliveries = 0;
	#first = 0;
	readonly #queue: Uint8Array;
	readonly #size: number;

	constructor(peer: Peer, queueBytes = 4096) {
		this.peer = peer;
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

	/** `tcp.read(view)`: fills the view. */
	read(view: Uint8Array): void {
		const count = view.length;
		if (count > this.waiting) throw new Error("read of more than waits");
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

	/** `tcp.write(view)`: takes all of the view. */
	write(view: Uint8Array): void {
		this.peer.onBytes(view, 0, view.length);
	}

	clear(): void {
		this.waiting = 0;
		this.#first = 0;
	}
}

/** The transport of the board: one object that serves every connection, as the driver may. */
export class XsTransport implements Transport {
	readonly #memory: XsMemory;
	readonly #socket: Loopback;
	readonly #io: ArrayBuffer;
	readonly #ioView: Uint8Array;
	readonly #ioBytes: number;
	#room = 0;
	/** What {@link room} is while the link is up. */
	readonly roomWhenUp: number;
	open = false;

	constructor(memory: XsMemory, socket: Loopback, roomWhenUp: number) {
		this.#memory = memory;
		this.#socket = socket;
		this.#ioBytes = memory.windowBytes;
		this.#io = new ArrayBuffer(this.#ioBytes, { maxByteLength: this.#ioBytes });
		this.#ioView = new Uint8Array(this.#io);
		this.roomWhenUp = roomWhenUp;
	}

	get room(): number {
		return this.#room;
	}

	set room(bytes: number) {
		this.#room = bytes;
	}

	read(bytes: Uint8Array, start: number, limit: number): number {
		const io = this.#io;
		const full = this.#ioBytes;
		let at = start;
		while (at < limit) {
			let count = this.#socket.waiting;
			if (count === 0) break;
			if (count > limit - at) count = limit - at;
			if (count > full) count = full;
			io.resize(count);
			this.#socket.read(this.#ioView);
			bytes.set(this.#ioView, at);
			io.resize(full);
			at += count;
		}
		return at - start;
	}

	write(bytes: Uint8Array, start: number, end: number): number {
		if (end - start > this.#room) throw new Error("write of more than the room");
		const block = this.#memory.find(bytes);
		const arena = block.buffer;
		const io = this.#io;
		const full = this.#ioBytes;
		for (let at = start; at < end; ) {
			const count = Math.min(end - at, full);
			block.whole.copyWithin(block.bytes, at, at + count);
			arena.resize(block.bytes + count);
			this.#ioView.set(block.window);
			arena.resize(block.full);
			io.resize(count);
			this.#socket.write(this.#ioView);
			io.resize(full);
			at += count;
		}
		return this.#room;
	}

	close(): void {
		if (!this.open) return;
		this.open = false;
		this.#room = 0;
		this.#socket.clear();
		this.#socket.peer.onClose?.();
	}
}

/** Opens the loopback, and tells the client what happened, one event at a time and never from inside its calls. */
export class XsDialler implements Dialler {
	readonly socket: Loopback;
	readonly transport: XsTransport;
	#link: Link | undefined;
	#up = false;
	#told = 0;
	#fault = -1;

	constructor(memory: XsMemory, peer: Peer, roomBytes = 2048, queueBytes = 4096) {
		this.socket = new Loopback(peer, queueBytes);
		this.transport = new XsTransport(memory, this.socket, roomBytes);
	}

	dial(link: Link): Transport {
		this.transport.close();
		this.#link = link;
		this.#up = false;
		this.#told = this.socket.deliveries;
		this.#fault = -1;
		this.socket.clear();
		this.transport.open = true;
		return this.transport;
	}

	/** The peer's side ends the connection; told after what it delivered. */
	hangUp(fault: LinkFault): void {
		this.#fault = fault;
	}

	/** Tells one event to the client, if there is one. Returns whether there was. */
	turn(): boolean {
		const link = this.#link;
		const transport = this.transport;
		if (link === undefined || !transport.open) return false;
		if (!this.#up) {
			this.#up = true;
			transport.room = transport.roomWhenUp;
			this.socket.peer.onOpen?.();
			link.onWritable(transport.room);
			return true;
		}
		// Edge-triggered: what was left unread is not told again until more arrives, also while it is being told.
		const deliveries = this.socket.deliveries;
		if (deliveries !== this.#told) {
			this.#told = deliveries;
			if (this.socket.waiting > 0) link.onReadable(this.socket.waiting);
			return true;
		}
		if (this.#fault >= 0) {
			const fault = this.#fault as LinkFault;
			this.#fault = -1;
			transport.open = false;
			transport.room = 0;
			this.socket.clear();
			link.onError(fault);
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
