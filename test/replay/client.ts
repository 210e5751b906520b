// SPDX-License-Identifier: MIT
/** What a tape knows of a client: what it is made with, the calls that are made to it, and what it tells. */
import { Aliases, type AliasOptions, Holds } from "../../lib/extras/index.js";
import type { Client, ClientOptions, Filter, Listener, Message, Qos, Topic } from "../../lib/index.js";
import { type Limits, limitsFrom } from "../../lib/limits.js";
import type { Flash, Store } from "../../lib/ports.js";
import { FlashStore, RamStore } from "../../lib/store/index.js";
import { type Call, NO_BYTES, type Tape, What } from "./tape.js";

/** Options that are plain data, and those that are not. */
const PLAIN = [
	...(["version", "clientId", "keepAliveSeconds", "sessionExpirySeconds"] as const),
	...(["onSessionLost", "queueQos0", "resubscribe", "will"] as const),
];
const OTHERS = ["memory", "dialler", "clock", "random", "store", "limits", "listener", "aliases", "holds"];
type Plain = (typeof PLAIN)[number];

/** What a client is made with, as plain data. */
export interface Settings extends Pick<ClientOptions, Plain> {
	readonly limits: Limits;
	/** Of its partition; 0: its store is in RAM. */
	readonly blocks: number;
	/** Its store does without the flash when that is faulty. */
	readonly perhapsVolatile?: boolean;
	readonly aliases?: AliasOptions;
	/** It acknowledges by hand. */
	readonly holds?: boolean;
}

export function settingsFrom(options: ClientOptions, blocks: number, more: Extras): Settings {
	for (const name of Object.keys(options))
		if (!PLAIN.includes(name as Plain) && !OTHERS.includes(name))
			throw new TypeError(`a tape does not know the option ${name}`);
	const { clientId } = options;
	const plain = Object.fromEntries(PLAIN.map((name) => [name, options[name]]));
	return { ...plain, ...more, clientId, limits: limitsFrom(options.limits), blocks };
}

/** What the options of a client do not say as plain data. */
export type Extras = Pick<Settings, "perhapsVolatile" | "aliases" | "holds">;

export function storeOf({ limits, perhapsVolatile }: Settings, flash: Flash | undefined): Store {
	if (flash === undefined) return new RamStore(limits);
	return new FlashStore(flash, limits, perhapsVolatile ? { whenFaulty: "volatile" } : {});
}

/** Without ports, store and listener. */
export function optionsOf(settings: Settings): Pick<ClientOptions, Plain | "limits" | "aliases" | "holds"> {
	const { blocks: _, perhapsVolatile: __, aliases, holds, ...plain } = settings;
	return {
		...plain,
		...(aliases === undefined ? {} : { aliases: new Aliases(aliases) }),
		...(holds === true ? { holds: new Holds() } : {}),
	};
}

/** A client and what was made of names, in the order in which they were made: that is how a tape calls them. */
export class Calls {
	readonly client: Client;
	readonly topics: Topic[] = [];
	readonly filters: Filter[] = [];
	/** The one whose callback runs, or ran last. */
	message: Message | undefined;

	constructor(client: Client) {
		this.client = client;
	}

	/** Makes one call; returns what it returns, 0 for nothing. */
	make({ what, numbers: [a, b, c, d], bytes }: Call): number {
		const { client, topics, filters } = this;
		switch (what) {
			case What.Topic:
				return topics.push(client.topic(textOf(bytes)));
			case What.Filter:
				return filters.push(client.filter(textOf(bytes)));
			case What.Open:
				return client.open();
			case What.Close:
				return client.close(a === 1);
			case What.Subscribe:
				return client.subscribe(filters[a], b as Qos, c);
			case What.Unsubscribe:
				return client.unsubscribe(filters[a]);
			case What.Publish:
				return client.publish(topics[a], bytes, b as Qos, c, d);
			case What.Compose:
				return this.#compose(topics[a], b as Qos, c, d);
			case What.Hold:
				return this.message!.hold();
			case What.Acknowledge:
				return client.acknowledge(a, b, c === 1 ? d : undefined);
			case What.Look:
				return this.#look();
			default:
				this.#tell(what, a);
				return 0;
		}
	}

	/** Calls that return nothing. */
	#tell(what: What, value: number): void {
		const { client } = this;
		if (what === What.Flush) client.flush(value);
		else if (what === What.Redial) client.redial();
		else if (what === What.Remember) client.remember(value);
	}

	/** A message whose payload is a number. */
	#compose(topic: Topic, qos: Qos, flags: number, value: number): number {
		const { client } = this;
		const body = client.compose(topic, qos, flags, 32);
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

/** Says what it is told, and that it has returned; `inner` is told in between. */
export function listenerOf(tape: Tape, inner: Listener): Listener {
	const told = (what: What, numbers: readonly number[], action: () => void): void => {
		tape.say(what, ...numbers);
		action();
		tape.say(What.Done);
	};
	const message = (what: What, lens: Message, bytes: number, action: () => void): void => {
		const { topicStart, topicEnd, payloadStart, payloadEnd, qos, retain, mayRepeat } = lens;
		told(what, [qos, retain ? 1 : 0, mayRepeat ? 1 : 0, bytes], () => {
			tape.sayBytes(lens.bytes, topicStart, topicEnd);
			tape.sayBytes(lens.bytes, payloadStart, payloadEnd);
			action();
		});
	};
	return {
		onOnline: (present) => told(What.Online, [present ? 1 : 0], () => inner.onOnline?.(present)),
		onOffline: (why, retryMs) => told(What.Offline, [why, retryMs], () => inner.onOffline?.(why, retryMs)),
		onMessage: (lens) => message(What.Message, lens, 0, () => inner.onMessage?.(lens)),
		onOversize: (lens, bytes) => message(What.Oversize, lens, bytes, () => inner.onOversize?.(lens, bytes)),
		onSettled: (ticket, outcome, reason, restored) =>
			told(What.Settled, [ticket, outcome, reason, restored ? 1 : 0], () =>
				inner.onSettled?.(ticket, outcome, reason, restored),
			),
		onSubscribed: (filter, reason) =>
			told(What.Subscribed, [reason], () => inner.onSubscribed?.(filter, reason)),
		onUnsubscribed: (filter, reason) =>
			told(What.Unsubscribed, [reason], () => inner.onUnsubscribed?.(filter, reason)),
		onRoom: () => told(What.RoomAgain, [], () => inner.onRoom?.()),
		onFlushed: (remaining) => told(What.Flushed, [remaining], () => inner.onFlushed?.(remaining)),
		onStoreFault: (fault) => told(What.StoreFault, [fault], () => inner.onStoreFault?.(fault)),
	};
}

/** A call with no more than numbers. */
export function callOf(what: What, ...numbers: number[]): Call {
	return { what, numbers, bytes: NO_BYTES };
}

/** ASCII, by hand: XS has no TextDecoder. */
export function textOf(bytes: Uint8Array): string {
	let text = "";
	for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]);
	return text;
}

export function bytesOf(text: string): Uint8Array {
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++) {
		bytes[i] = text.charCodeAt(i);
		if (bytes[i] > 0x7e || bytes[i] !== text.charCodeAt(i))
			throw new RangeError(`a tape takes ASCII, not ${text}`);
	}
	return bytes;
}
