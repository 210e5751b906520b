// SPDX-License-Identifier: MIT
/** Stands between a board and its client, and takes down all that goes in and out: ports, calls, what is told; life after life. */
import {
	Client,
	type ClientOptions,
	type Filter,
	type Listener,
	type Message,
	type Qos,
	type Topic,
} from "../../lib/index.js";
import type { NorFlash } from "../../simulator/nor-flash.js";
import { bytesOf, Calls, callOf, type Extras, listenerOf, settingsFrom } from "./client.js";
import { hashOf, Image } from "./image.js";
import { Ports, TapedFlash } from "./ports.js";
import { type Call, RecordingTape, What } from "./tape.js";

export interface Recording {
	readonly title: string;
	readonly tape: Uint8Array;
}

export class Recorder {
	readonly #tape = new RecordingTape();
	/** The partition: what is in it, and what whoever plays believes to be in it. */
	#real: NorFlash | undefined;
	#image: Image | undefined;
	/** Of the life under way. */
	#calls!: Calls;

	/** For a store in flash: gives the way to the partition that leads by here. The partition is a new one in the first life. */
	flash(real: NorFlash): TapedFlash {
		const { size, blockLength } = real.status();
		this.#real = real;
		this.#image ??= new Image(size / blockLength);
		return new TapedFlash(this.#tape, this.#image, real);
	}

	/** Begins a life: makes the client that its program wants. */
	client(options: ClientOptions, more: Extras = {}): Client {
		const tape = this.#tape;
		tape.silent = false;
		this.#patch();
		const settings = settingsFrom(options, (this.#image?.bytes.length ?? 0) / Image.blockBytes, more);
		const hand = (call: Call): void => {
			this.#perform(call, () => {
				ports.tell(call);
				return 0;
			});
		};
		const ports: Ports = new Ports(tape, hand, options);
		const { memory, clock, dialler, random } = ports;
		const listener = listenerOf(tape, this.#heard(options.listener ?? {}));
		const boot: Call = { what: What.Boot, numbers: [], bytes: bytesOf(JSON.stringify(settings)) };
		this.#perform(boot, () => {
			this.#calls = new Calls(new Client({ ...options, memory, clock, dialler, random, listener }));
			return 0;
		});
		return this.#watched(this.#calls);
	}

	/** Calls of two steps, and looks, are made here. */
	call(call: Call): number {
		return this.#perform(call, () => this.#calls.make(call));
	}

	/** The tape, with what the partition is at the end. */
	finish(): Uint8Array {
		const tape = this.#tape;
		if (tape.silent) this.#patch();
		if (this.#real !== undefined) tape.say(What.Image, hashOf(this.#real.bytes));
		return tape.bytes;
	}

	#perform(call: Call, action: () => number): number {
		const tape = this.#tape;
		if (!tape.silent) tape.call(call);
		const result = action();
		tape.say(What.Returned, result);
		return result;
	}

	/** What power cuts left in the flash that the commands before do not say. */
	#patch(): void {
		if (this.#real === undefined || this.#image === undefined) return;
		const { bytes: real } = this.#real;
		const { bytes } = this.#image;
		this.#tape.silent = false;
		for (let at = 0; at < real.length; ) {
			let end = at;
			while (end < real.length && real[end] !== bytes[end]) end++;
			if (end > at) {
				bytes.set(real.subarray(at, end), at);
				const patch: Call = { what: What.Patch, numbers: [at], bytes: real.slice(at, end) };
				this.#perform(patch, () => 0);
			}
			at = end + 1;
		}
	}

	/** What the program hears: messages whose `hold` is on the tape. */
	#heard(program: Listener): Listener {
		const onMessage = (message: Message): void => {
			this.#calls.message = message;
			const hold = (): number => this.call(callOf(What.Hold));
			program.onMessage?.(
				new Proxy(message, { get: (_, name) => (name === "hold" ? hold : read(message, name)) }),
			);
		};
		return new Proxy(program, { get: (_, name) => (name === "onMessage" ? onMessage : read(program, name)) });
	}

	/** The client as its program sees it. */
	#watched(calls: Calls): Client {
		const { client, topics, filters } = calls;
		const make = (call: Call): number => this.#perform(call, () => calls.make(call));
		const call = (what: What, ...numbers: number[]): number => make(callOf(what, ...numbers));
		const named = (what: What, name: string): number => make({ what, numbers: [], bytes: bytesOf(name) }) - 1;
		const known: Partial<Record<string | symbol, (...values: never[]) => unknown>> = {
			topic: (name: string) => topics[named(What.Topic, name)],
			filter: (pattern: string) => filters[named(What.Filter, pattern)],
			open: () => call(What.Open),
			close: (withWill = false) => call(What.Close, withWill ? 1 : 0),
			flush: (ms: number) => call(What.Flush, ms),
			redial: () => call(What.Redial),
			remember: (value: number) => call(What.Remember, value),
			acknowledge: (handle: number, reason = 0, value?: number) =>
				call(What.Acknowledge, handle, reason, ...(value === undefined ? [0, 0] : [1, value])),
			subscribe: (filter: Filter, qos: Qos, options = 0) =>
				call(What.Subscribe, filters.indexOf(filter), qos, options),
			unsubscribe: (filter: Filter) => call(What.Unsubscribe, filters.indexOf(filter)),
			publish: (topic: Topic, bytes: Uint8Array, qos: Qos, flags = 0, expirySeconds = 0) =>
				make({ what: What.Publish, numbers: [topics.indexOf(topic), qos, flags, expirySeconds], bytes }),
		};
		return new Proxy(client, {
			get: (_, name) => {
				const value = Reflect.get(client, name, client);
				if (typeof value !== "function") return value;
				return known[name] ?? notTaped(name);
			},
		});
	}
}

/** A property as the object itself would have it: its methods need its private fields. */
function read(of: object, name: string | symbol): unknown {
	const value = Reflect.get(of, name, of);
	return typeof value === "function" ? value.bind(of) : value;
}

function notTaped(name: string | symbol): never {
	throw new TypeError(`a tape does not know client.${String(name)}()`);
}
