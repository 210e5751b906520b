// SPDX-License-Identifier: MIT
/** Plays a tape: makes the calls that are on it to the same code, life after life, and compares what that does. */
import { Client } from "../../lib/index.js";
import { Calls, listenerOf, optionsOf, type Settings, storeOf, textOf } from "./client.js";
import { hashOf, Image } from "./image.js";
import { Ports, TapedFlash } from "./ports.js";
import { type Call, PlayingTape, What } from "./tape.js";

/** Returns the tape, which knows what differed. */
export function play(bytes: Uint8Array): PlayingTape {
	const player = new Player(bytes);
	player.play();
	return player.tape;
}

class Player {
	readonly tape: PlayingTape;
	/** Its partition; undefined: none. */
	#image: Image | undefined;
	/** Of the life that is lived. */
	#ports!: Ports;
	#calls!: Calls;

	constructor(bytes: Uint8Array) {
		this.tape = new PlayingTape(bytes);
	}

	play(): void {
		const { tape } = this;
		for (let call = tape.next(); call !== undefined; call = tape.next()) {
			// The power is back.
			if (call.what === What.Boot || call.what === What.Patch) tape.silent = false;
			this.#perform(call);
		}
		if (tape.difference !== undefined) return;
		tape.silent = false;
		if (this.#image !== undefined) tape.say(What.Image, hashOf(this.#image.bytes));
		if (tape.difference === undefined && !tape.over) tape.threw("nothing more, but the tape goes on");
	}

	#perform(call: Call): void {
		const { tape } = this;
		let result = 0;
		try {
			result = this.#act(call);
		} catch (error) {
			if (!tape.silent) tape.threw(error);
		}
		tape.say(What.Returned, result);
	}

	#act(call: Call): number {
		const { what, numbers, bytes } = call;
		if (what === What.Boot) this.#boot(JSON.parse(textOf(bytes)));
		else if (what === What.Patch) this.#image?.bytes.set(bytes, numbers[0]);
		else if (isEvent(what)) this.#ports.tell(call);
		else return this.#calls.make(call);
		return 0;
	}

	#boot(settings: Settings): void {
		const { tape } = this;
		const { blocks } = settings;
		if (blocks > 0) this.#image ??= new Image(blocks);
		const { memory, clock, dialler, random } = (this.#ports = new Ports(tape, unheard));
		const store = storeOf(settings, this.#image && new TapedFlash(tape, this.#image));
		const told = this.#inside;
		const listener = listenerOf(tape, {
			...{
				onOnline: told,
				onOffline: told,
				onMessage: (message) => {
					this.#calls.message = message;
					told();
				},
				onOversize: told,
				onSettled: told,
				onRoom: told,
			},
			...{ onSubscribed: told, onUnsubscribed: told, onFlushed: told, onStoreFault: told },
		});
		const client = new Client({ ...optionsOf(settings), memory, clock, dialler, random, store, listener });
		this.#calls = new Calls(client);
	}

	/** Inside a callback: what was called from there is on the tape. */
	readonly #inside = (): void => {
		const { tape } = this;
		while (!tape.silent) {
			const call = tape.next();
			if (call === undefined) return;
			this.#perform(call);
		}
	};
}

const isEvent = (what: What): boolean => what >= What.Readable && what <= What.Alarm;

/** Nothing real is behind the ports. */
function unheard(): void {}
