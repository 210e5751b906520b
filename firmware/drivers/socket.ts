// SPDX-License-Identifier: MIT
/** A connection over an ECMA-419 TCP class, or another class that looks like one. */
import { type Alarm, type Clock, type Link, LinkFault, type Timer, type Transport } from "../../lib/index.js";
import type { DeviceMemory } from "./memory.js";

/** A number, though the SDK's typings (8.2.3, `tcp.d.ts`) say that nothing comes back; `undefined` where its C code says nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: so that the SDK's own class fits without a cast
export type Told = number | void;

/** The part that we use of an ECMA-419 TCP socket (the SDK's `modules/io/socket/lwip/tcp.c`). */
export interface Socket {
	/** Fills the whole view, which must not be longer than what waits. Returns how much that was; nothing when nothing waits. */
	read(view: Uint8Array): Told;
	/**
	 * Takes the whole view. Returns the room left; nothing when the connection is broken. Throws when it is not up, also in
	 * the moment between its end and `onError`. So many more bytes are `following` in the same turn: a native socket does
	 * not look at that.
	 */
	write(view: Uint8Array, following?: number): Told;
	/** May be called twice. */
	close(): void;
}

export interface SocketOptions {
	/** An IPv4 address; names are for a resolver. */
	address: string;
	port: number;
	/** Sends at once (no Nagle). Left out: the system's default. */
	nodelay?: boolean;
	/** Called with the total that waits, when more has come. */
	onReadable?: (this: Socket, count: number) => void;
	/** Called with the room, when the connection is up and when there is more. */
	onWritable?: (this: Socket, count: number) => void;
	/** Called when it is over: closed, reset, refused. A native socket gives no reason. */
	onError?: (this: Socket, fault?: LinkFault) => void;
}

/** Connects at construction; throws "no network", "no socket", "invalid address" and the like. */
export type SocketClass = new (options: SocketOptions) => Socket;

/** Whoever takes exceptions that would otherwise leave a native callback, which restarts the device. Must not throw. */
export type ExceptionHandler = (error: unknown) => void;

/** Something that is under way before there is a socket, such as a name look-up. */
export interface Preparation {
	cancel(): void;
}

export interface SocketTransportOptions {
	readonly memory: DeviceMemory;
	readonly clock: Clock;
	/** Milliseconds until the link must be up. lwIP sends SYN seven times, and tells nobody of an error before the first. */
	readonly connectMs: number;
	readonly preparation?: Preparation | undefined;
	readonly onException?: ExceptionHandler | undefined;
}

/**
 *     Closed ──open──▶ Opening ──writable──▶ Up ──a write fails──▶ Failing
 *        ▲                │ deadline, error  │ error               │ error, or a moment later
 *        └────────────────┴──────────────────┴─────────────────────┘ the link is told, once
 *
 * Opening fails too: a fault that shows inside `dial` is told a moment later, as `Link` demands.
 */
const enum Phase {
	Closed,
	Opening,
	Up,
	Failing,
}

/**
 * The one transport of a dialler, which serves each of its connections. Nothing is allocated here but where a socket is made.
 *
 * A `try` costs XS one native malloc and free of about 200 bytes, no slot and no chunk. There is one around each `write`,
 * because the socket of the ESP32 throws when the peer has closed while bytes wait to be read; `read` cannot throw. And
 * there is one around each callback if the board wants exceptions ({@link SocketTransportOptions.onException}): for a
 * whole turn of the client, never for a message or a byte.
 */
export class SocketTransport implements Transport, Alarm {
	/** Why the last connection ended, a `LinkFault`; -1: none did yet. */
	fault = -1;
	/** What the host had to say about it. */
	cause = "";
	#phase = Phase.Closed;
	#socket: Socket | undefined;
	#room = 0;
	/** Announced and not read. More may wait: the next announcement says so. */
	#waiting = 0;
	#deadline = 0;
	#link: Link | undefined;
	readonly #timer: Timer;
	readonly #memory: DeviceMemory;
	readonly #clock: Clock;
	readonly #connectMs: number;
	readonly #preparation: Preparation | undefined;
	readonly #onException: ExceptionHandler | undefined;

	constructor(options: SocketTransportOptions) {
		this.#memory = options.memory;
		this.#clock = options.clock;
		this.#connectMs = options.connectMs;
		this.#preparation = options.preparation;
		this.#onException = options.onException;
		this.#timer = options.clock.timer(this);
	}

	// ── what the core calls ──────────────────────────────────────────────────────────────────────────────────────

	get room(): number {
		return this.#phase === Phase.Up ? this.#room : 0;
	}

	read(bytes: Uint8Array, start: number, limit: number): number {
		const memory = this.#memory;
		const socket = this.#socket;
		let at = start;
		while (at < limit && this.#waiting > 0 && socket !== undefined) {
			let wanted = this.#waiting;
			if (wanted > limit - at) wanted = limit - at;
			if (wanted > memory.windowBytes) wanted = memory.windowBytes;
			const count = socket.read(memory.empty(wanted));
			if (count === undefined || count === 0) {
				memory.restore();
				this.#waiting = 0;
				break;
			}
			memory.taken(bytes, at, count);
			this.#waiting -= count;
			at += count;
		}
		return at - start;
	}

	write(bytes: Uint8Array, start: number, end: number): number {
		if (this.#phase !== Phase.Up) return 0;
		const memory = this.#memory;
		const socket = this.#socket as Socket;
		let room: Told = this.#room;
		try {
			for (let at = start; at < end && room !== undefined; ) {
				const count = end - at > memory.windowBytes ? memory.windowBytes : end - at;
				room = socket.write(memory.filled(bytes, at, count), end - at - count);
				memory.restore();
				at += count;
			}
		} catch (error) {
			memory.restore();
			this.failSoon(LinkFault.Unknown, messageOf(error));
			return 0;
		}
		if (room === undefined) {
			this.failSoon(LinkFault.Unknown, "write failed");
			return 0;
		}
		this.#room = room;
		return room;
	}

	close(): void {
		if (this.#phase === Phase.Closed) return;
		const opening = this.#socket === undefined && this.#phase === Phase.Opening;
		this.#phase = Phase.Closed;
		this.#waiting = 0;
		this.#link = undefined;
		this.#timer.disarm();
		if (opening) this.#preparation?.cancel();
		const socket = this.#socket;
		this.#socket = undefined;
		socket?.close();
	}

	// ── what the dialler calls ───────────────────────────────────────────────────────────────────────────────────

	/** A connection begins; the deadline runs. One that was open is closed. */
	open(link: Link): void {
		this.close();
		this.#link = link;
		this.#phase = Phase.Opening;
		this.#room = 0;
		this.#deadline = (this.#clock.ticks + this.#connectMs) | 0;
		this.#timer.arm(this.#connectMs);
	}

	/** True from {@link open} until the link is up or has failed. */
	get opening(): boolean {
		return this.#phase === Phase.Opening;
	}

	/** The socket that connects. */
	attach(socket: Socket): void {
		this.#socket = socket;
	}

	/** True for the socket of this connection: what an earlier one calls back late is not for this one. */
	owns(socket: Socket): boolean {
		return this.#socket === socket && socket !== undefined;
	}

	/** The link has to end; it is told a moment later, never from inside a call of the core. */
	failSoon(fault: LinkFault, cause: string): void {
		if (this.#phase === Phase.Closed || this.#phase === Phase.Failing) return;
		this.#phase = Phase.Failing;
		this.fault = fault;
		this.cause = cause;
		this.#timer.arm(0);
	}

	// ── what the socket calls back, each a host entry ────────────────────────────────────────────────────────────

	readable(count: number): void {
		const onException = this.#onException;
		if (onException === undefined) this.announce(count);
		else {
			try {
				this.announce(count);
			} catch (error) {
				onException(error);
			}
		}
	}

	writable(room: number): void {
		const onException = this.#onException;
		if (onException === undefined) this.offer(room);
		else {
			try {
				this.offer(room);
			} catch (error) {
				onException(error);
			}
		}
	}

	/** `fault` is what is known: nothing, for a TCP socket. */
	failed(fault: LinkFault = LinkFault.Unknown): void {
		const onException = this.#onException;
		if (onException === undefined) this.fail(fault);
		else {
			try {
				this.fail(fault);
			} catch (error) {
				onException(error);
			}
		}
	}

	/** The deadline, or the moment after a failure; spurious ones are sorted out here. */
	onAlarm(): void {
		if (this.#phase === Phase.Failing) this.end(this.fault as LinkFault, this.cause);
		else if (this.#phase === Phase.Opening) {
			const left = (this.#deadline - this.#clock.ticks) | 0;
			if (left > 0) this.#timer.arm(left);
			// It spoke first and closed, so that there was no moment in which we could have written.
			else if (this.#waiting > 0) this.end(LinkFault.Closed, "it sent something and closed");
			else this.end(LinkFault.TimedOut, "");
		}
	}

	private announce(count: number): void {
		if (this.#phase === Phase.Closed) return;
		this.#waiting = count;
		if (this.#phase === Phase.Up) this.#link!.onReadable(count);
	}

	private offer(room: number): void {
		const link = this.#link!;
		if (this.#phase === Phase.Up) {
			this.#room = room;
			link.onWritable(room);
		} else if (this.#phase === Phase.Opening) {
			this.#phase = Phase.Up;
			this.#room = room;
			this.#timer.disarm();
			const early = this.#waiting;
			link.onWritable(room);
			if (early > 0 && this.#link === link && this.#phase === Phase.Up) link.onReadable(early);
		}
	}

	private fail(fault: LinkFault): void {
		const phase = this.#phase;
		if (phase === Phase.Closed) return;
		if (phase === Phase.Failing) this.end(this.fault as LinkFault, this.cause);
		// Before it was up an error is a refusal: SYNs without an answer go on beyond the deadline.
		else if (phase === Phase.Opening && fault === LinkFault.Unknown) this.end(LinkFault.Refused, "");
		else this.end(fault, "");
	}

	private end(fault: LinkFault, cause: string): void {
		const link = this.#link;
		this.fault = fault;
		this.cause = cause;
		this.close();
		link?.onError(fault);
	}
}

/** The words of a native error. */
export function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
