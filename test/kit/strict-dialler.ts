// SPDX-License-Identifier: MIT
/** Wraps a dialler and holds both sides to the contract of `lib/ports.ts`; also counts what crosses. */
import type { Dialler, Link, LinkFault, Transport } from "../../lib/ports.js";

/** Every connection in order, each under the contract. A breach throws, which the world reports with seed and time. */
export class StrictDialler implements Dialler {
	readonly transports: StrictTransport[] = [];
	readonly #dialler: Dialler;

	constructor(dialler: Dialler) {
		this.#dialler = dialler;
	}

	/** The latest connection. */
	get last(): StrictTransport {
		return this.transports[this.transports.length - 1];
	}

	dial(link: Link): Transport {
		const transport = new StrictTransport(link);
		transport.begin(this.#dialler);
		this.transports.push(transport);
		return transport;
	}

	/** Bytes that the client took from all its links, and gave to them. */
	get bytesIn(): number {
		return this.transports.reduce((sum, one) => sum + one.bytesIn, 0);
	}

	get bytesOut(): number {
		return this.transports.reduce((sum, one) => sum + one.bytesOut, 0);
	}
}

export class StrictTransport implements Transport, Link {
	bytesIn = 0;
	bytesOut = 0;
	writes = 0;
	/** Announced and not yet read. */
	unread = 0;
	closed = false;
	/** Never more room than this, as a small send buffer has it. */
	roomLimit = Infinity;
	/** Called before each write with its bytes. */
	onWrite: ((bytes: Uint8Array) => void) | undefined;
	#inner: Transport | undefined;
	#link: Link;
	#failed = false;
	/** The client is inside `dial`, `read` or `write`: no callback may come. */
	#inside = 0;

	constructor(link: Link) {
		this.#link = link;
	}

	begin(dialler: Dialler): void {
		this.#inside++;
		this.#inner = dialler.dial(this);
		this.#inside--;
	}

	// ── what the client calls ────────────────────────────────────────────────────────────────────────────────────

	get room(): number {
		return Math.min(this.#inner!.room, this.roomLimit);
	}

	read(bytes: Uint8Array, start: number, limit: number): number {
		this.#alive("read");
		if (!(start >= 0 && start <= limit && limit <= bytes.length)) throw new Error(`read ${start}..${limit}`);
		this.#inside++;
		const count = this.#inner!.read(bytes, start, limit);
		this.#inside--;
		this.bytesIn += count;
		this.unread -= count;
		return count;
	}

	write(bytes: Uint8Array, start: number, end: number): number {
		this.#alive("write");
		if (!(start >= 0 && start < end && end <= bytes.length)) throw new Error(`write ${start}..${end}`);
		if (end - start > this.room) throw new Error(`write of ${end - start} bytes into room for ${this.room}`);
		this.onWrite?.(bytes.slice(start, end));
		this.#inside++;
		this.#inner!.write(bytes, start, end);
		this.#inside--;
		this.bytesOut += end - start;
		this.writes++;
		return this.room;
	}

	close(): void {
		this.closed = true;
		this.#inner!.close();
	}

	#alive(what: string): void {
		if (this.closed) throw new Error(`${what} after close`);
		if (this.#failed) throw new Error(`${what} after onError`);
	}

	// ── what the link tells ──────────────────────────────────────────────────────────────────────────────────────

	onReadable(count: number): void {
		this.#mayTell("onReadable");
		this.unread = count;
		this.#link.onReadable(count);
	}

	onWritable(_room: number): void {
		this.#mayTell("onWritable");
		if (this.room > 0) this.#link.onWritable(this.room);
	}

	onError(fault: LinkFault): void {
		this.#mayTell("onError");
		this.#failed = true;
		this.#link.onError(fault);
	}

	#mayTell(what: string): void {
		if (this.#inside > 0) throw new Error(`${what} from inside a call of the client`);
		if (this.closed || this.#failed) throw new Error(`${what} after the end`);
	}
}
