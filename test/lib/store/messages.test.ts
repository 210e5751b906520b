// SPDX-License-Identifier: MIT
/** What gives way to a newer message of its topic; and what is to be written when the flash refuses. */
import { describe, expect, test } from "vitest";
import { StoreFault } from "../../../lib/ports.js";
import { Trait } from "../../../lib/wire/record.js";
import { Refusal } from "../../../lib/wire/refusal.js";
import { NorFlash } from "../../../simulator/nor-flash.js";
import { Life } from "./lives.js";

const limits = { keptMessages: 48, receiveMaximum: 40 };
const traits = Trait.KeepLatest;

function fresh(flash = new NorFlash({ sectors: 6 })): Life {
	const life = new Life(flash, limits);
	life.open();
	return life;
}

describe("The latest of a topic", () => {
	test.each([true, false])(
		"is that of no other topic, shorter, longer or as long; volatile: %s",
		(volatile) => {
			const life = fresh();
			// The table has four bits of a topic's hash: of 24 topics some look alike.
			const topics = Array.from({ length: 24 }, (_, i) => `${"t".repeat(1 + (i % 5) * 13)}/${i}`);
			const numbers = topics.map((topic) => life.put({ topic, volatile, traits }));
			expect(Math.min(...numbers)).toBeGreaterThan(0);
			expect(topics.map((topic) => life.latest(topic))).toEqual(numbers);
			for (const topic of topics)
				for (const other of [`${topic}x`, topic.slice(0, -1), `x${topic.slice(1)}`])
					if (!topics.includes(other)) expect(life.latest(other), other).toBe(0);
		},
	);

	test("is none whose record cannot be read any more", () => {
		const flash = new NorFlash({ sectors: 6 });
		const life = fresh(flash);
		const topic = `lost/${"y".repeat(60)}`;
		const number = life.put({ topic, payload: "x", traits });
		life.put({ topic: "other" });
		expect(life.latest(topic)).toBe(number);
		// In its second cell, then in its third: the length still agrees.
		const at = Buffer.from(flash.bytes).indexOf("yyyyyyyy");
		flash.flip(at + 20, 1);
		expect(life.latest(topic)).toBe(0);
		expect(life.read(number)).toBe("lost");
		expect(life.latest(topic)).toBe(0);
		expect(life.store.takeFault()).toBe(StoreFault.RecordLost);
	});
});

describe("A sector that refuses to program", () => {
	function refusing(): Life {
		const flash = new NorFlash({ sectors: 6 });
		const life = fresh(flash);
		flash.spoil(0, "refuses to program");
		return life;
	}

	test("more changes than there is room for before they are written: told, and this life goes on", () => {
		const life = refusing();
		for (let id = 1; id <= 40; id++) expect(life.store.openInbound(id, life.content("tx"))).toBe(0);
		expect(life.store.commit()).toBe(Refusal.StoreFault);
		expect(life.store.takeFault()).toBe(StoreFault.WriteFailed);
		expect(life.store.inboundCount).toBe(40);
		expect(life.store.commit()).toBe(0);
	});

	test("an assigned identifier behind what is not written: told, and known in this life", () => {
		const life = refusing();
		life.store.openInbound(1, life.content("tx"));
		life.store.assign(0, 2);
		expect(life.store.takeFault()).toBe(StoreFault.WriteFailed);
		expect(life.store.assigned(100)).toBe(2);
	});
});

test("the application's number, twice in a turn: the next life finds the second", () => {
	const flash = new NorFlash({ sectors: 6 });
	const life = fresh(flash);
	life.store.remember(1);
	life.store.remember(2);
	expect(life.store.commit()).toBe(0);
	life.store.flush();
	expect(fresh(flash).store.remembered).toBe(2);
});

test("damage, and a flash that cannot be written to: the latter is told", () => {
	const flash = new NorFlash({ sectors: 6 });
	const life = fresh(flash);
	for (let i = 0; i < 6; i++) life.put({ topic: `t${i}` });
	life.store.flush();
	flash.flip(Buffer.from(flash.bytes).indexOf("t2") + 1, 3);
	const image = flash.bytes.slice();
	const damaged = fresh(flash);
	expect(damaged.store.takeFault()).toBe(StoreFault.RecordLost);
	flash.renew(image);
	for (let sector = 0; sector < 6; sector++) flash.spoil(sector, "refuses to program");
	expect(fresh(flash).store.takeFault()).toBe(StoreFault.WriteFailed);
});
