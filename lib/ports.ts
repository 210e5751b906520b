// SPDX-License-Identifier: MIT
/**
 * What the core asks of the world around it: types and one dictionary of numbers, no code, no imports.
 *
 * A board (or the simulator, or a test) brings an implementation of each. The core never opens a socket, reads a
 * clock or draws a random number by any other way.
 */

/** Gives out the blocks of bytes that the core works in. */
export interface Memory {
	/**
	 * Returns a zeroed block of exactly `bytes` bytes. Called at construction only.
	 * The transports of the same board are handed this very view and know what lies behind it.
	 */
	allocate(bytes: number): Uint8Array;
}

/** An open pipe, or one that is being opened. Made by a {@link Dialler}, owned by the core, used for one connection. */
export interface Transport {
	/**
	 * Moves at most `limit - start` received bytes to `bytes[start]` and on.
	 * Returns how many arrived there: 0 means that nothing waits. Never throws.
	 */
	read(bytes: Uint8Array, start: number, limit: number): number;
	/**
	 * Sends `bytes[start]` to `bytes[end - 1]`, all of it; the caller keeps `end - start <= room`.
	 * The bytes are consumed when it returns: the caller may overwrite them at once.
	 * Returns the room left. Never throws: a failure is told by {@link Link.onError}, later.
	 */
	write(bytes: Uint8Array, start: number, end: number): number;
	/** How many bytes {@link write} takes now; 0 until the link is up. */
	readonly room: number;
	/** Ends the connection. May be called at any time, more than once, also while a name is being looked up. After it no callback comes. */
	close(): void;
}

/** What a transport tells its owner. Never called from inside {@link Dialler.dial}, {@link Transport.read} or {@link Transport.write}. */
export interface Link {
	/**
	 * Bytes have arrived; `count` is the total that waits, at least 1.
	 * Edge-triggered: it is not repeated for bytes that were left unread until more of them arrive.
	 */
	onReadable(count: number): void;
	/** The link is up (first call; for TLS: after the handshake), or room was freed. `room` is what `write` takes now. */
	onWritable(room: number): void;
	/**
	 * The link is gone, or never came up. Received bytes were announced before it. Called once; the transport is dead
	 * and no other callback follows. `close` may be called and does nothing.
	 */
	onError(fault: LinkFault): void;
}

/** Why a link ended, as a number. The words that the host had for it stay with the dialler. */
export const LinkFault = {
	/** No cause is known: on a microcontroller a remote close looks like this. */
	Unknown: 0,
	/** The peer closed the connection in order. */
	Closed: 1,
	/** Nobody listens at that port. */
	Refused: 2,
	/** The peer, or something between, reset the connection. */
	Reset: 3,
	/** The name could not be resolved. */
	Dns: 4,
	/** The dialler gave up waiting. */
	TimedOut: 5,
	/** There is no network interface, or no route. */
	NoNetwork: 6,
	/** The certificate chain is not trusted, or the TLS handshake failed. */
	Certificate: 7,
	/** The certificate is for another name. */
	HostName: 8,
	/** The certificate is out of its dates; look at the clock first. */
	Expired: 9,
} as const;
export type LinkFault = (typeof LinkFault)[keyof typeof LinkFault];

/** Opens connections to one broker. Not hot: it may allocate. */
export interface Dialler {
	/**
	 * Starts to connect and returns at once; {@link Link.onWritable} tells that the link is up.
	 * May throw when there is no network: the core counts that as a failed attempt.
	 */
	dial(link: Link): Transport;
}

/** One alarm that can be moved. Arming replaces the earlier time. A spurious alarm is harmless. */
export interface Timer {
	/** Wakes once, `ms` milliseconds from now (0 or more). */
	arm(ms: number): void;
	disarm(): void;
}

/** The receiving side of a {@link Timer}. */
export interface Alarm {
	onAlarm(): void;
}

export interface Clock {
	/** Milliseconds as a 32-bit integer that wraps around: compare as `(a - b) | 0`. */
	readonly ticks: number;
	/** Seconds since some start, monotonic, never wraps; goes on through deep sleep. For expiries. */
	readonly seconds: number;
	/** Seconds since 1970, or 0 while the wall clock is not set. */
	readonly epochSeconds: number;
	/** Makes a timer. Called at construction only. */
	timer(wake: Alarm): Timer;
}

export interface Random {
	/** An integer, evenly from 0 to `limit - 1`; `limit` is 1 to 2³¹ - 1. */
	below(limit: number): number;
}

/** Bytes that a store shares with the client: one block, so that records move by `copyWithin`. */
export interface Block {
	readonly bytes: Uint8Array;
	readonly view: DataView;
}

/**
 * Keeps every accepted message, its order and its state, and the identifiers of inbound QoS 2 exchanges. Synchronous,
 * numbers only, nothing is allocated after {@link attach}, nothing is thrown after {@link open}.
 *
 * A message is a record (`lib/wire/record.ts`) at an offset of the block. Its number is its place in the order and the
 * source of its packet identifier, `1 + number mod publishIds`; so a store that survives a reboot is what keeps
 * identifiers from colliding. What {@link seal}, {@link mark} and {@link markInbound} changed is durable when the next
 * {@link commit} has returned 0; the client sends nothing that depends on it before.
 */
export interface Store {
	/** Bytes of the block that this store works in. */
	readonly bytes: number;
	/** Takes its part of the block, from `start` on. Called once, by the client's constructor. */
	attach(block: Block, start: number): void;
	/**
	 * Begins a life under `identity`, a hash of client identifier and broker. State that belongs to another identity is
	 * void, as after {@link clear}; accepted messages stay. Returns 0, or a negative refusal when the store cannot be used.
	 */
	open(identity: number): number;
	/** True when both sides agreed on a session and its state is here: only then may a session be resumed. */
	readonly established: boolean;
	/** Messages that are not done. */
	readonly count: number;
	/** Bytes that they take. */
	readonly used: number;
	/** Inbound QoS 2 exchanges that are open. */
	readonly inboundCount: number;

	/** Where a record of at most `bytes` bytes may be written, in one piece, until {@link seal} or {@link discard}; or a negative refusal. */
	reserve(bytes: number): number;
	/** Accepts the record written from the reserved start to `end`. Returns its number (1 to 2³¹ - 1) or a negative refusal. */
	seal(end: number): number;
	/** Forgets the reserved room. */
	discard(): void;

	/** The oldest number that is not done; that of the next message when there is none. */
	readonly low: number;
	/** The next number after `after` that is not done, in order, or 0. */
	next(after: number): number;
	/** A message's `MessageState`; 0 for a number that is not here. */
	state(number: number): number;
	/** Brings the record into the block and returns its start. Valid until the next call of any other method but `state` and {@link loadedEnd}. */
	load(number: number): number;
	/** The end of the record that was loaded last. */
	readonly loadedEnd: number;
	/** Moves a message to another `MessageState`; 0 ends it. */
	mark(number: number, state: number): void;

	/** True when the PUBLISH of this inbound identifier was taken and its PUBREL has not come. */
	inbound(id: number): boolean;
	/** Takes (`true`) or frees an inbound identifier. Returns 0, or a negative refusal when there is no room for it. */
	markInbound(id: number, open: boolean): number;

	/** A new session begins on both sides: inbound identifiers are forgotten, sent messages are due again, those after PUBREC are done. */
	clear(): void;
	/** Makes durable what changed. Returns 0, or a negative refusal: then nothing of it may be acted on. */
	commit(): number;
	/** Does a bounded piece of housekeeping. Called when the client is idle. */
	maintain(): void;
	/** Makes durable also what could wait; before sleep. */
	flush(): void;
}

/** A flash partition as ECMA-419 has it: writing only clears bits, erasing a block sets all of them. Errors are thrown. */
export interface Flash {
	/** Fills the whole view from `offset`. */
	read(view: Uint8Array, offset: number): number;
	/** Programs the whole view at `offset`. */
	write(view: Uint8Array, offset: number): void;
	/** Erases the blocks `first` to `end - 1` (default: just `first`). */
	eraseBlock(first: number, end?: number): void;
	/** Sizes in bytes: of the partition, and of the unit that is erased at once. */
	status(): { readonly size: number; readonly blockLength: number };
}

/** Where a board goes when it has nothing to do. */
export interface Power {
	/** Sleeps for `ms` and starts the program anew; only flash and the clock survive. */
	deepSleep(ms: number): void;
	restart(): void;
}

/** What a client needs of its board. */
export interface Ports {
	readonly memory: Memory;
	readonly dialler: Dialler;
	readonly clock: Clock;
	readonly random: Random;
}
