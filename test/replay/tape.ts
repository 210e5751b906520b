// SPDX-License-Identifier: MIT
/**
 * Everything that goes into a client and out of it, in order, as bytes. The same code speaks to a tape whether it records or
 * plays: what the client does is said, and a tape that plays compares it; what comes from outside is heard, and a tape that
 * plays knows it. Nothing of Node, so that a tape which Node recorded can be played on XS.
 */

/** What is said. Below `What.FirstSaid` are calls: what is done to the client from outside. */
export const enum What {
	End,
	// Calls; their numbers are those of the method, the link's begin with that of the connection.
	Boot,
	Patch,
	Topic,
	Filter,
	Open,
	Close,
	Flush,
	Redial,
	Subscribe,
	Unsubscribe,
	Publish,
	Compose,
	Remember,
	Hold,
	Acknowledge,
	Look,
	Readable,
	Writable,
	Error,
	Alarm,
	FirstSaid,
	// What the client does to its ports.
	Allocate = FirstSaid,
	Ticks,
	Seconds,
	Epoch,
	Arm,
	Disarm,
	Random,
	Dial,
	Read,
	Write,
	Room,
	Hang,
	FlashRead,
	FlashWrite,
	FlashErase,
	// What it tells, until `Done`; and what a call returned.
	Online,
	Offline,
	Message,
	Oversize,
	Settled,
	Subscribed,
	Unsubscribed,
	RoomAgain,
	Flushed,
	StoreFault,
	Done,
	Returned,
	/** The hash of the flash image at the end. */
	Image,
}

/** The words for it, in that order. */
const WORDS = (
	"end|boot|patch|topic|filter|open|close|flush|redial|subscribe|unsubscribe|publish|compose|remember|hold|acknowledge|look|readable|writable|error|alarm|" +
	"allocate|clock.ticks|clock.seconds|clock.epochSeconds|timer.arm|timer.disarm|random.below|dialler.dial|" +
	"transport.read|transport.write|transport.room|transport.close|flash.read|flash.write|flash.eraseBlock|" +
	"onOnline|onOffline|onMessage|onOversize|onSettled|onSubscribed|onUnsubscribed|onRoom|onFlushed|onStoreFault|" +
	"callback returns|call returns|flash image"
).split("|");

/** Something that is done to the client. */
export interface Call {
	readonly what: What;
	readonly numbers: readonly number[];
	readonly bytes: Uint8Array;
}

export const NO_BYTES = new Uint8Array(0);

export interface Tape {
	/** The power is gone, or something differed: nothing is said or heard, what runs is to come to its end. */
	silent: boolean;
	/** A call that is about to be made. */
	call(call: Call): void;
	say(what: What, ...numbers: number[]): void;
	sayBytes(bytes: Uint8Array, start: number, end: number): void;
	/** `value` is what the port gave, when there is one; returns what counts. */
	hear(value: number): number;
	/** Likewise; what counts is then in `bytes`. */
	hearBytes(bytes: Uint8Array, start: number, end: number): void;
	/** The power is gone, in the middle of a flash command. */
	cut(): void;
	/** The client threw something. */
	threw(error: unknown): void;
}

/** Numbers take as many groups of seven bits as they need, the sign last; so also those above 2³². */
export class RecordingTape implements Tape {
	silent = false;
	#bytes = new Uint8Array(65_536);
	#end = 0;

	/** What was recorded so far, a copy. */
	get bytes(): Uint8Array {
		return this.#bytes.slice(0, this.#end);
	}

	call({ what, numbers, bytes }: Call): void {
		this.#byte(what);
		this.#number(numbers.length);
		for (const number of numbers) this.#number(number);
		this.sayBytes(bytes, 0, bytes.length);
	}

	say(what: What, ...numbers: number[]): void {
		if (this.silent) return;
		this.#byte(what);
		for (const number of numbers) this.#number(number);
	}

	sayBytes(bytes: Uint8Array, start: number, end: number): void {
		if (this.silent) return;
		this.#number(end - start);
		for (let at = start; at < end; at++) this.#byte(bytes[at]);
	}

	hear(value: number): number {
		if (!this.silent) this.#number(value);
		return value;
	}

	hearBytes(bytes: Uint8Array, start: number, end: number): void {
		this.sayBytes(bytes, start, end);
	}

	cut(): void {
		this.silent = true;
	}

	threw(error: unknown): void {
		throw error;
	}

	#number(value: number): void {
		if (!Number.isSafeInteger(value)) throw new RangeError(`a tape takes whole numbers, not ${value}`);
		let rest = value < 0 ? -value * 2 - 1 : value * 2;
		while (rest >= 0x80) {
			this.#byte((rest % 0x80) | 0x80);
			rest = Math.floor(rest / 0x80);
		}
		this.#byte(rest);
	}

	#byte(value: number): void {
		if (this.#end === this.#bytes.length) {
			const longer = new Uint8Array(this.#end * 2);
			longer.set(this.#bytes);
			this.#bytes = longer;
		}
		this.#bytes[this.#end++] = value;
	}
}

export class PlayingTape implements Tape {
	silent = false;
	/** Where and how the client did something else than what was recorded, in words; undefined as long as it did not. */
	difference: string | undefined;
	/** Things done and said so far; how often each. */
	steps = 0;
	readonly counts = new Uint32Array(What.Image + 1);
	/** Power cuts in the middle of flash commands. */
	cuts = 0;
	/** Bytes that went over links and into flash. */
	sent = 0;
	programmed = 0;
	#bytes: Uint8Array;
	#at = 0;
	#ticks = 0;
	#last = What.End;

	constructor(bytes: Uint8Array) {
		this.#bytes = bytes;
	}

	/** The next call, or undefined when the client's own doings come first. */
	next(): Call | undefined {
		if (this.difference !== undefined || this.#at >= this.#bytes.length) return undefined;
		const what = this.#bytes[this.#at];
		if (what === What.End || what >= What.FirstSaid) return undefined;
		this.#at++;
		const numbers: number[] = [];
		for (let left = this.#number(); left > 0; left--) numbers.push(this.#number());
		const length = this.#number();
		const bytes = this.#bytes.slice(this.#at, this.#at + length);
		this.#at += length;
		this.#count(what);
		return { what, numbers, bytes };
	}

	/** True when there is nothing more on it. */
	get over(): boolean {
		return this.#at === this.#bytes.length;
	}

	call(): void {} // it came from here

	say(what: What, ...numbers: number[]): void {
		if (this.silent) return;
		const start = this.#at;
		const recorded = this.#bytes[this.#at++];
		if (recorded !== what) {
			this.#differ(start, `${WORDS[what]}(${numbers.join(", ")}), not ${WORDS[recorded] ?? "nothing"}`);
			return;
		}
		for (const number of numbers) {
			const one = this.#number();
			if (one !== number) {
				this.#differ(start, `${WORDS[what]}(${numbers.join(", ")}): ${number} and not ${one}`);
				return;
			}
		}
		this.#count(what);
	}

	sayBytes(bytes: Uint8Array, start: number, end: number): void {
		if (this.silent) return;
		const from = this.#at;
		const length = this.#number();
		if (length !== end - start) {
			this.#differ(from, `${end - start} bytes with ${WORDS[this.#last]}, not ${length}`);
			return;
		}
		for (let i = 0; i < length; i++)
			if (bytes[start + i] !== this.#bytes[this.#at++]) {
				const [mine, recorded] = [bytes[start + i], this.#bytes[this.#at - 1]];
				this.#differ(from, `byte ${i} of ${length} with ${WORDS[this.#last]} is ${mine}, not ${recorded}`);
				return;
			}
		if (this.#last === What.Write) this.sent += length;
		if (this.#last === What.FlashWrite) this.programmed += length;
	}

	hear(value: number): number {
		if (this.silent) return value;
		const heard = this.#number();
		if (this.#last === What.Ticks) this.#ticks = heard;
		return heard;
	}

	hearBytes(bytes: Uint8Array, start: number, end: number): void {
		if (this.silent) return;
		const length = this.#number();
		if (length !== end - start) this.#differ(this.#at, `room for ${end - start} bytes, not ${length}`);
		for (let i = 0; i < length; i++) bytes[start + i] = this.#bytes[this.#at++];
	}

	cut(): void {
		this.cuts++;
		this.silent = true;
	}

	threw(error: unknown): void {
		this.#differ(this.#at, `it throws ${error}`);
	}

	#count(what: What): void {
		this.#last = what;
		this.steps++;
		this.counts[what]++;
	}

	#differ(at: number, what: string): void {
		this.difference ??= `life ${this.counts[What.Boot]}, ${this.#ticks} ticks, step ${this.steps}, byte ${at}, after ${WORDS[this.#last]}: ${what}`;
		this.silent = true;
	}

	#number(): number {
		let value = 0;
		let scale = 1;
		let byte = 0x80;
		while (byte >= 0x80 && this.#at < this.#bytes.length) {
			byte = this.#bytes[this.#at++];
			value += (byte & 0x7f) * scale;
			scale *= 0x80;
		}
		return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
	}
}
