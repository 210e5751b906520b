// SPDX-License-Identifier: MIT
/** What the application of a scenario does with the extras: it holds messages, asks, and answers. */
import {
	Aliases,
	type AliasOptions,
	Authentication,
	type FragmentOptions,
	Fragments,
	type HoldOptions,
	Holds,
	type RequestOptions,
	Requests,
	Sources,
} from "../../../lib/extras/index.js";
import type { Message, Qos } from "../../../lib/index.js";
import { Echo } from "../../kit/authentication.js";
import type { Recorder, Rig, RigOptions } from "../../kit/rig.js";

/** By the name of the option: what makes the extra of what the file says of it. */
const EXTRAS: Readonly<Record<string, (options: unknown) => object>> = {
	aliases: (options) => new Aliases(options as AliasOptions),
	authentication: () => new Authentication(new Echo()),
	fragments: (options) => new Fragments(options as FragmentOptions),
	sources: (rows) => new Sources(rows as number),
	holds: (options) => new Holds(options as HoldOptions),
	requests: (options) => new Requests(options as RequestOptions),
};

/** What the file says of an extra are the options with which it is made. */
export function optionsOf(options: Readonly<Record<string, unknown>>): RigOptions {
	const made = Object.entries(options).map(([name, value]) => [name, EXTRAS[name]?.(value) ?? value]);
	return Object.fromEntries(made) as RigOptions;
}

/** Its calls, beside those of every scenario. */
export class Hands {
	readonly #rig: Rig;
	readonly #recorder: Recorder;
	/** Handles of the messages that were held, in order. */
	readonly #handles: number[] = [];
	#holds = false;
	#answer: string | undefined;

	constructor(rig: Rig, recorder: Recorder) {
		this.#rig = rig;
		this.#recorder = recorder;
		recorder.hook = (note, message) => {
			if (note[0] === "message") this.#message(message!);
		};
	}

	/**
	 * `hold`, `hold no`: messages are held from now on, or not; `acknowledge 2 0x97`: the second one that was; `answer TEXT`: each
	 * message is answered from now on; `request TOPIC TEXT MS`; `publishFrom TOPIC TEXT QOS`: from a source. Returns undefined for any other call.
	 */
	perform([what, name, ...more]: readonly string[]): number | undefined {
		const { client } = this.#rig;
		if (what === "hold") this.#holds = name !== "no";
		else if (what === "answer") this.#answer = name;
		else if (what === "acknowledge")
			return client.acknowledge(this.#handles[Number(name) - 1], Number(more[0] ?? 0));
		else if (what === "request") {
			const [text, ms] = more;
			return client.request(client.topic(name), bytesOf(text), (reply, reason, ticket) => {
				this.#recorder.notes.push(["reply", ticket, reply?.text() ?? reason]);
			}, Number(ms)); // biome-ignore format: short
		} else if (what === "publishFrom") {
			const text = bytesOf(more[0]);
			const source = {
				read(bytes: Uint8Array, start: number, end: number, offset: number): number {
					bytes.set(text.subarray(offset, offset + end - start), start);
					return end - start;
				},
			};
			return client.publishFrom(client.topic(name), source, text.length, Number(more[1]) as Qos);
		} else return undefined;
		return 0;
	}

	#message(message: Message): void {
		if (this.#holds) this.#handles.push(message.hold());
		if (this.#answer !== undefined) this.#rig.client.reply(message, bytesOf(this.#answer));
	}
}

function bytesOf(text: string): Uint8Array {
	return new TextEncoder().encode(text);
}
