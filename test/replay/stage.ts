// SPDX-License-Identifier: MIT
/** Where lives are lived, one after the other, on one partition: whoever records calls in from outside, a tape that plays knows the calls. */
import {
	Client,
	type ClientOptions,
	type Filter,
	type Message,
	type Qos,
	type Topic,
} from "../../lib/index.js";
import type { LinkFault } from "../../lib/ports.js";
import { FlashStore } from "../../lib/store/index.js";
import { Image } from "./image.js";
import { type Outside, TapedClock, TapedDialler, TapedFlash, TapedMemory, TapedRandom } from "./ports.js";
import { type Call, NO_BYTES, PlayingTape, type Tape, What } from "./tape.js";

/** Small tables, so that all of them run full and around. */
const LIMITS = {
	packetBytes: 512,
	sendBytes: 512,
	outboxBytes: 1024,
	outboxMessages: 16,
	keptMessages: 96,
	recordBytes: 512,
	window: 8,
	receiveMaximum: 8,
	subscriptions: 4,
	backoffMs: 50,
	backoffMaxMs: 1000,
	pingReplyMs: 2000,
};

const TOPICS = ["up/temperature", "up/humidity", "up/a/longer/topic/than/the/others", "up/x"];
const FILTERS = ["down/#", "other/+/b"];

/** Called inside each callback, with what was told and its numbers: to call the client from there. */
export type Inside = (what: What, numbers: readonly number[]) => void;

export class Stage {
	readonly tape: Tape;
	readonly image: Image;
	/** The life that is lived. */
	life: Life | undefined;
	readonly #inside: Inside;
	readonly #outside: (() => Outside) | undefined;

	constructor(tape: Tape, blocks: number, inside: Inside, outside?: () => Outside) {
		this.tape = tape;
		this.image = new Image(blocks);
		this.#inside = inside;
		this.#outside = outside;
	}

	/** Does one thing to the client, and says what it returned. */
	perform(call: Call): number {
		const { tape } = this;
		if (call.what !== What.Boot && tape.silent) return 0;
		tape.silent = false;
		tape.call(call);
		let result = 0;
		try {
			result = this.#act(call);
		} catch (error) {
			if (!tape.silent) tape.threw(error);
		}
		tape.say(What.Returned, result);
		return result;
	}

	#act(call: Call): number {
		const { what, numbers, bytes } = call;
		if (what === What.Boot) {
			this.life = new Life(this.tape, this.image, numbers, this, this.#outside?.());
			return 0;
		}
		if (what === What.Patch) {
			this.image.bytes.set(bytes, numbers[0]);
			return 0;
		}
		return this.life === undefined ? 0 : this.life.act(call);
	}

	/** A callback: what it tells, and then what is called from inside it. */
	told(what: What, numbers: readonly number[], bytes: Uint8Array = NO_BYTES, start = 0, end = 0): void {
		const { tape } = this;
		tape.say(what, ...numbers);
		if (end > start) tape.sayBytes(bytes, start, end);
		if (!tape.silent) this.#inside(what, numbers);
		tape.say(What.Done);
	}
}

/** One client, and how the calls of a tape are made to it. */
class Life {
	readonly client: Client;
	readonly #clock: TapedClock;
	readonly #dialler: TapedDialler;
	readonly #topics: Topic[] = [];
	readonly #filters: Filter[] = [];

	constructor(
		tape: Tape,
		image: Image,
		settings: readonly number[],
		stage: Stage,
		outside: Outside | undefined,
	) {
		const [version, keeps] = settings;
		const hand = (call: Call): void => {
			stage.perform(call);
		};
		this.#clock = new TapedClock(tape, hand, outside?.clock);
		this.#dialler = new TapedDialler(tape, hand, outside?.dialler);
		const options: ClientOptions = {
			memory: new TapedMemory(tape),
			dialler: this.#dialler,
			clock: this.#clock,
			random: new TapedRandom(tape, outside?.random),
			store: new FlashStore(new TapedFlash(tape, image, outside), LIMITS, { whenFaulty: "volatile" }),
			limits: LIMITS,
			version: version === 4 ? 4 : 5,
			clientId: version === 6 ? "" : "board", // 6: 5.0, and the broker says who we are
			keepAliveSeconds: 5,
			sessionExpirySeconds: 3600,
			resubscribe: keeps === 0 ? "boot" : "lost",
			will: { topic: "up/will", payload: Uint8Array.of(7), qos: 1, retain: true },
			listener: listenerOf(stage),
		};
		this.client = new Client(options);
		for (const name of TOPICS) this.#topics.push(this.client.topic(name));
		for (const name of FILTERS) this.#filters.push(this.client.filter(name));
	}

	/** Makes one call; returns what it returns, 0 for nothing. */
	act(call: Call): number {
		const { client } = this;
		const [a, b, c, d] = call.numbers;
		switch (call.what) {
			case What.Open:
				return client.open();
			case What.Subscribe:
				return client.subscribe(this.#filters[a], b as Qos);
			case What.Unsubscribe:
				return client.unsubscribe(this.#filters[a]);
			case What.Publish:
				return client.publish(this.#topics[a], call.bytes, b as Qos, c, d);
			case What.Compose:
				return this.#compose(a, b as Qos, c, d);
			case What.Look:
				return this.#look();
			default:
				this.#tell(call.what, a, b);
				return 0;
		}
	}

	/** Calls that return nothing. */
	#tell(what: What, a: number, b: number): void {
		const { client } = this;
		const { links } = this.#dialler;
		if (what === What.Readable) links[a].onReadable(b);
		else if (what === What.Writable) links[a].onWritable(b);
		else if (what === What.Error) links[a].onError(b as LinkFault);
		else if (what === What.Alarm) this.#clock.alarms[a].onAlarm();
		else if (what === What.Close) client.close(a === 1);
		else if (what === What.Flush) client.flush(a);
		else if (what === What.Remember) client.remember(a);
	}

	/** A message whose payload is a number. */
	#compose(topic: number, qos: Qos, flags: number, value: number): number {
		const { client } = this;
		const body = client.compose(this.#topics[topic], qos, flags, 32);
		if (body === undefined) return client.refusal;
		body.text('{"t":');
		body.decimal(value, 2);
		body.text("}");
		return client.commit();
	}

	/** What can be seen from outside, in one number. */
	#look(): number {
		const { remembered, pending, online } = this.client;
		return (Number.isNaN(remembered) ? 0 : remembered + 1) * 1024 + pending * 2 + (online ? 1 : 0);
	}
}

/** Says all that it is told. */
function listenerOf(stage: Stage): ClientOptions["listener"] {
	const message = (what: What, message: Message, bytes: number): void => {
		const { topicStart, topicEnd, payloadStart, payloadEnd, qos, retain, mayRepeat } = message;
		stage.tape.say(What.Message, topicEnd - topicStart, payloadEnd - payloadStart);
		stage.tape.sayBytes(message.bytes, topicStart, topicEnd);
		const numbers = [qos, retain ? 1 : 0, mayRepeat ? 1 : 0, bytes];
		stage.told(what, numbers, message.bytes, payloadStart, payloadEnd);
	};
	return {
		onOnline: (present) => stage.told(What.Online, [present ? 1 : 0]),
		onOffline: (reason, retryMs) => stage.told(What.Offline, [reason, retryMs]),
		onMessage: (lens) => message(What.Message, lens, 0),
		onOversize: (lens, bytes) => message(What.Oversize, lens, bytes),
		onSettled: (ticket, outcome, reason, restored) =>
			stage.told(What.Settled, [ticket, outcome, reason, restored ? 1 : 0]),
		onSubscribed: (_, reason) => stage.told(What.Subscribed, [reason]),
		onUnsubscribed: (_, reason) => stage.told(What.Unsubscribed, [reason]),
		onRoom: () => stage.told(What.RoomAgain, []),
		onFlushed: (remaining) => stage.told(What.Flushed, [remaining]),
		onStoreFault: (fault) => stage.told(What.StoreFault, [fault]),
	};
}

/** Plays a tape: does what it says to the same code, and compares what that does. Returns the tape, which knows what differed. */
export function play(bytes: Uint8Array, blocks: number): PlayingTape {
	const tape = new PlayingTape(bytes);
	const stage = new Stage(tape, blocks, () => {
		for (let call = tape.next(); call !== undefined; call = tape.next()) {
			stage.perform(call);
			if (tape.silent) return;
		}
	});
	for (let call = tape.next(); call !== undefined; call = tape.next()) {
		// The power is back.
		if (call.what === What.Boot || call.what === What.Patch) tape.silent = false;
		stage.perform(call);
	}
	if (tape.difference !== undefined) return tape;
	tape.silent = false;
	tape.say(What.Image, stage.image.hash);
	if (tape.difference === undefined && !tape.over) tape.threw("nothing more, but the tape goes on");
	return tape;
}
