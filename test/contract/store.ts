// SPDX-License-Identifier: MIT
/**
 * What every store must do, whatever it keeps its state in. A function that is run against each of them; it needs
 * nothing of Node, so it also runs on the XS engine.
 */
import { describe, expect, test } from "vitest";
import type { Limits } from "../../lib/limits.js";
import { Arena } from "../../lib/memory/arena.js";
import { type Clock, type Content, type Random, type Store, StoreFault } from "../../lib/ports.js";
import { MessageState, Record, Trait } from "../../lib/wire/record.js";
import { Refusal } from "../../lib/wire/refusal.js";

/** A store made with some limits. */
export type StoreMaker = (limits: Partial<Limits>) => Store;

const CLOCK: Clock = {
	ticks: 0,
	seconds: 0,
	epochSeconds: 0,
	timer: () => ({ arm: () => undefined, disarm: () => undefined }),
};
const RANDOM: Random = { below: (limit) => limit >> 1 };
const CONTENT: Content = { topicStart: 0, topicEnd: 3, payloadStart: 3, payloadEnd: 9 };

const LIMITS = { outboxBytes: 256, outboxMessages: 8, keptMessages: 8, receiveMaximum: 4, window: 4 };

class Bench {
	readonly store: Store;
	readonly arena: Arena;

	constructor(make: StoreMaker, limits: Partial<Limits> = LIMITS) {
		this.store = make(limits);
		this.arena = new Arena({ allocate: (bytes) => new Uint8Array(bytes) }, this.store.bytes + 32);
		this.arena.region(16); // so that offsets do not begin at 0
		this.store.attach(this.arena, this.arena.region(this.store.bytes), CLOCK, RANDOM);
		expect(this.store.open(1, 60)).toBe(1); // nobody's: there is no session in it
		this.store.clear(false);
	}

	/** Accepts a message whose payload is `length` times `mark`. Returns its number, or the refusal. */
	put(mark: number, length: number, qos = 1, traits = 0, topic = 0x74): number {
		const at = this.store.reserve(Record.Overhead + 3 + length, qos === 0);
		if (at < 0) return at;
		const { view, bytes } = this.arena;
		view.setUint8(at + Record.Flags, qos << 1);
		view.setUint8(at + Record.Traits, traits);
		view.setUint16(at + Record.PropertiesLength, 0);
		view.setUint32(at + Record.Expires, 0);
		view.setUint16(at + Record.TopicLength, 3);
		bytes.fill(topic, at + Record.Topic, at + Record.Topic + 3);
		bytes.fill(mark, at + Record.Topic + 3, at + Record.Topic + 3 + length);
		const number = this.store.seal(at + Record.Topic + 3 + length);
		expect(this.store.commit()).toBe(0);
		return number;
	}

	/** True when the message's record is what {@link put} wrote. */
	holds(number: number, mark: number, length: number, qos = 1): boolean {
		const at = this.store.load(number);
		const { bytes, view } = this.arena;
		if (this.store.loadedEnd - at !== Record.Overhead + 3 + length || view.getUint8(at) !== qos << 1)
			return false;
		for (let i = 0; i < length; i++) if (bytes[at + Record.Topic + 3 + i] !== mark) return false;
		return view.getUint16(at + Record.TopicLength) === 3 && bytes[at + Record.Topic] === 0x74;
	}

	numbers(): number[] {
		const found: number[] = [];
		for (let n = this.store.next(0); n !== 0; n = this.store.next(n)) found.push(n);
		return found;
	}
}

export function storeContract(name: string, make: StoreMaker): void {
	describe(`${name} keeps the contract of stores: messages`, () => {
		test("numbers grow by one, order is the order of seal, records come back", () => {
			const bench = new Bench(make);
			const a = bench.put(1, 5);
			const b = bench.put(2, 0, 2);
			const c = bench.put(3, 9, 0);
			expect([b - a, c - b]).toEqual([1, 1]);
			expect(bench.numbers()).toEqual([a, b, c]);
			expect(bench.store.low).toBe(a);
			expect(bench.store.count).toBe(3);
			expect(bench.holds(a, 1, 5) && bench.holds(b, 2, 0, 2) && bench.holds(c, 3, 9, 0)).toBe(true);
			expect([bench.store.state(a), bench.store.state(b), bench.store.state(c)]).toEqual([
				MessageState.DuePublish,
				MessageState.DuePublish,
				MessageState.DueOnce,
			]);
			expect(bench.store.state(c + 1)).toBe(MessageState.Done);
		});

		test("a message that ends frees its bytes, wherever it stands, and the others stay whole", () => {
			const bench = new Bench(make);
			const numbers = [bench.put(1, 40), bench.put(2, 40), bench.put(3, 40), bench.put(4, 40)];
			bench.store.mark(numbers[1], MessageState.Done);
			bench.store.mark(numbers[2], MessageState.Done);
			const long = bench.put(5, 100); // needs the hole
			expect(long).toBeGreaterThan(0);
			expect(
				bench.holds(numbers[0], 1, 40) && bench.holds(numbers[3], 4, 40) && bench.holds(long, 5, 100),
			).toBe(true);
			expect(bench.numbers()).toEqual([numbers[0], numbers[3], long]);
		});

		test("no room is told before any work, and there is room again afterwards", () => {
			const bench = new Bench(make);
			const first = bench.put(1, 100);
			let accepted = 1;
			let refusal = 0;
			while ((refusal = bench.put(2, 100)) > 0 && accepted < 100) accepted++;
			expect(refusal).toBe(Refusal.Full);
			expect(bench.store.reserve(5000, false)).toBe(Refusal.TooLong);
			expect(bench.store.count).toBe(accepted);
			bench.store.mark(first, MessageState.Done);
			expect(bench.put(3, 100)).toBeGreaterThan(first);
		});

		test("the table of messages is a limit too", () => {
			const bench = new Bench(make);
			for (let i = 0; i < 8; i++) expect(bench.put(i, 1)).toBeGreaterThan(0);
			expect(bench.put(9, 1)).toBe(Refusal.Full);
		});

		test("one composition at a time; a discarded one leaves no trace", () => {
			const bench = new Bench(make);
			expect(bench.store.reserve(30, false)).toBeGreaterThan(0);
			expect(bench.store.reserve(30, false)).toBe(Refusal.Busy);
			bench.store.discard();
			expect(bench.store.seal(40)).toBe(Refusal.NothingComposed);
			expect(bench.numbers()).toEqual([]);
			expect(bench.put(1, 3)).toBeGreaterThan(0);
		});

		test("a composition survives that everything before it ends", () => {
			const bench = new Bench(make);
			const before = bench.put(1, 20);
			const at = bench.store.reserve(60, false);
			bench.store.mark(before, MessageState.Done);
			bench.arena.bytes.fill(7, at, at + 60);
			bench.arena.view.setUint8(at, 2);
			const number = bench.store.seal(at + 60);
			const next = bench.put(9, 60);
			const start = bench.store.load(number);
			expect(bench.arena.bytes[start + 59]).toBe(7);
			expect(bench.holds(next, 9, 60)).toBe(true);
		});

		test("a thousand messages through a full outbox, ended out of order, never mix", () => {
			const bench = new Bench(make);
			const waiting: { number: number; mark: number; length: number }[] = [];
			let seed = 12345;
			const below = (limit: number): number => {
				seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fff_ffff;
				return (seed >>> 8) % limit;
			};
			for (let i = 0; i < 1000; i++) {
				const length = below(60);
				const number = bench.put(i & 255, length);
				if (number > 0) waiting.push({ number, mark: i & 255, length });
				else expect(number).toBe(Refusal.Full);
				while (waiting.length > (number > 0 ? below(8) : 2)) {
					const [ended] = waiting.splice(below(waiting.length), 1);
					bench.store.mark(ended.number, MessageState.Done);
				}
				for (const { number: n, mark, length: l } of waiting) expect(bench.holds(n, mark, l)).toBe(true);
				expect(bench.numbers()).toEqual(waiting.map((w) => w.number));
			}
		});
	});

	describe(`${name} keeps the contract of stores: sessions`, () => {
		test("[MQTT-4.3.3-2] inbound identifiers are taken and freed; a full table refuses", () => {
			const { store } = new Bench(make);
			for (const id of [1, 65535, 300, 7]) expect(store.openInbound(id, CONTENT)).toBe(0);
			expect(store.openInbound(8, CONTENT)).toBe(Refusal.Full);
			expect(store.openInbound(300, CONTENT)).toBe(0); // it has it already
			expect(store.inboundCount).toBe(4);
			expect([store.inbound(1), store.inbound(300), store.inbound(8)]).toEqual([true, true, false]);
			store.closeInbound(1);
			store.closeInbound(1);
			expect([store.inbound(1), store.inbound(7), store.inboundCount]).toEqual([false, true, 3]);
			expect(store.openInbound(8, CONTENT)).toBe(0);
		});

		test("a new session voids exchange state and keeps what was accepted", () => {
			const bench = new Bench(make);
			const { store } = bench;
			const sent = bench.put(1, 3);
			const received = bench.put(2, 3, 2);
			const due = bench.put(3, 3, 2);
			const once = bench.put(4, 3, 0);
			store.mark(sent, MessageState.AwaitAck);
			store.mark(received, MessageState.AwaitRec);
			store.mark(received, MessageState.AwaitComp);
			store.openInbound(5, CONTENT);
			store.clear(true);
			expect(store.commit()).toBe(0);
			expect(bench.numbers()).toEqual([sent, due, once]);
			expect(store.state(sent)).toBe(MessageState.DuePublish);
			expect(store.inbound(5)).toBe(false);
			expect(store.established).toBe(true);
			expect(bench.holds(sent, 1, 3)).toBe(true);
		});

		test("another identity has no session, the same one keeps it", () => {
			const bench = new Bench(make);
			const { store } = bench;
			expect(store.established).toBe(false);
			store.clear(true);
			const number = bench.put(1, 3);
			store.mark(number, MessageState.AwaitAck);
			expect(store.open(1, 60)).toBe(0);
			expect(store.established).toBe(true);
			expect(store.state(number)).toBe(MessageState.AwaitAck);
			expect(store.open(2, 60)).toBe(1);
			expect(store.established).toBe(false);
			store.clear(false);
			expect(store.state(number)).toBe(MessageState.DuePublish);
		});

		test("a message that has ended cannot be ended again, and leaves the others alone", () => {
			const bench = new Bench(make);
			const numbers = [bench.put(1, 3), bench.put(2, 3)];
			bench.store.mark(numbers[0], MessageState.Done);
			bench.store.mark(numbers[0], MessageState.Done);
			expect([bench.store.count, bench.store.low]).toEqual([1, numbers[1]]);
		});

		test("what the application asked for is kept with each message, and found again", () => {
			const bench = new Bench(make);
			const { store } = bench;
			const plain = bench.put(1, 3);
			const old = bench.put(2, 3, 1, Trait.DropOldest);
			const latest = bench.put(3, 3, 1, Trait.KeepLatest, 0x61);
			const both = bench.put(4, 3, 1, Trait.KeepLatest | Trait.DropOldest, 0x62);
			const once = bench.put(5, 3, 0, Trait.DropOldest);
			const asked = (number: number): number => store.traits(number) & ~Trait.Volatile;
			expect([plain, old, latest, both, once].map(asked)).toEqual([0, 2, 4, 6, 2]);
			expect(store.traits(once) & Trait.Volatile).toBe(Trait.Volatile);
			expect(store.traits(once + 1)).toBe(0);
			expect([store.waiting(0), store.waiting(Trait.DropOldest), store.waiting(6)]).toEqual([
				plain,
				old,
				both,
			]);
			store.mark(old, MessageState.AwaitAck); // it may be with the broker: it does not wait any more
			expect(store.waiting(Trait.DropOldest)).toBe(both);
			store.mark(both, MessageState.Done);
			expect(store.waiting(Trait.DropOldest)).toBe(once);
			expect(store.waiting(Trait.SettleWhenStored)).toBe(0);
		});

		test("the waiting message of a topic is found, and only that", () => {
			const bench = new Bench(make, { ...LIMITS, outboxBytes: 512, outboxMessages: 16, keptMessages: 16 });
			const { store, arena } = bench;
			/** A topic of three equal bytes, at the front of the block. */
			const latest = (topic: number): number => {
				arena.bytes.fill(topic, 2, 5);
				return store.latest(2, 5);
			};
			bench.put(1, 3, 1, 0, 0x61);
			const first = bench.put(2, 20, 1, Trait.KeepLatest, 0x61);
			const second = bench.put(3, 3, 1, Trait.KeepLatest, 0x61);
			const other = bench.put(4, 3, 1, Trait.KeepLatest, 0x62);
			const once = bench.put(5, 3, 0, Trait.KeepLatest, 0x63);
			expect([latest(0x61), latest(0x62), latest(0x63), latest(0x64)]).toEqual([first, other, once, 0]);
			expect(store.latest(2, 4)).toBe(0); // the beginning of a topic is another topic
			store.mark(first, MessageState.AwaitAck);
			expect(latest(0x61)).toBe(second);
			store.mark(second, MessageState.Done);
			expect(latest(0x61)).toBe(0);
		});

		test("it says what the application and the session gave it to remember", () => {
			const { store, arena } = new Bench(make);
			expect(store.remembered).toBeNaN();
			expect(store.subscribed).toBe(0);
			store.remember(-2.5);
			expect(store.remembered).toBe(-2.5);
			store.openInbound(7, CONTENT);
			store.remember(2 ** 52 + 1);
			store.subscribed = 0xfedcba98;
			expect(store.commit()).toBe(0);
			expect([store.remembered, store.subscribed]).toEqual([2 ** 52 + 1, 0xfedcba98]);
			arena.bytes.set([1, 2, 3], 0);
			store.assign(0, 3);
			expect(store.commit()).toBe(0);
			const length = store.assigned(8);
			expect(length === 0 || (length === 3 && arena.bytes[10] === 3)).toBe(true);
		});

		test("an identifier of this life is never stale, and nothing is wrong", () => {
			const { store } = new Bench(make);
			store.openInbound(7, CONTENT);
			expect(store.stale(7, { ...CONTENT, payloadEnd: 4 })).toBe(false);
			expect(store.stale(8, CONTENT)).toBe(false);
			expect([store.unclean, store.takeFault()]).toEqual([false, StoreFault.None]);
		});

		test("housekeeping is harmless at any time, and comes to an end", () => {
			const bench = new Bench(make);
			const number = bench.put(1, 3);
			bench.store.maintain();
			bench.store.flush();
			bench.store.flush();
			expect(bench.holds(number, 1, 3)).toBe(true);
			let steps = 0;
			for (; bench.store.untidy && steps < 100; steps++) bench.store.maintain();
			expect(steps).toBeLessThan(100);
			expect(bench.holds(number, 1, 3)).toBe(true);
		});
	});
}
