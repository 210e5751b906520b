// SPDX-License-Identifier: MIT
/**
 * What one life of the board leaves to the next: why it ended, and how often that has happened. One blob of 64 bytes in
 * key-value storage, which on the ESP32 is NVS:
 *
 *     0 version   1 ending   2 restarts   3 crashes   4 reason, i32   8 starts, u32   12 seconds, u32   16 words, 48 bytes
 *
 * It is not in the store's partition, because it has to be there when that one is what fails. It is written when a life
 * begins, when it ends in a way that can still be told, and once after a bad beginning when all is well again: twice in a
 * life at most, three times after a crash. NVS moves through its pages: the SDK's 24 KiB take 125 such blobs between two
 * erases of a page, so 100,000 erases are twelve million writes. A board that restarts every fifteen minutes makes a
 * hundred thousand a year.
 */
import { Ending } from "../ports.js";

/** The part that we use of `embedded:storage/key-value`, format "buffer" (`modules/io/storage/esp32/storage-esp32.c`). */
export interface KeyValueStorage {
	/** Throws when NVS cannot be used. */
	open(options: { readonly path: string; readonly format: "buffer" }): KeyValueDomain;
}

export interface KeyValueDomain {
	/** Fills `view` and returns how many bytes there were; undefined when there is no such key. Throws when the view is too small. */
	read(key: string, view: Uint8Array): number | undefined;
	write(key: string, view: Uint8Array): void;
}

const enum At {
	Version = 0,
	Ending = 1,
	Restarts = 2,
	Crashes = 3,
	Reason = 4,
	Starts = 8,
	Seconds = 12,
	Words = 16,
	End = 64,
}

const VERSION = 1;
const NO_WORDS = "";
/** NVS takes 15 characters for either. */
const DOMAIN = "ringbuoy.life";
const KEY = "last";
/** Crashes in a row that are answered by starting anew at once. */
const PATIENCE = 2;
const PAUSE_MS = 5_000;
const PAUSE_MAX_MS = 320_000;

export class Ledger {
	/** Of the life before this one; zeros when nothing is known of it. */
	ending: Ending = Ending.Unknown;
	reason = 0;
	seconds = 0;
	words: Uint8Array = new Uint8Array(0);
	/** How often the board has started, now included; NaN when that cannot be kept. */
	starts = Number.NaN;
	/** Restarts for want of a broker since there was one. */
	restarts = 0;
	/** Lives in a row, this one included until {@link settle}, that ended before all was well. */
	crashes = 0;
	/** Why nothing can be kept, in words; empty while it can. */
	fault = "";
	readonly #bytes = new Uint8Array(At.End);
	readonly #view = new DataView(this.#bytes.buffer);
	#domain: KeyValueDomain | undefined;

	/** Never throws: without storage it knows nothing and keeps nothing, and {@link fault} says so. */
	constructor(io: KeyValueStorage) {
		try {
			this.#domain = io.open({ path: DOMAIN, format: "buffer" });
			if (this.#domain.read(KEY, this.#bytes) === At.End && this.#bytes[At.Version] === VERSION) this.#read();
			else this.#bytes.fill(0);
			this.starts = this.#view.getUint32(At.Starts);
		} catch (error) {
			this.#fail(error);
		}
	}

	/** A life begins. `abrupt`: nobody has switched the power or pressed a button, the board came here by itself. */
	begin(abrupt: boolean): void {
		this.starts = (this.starts + 1) % 0x1_0000_0000;
		this.crashes = abrupt && isCrash(this.ending) ? Math.min(this.crashes + 1, 255) : 0;
		this.#write(Ending.Unknown, 0, 0);
	}

	/** How long to wait before the program starts, so that one which crashes at once does not wear out flash and broker. */
	get pauseMs(): number {
		const excess = this.crashes - PATIENCE;
		if (excess <= 0) return 0;
		return excess > 6 ? PAUSE_MAX_MS : PAUSE_MS << (excess - 1);
	}

	/** All is well: a broker was there, or the life has lasted. `online`: the first of these. */
	settle(online: boolean): void {
		const restarts = online ? 0 : this.restarts;
		if (this.crashes === 0 && this.restarts === restarts) return;
		this.crashes = 0;
		this.restarts = restarts;
		this.#write(Ending.Unknown, 0, 0);
	}

	/**
	 * This life is about to end. `words` is what an exception said. Does not throw; without words it allocates nothing, since the
	 * heap may be full: even to ask a string for its length XS takes slots.
	 */
	close(ending: Ending, reason: number, seconds: number, words: string): void {
		if (ending === Ending.NoBroker) this.restarts = Math.min(this.restarts + 1, 255);
		const bytes = this.#bytes;
		bytes.fill(0, At.Words);
		if (words !== NO_WORDS) copyWords(words, bytes);
		this.#write(ending, reason, seconds);
	}

	#read(): void {
		const bytes = this.#bytes;
		let end = At.Words as number;
		while (end < At.End && bytes[end] !== 0) end++;
		this.ending = bytes[At.Ending] as Ending;
		this.restarts = bytes[At.Restarts];
		this.crashes = bytes[At.Crashes];
		this.reason = this.#view.getInt32(At.Reason);
		this.seconds = this.#view.getUint32(At.Seconds);
		this.words = bytes.slice(At.Words, end);
		bytes.fill(0, At.Words);
	}

	#write(ending: Ending, reason: number, seconds: number): void {
		const bytes = this.#bytes;
		const view = this.#view;
		if (this.#domain === undefined) return;
		bytes[At.Version] = VERSION;
		bytes[At.Ending] = ending;
		bytes[At.Restarts] = this.restarts;
		bytes[At.Crashes] = this.crashes;
		view.setInt32(At.Reason, reason);
		view.setUint32(At.Starts, this.starts);
		view.setUint32(At.Seconds, seconds);
		try {
			this.#domain.write(KEY, bytes);
		} catch (error) {
			this.#fail(error);
		}
	}

	#fail(error: unknown): void {
		this.#domain = undefined;
		this.starts = Number.NaN;
		this.fault = error instanceof Error ? error.message : "key-value storage refuses";
	}
}

/** What a program did not mean to do. */
function isCrash(ending: Ending): boolean {
	return ending !== Ending.NoBroker && ending !== Ending.Asleep;
}

/** Printable ASCII that can stand in JSON as it is; everything else becomes a space or an apostrophe. */
function copyWords(words: string, bytes: Uint8Array): void {
	const length = Math.min(words.length, At.End - At.Words);
	for (let i = 0; i < length; i++) {
		const c = words.charCodeAt(i);
		bytes[At.Words + i] = c === 0x22 || c === 0x5c ? 0x27 : c < 0x20 || c > 0x7e ? 0x20 : c;
	}
}
