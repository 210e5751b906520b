// SPDX-License-Identifier: MIT
/** The ports of a board as a tape sees them. While it records there is a real one behind each; while it plays there is none. */
import type {
	Alarm,
	Clock,
	Dialler,
	Flash,
	Link,
	LinkFault,
	Memory,
	Random,
	Timer,
	Transport,
} from "../../lib/ports.js";
import type { Image } from "./image.js";
import { type Call, NO_BYTES, type Tape, What } from "./tape.js";

/** The real ports of one life. */
export interface Outside {
	readonly memory: Memory;
	readonly clock: Clock;
	readonly dialler: Dialler;
	readonly random: Random;
}

/** A real partition, whose power can go. */
export interface Partition extends Flash {
	readonly dead: boolean;
}

/** How a real port hands on what it is told. */
type Hand = (call: Call) => void;

/** Those of one life, the flash aside. */
export class Ports {
	readonly memory: Memory;
	readonly random: Random;
	readonly clock: TapedClock;
	readonly dialler: TapedDialler;

	/** `hand` is called with what the real ones tell. */
	constructor(tape: Tape, hand: Hand, outside?: Outside) {
		this.memory = new TapedMemory(tape, outside?.memory);
		this.random = new TapedRandom(tape, outside?.random);
		this.clock = new TapedClock(tape, hand, outside?.clock);
		this.dialler = new TapedDialler(tape, hand, outside?.dialler);
	}

	/** Tells the client what a timer or a connection tells. */
	tell({ what, numbers: [at, value] }: Call): void {
		const { links } = this.dialler;
		if (what === What.Alarm) this.clock.alarms[at].onAlarm();
		else if (what === What.Readable) links[at].onReadable(value);
		else if (what === What.Writable) links[at].onWritable(value);
		else if (what === What.Error) links[at].onError(value as LinkFault);
	}
}

/** Made once, because a `catch` sees it. */
const FAILED = new Error("the tape says that this fails");

class TapedMemory implements Memory {
	readonly #tape: Tape;
	readonly #real: Memory | undefined;

	constructor(tape: Tape, real: Memory | undefined) {
		this.#tape = tape;
		this.#real = real;
	}

	allocate(bytes: number): Uint8Array {
		this.#tape.say(What.Allocate, bytes);
		return this.#real?.allocate(bytes) ?? new Uint8Array(bytes);
	}
}

class TapedClock implements Clock {
	readonly alarms: Alarm[] = [];
	readonly #tape: Tape;
	readonly #real: Clock | undefined;
	readonly #hand: Hand;

	constructor(tape: Tape, hand: Hand, real: Clock | undefined) {
		this.#tape = tape;
		this.#hand = hand;
		this.#real = real;
	}

	get ticks(): number {
		this.#tape.say(What.Ticks);
		return this.#tape.hear(this.#real?.ticks ?? 0);
	}

	get seconds(): number {
		this.#tape.say(What.Seconds);
		return this.#tape.hear(this.#real?.seconds ?? 0);
	}

	get epochSeconds(): number {
		this.#tape.say(What.Epoch);
		return this.#tape.hear(this.#real?.epochSeconds ?? 0);
	}

	timer(wake: Alarm): Timer {
		const number = this.alarms.length;
		this.alarms.push(wake);
		const onAlarm = () => this.#hand({ what: What.Alarm, numbers: [number], bytes: NO_BYTES });
		return new TapedTimer(this.#tape, number, this.#real?.timer({ onAlarm }));
	}
}

class TapedTimer implements Timer {
	readonly #tape: Tape;
	readonly #number: number;
	readonly #real: Timer | undefined;

	constructor(tape: Tape, number: number, real: Timer | undefined) {
		this.#tape = tape;
		this.#number = number;
		this.#real = real;
	}

	arm(ms: number): void {
		this.#tape.say(What.Arm, this.#number, ms);
		if (!this.#tape.silent) this.#real?.arm(ms);
	}

	disarm(): void {
		this.#tape.say(What.Disarm, this.#number);
		if (!this.#tape.silent) this.#real?.disarm();
	}
}

class TapedRandom implements Random {
	readonly #tape: Tape;
	readonly #real: Random | undefined;

	constructor(tape: Tape, real: Random | undefined) {
		this.#tape = tape;
		this.#real = real;
	}

	below(limit: number): number {
		this.#tape.say(What.Random, limit);
		return this.#tape.hear(this.#real?.below(limit) ?? 0);
	}
}

class TapedDialler implements Dialler {
	/** Whom each connection tells. */
	readonly links: Link[] = [];
	readonly #tape: Tape;
	readonly #real: Dialler | undefined;
	readonly #hand: Hand;

	constructor(tape: Tape, hand: Hand, real: Dialler | undefined) {
		this.#tape = tape;
		this.#hand = hand;
		this.#real = real;
	}

	dial(link: Link): Transport {
		const number = this.links.length;
		this.links.push(link);
		this.#tape.say(What.Dial, number);
		let real: Transport | undefined;
		try {
			if (!this.#tape.silent) real = this.#real?.dial(this.#linkOf(number));
		} catch {
			real = undefined;
		}
		const failed = this.#tape.hear(this.#real !== undefined && real === undefined ? 1 : 0);
		if (failed !== 0 || this.#tape.silent) throw FAILED;
		return new TapedTransport(this.#tape, number, real);
	}

	#linkOf(number: number): Link {
		const told = (what: What) => (value: number) =>
			this.#hand({ what, numbers: [number, value], bytes: NO_BYTES });
		return {
			onReadable: told(What.Readable),
			onWritable: told(What.Writable),
			onError: told(What.Error) as (fault: LinkFault) => void,
		};
	}
}

class TapedTransport implements Transport {
	readonly #tape: Tape;
	readonly #number: number;
	readonly #real: Transport | undefined;

	constructor(tape: Tape, number: number, real: Transport | undefined) {
		this.#tape = tape;
		this.#number = number;
		this.#real = real;
	}

	read(bytes: Uint8Array, start: number, limit: number): number {
		const tape = this.#tape;
		tape.say(What.Read, this.#number, start, limit);
		if (tape.silent) return 0;
		const count = tape.hear(this.#real?.read(bytes, start, limit) ?? 0);
		tape.hearBytes(bytes, start, start + count);
		return count;
	}

	write(bytes: Uint8Array, start: number, end: number): number {
		const tape = this.#tape;
		tape.say(What.Write, this.#number);
		tape.sayBytes(bytes, start, end);
		return tape.silent ? 0 : tape.hear(this.#real?.write(bytes, start, end) ?? 0);
	}

	get room(): number {
		const tape = this.#tape;
		tape.say(What.Room, this.#number);
		return tape.silent ? 0 : tape.hear(this.#real?.room ?? 0);
	}

	close(): void {
		this.#tape.say(What.Hang, this.#number);
		if (!this.#tape.silent) this.#real?.close();
	}
}

/** How a command of the flash ended. */
const enum Outcome {
	Done,
	Failed,
	PowerGone,
}

/** The partition: what commands do to it is done to the image, and what is read that the image does not say is on the tape. */
export class TapedFlash implements Flash {
	readonly #tape: Tape;
	readonly #image: Image;
	readonly #real: Partition | undefined;

	constructor(tape: Tape, image: Image, real?: Partition) {
		this.#tape = tape;
		this.#image = image;
		this.#real = real;
	}

	status(): { readonly size: number; readonly blockLength: number } {
		return { size: this.#image.bytes.length, blockLength: this.#image.blockBytes };
	}

	read(view: Uint8Array, offset: number): number {
		const tape = this.#tape;
		const image = this.#image;
		tape.say(What.FlashRead, offset, view.length);
		if (tape.silent) throw FAILED;
		this.#real?.read(view, offset);
		const differs = this.#real !== undefined && !image.says(view, offset);
		if (tape.hear(differs ? 1 : 0) !== 0) {
			tape.hearBytes(view, 0, view.length);
			image.bytes.set(view, offset);
		} else view.set(image.bytes.subarray(offset, offset + view.length));
		return view.length;
	}

	write(view: Uint8Array, offset: number): void {
		const tape = this.#tape;
		tape.say(What.FlashWrite, offset);
		tape.sayBytes(view, 0, view.length);
		this.#command(
			(flash) => flash.write(view, offset),
			() => this.#image.program(view, offset),
		);
	}

	eraseBlock(first: number, end = first + 1): void {
		this.#tape.say(What.FlashErase, first, end);
		this.#command(
			(flash) => flash.eraseBlock(first, end),
			() => this.#image.erase(first, end),
		);
	}

	/** What a command that failed left behind is told by patches, when the power is back. */
	#command(deed: (flash: Flash) => void, copy: () => void): void {
		const tape = this.#tape;
		if (tape.silent) throw FAILED;
		let outcome = Outcome.Done;
		const flash = this.#real;
		try {
			if (flash !== undefined) deed(flash);
		} catch {
			outcome = flash?.dead ? Outcome.PowerGone : Outcome.Failed;
		}
		outcome = tape.hear(outcome);
		if (outcome === Outcome.Done) copy();
		else {
			if (outcome === Outcome.PowerGone) tape.cut();
			throw FAILED;
		}
	}
}
