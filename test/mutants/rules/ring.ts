// SPDX-License-Identifier: MIT
/** Room, cleaning, erases. */
import { StoreFault } from "../../../lib/ports.js";
import { MessageState } from "../../../lib/wire/record.js";
import { Refusal } from "../../../lib/wire/refusal.js";
import { Cut, NorFlash } from "../../../simulator/nor-flash.js";
import { SeededRandom } from "../../../simulator/world/random.js";
import { Life } from "../../lib/store/lives.js";
import { flashOf, LIMITS, lifeOn, type Rules, sure, traffic } from "./common.js";

/**
 * So many messages wait, with others in between; then the oldest is ended for each that is new. The `nth` erase is cut: what
 * waits is there in the next life. A store that refuses is another matter.
 */
function cutErase(holders: number, nth: number): void {
	const flash = new NorFlash({ sectors: 6, random: new SeededRandom(nth) });
	const life = lifeOn(flash);
	life.open();
	flash.arm(nth, Cut.Flaky, true);
	const waiting = new Map<number, string>();
	for (let i = 0; i < 80 && !flash.dead; i++) {
		const text = `holder ${i}`;
		const number = life.put({ payload: text });
		if (flash.dead) break;
		if (number < 0) return;
		waiting.set(number, text);
		for (let cells = 0; cells < 24 && !flash.dead; cells += 6) {
			const other = life.put({ payload: "y".repeat(140) });
			if (other < 0 && !flash.dead) return;
			if (!flash.dead) life.store.mark(other, MessageState.Done);
		}
		const [oldest] = waiting.keys();
		if (waiting.size < holders || flash.dead) continue;
		life.store.mark(oldest, MessageState.Done);
		waiting.delete(oldest);
		if (life.store.commit() < 0 && !flash.dead) return;
		if (!flash.dead) life.store.remember(i);
		if (!flash.dead) life.store.assign(0, 1 + (i % 3)); // a snapshot, so that the last one keeps no sector
	}
	flash.reboot();
	const next = lifeOn(flash);
	next.open();
	const fault = next.store.takeFault();
	sure(fault === StoreFault.None, `${holders} wait, erase ${nth} is cut: fault ${fault}`);
	for (const [number, text] of waiting)
		sure(
			next.read(number) === `t=${text}`,
			`${holders} wait, erase ${nth} is cut: ${text} is ${next.read(number)}`,
		);
}

/** Fills a store with messages of these sizes, and then some: what is not a message is always taken. */
function fullStore(sizes: readonly number[], sectors: number): void {
	const flash = flashOf(sectors);
	const life = new Life(flash, { ...LIMITS, recordBytes: 1024, outboxBytes: 2048, keptMessages: 250 });
	life.open();
	const random = new SeededRandom(sectors);
	const waiting: number[] = [];
	const what = `${sectors} sectors, messages of ${sizes}`;
	let before = flash.eraseCommands;
	const step = (): void => {
		sure(flash.eraseCommands - before <= 1, `${what}: ${flash.eraseCommands - before} erases in one step`);
		before = flash.eraseCommands;
	};
	for (let i = 0; i < 1500; i++) {
		for (let number = 1; i % 7 === 0 && number > 0; step()) {
			number = life.put({ payload: "q".repeat(sizes[random.below(sizes.length)]) });
			if (number > 0) waiting.push(number);
			sure(number > 0 || number === Refusal.Full, `${what}: put refuses: ${number}`);
		}
		if (i % 7 === 3) life.store.mark(waiting.splice(random.below(waiting.length), 1)[0], MessageState.Done);
		if (i % 2 === 0) life.store.openInbound(1 + (i % 3), life.content("xy"));
		else for (let id = 1; id <= 3; id++) life.store.closeInbound(id);
		sure(life.store.commit() === 0, `${what}: commit refuses`);
		step();
	}
}

export const RING_RULES: Rules = {
	"a full store goes on": () => {
		for (const sizes of [[0], [40], [450], [450, 0], [300, 20, 90], [980]])
			for (const sectors of [6, 8, 11, 24]) fullStore(sizes, sectors);
	},

	"an erase is cut while the ring is full": () => {
		for (let holders = 10; holders <= 26; holders++)
			for (let nth = 6; nth <= 16; nth++) cutErase(holders, nth);
	},

	"a store that is half empty takes a message": () => {
		for (let seed = 1; seed <= 12; seed++) {
			const random = new SeededRandom(seed);
			const flash = flashOf(6 + random.below(8));
			const life = lifeOn(flash);
			life.open();
			const waiting: number[] = [];
			for (let round = 0; round < 60; round++) {
				let number = 1;
				while (number > 0) {
					number = life.put({ payload: "q".repeat(random.below(random.below(4) === 0 ? 450 : 60)) });
					if (number > 0) waiting.push(number);
				}
				sure(number === Refusal.Full, `put refuses: ${number}, with ${waiting.length} that wait`);
				for (let left = waiting.length >> 1; left > 0; left--)
					life.store.mark(waiting.splice(random.below(waiting.length), 1)[0], MessageState.Done);
				sure(life.store.commit() === 0, "commit refuses");
				number = life.put({ payload: "x" });
				sure(number > 0, `seed ${seed}: with ${waiting.length} that wait put refuses: ${number}`);
				waiting.push(number);
			}
		}
	},

	"one erase in each step": () => {
		const flash = flashOf(8);
		const life = lifeOn(flash);
		life.open();
		const random = new SeededRandom(3);
		const waiting: number[] = [];
		let erases = flash.eraseCommands;
		const step = (what: string): void => {
			sure(flash.eraseCommands - erases <= 1, `${what} took ${flash.eraseCommands - erases} erases`);
			erases = flash.eraseCommands;
		};
		for (let i = 0; i < 3000; i++) {
			const size = random.below(8) === 0 ? 450 : random.below(100);
			const number = life.put({ payload: "q".repeat(size) });
			step("put");
			if (number > 0) waiting.push(number);
			if (number > 0 && random.below(10) > 0) continue;
			for (let left = random.below(20); left > 0 && waiting.length > 0; left--)
				life.store.mark(waiting.splice(random.below(waiting.length), 1)[0], MessageState.Done);
			life.store.commit();
			step("commit");
		}
	},

	"what is gone does not come back": () => {
		for (let seed = 1; seed <= 8; seed++) {
			const flash = new NorFlash({ sectors: 8, random: new SeededRandom(seed) });
			const life = lifeOn(flash);
			life.open();
			const early = [life.put({ payload: "a" }), life.put({ payload: "b" })];
			traffic(life, 20);
			life.store.assign(0, 2); // a snapshot of the session, away from the first sector
			traffic(life, 14);
			life.store.openInbound(3, life.content("xy"));
			life.store.commit();
			for (const number of early) life.store.mark(number, MessageState.Done);
			// The header of the next sector is read once and never again.
			flash.arm(2, Cut.Weak);
			life.store.maintain();
			sure(flash.dead, "no sector was prepared");
			flash.reboot();
			const next = lifeOn(flash);
			next.open();
			const seen = next.numbers();
			for (let boot = 0; boot < 3; boot++) {
				flash.reboot();
				const later = lifeOn(flash);
				later.open();
				const back = later.numbers().filter((number) => !seen.includes(number));
				sure(back.length === 0, `seed ${seed}: messages ${back} are there again`);
			}
		}
	},
};
