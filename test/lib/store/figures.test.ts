// SPDX-License-Identifier: MIT
/** What a store takes: flash for each message, erases, work for each call, reads of a mount, RAM. */
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../../lib/limits.js";
import { Outbox } from "../../../lib/memory/outbox.js";
import type { Flash } from "../../../lib/ports.js";
import { MessageState, Trait } from "../../../lib/wire/record.js";
import { Refusal } from "../../../lib/wire/refusal.js";
import { NorFlash } from "../../../simulator/nor-flash.js";
import { Life } from "./lives.js";

const topic = "greenhouse/1/temperature"; // 24 bytes
const payload = "p".repeat(64);

/** Bytes of flash for each message, headers of sectors included, when a board does this for so many of them. */
function bytesEach(count: number, exchange: (life: Life, index: number) => void): number {
	const life = new Life(new NorFlash());
	life.open();
	const before = life.store.wear.bytesWritten;
	for (let i = 0; i < count; i++) {
		exchange(life, i);
		life.tidy();
	}
	return (life.store.wear.bytesWritten - before) / count;
}

function send(life: Life, qos: number, ...states: MessageState[]): void {
	const number = life.put({ topic, payload, qos });
	for (const state of states) {
		life.store.mark(number, state);
		expect(life.store.commit()).toBe(0);
	}
}

describe("Flash for a message of 24 bytes of topic and 64 of payload", () => {
	test("QoS 1, sent one by one: at most 165 bytes", () => {
		const bytes = bytesEach(3000, (life) => send(life, 1, MessageState.AwaitAck, MessageState.Done));
		console.log(`flash per QoS 1 message: ${bytes.toFixed(1)} bytes`);
		expect(bytes).toBeLessThanOrEqual(165);
	});

	test("QoS 2, sent one by one: at most 195 bytes", () => {
		const bytes = bytesEach(3000, (life) =>
			send(life, 2, MessageState.AwaitRec, MessageState.AwaitComp, MessageState.Done),
		);
		console.log(`flash per QoS 2 message sent: ${bytes.toFixed(1)} bytes`);
		expect(bytes).toBeLessThanOrEqual(195);
	});

	test("QoS 2, received one by one: two cells, 64 bytes; and what a sector needs for itself", () => {
		const bytes = bytesEach(3000, (life, i) => {
			life.store.openInbound(1 + (i % 100), life.content(`t${i}`));
			expect(life.store.commit()).toBe(0);
			life.store.closeInbound(1 + (i % 100));
			expect(life.store.commit()).toBe(0);
		});
		console.log(`flash per QoS 2 message received: ${bytes.toFixed(1)} bytes`);
		// Of each 128 cells one is the header, and two are the session's.
		expect(bytes).toBeLessThanOrEqual((64 * 128) / 125);
	});

	test("received in a row, of which the end of one comes with the next: 32 bytes and a little", () => {
		const bytes = bytesEach(3000, (life, i) => {
			life.store.closeInbound(i % 100);
			life.store.openInbound((i + 1) % 100, life.content(`t${i}`));
			expect(life.store.commit()).toBe(0);
		});
		expect(bytes).toBeLessThanOrEqual(34);
	});
});

describe("Wear", () => {
	test.each([6, 16, 40])("is even over %i sectors, with an empty queue and with a full one", (sectors) => {
		for (const backlog of [0, 1000]) {
			const flash = new NorFlash({ sectors });
			const life = new Life(flash, { keptMessages: 2000 });
			life.open();
			const waiting: number[] = [];
			for (let i = 0; i < sectors * 300; i++) {
				let number = life.put({ topic, payload });
				while (number < 0 || waiting.length > backlog) {
					life.store.mark(waiting.shift()!, MessageState.Done);
					expect(life.store.commit()).toBe(0);
					if (number < 0) number = life.put({ topic, payload });
				}
				waiting.push(number);
				if (i % 3 === 0) life.store.maintain();
			}
			const { wear } = flash;
			expect(Math.min(...wear)).toBeGreaterThan(5);
			expect(Math.max(...wear) - Math.min(...wear)).toBeLessThanOrEqual(2);
			expect(flash.reprogrammed).toBe(0);
			expect(life.numbers()).toEqual(waiting);
			for (const number of [waiting[0], waiting.at(-1)!])
				expect(life.read(number)).toBe(`${topic}=${payload}`);
			const { erases, erasesMost, erasesEver, blocks } = life.store.wear;
			expect([erases, blocks]).toEqual([wear.reduce((sum, one) => sum + one, 0), sectors]);
			expect(Math.abs(erasesMost - Math.max(...wear))).toBeLessThanOrEqual(1);
			expect(Math.abs(erasesEver - erases)).toBeLessThanOrEqual(1);
		}
	});

	test("is told as years at the rate of this life", () => {
		const life = new Life(new NorFlash());
		life.open();
		expect(life.store.wear.lifeYears()).toBeGreaterThan(0);
		const before = life.store.wear.bytesWritten;
		for (let i = 0; i < 500; i++) {
			send(life, 1, MessageState.AwaitAck, MessageState.Done);
			life.clock.seconds += 10;
			life.tidy();
		}
		const { wear } = life.store;
		expect(wear.seconds).toBe(5000);
		expect(wear.bytesWritten - before).toBeGreaterThan(500 * 128);
		const years = wear.lifeYears();
		console.log(`a QoS 1 message every 10 s, 64 KiB, 100,000 erases: ${years.toFixed(1)} years`);
		expect(years).toBeGreaterThan(12);
		expect(wear.lifeYears(10_000)).toBeCloseTo(years / 10, 0);
	});
});

describe("The queue in 64 KiB", () => {
	test("holds at least 250 messages of 100 bytes of topic and payload, in order, through a reboot", () => {
		const flash = new NorFlash();
		const life = new Life(flash);
		life.open();
		const texts: string[] = [];
		for (let i = 0; ; i++) {
			const text = `${topic}=${String(i).padEnd(76, "abcdefgh")}`;
			const number = life.put({ topic, payload: text.slice(25), qos: 1 + (i % 2) });
			life.store.commit();
			if (number < 0) {
				expect(number).toBe(Refusal.Full);
				break;
			}
			texts.push(text);
		}
		console.log(`64 KiB hold ${texts.length} messages of 100 bytes`);
		expect(texts.length).toBeGreaterThanOrEqual(250);
		const after = new Life(flash);
		after.open();
		expect(after.numbers().map((number) => after.read(number))).toEqual(texts);
	});

	test("drops the oldest for the newest, one for one, revolution after revolution", () => {
		const flash = new NorFlash({ sectors: 6 });
		const life = new Life(flash);
		life.open();
		let dropped = 0;
		const count = 4000;
		for (let i = 0; i < count; i++) {
			let number = life.put({ topic, payload: String(i), traits: Trait.DropOldest });
			let tries = 0;
			for (; number === Refusal.Full; tries++) {
				life.store.mark(life.store.waiting(Trait.DropOldest), MessageState.Done);
				dropped++;
				number = life.put({ topic, payload: String(i), traits: Trait.DropOldest });
			}
			expect(tries).toBeLessThanOrEqual(1);
			expect(life.store.commit()).toBe(0);
		}
		const numbers = life.numbers();
		expect(numbers).toHaveLength(count - dropped);
		expect(numbers.length).toBeGreaterThan(40);
		expect(numbers.map((number) => life.read(number).slice(25))).toEqual(
			numbers.map((_, i) => String(count - numbers.length + i)),
		);
	});
});

/** Counts what a store asks of its flash. */
class Counted implements Flash {
	reads = 0;
	readBytes = 0;
	readonly flash: NorFlash;

	constructor(flash: NorFlash) {
		this.flash = flash;
	}

	status(): { readonly size: number; readonly blockLength: number } {
		return this.flash.status();
	}

	read(view: Uint8Array, offset: number): number {
		this.reads++;
		this.readBytes += view.length;
		return this.flash.read(view, offset);
	}

	write(view: Uint8Array, offset: number): void {
		this.flash.write(view, offset);
	}

	eraseBlock(first: number, end?: number): void {
		this.flash.eraseBlock(first, end);
	}
}

describe("Work for one call", () => {
	/** Commands and erases of a call. */
	function cost(flash: NorFlash, call: () => void): { commands: number; erases: number } {
		const { commands, eraseCommands } = flash;
		call();
		return { commands: flash.commands - commands, erases: flash.eraseCommands - eraseCommands };
	}

	test("is one burst of programs for a publish, while there is room", () => {
		const flash = new NorFlash();
		const life = new Life(flash);
		life.open();
		for (let i = 0; i < 100; i++) {
			const { commands, erases } = cost(flash, () => life.put({ topic, payload }));
			expect(commands).toBeLessThanOrEqual(3); // four cells, of which two go in one command, perhaps over a page
			expect(erases).toBe(0);
			life.tidy();
		}
	});

	test.each([6, 16])("is bounded with a full queue on %i sectors, and erases once at most", (sectors) => {
		const flash = new NorFlash({ sectors });
		const life = new Life(flash, { keptMessages: 1000 });
		life.open();
		const waiting: number[] = [];
		let most = 0;
		const step = (call: () => void): void => {
			const { commands, erases } = cost(flash, call);
			expect(erases).toBeLessThanOrEqual(1);
			most = Math.max(most, commands);
		};
		for (let i = 0; i < sectors * 200; i++) {
			let number = 0;
			step(() => {
				number = life.put({ topic, payload: i % 40 === 0 ? "l".repeat(700) : payload });
			});
			if (number > 0) waiting.push(number);
			else life.store.mark(waiting.shift()!, MessageState.Done);
			step(() => expect(life.store.commit()).toBe(0));
			if (i % 10 === 0) step(() => life.store.maintain());
		}
		console.log(`${sectors} sectors, full queue: at most ${most} commands a call`);
		expect(most).toBeLessThanOrEqual(200);
	});

	test("is one bounded pass for a mount, in reads of whole pages", () => {
		for (const [name, messages, least] of [
			["idle", 0, 0],
			["full", 1000, 250],
		] as const) {
			const flash = new NorFlash();
			const life = new Life(flash);
			life.open();
			for (let i = 0; i < 2000; i++) send(life, 1, MessageState.AwaitAck, MessageState.Done);
			life.tidy();
			for (let i = 0; i < messages && life.put({ topic, payload }) > 0; i++) life.store.commit();
			life.store.flush();
			const counted = new Counted(flash);
			const after = new Life(counted);
			after.open();
			expect(after.store.count).toBeGreaterThanOrEqual(least);
			console.log(`mount, ${name}: ${counted.reads} reads, ${counted.readBytes} bytes`);
			expect(counted.readBytes).toBeLessThan(65_536 + 8192);
			expect(counted.reads).toBeLessThan(600);
		}
	});
});

test("the store takes little RAM besides the outbox that the RAM store has, too", () => {
	const life = new Life(new NorFlash());
	const { outboxMessages, outboxBytes } = DEFAULT_LIMITS;
	const own = life.store.bytes - Outbox.bytes(outboxMessages, outboxBytes);
	console.log(`tables of the flash store: ${own} bytes`);
	expect(own).toBeLessThanOrEqual(2100); // the rest of 4096 is for objects and views, gated on XS
});
