// SPDX-License-Identifier: MIT
/** What the application of a scenario does with the extras: it holds messages, asks, and answers. */
import {
	Aliases,
	type AliasOptions,
	Authentication,
	type HoldOptions,
	Holds,
	type RequestOptions,
	Requests,
} from "../../../lib/extras/index.js";
import type { Message } from "../../../lib/index.js";
import { Echo } from "../../kit/authentication.js";
import type { Recorder, Rig, RigOptions } from "../../kit/rig.js";

/** By the name of the option: what makes the extra of what the file says of it. */
const EXTRAS: Readonly<Record<string, (options: unknown) => object>> = {
	aliases: (options) => new Aliases(options as AliasOptions),
	authentication: () => new Authentication(new Echo()),
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
	 * message is answered from now on; `request TOPIC TEXT MS`. Returns undefined for any other call.
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
