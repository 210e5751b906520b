// SPDX-License-Identifier: MIT
/** Records whose checks are right and whose words are not: of another version, or of nobody. They are passed over or refused. */
import { describe, expect, test } from "vitest";
import { StoreFault } from "../../../lib/ports.js";
import { EventKind, RecordType, SessionAt } from "../../../lib/store/format.js";
import { MessageState, Record } from "../../../lib/wire/record.js";
import { Refusal } from "../../../lib/wire/refusal.js";
import { NorFlash } from "../../../simulator/nor-flash.js";
import { Life } from "./lives.js";

const limits = { keptMessages: 16, receiveMaximum: 2 };

interface Forged {
	readonly type: number;
	readonly number?: number;
	readonly arg?: number;
	readonly body: readonly number[];
}

/** A store with one message, one inbound identifier and a session, and records behind them as they were never written. */
function withRecords(...records: Forged[]): NorFlash {
	const flash = new NorFlash({ sectors: 6 });
	const life = new Life(flash, limits);
	life.open(5);
	life.put({ topic: "kept", payload: "whole" });
	life.store.openInbound(3, life.content("tx"));
	life.store.commit();
	const { log } = life.store["journal"];
	for (const { type, number = 0, arg = 0, body } of records) {
		log.bytes.fill(0, log.scratch, log.scratch + 256);
		log.bytes.set(body, log.scratch + 16);
		expect(log.append(log.scratch, type, number, arg, body.length)).toBeGreaterThan(0);
	}
	log.moved = true;
	life.store.flush();
	return flash;
}

function opened(flash: NorFlash): { life: Life; fault: StoreFault } {
	const life = new Life(flash, limits);
	life.store.open(5, 60);
	return { life, fault: life.store.takeFault() };
}

const word = (value: number): number[] => [
	value >>> 24,
	(value >> 16) & 255,
	(value >> 8) & 255,
	value & 255,
];
const event = (kind: number, key: number, ...rest: number[]): number[] => [
	kind,
	0,
	key >> 8,
	key & 255,
	...rest,
];
/** Sixteen bytes of events. */
const events = (...all: number[][]): Forged => {
	const bytes = all.flat();
	return { type: RecordType.Events, body: [...bytes, ...Array(16 - bytes.length).fill(0xff)] };
};
/** A message's body: `topic` bytes of topic as its length says, and so many as there are. */
const message = (flags: number, topic: number, bytes: number): number[] => {
	const body = Array<number>(Record.Overhead + bytes).fill(0);
	body[Record.Flags] = flags;
	body[Record.TopicLength + 1] = topic;
	return body;
};
const session = (length: number, assigned: number): number[] => {
	const body = Array<number>(length).fill(0x11);
	if (length > SessionAt.AssignedLength) body[SessionAt.AssignedLength] = assigned;
	return body;
};

describe("Passed over, and the rest of the store is as it was", () => {
	const whole = opened(withRecords()).life.digest();

	test.each<readonly [string, Forged]>([
		["a type that need not be known", { type: 0x55, body: [1, 2, 3] }],
		[
			"a message whose number is none",
			{ type: RecordType.Message, number: 0x8000_0000, body: message(2, 1, 4) },
		],
		["a message without its fixed part", { type: RecordType.Message, number: 9, body: [2, 0, 0, 0] }],
		["a topic longer than the record", { type: RecordType.Message, number: 9, body: message(2, 5, 4) }],
		["flags that no PUBLISH has", { type: RecordType.Message, number: 9, body: message(8, 1, 4) }],
		["a session without its fixed part", { type: RecordType.Session, body: session(28, 0) }],
		["a session that is too long", { type: RecordType.Session, body: session(240, 211) }],
		["a session with half of its identifier", { type: RecordType.Session, body: session(31, 7) }],
		[
			"the end of an event beyond its record",
			events([...Array(12).fill(0xff), ...event(EventKind.Opened, 4)]),
		],
		["PUBREC for number 0", events(event(EventKind.Released, 0))],
		["the end of a message that never was", events(event(EventKind.Done, 700))],
		["an identifier freed that was never taken", events(event(EventKind.Closed, 9))],
	])("%s", (_, forged) => {
		const { life, fault } = opened(withRecords(forged));
		expect(fault).toBe(StoreFault.None);
		expect(life.digest()).toBe(whole);
	});
});

describe("Refused, and nothing is written", () => {
	const opening = (id: number) => event(EventKind.Opened, id, ...word(id));

	test.each<readonly [string, StoreFault, readonly Forged[]]>([
		["a type that must be known", StoreFault.Version, [{ type: 0x90, body: [1, 2, 3] }]],
		[
			"more inbound identifiers than this store has rows",
			StoreFault.Geometry,
			[events(opening(4), opening(5))],
		],
		[
			"more messages",
			StoreFault.Geometry,
			Array.from({ length: 16 }, (_, i) => ({
				type: RecordType.Message,
				number: 2 + i,
				body: message(2, 1, 4),
			})),
		],
		[
			"more messages after PUBREC",
			StoreFault.Geometry,
			Array.from({ length: 4 }, (_, i) =>
				events(...[0, 1, 2, 3].map((j) => event(EventKind.Released, 2 + i * 4 + j))),
			),
		],
	])("%s", (_, told, forged) => {
		const flash = withRecords(...forged);
		const before = flash.bytes.slice();
		const { life, fault } = opened(flash);
		expect(fault).toBe(told);
		expect(life.put()).toBe(Refusal.StoreFault);
		expect(Buffer.compare(flash.bytes, before)).toBe(0);
	});
});

describe("What a store is asked for out of turn", () => {
	function fresh(): Life {
		const life = new Life(new NorFlash({ sectors: 6 }), limits);
		life.open();
		return life;
	}

	test("a second record while one is composed: Busy; an end without a beginning: NothingComposed", () => {
		const { store } = fresh();
		expect(store.reserve(20, false)).toBeGreaterThan(0);
		expect(store.reserve(20, false)).toBe(Refusal.Busy);
		expect(store.reserve(20, true)).toBe(Refusal.Busy);
		store.discard();
		expect(store.seal(100)).toBe(Refusal.NothingComposed);
		expect(store.reserve(20, true)).toBeGreaterThan(0);
		expect(store.reserve(20, true)).toBe(Refusal.Busy);
	});

	test("another message read while one is composed: it has to be composed again", () => {
		const life = fresh();
		const [first] = [life.put({ topic: "a", payload: "1" }), life.put({ topic: "b", payload: "2" })];
		const at = life.store.reserve(20, false);
		expect(at).toBeGreaterThan(0);
		expect(life.read(first)).toBe("a=1");
		expect(life.store.seal(at + 20)).toBe(Refusal.NothingComposed);
		expect(life.put({ topic: "c" })).toBeGreaterThan(0);
	});

	test("the record of a message after PUBREC: it is an event, there is nothing to send but PUBREL", () => {
		const life = fresh();
		const number = life.put({ topic: "a", qos: 2 });
		life.store.mark(number, MessageState.AwaitComp);
		life.store.commit();
		expect(life.store.load(number)).toBe(Refusal.StoreFault);
		expect(life.store.takeFault()).toBe(StoreFault.None);
	});

	test("an assigned identifier that is longer than any: it is not kept", () => {
		const life = fresh();
		life.content("assigned");
		life.store.assign(0, 8);
		life.store.assign(0, 600);
		expect(life.store.assigned(100)).toBe(8);
	});

	test("an inbound identifier, any of them, until there is none", () => {
		const life = fresh();
		const { store } = life;
		expect(store.anyInbound).toBe(0);
		store.openInbound(9, life.content("tx"));
		expect(store.anyInbound).toBe(9);
		store.closeInbound(9);
		expect(store.anyInbound).toBe(0);
	});
});
