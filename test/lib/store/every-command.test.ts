// SPDX-License-Identifier: MIT
/** The flash refuses each command in turn, or reads it wrong: no call throws, no message is bent, and what was promised is kept. */
import { beforeAll, describe, expect, test } from "vitest";
import { type Flash, StoreFault } from "../../../lib/ports.js";
import { MessageState, Trait } from "../../../lib/wire/record.js";
import { NorFlash } from "../../../simulator/nor-flash.js";
import { Life } from "./lives.js";

type Kind = "read" | "write" | "erase";
/** What becomes of a command: it is refused; so are all of its kind from then on; or one bit of what is read is another. */
type Fault = "once" | "from then on" | "bent" | "bent three times";

/** A flash that counts its commands, and fails at one of them. */
class Counted implements Flash {
	readonly counts = { read: 0, write: 0, erase: 0 };

	constructor(
		private readonly flash: NorFlash,
		private readonly kind?: Kind,
		private readonly nth = 0,
		private readonly fault: Fault = "once",
	) {}

	status() {
		return this.flash.status();
	}

	read(view: Uint8Array, offset: number): number {
		const fails = this.fails("read");
		const read = this.flash.read(view, offset);
		if (fails) view[(this.nth * 7) % view.length] ^= 1 << (this.nth % 8);
		return read;
	}

	write(view: Uint8Array, offset: number): void {
		this.fails("write");
		this.flash.write(view, offset);
	}

	eraseBlock(first: number, end?: number): void {
		this.fails("erase");
		this.flash.eraseBlock(first, end);
	}

	/** True when what is read is to be bent. */
	private fails(kind: Kind): boolean {
		const count = ++this.counts[kind];
		if (kind !== this.kind) return false;
		const late = count - this.nth;
		if (this.fault === "bent") return late === 0;
		if (this.fault === "bent three times") return late >= 0 && late < 3;
		if (late === 0 || (late > 0 && this.fault === "from then on")) throw new Error(`${kind} ${count}`);
		return false;
	}
}

const limits = { keptMessages: 40, window: 4, receiveMaximum: 8, recordBytes: 512, outboxBytes: 1024 };
const text = (index: number) => `${index}:${"x".repeat(40 + (index % 5) * 60)}`;

/** Lives before: the ring is nearly full, the first sector has old messages in it, the last life was cut after a record. */
function earlier(last: "message" | "inbound" | "session" | "released"): NorFlash {
	const flash = new NorFlash({ sectors: 6 });
	const life = new Life(flash, limits);
	life.open();
	const { store } = life;
	const old = [0, 1, 2, 3].map((index) => life.put({ topic: "old", payload: text(index), qos: 2 }));
	store.mark(old[3], MessageState.AwaitComp);
	store.openInbound(7, life.content("told"));
	store.commit();
	for (let index = 0; index < 170; index++) {
		const number = life.put({ topic: "new", payload: text(index), traits: index % 3 ? 0 : Trait.KeepLatest });
		store.mark(number, MessageState.AwaitAck);
		if (index < 160) store.mark(number, MessageState.Done);
		store.commit();
	}
	const before = new Life(flash, limits);
	before.open();
	if (last === "inbound") before.store.openInbound(4, before.content("tx"));
	if (last === "session") before.store.clear(true);
	if (last === "released") before.store.mark(old[2], MessageState.AwaitComp);
	if (last === "message") before.put({ topic: "last", payload: text(4) });
	before.store.commit();
	return flash;
}

/** What a life has promised: numbers of messages with their texts, until they are done. */
type Promised = Map<number, string>;

/** A life that does all that a store can be asked for. Returns what it has promised when it ends. */
function lived(flash: Flash, promised: Promised): void {
	const life = new Life(flash, limits);
	const { store } = life;
	life.open();
	const long = `a/topic/of/more/than/one/cell/${"y".repeat(20)}`;
	for (let index = 0; index < 24; index++) {
		const topic = index % 4 === 0 ? long : `t${index}`;
		const payload = text(index);
		const number = life.put({
			topic,
			payload,
			qos: 1 + (index & 1),
			traits: index % 4 ? 0 : Trait.KeepLatest,
		});
		if (number > 0 && store.commit() === 0) promised.set(number, `${topic}=${payload}`);
		if (index % 5 === 1) store.openInbound(20 + index, life.content(`tz${index}`));
		if (index % 5 === 3) store.remember(index);
		if (index % 6 === 2) life.latest(long);
		if (index === 6) store.subscribed = 9;
		if (index === 9) store.assign(0, 20);
		if (index === 12) store.openInbound(4, life.content("tx"));
		if (index === 13) store.closeInbound(4);
		for (const due of life.numbers().slice(0, 3)) {
			if (!promised.has(due)) continue;
			if (index % 3 === 0) life.read(due);
			store.mark(due, index % 2 ? MessageState.AwaitComp : MessageState.Done);
			promised.delete(due);
		}
		store.commit();
		if (index % 2 === 0 && store.untidy) store.maintain();
	}
	expect(life.put({ topic: "v", volatile: true })).toBeGreaterThan(0);
	expect(Number.isInteger(store.takeFault())).toBe(true);
	store.flush();
}

const lasts = ["message", "inbound", "session", "released"] as const;
const images = new Map<string, NorFlash>();
beforeAll(() => {
	for (const last of lasts) images.set(last, earlier(last));
});

function copyOf(last: (typeof lasts)[number]): NorFlash {
	const flash = new NorFlash({ sectors: 6 });
	flash.renew(images.get(last)?.bytes.slice());
	return flash;
}

describe("A life in which the flash fails", () => {
	test.each([
		["write", "once", 5],
		["write", "from then on", 7],
		["erase", "once", 1],
		["erase", "from then on", 1],
		["read", "once", 29],
		["read", "from then on", 41],
		["read", "bent", 31],
		["read", "bent three times", 23],
	] as const)("%s, %s", (kind, fault, stride) => {
		for (const [at, last] of lasts.entries()) {
			const counted = new Counted(copyOf(last));
			lived(counted, new Map());
			const most = counted.counts[kind];
			expect(most).toBeGreaterThan(0);
			for (let nth = 1 + (at % stride); nth <= most; nth += stride) {
				const flash = copyOf(last);
				const promised: Promised = new Map();
				lived(new Counted(flash, kind, nth, fault), promised);
				const next = new Life(flash, limits);
				next.open();
				for (const [number, words] of promised)
					expect(next.read(number), `${last}, ${kind} ${nth}`).toBe(words);
			}
		}
	});
});

describe("A start in which the flash refuses one read", () => {
	test.each([...lasts, "blank"] as const)("%s: told or tried again, and the next start finds all", (last) => {
		const make = () => (last === "blank" ? new NorFlash({ sectors: 6 }) : copyOf(last));
		/** All but what a life counts for itself. */
		const found = (flash: Flash) => {
			const life = new Life(flash, limits);
			life.open();
			return life;
		};
		const counted = new Counted(make());
		const whole = found(counted).digest();
		let told = 0;
		for (let nth = 1; nth <= counted.counts.read; nth += 2) {
			const flash = make();
			const fault = found(new Counted(flash, "read", nth)).store.takeFault();
			expect([StoreFault.None, StoreFault.ReadFailed, StoreFault.WriteFailed]).toContain(fault);
			if (fault !== StoreFault.None) told++;
			expect(found(flash).digest(), `read ${nth}`).toBe(whole);
		}
		expect(told).toBeGreaterThan(20);
	});
});
