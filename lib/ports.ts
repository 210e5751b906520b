// SPDX-License-Identifier: MIT
/**
 * What the core asks of the world around it: types and two dictionaries of numbers, no code, no imports.
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
export const enum LinkFault {
	/** No cause is known: on a microcontroller a remote close looks like this. */
	Unknown = 0,
	/** The peer closed the connection in order. */
	Closed = 1,
	/** Nobody listens at that port. */
	Refused = 2,
	/** The peer, or something between, reset the connection. */
	Reset = 3,
	/** The name could not be resolved. */
	Dns = 4,
	/** The dialler gave up waiting. */
	TimedOut = 5,
	/** There is no network interface, or no route. */
	NoNetwork = 6,
	/** The certificate chain is not trusted, or the TLS handshake failed. */
	Certificate = 7,
	/** The certificate is for another name. */
	HostName = 8,
	/** The certificate is out of its dates; look at the clock first. */
	Expired = 9,
}

/** Opens connections to one broker. Not hot: it may allocate. */
/** What follows the end of a connection, or of an attempt at one. */
export const enum Next {
	/** Another attempt after the backoff. */
	Retry = 0,
	/** Another attempt in the slow lane, `slowLaneMs`: it stays the same however often one asks. */
	Slow = 1,
	/** Another server, where the broker names one or the dialler knows one [5.0, 4.11]; otherwise as `Slow`. */
	Elsewhere = 2,
	/** Another attempt at once. */
	AtOnce = 3,
	/** No attempt until the application opens again: it would do harm. */
	Stop = 4,
}

/**
 * Opens connections. One that leads to a single broker has {@link dial} alone; one that chooses among several is told how it
 * goes by the others, see `lib/extras/brokers.ts`. None of them may throw but `dial`.
 */
export interface Dialler {
	/**
	 * Starts to connect and returns at once; {@link Link.onWritable} tells that the link is up.
	 * May throw when there is no network: the core counts that as a failed attempt.
	 */
	dial(link: Link): Transport;
	/**
	 * The broker wants us to use another server, whose Server Reference stands from `start` to `end` and may be anything
	 * [5.0, 4.11]; `permanent`: for ever. Returns true when the next dial, which is then at once, leads there.
	 */
	redirect?(bytes: Uint8Array, start: number, end: number, permanent: boolean): boolean;
	/**
	 * The connection or the attempt ended for `reason`, a `Reason`, and `next` says what would follow: `Retry` or `Slow`. Returns
	 * what shall follow: one of these, or `AtOnce` when the next dial leads to another broker. Not called when the client dials
	 * anew by its own will, after {@link redirect} has returned true, or when it does not go on.
	 */
	ended?(next: Next, reason: number): Next;
	/** The broker took us; `lasting`: that was `stableMs` ago, and the connection is still up. */
	accepted?(lasting: boolean): void;
	/** Which of several brokers that is, from a dial on; 0 and up. What a client learns of one is not held against another. */
	readonly which?: number;
	/** True from a dial on that leads to a broker which has nothing of our session: it is begun anew there. */
	readonly stranger?: boolean;
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

/** Where topic and payload of a received PUBLISH stand in the block. The topic is the whole one, whatever alias stood for it. */
export interface Content {
	readonly topicStart: number;
	readonly topicEnd: number;
	readonly payloadStart: number;
	readonly payloadEnd: number;
	/** What {@link Store.hashOf} said with the piece before, when the payload comes in pieces. */
	readonly hash?: number | undefined;
}

/** What is wrong with a store, as a number; told by `Listener.onStoreFault`. */
export const enum StoreFault {
	None = 0,
	/** The partition holds something else: nothing was read from it, nothing will be written to it. */
	Foreign = 1,
	/** It was written by a version that we do not know, or with a feature that we may not ignore. */
	Version = 2,
	/** It was made for a partition of another size, or the partition is too small or too large. */
	Geometry = 3,
	/** Parts of the log that must be there are not: this is damage, no power cut. */
	Corrupt = 4,
	/** One message, or one state, could not be read back. It is lost, the rest is not. */
	RecordLost = 5,
	/** The flash refused to read. */
	ReadFailed = 6,
	/** The flash refused to be programmed, or does not hold what was programmed. */
	WriteFailed = 7,
	/** A block refused to be erased, or is not blank after it: it is worn out. */
	EraseFailed = 8,
}

/**
 * Keeps every accepted message, its order and its state, and the identifiers of inbound QoS 2 exchanges. Synchronous,
 * numbers only, nothing is allocated after the first {@link open}, nothing is thrown after {@link attach}.
 *
 * A message is a record (`lib/wire/record.ts`) at an offset of the block. Its number is its place in the order and the
 * source of its packet identifier, `1 + number mod publishIds`; so a store that survives a reboot is what keeps
 * identifiers from colliding. A kept message is durable when {@link seal} has returned its number; what {@link mark} and
 * the inbound calls changed is durable when the next {@link commit} has returned 0; the client sends nothing that
 * depends on it before.
 */
export interface Store {
	/** Bytes of the block that this store works in. */
	readonly bytes: number;
	/** Takes its part of the block, from `start` on. Called once, by the client's constructor. May throw a RangeError. */
	attach(block: Block, start: number, clock: Clock, random: Random): void;
	/**
	 * Begins a life: reads what an earlier one left, the first time it is called. `identity` is a hash of client identifier
	 * and broker, never 0; `expirySeconds` is the session expiry, for whoever inspects the store. Returns 0 when the state
	 * here belongs to that identity; 1 when it belongs to another or to none, then {@link established} is false, the caller
	 * settles what is lost and calls {@link clear}; or a negative refusal when the store cannot be used at all.
	 */
	open(identity: number, expirySeconds: number): number;
	/** True when both sides agreed on a session and its state is here: only then may a session be resumed. */
	readonly established: boolean;
	/** True when the earlier life ended without {@link flush}: by a power cut, or a crash. */
	readonly unclean: boolean;
	/** Messages that are not done. */
	readonly count: number;
	/** Bytes that they take. */
	readonly used: number;
	/** Inbound QoS 2 exchanges that are open. */
	readonly inboundCount: number;

	/**
	 * Where a record of at most `bytes` bytes may be written, in one piece, until {@link seal} or {@link discard}; or a
	 * negative refusal. `volatile`: it need not survive a reboot. A call of {@link commit}, {@link load}, {@link maintain},
	 * {@link flush} or {@link clear} in between may discard it.
	 */
	reserve(bytes: number, volatile: boolean): number;
	/**
	 * Accepts the record written from the reserved start to `end`. Returns its number (1 to 2³¹ - 1) or a negative refusal.
	 * Unless it is volatile it is durable now.
	 */
	seal(end: number): number;
	/** Forgets the reserved room. */
	discard(): void;

	/** The oldest number that is not done; that of the next message when there is none. */
	readonly low: number;
	/** The next number after `after` that is not done, in order, or 0. */
	next(after: number): number;
	/** A message's `MessageState`; 0 for a number that is not here. A restored one that may have been sent is in `AwaitAck` or `AwaitRec`. */
	state(number: number): number;
	/** A message's `Trait` bits; `Trait.Volatile` is set for each that would not survive a reboot. 0 for a number that is not here. */
	traits(number: number): number;
	/** The oldest message that was never sent and has all of the bits of `trait`, or 0. */
	waiting(trait: number): number;
	/** The oldest message that was never sent, has `Trait.KeepLatest` and this topic, or 0. */
	latest(topicStart: number, topicEnd: number): number;
	/**
	 * Brings the record into the block and returns its start; its expiry is a time of `Clock.seconds`, whatever life it was
	 * accepted in. Valid until the next call of any other method but `state`, `traits` and {@link loadedEnd}. Returns a
	 * negative refusal when it cannot be read back: then it is lost, and the caller ends it.
	 */
	load(number: number): number;
	/** The end of the record that was loaded last. */
	readonly loadedEnd: number;
	/** Moves a message to another `MessageState`; 0 ends it. */
	mark(number: number, state: number): void;

	/** True when the PUBLISH of this inbound identifier was taken and its PUBREL has not come. */
	inbound(id: number): boolean;
	/** True when {@link inbound} is an earlier life's word, and what was taken then had another topic or payload than `content`. */
	stale(id: number, content: Content): boolean;
	/** What is kept of a content, an int32, for who opens an identifier when its bytes are gone. 0 where nothing is kept. */
	hashOf(content: Content): number;
	/**
	 * Takes an inbound identifier, whose PUBLISH had this content, or one of this {@link hashOf}. Returns 0, or a negative refusal
	 * when there is no room.
	 */
	openInbound(id: number, content: Content | number): number;
	/** Frees an inbound identifier. */
	closeInbound(id: number): void;
	/** One of the inbound identifiers that are taken; 0 when there is none. */
	readonly anyInbound: number;
	/**
	 * Keeps a number for the application, which becomes durable in one piece with the inbound identifier that was opened
	 * last, or alone when none is pending.
	 */
	remember(value: number): void;
	/** The number that was kept last; NaN when there is none. */
	readonly remembered: number;

	/** Keeps the client identifier that the server assigned, durable at the next {@link commit}. At most 64 bytes. */
	assign(start: number, end: number): void;
	/** Copies that identifier to `at` and returns its length; 0 when there is none. */
	assigned(at: number): number;
	/** A hash of the subscriptions that the broker has acknowledged in this session; 0: not known. {@link commit} keeps it in passing. */
	subscribed: number;

	/**
	 * A new session begins here, and with `established` on the other side too: inbound identifiers are forgotten, sent
	 * messages are due again, those after PUBREC are done. Durable on return.
	 */
	clear(established: boolean): void;
	/**
	 * Makes durable what changed, but for ends of messages, which may wait. Returns 0, or a negative refusal: then nothing of
	 * it may be acted on.
	 */
	commit(): number;
	/** True when {@link maintain} has something to do. */
	readonly untidy: boolean;
	/** Does a bounded piece of housekeeping, at most one erase. Called when the client is idle. */
	maintain(): void;
	/**
	 * Makes durable also what could wait, and, unless `inOrder` is false, notes that this life ended in order. Before sleep, and
	 * after `close`.
	 */
	flush(inOrder?: boolean): void;
	/** What went wrong since the last call, a `StoreFault`; 0 for nothing. */
	takeFault(): number;
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
