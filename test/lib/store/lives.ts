// SPDX-License-Identifier: MIT
/** A flash store that lives many times on one partition, without a client; and what is in it, as text. */
import type { Limits } from "../../../lib/limits.js";
import { limitsFrom } from "../../../lib/limits.js";
import { Arena } from "../../../lib/memory/arena.js";
import type { Clock, Content, Flash, Random } from "../../../lib/ports.js";
import { FlashStore, type FlashStoreOptions } from "../../../lib/store/flash-store.js";
import { MessageState, Record } from "../../../lib/wire/record.js";

/** A clock that stands still until it is set. */
export class Hands implements Clock {
	ticks = 0;
	seconds = 1000;
	epochSeconds = 0;
	timer(): { arm(): void; disarm(): void } {
		return { arm: () => undefined, disarm: () => undefined };
	}
}

export interface Put {
	readonly topic?: string;
	readonly payload?: string;
	readonly qos?: number;
	readonly traits?: number;
	readonly volatile?: boolean;
	readonly expires?: number;
}

/** One life of a store. */
export class Life {
	readonly store: FlashStore;
	readonly arena: Arena;
	readonly clock: Hands;

	constructor(
		flash: Flash,
		limits: Partial<Limits> = {},
		options: FlashStoreOptions = {},
		clock = new Hands(),
	) {
		this.clock = clock;
		this.store = new FlashStore(flash, limitsFrom(limits), options);
		this.arena = new Arena({ allocate: (bytes) => new Uint8Array(bytes) }, this.store.bytes + 1024);
		const text = this.arena.region(1023); // an odd number, so that nothing is aligned by chance
		expectZero(text);
		this.store.attach(this.arena, this.arena.region(this.store.bytes), clock, seeded(7));
	}

	/** Opens it for an identity; a new session is begun when it is not that one's. Returns what `open` did. */
	open(identity = 1): number {
		const found = this.store.open(identity, 60);
		if (found === 1) this.store.clear(true);
		return found;
	}

	/** Accepts a message. Returns its number or the refusal. */
	put(put: Put = {}): number {
		const topic = new TextEncoder().encode(put.topic ?? "t");
		const payload = new TextEncoder().encode(put.payload ?? "");
		const qos = put.qos ?? 1;
		const length = Record.Overhead + topic.length + payload.length;
		const at = this.store.reserve(length, put.volatile ?? qos === 0);
		if (at < 0) return at;
		const { view, bytes } = this.arena;
		view.setUint8(at + Record.Flags, qos << 1);
		view.setUint8(at + Record.Traits, put.traits ?? 0);
		view.setUint16(at + Record.PropertiesLength, 0);
		view.setUint32(at + Record.Expires, put.expires ?? 0);
		view.setUint16(at + Record.TopicLength, topic.length);
		bytes.set(topic, at + Record.Topic);
		bytes.set(payload, at + Record.Topic + topic.length);
		return this.store.seal(at + length);
	}

	/** Topic and payload of a message, or "lost". */
	read(number: number): string {
		const at = this.store.load(number);
		if (at < 0) return "lost";
		const { bytes, view } = this.arena;
		const topic = at + Record.Topic;
		const payload = topic + view.getUint16(at + Record.TopicLength);
		const text = new TextDecoder();
		return `${text.decode(bytes.slice(topic, payload))}=${text.decode(bytes.slice(payload, this.store.loadedEnd))}`;
	}

	/** When the message is stale, in seconds of this life's clock; 0: never; below 0: before it began. */
	expires(number: number): number {
		const at = this.store.load(number);
		return this.arena.view.getInt32(at + Record.Expires);
	}

	/** A topic at the front of the block, for `latest`. */
	latest(topic: string): number {
		this.arena.bytes.set(new TextEncoder().encode(topic), 0);
		return this.store.latest(0, topic.length);
	}

	/** Content at the front of the block. */
	content(text: string): Content {
		this.arena.bytes.set(new TextEncoder().encode(text), 0);
		return { topicStart: 0, topicEnd: 1, payloadStart: 1, payloadEnd: text.length };
	}

	numbers(): number[] {
		const found: number[] = [];
		for (let n = this.store.next(0); n !== 0; n = this.store.next(n)) found.push(n);
		return found;
	}

	/** All that a store says of itself. */
	digest(): string {
		const { store } = this;
		const messages = this.numbers().map(
			(n) => `${n}:${store.state(n)}:${store.state(n) === MessageState.AwaitComp ? "" : this.read(n)}`,
		);
		const inbound: number[] = [];
		for (let id = 1; id <= 40; id++) if (store.inbound(id)) inbound.push(id);
		const session = `${store.established} ${store.remembered} ${store.subscribed} ${store.used}`;
		return `${messages.join(" ")} | ${inbound.join(" ")} | ${session}`;
	}

	/** Housekeeping until there is none left. */
	tidy(): void {
		for (let steps = 0; this.store.untidy; steps++) {
			if (steps > 1000) throw new Error("housekeeping has no end");
			this.store.maintain();
		}
	}
}

/** A small generator, so that a store's identity is the same in each run. */
export function seeded(seed: number): Random {
	let state = seed;
	return {
		below(limit: number): number {
			state = (Math.imul(state, 1103515245) + 12345) & 0x7fff_ffff;
			return (state >>> 8) % limit;
		},
	};
}

function expectZero(start: number): void {
	if (start !== 0) throw new Error("the text is not at the front");
}
