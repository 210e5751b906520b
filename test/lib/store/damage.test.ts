// SPDX-License-Identifier: MIT
/** Damage that is no power cut: it is told, kept to what it hit, and nothing is written where something else is. */
import { describe, expect, test } from "vitest";
import { StoreFault } from "../../../lib/ports.js";
import { crc32 } from "../../../lib/store/crc.js";
import { MessageState } from "../../../lib/wire/record.js";
import { Refusal } from "../../../lib/wire/refusal.js";
import { NorFlash } from "../../../simulator/nor-flash.js";
import { Life } from "./lives.js";

/** A store with messages in all states, over more than one sector, and its session. */
function image(sectors = 6): NorFlash {
	const flash = new NorFlash({ sectors });
	const life = new Life(flash);
	life.open(5);
	const { store } = life;
	for (let i = 0; i < 12; i++) {
		const number = life.put({ topic: `topic/${i}`, payload: String(i).repeat(60 + i * 8), qos: 1 + (i % 2) });
		if (i < 6) store.mark(number, i % 2 === 0 ? MessageState.AwaitAck : MessageState.AwaitRec);
		expect(store.commit()).toBe(0);
		if (i === 3) store.mark(number, MessageState.AwaitComp);
		if (i === 4) store.mark(number, MessageState.Done);
		expect(store.commit()).toBe(0);
	}
	for (const id of [3, 9]) store.openInbound(id, life.content(`t${id}`));
	store.remember(77);
	store.flush();
	return flash;
}

/** A store over several sectors. */
function wide(): NorFlash {
	const flash = new NorFlash({ sectors: 6 });
	const life = new Life(flash, { keptMessages: 40 });
	life.open(5);
	for (let i = 0; i < 36; i++) life.put({ topic: `topic/${i}`, payload: "y".repeat(150) });
	life.store.flush();
	return flash;
}

function copyOf(flash: NorFlash): NorFlash {
	const copy = new NorFlash({ sectors: flash.status().size / 4096 });
	copy.renew(flash.bytes.slice());
	return copy;
}

/** Opens what is in the flash, and says what was wrong; and that nothing was written, when the partition cannot be used. */
function opened(flash: NorFlash, limits = {}): { life: Life; fault: StoreFault } {
	const before = flash.bytes.slice();
	const life = new Life(flash, limits);
	life.store.open(5, 60);
	const fault = life.store.takeFault();
	const usable = fault === StoreFault.None || fault === StoreFault.RecordLost;
	if (!usable) expect(Buffer.compare(flash.bytes, before)).toBe(0);
	return { life, fault };
}

/** Changes headers and makes their checks right again. */
function rewriteHeaders(flash: NorFlash, change: (header: DataView) => void): void {
	const { bytes } = flash;
	for (let at = 0; at < bytes.length; at += 256) {
		const view = new DataView(bytes.buffer, bytes.byteOffset + at, 32);
		if (view.getUint32(0) !== 0x52424c47) continue;
		change(view);
		view.setInt32(28, crc32(view, 0, 28, (at % 4096) / 32));
	}
}

describe("A partition that is not ours is left alone", () => {
	test.each([
		["text", () => Buffer.alloc(24_576, "something else ")],
		["zeros", () => new Uint8Array(24_576)],
		["one byte at the end", () => new Uint8Array(24_576).fill(0xff).fill(0, 24_575)],
		["one word where a header would be", () => new Uint8Array(24_576).fill(0xff).fill(0x12, 0, 4)],
		["an empty NVS page", () => new Uint8Array(24_576).fill(0xff).fill(0xfe, 0, 1).fill(0, 4, 8)],
	] as const)("%s: Foreign", (_, make) => {
		const flash = new NorFlash({ sectors: 6 });
		flash.renew(make());
		const { life, fault } = opened(flash);
		expect(fault).toBe(StoreFault.Foreign);
		expect(life.put()).toBe(Refusal.StoreFault);
		expect(life.put({ volatile: true })).toBeGreaterThan(0);
		expect(life.store.commit()).toBe(0);
		expect(life.store.untidy).toBe(false);
		life.store.flush();
	});

	test("another version, a feature that must be known: Version; a feature that may be ignored: none", () => {
		const major = image();
		rewriteHeaders(major, (header) => header.setUint8(4, 2));
		expect(opened(major).fault).toBe(StoreFault.Version);
		const incompatible = image();
		rewriteHeaders(incompatible, (header) => header.setUint8(5, 0x40));
		expect(opened(incompatible).fault).toBe(StoreFault.Version);
		const compatible = image();
		rewriteHeaders(compatible, (header) => header.setUint8(6, 0xff));
		expect(opened(compatible).fault).toBe(StoreFault.None);
	});

	test.each([
		["a number that none has", 8, 0x8000_0004, 0x8000_0004],
		["a number that belongs in another block", 8, 11, 11],
		["a tail ahead of it", 16, 6, 7],
		["a tail a whole ring behind it", 16, 12, 6],
		["no tail", 16, 1, 0],
	])("headers with %s are none: Foreign", (_, field, sequence, value) => {
		const flash = wide();
		rewriteHeaders(flash, (header) => {
			header.setUint32(8, sequence);
			header.setUint32(16, sequence);
			header.setUint32(field, value);
		});
		expect(opened(flash).fault).toBe(StoreFault.Foreign);
		// The first one in order again, and there is a store.
		rewriteHeaders(flash, (header) => {
			header.setUint32(8, 12);
			header.setUint32(16, 12);
		});
		expect(opened(flash).fault).toBe(StoreFault.None);
	});

	test("a sector of another store among its own: Corrupt", () => {
		const flash = wide();
		let headers = 0;
		rewriteHeaders(flash, (header) => {
			if (headers++ === 0) header.setUint32(12, header.getUint32(12) ^ 1);
		});
		expect(headers).toBeGreaterThan(1);
		expect(opened(flash).fault).toBe(StoreFault.Corrupt);
	});

	test("another size: Geometry", () => {
		const flash = new NorFlash({ sectors: 8 });
		const bytes = new Uint8Array(8 * 4096).fill(0xff);
		bytes.set(image().bytes);
		flash.renew(bytes);
		expect(opened(flash).fault).toBe(StoreFault.Geometry);
	});

	test.each([[{ keptMessages: 8, window: 8 }], [{ receiveMaximum: 1 }], [{ recordBytes: 128 }]])(
		"%j are too low for what is in it: Geometry, and with the old ones all is there",
		(limits) => {
			const flash = image();
			const whole = opened(copyOf(flash)).life.digest();
			expect(opened(flash, limits).fault).toBe(StoreFault.Geometry);
			expect(opened(flash).life.digest()).toBe(whole);
		},
	);

	test("until it is told to be erased", () => {
		const flash = new NorFlash({ sectors: 6 });
		flash.renew(new Uint8Array(24_576));
		const first = new Life(flash);
		expect(first.store.format()).toBe(0);
		first.open(5);
		expect(first.store.takeFault()).toBe(StoreFault.None);
		expect(first.put({ topic: "kept" })).toBeGreaterThan(0);
		expect(first.store.format()).toBe(Refusal.Busy); // it is in use
		const second = opened(flash).life;
		expect(second.numbers().map((number) => second.read(number))).toEqual(["kept="]);
	});

	test("in the life in which that was found it is made ready for the next one", () => {
		const flash = new NorFlash({ sectors: 6 });
		flash.renew(Buffer.alloc(24_576, "else"));
		const life = new Life(flash);
		life.open(5);
		const volatile = life.put({ volatile: true, topic: "v" });
		expect(life.store.format()).toBe(0);
		expect(life.put()).toBe(Refusal.StoreFault);
		expect(life.read(volatile)).toBe("v=");
		const next = opened(flash);
		expect([next.fault, next.life.put()]).toEqual([StoreFault.None, 1]);
	});

	test("or the application allowed that messages are volatile then", () => {
		const flash = new NorFlash({ sectors: 6 });
		flash.renew(new Uint8Array(24_576));
		const life = new Life(flash, {}, { whenFaulty: "volatile" });
		life.open(5);
		expect(life.store.takeFault()).toBe(StoreFault.Foreign);
		const number = life.put({ topic: "a", payload: "b" });
		expect(life.read(number)).toBe("a=b");
		life.store.mark(number, MessageState.AwaitAck);
		life.store.openInbound(1, life.content("ab"));
		life.store.remember(3);
		life.store.subscribed = 9;
		expect([life.store.commit(), life.store.remembered, life.store.inbound(1)]).toEqual([0, 3, true]);
	});
});

describe("A partition that a store cannot use", () => {
	test.each([
		[5, /24576 to 1044480/],
		[256, /24576 to 1044480/],
	])("%i sectors: the constructor throws", (sectors, message) => {
		expect(() => new Life(new NorFlash({ sectors }))).toThrow(message);
	});

	test("that is erased by other blocks: the constructor throws", () => {
		const flash = new NorFlash({ sectors: 8 });
		const status = () => ({ size: 32_768, blockLength: 8192 });
		expect(() => new Life(Object.assign(flash, { status }))).toThrow(/4096 bytes at a time, not 8192/);
	});

	test("an encrypted one that was never formatted: whether it is blank cannot be seen, Foreign", () => {
		const life = new Life(new NorFlash({ sectors: 6, encrypted: true }), {}, { encrypted: true });
		life.store.open(5, 60);
		expect(life.store.takeFault()).toBe(StoreFault.Foreign);
	});
});

describe("Bits that flip", () => {
	test("in each cell: nothing throws, no message is bent, and what is missing is told", () => {
		const flash = image();
		const whole = opened(copyOf(flash)).life;
		const texts = new Map(
			whole
				.numbers()
				.map((number) => [number, whole.digest().includes(`${number}:5:`) ? "" : whole.read(number)]),
		);
		const used = Array.from({ length: 6 * 128 }, (_, cell) => cell).filter((cell) =>
			flash.bytes.subarray(cell * 32, cell * 32 + 32).some((byte) => byte !== 0xff),
		);
		let told = 0;
		let silent = 0;
		for (const cell of used)
			for (const byte of [0, 1, 3, 5, 9, 11, 14, 20, 31]) {
				const copy = copyOf(flash);
				copy.flip(cell * 32 + byte, (cell + byte) & 7);
				const { life, fault } = opened(copy);
				if (fault !== StoreFault.None) told++;
				if (fault !== StoreFault.None && fault !== StoreFault.RecordLost) continue;
				let missing = 0;
				for (const [number, text] of texts) {
					const state = life.store.state(number);
					if (state === MessageState.Done) missing++;
					else if (state !== MessageState.AwaitComp && text !== "") expect(life.read(number)).toBe(text);
				}
				if (missing > 0 && fault === StoreFault.None) silent++;
				expect(life.store.takeFault()).toBe(StoreFault.None);
			}
		console.log(`${used.length * 9} flips: ${told} told, ${silent} that took a message and were not`);
		expect(told).toBeGreaterThan(used.length * 3);
		// Only what looks like the end of a life that was cut: see FORMAT.md.
		expect(silent).toBeLessThanOrEqual(used.length / 4);
	});

	test("in a message that waits: it alone is lost, when it is to be sent", () => {
		const flash = new NorFlash({ sectors: 6 });
		const life = new Life(flash);
		life.open();
		const numbers = ["a", "b", "c"].map((topic) => life.put({ topic, payload: "x".repeat(50) }));
		const at = Buffer.from(flash.bytes).indexOf("bxxx");
		flash.flip(at + 9, 3);
		expect(numbers.map((number) => life.read(number)[0])).toEqual(["a", "l", "c"]);
		expect(life.store.takeFault()).toBe(StoreFault.RecordLost);
		expect(life.read(numbers[1])).toBe("lost");
		life.store.mark(numbers[1], MessageState.Done);
		expect(life.store.commit()).toBe(0);
		life.tidy();
		expect(life.numbers()).toEqual([numbers[0], numbers[2]]);
		expect(life.put()).toBeGreaterThan(numbers[2]);
	});

	test("in the header of any sector: the records are used all the same", () => {
		const flash = wide();
		const whole = opened(copyOf(flash)).life.digest();
		const headers = [0, 1, 2, 3, 4, 5].filter((block) => flash.bytes[block * 4096] === 0x52);
		expect(headers.length).toBeGreaterThan(0);
		for (const block of headers) {
			const copy = copyOf(flash);
			copy.flip(block * 4096 + 21, 2);
			const { life: after, fault } = opened(copy);
			// The one that is prepared has no records yet: nothing is missing then.
			expect([StoreFault.None, StoreFault.RecordLost]).toContain(fault);
			expect(after.digest()).toBe(whole);
		}
	});
});

describe("Flash that fails", () => {
	test("to program once: the record is written elsewhere, and nobody is told", () => {
		const flash = new NorFlash({ sectors: 6 });
		const life = new Life(flash);
		life.open();
		flash.failProgram(1);
		const number = life.put({ topic: "a", payload: "b" });
		expect([number, life.store.takeFault()]).toEqual([1, StoreFault.None]);
		expect(life.read(number)).toBe("a=b");
		expect(opened(flash).life.numbers()).toEqual([number]);
		expect(flash.reprogrammed).toBe(0);
	});

	test.each([
		["programs nothing", StoreFault.WriteFailed],
		["refuses to program", StoreFault.WriteFailed],
		["refuses to read", StoreFault.ReadFailed],
	] as const)("a sector that %s: told, and this life goes on in RAM", (fault, told) => {
		const flash = new NorFlash({ sectors: 6 });
		const life = new Life(flash);
		life.open();
		const kept = life.put({ topic: "a" });
		flash.spoil(0, fault);
		expect(life.put({ topic: "b" })).toBe(Refusal.StoreFault);
		expect([StoreFault.WriteFailed, told]).toContain(life.store.takeFault());
		expect(life.put({ topic: "c", volatile: true })).toBeGreaterThan(0);
		life.store.mark(kept, MessageState.AwaitAck);
		expect(life.store.commit()).toBe(0);
		flash.spoil(0, undefined);
		const after = opened(flash).life;
		const found = after.numbers().map((number) => after.read(number));
		expect(found[0]).toBe("a=");
		// What was refused because it could not be read back may be there all the same.
		expect(found.slice(1)).toEqual(fault === "refuses to read" ? ["b="] : []);
	});

	test.each(["erases nothing", "refuses to erase"] as const)(
		"a sector that %s is worn out: EraseFailed",
		(fault) => {
			const flash = new NorFlash({ sectors: 6 });
			const life = new Life(flash);
			life.open();
			for (let sector = 0; sector < 6; sector++) flash.spoil(sector, fault);
			let number = 1;
			let told: StoreFault = StoreFault.None;
			for (let i = 0; i < 2000 && told === StoreFault.None; i++) {
				number = life.put({ payload: "z".repeat(90) });
				if (number > 0) life.store.mark(number, MessageState.Done);
				life.store.commit();
				life.tidy();
				told = life.store.takeFault();
			}
			expect(told).toBe(StoreFault.EraseFailed);
			expect(life.put()).toBe(Refusal.StoreFault);
		},
	);

	test("to erase once, in silence or not: it is erased again", () => {
		for (const silently of [true, false]) {
			const flash = new NorFlash({ sectors: 6 });
			const life = new Life(flash);
			life.open();
			for (let i = 0; i < 600; i++) {
				if (i % 50 === 0) flash.failErase(1, silently);
				const number = life.put({ payload: "z".repeat(60) });
				expect(number).toBeGreaterThan(0);
				life.store.mark(number, MessageState.Done);
				expect(life.store.commit()).toBe(0);
				life.tidy();
			}
			expect(life.store.takeFault()).toBe(StoreFault.None);
		}
	});
});
