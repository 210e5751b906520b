// SPDX-License-Identifier: MIT
/**
 * The last record of a life that was cut reads well once, and not again: it is written anew, or what it said was not promised.
 * Whichever it is, all later lives find the same, also when the bits heal.
 */
import { describe, expect, test } from "vitest";
import type { Flash } from "../../../lib/ports.js";
import { Recovery } from "../../../lib/store/recovery.js";
import { MessageState } from "../../../lib/wire/record.js";
import { NorFlash } from "../../../simulator/nor-flash.js";
import { Life, seeded } from "./lives.js";

const limits = { keptMessages: 40, receiveMaximum: 4, recordBytes: 512 };

/** What a life does last, before it is cut; `earlier` is a message of an earlier life. */
const lasts: Readonly<Record<string, (life: Life, earlier: number) => void>> = {
	"a message": (life) => void life.put({ topic: "last", payload: "of its life" }),
	"a message of several pages": (life) => void life.put({ topic: "last", payload: "long ".repeat(80) }),
	"an inbound identifier": (life) => void life.store.openInbound(4, life.content("tx")),
	"PUBREC for a message": (life, earlier) => life.store.mark(earlier, MessageState.AwaitComp),
	"the end of a message": (life, earlier) => life.store.mark(earlier, MessageState.Done),
	"a session": (life) => life.store.clear(true),
	"a number of the application's": (life) => life.store.remember(77),
};

function cutBehind(last: (life: Life, earlier: number) => void): NorFlash {
	const flash = new NorFlash({ sectors: 6 });
	const life = new Life(flash, limits);
	life.open();
	const earlier = [life.put({ topic: "a", qos: 2 }), life.put({ topic: "b", qos: 2 })];
	life.store.openInbound(3, life.content("ty"));
	life.store.commit();
	const next = new Life(flash, limits);
	next.open();
	last(next, earlier[0]);
	next.store.commit();
	return flash;
}

/** The last thing that a life did was to move a message out of the tail, and that was all of it. */
function cutBehindMove(): NorFlash {
	const flash = new NorFlash({ sectors: 6 });
	const life = new Life(flash, limits);
	life.open();
	for (let i = 0; i < 8; i++)
		life.put({ topic: "old", payload: "moved later, one after the other ".repeat(10) });
	for (let i = 0; i < 200; i++) {
		const number = life.put({ topic: "t", payload: "x".repeat(200) });
		if (doubtOf(flash).before > 0) return flash;
		life.store.mark(number, MessageState.Done);
		life.store.commit();
	}
	throw new Error("no life ended with a message that was moved");
}

/** What the next life is to find in doubt: the record that begins at `start`; `before`: the cell of what it is a copy of. */
function doubtOf(flash: NorFlash): { start: number; before: number } {
	const recovery = new Recovery(new Life(flash, limits).store["journal"]);
	recovery.run(seeded(1));
	const { doubt, doubtBefore } = recovery;
	return { start: doubt * 32, before: doubtBefore };
}

/** A flash in which the record at `start` reads wrong when it is to be written again, so many times. */
class Marginal implements Flash {
	private begun = false;

	constructor(
		private readonly flash: NorFlash,
		private readonly start: number,
		private wrong: number,
	) {}

	status() {
		return this.flash.status();
	}

	read(view: Uint8Array, offset: number): number {
		const read = this.flash.read(view, offset);
		if (this.begun && offset <= this.start && offset + view.length > this.start && this.wrong > 0) {
			this.wrong--;
			view[this.start + 3 - offset] ^= 4;
		}
		return read;
	}

	/** The first mark of this life is written when all has been read once. */
	write(view: Uint8Array, offset: number): void {
		this.begun = true;
		this.flash.write(view, offset);
	}

	eraseBlock(first: number): void {
		this.flash.eraseBlock(first);
	}
}

/** What a life finds; it ends at once, in order or by a cut. */
function found(flash: Flash, inOrder = false): string {
	const life = new Life(flash, limits);
	life.open();
	const { store } = life;
	const states = life.numbers().map((number) => `${number}:${store.state(number)}`);
	const inbound = [3, 4].filter((id) => store.inbound(id));
	if (inOrder) store.flush();
	return `${states} | ${inbound} | ${store.established} ${store.remembered} ${store.takeFault()}`;
}

describe.each([...Object.keys(lasts), "a message that was moved"])("%s", (name) => {
	const make = () => (name in lasts ? cutBehind(lasts[name]) : cutBehindMove());

	test.each([1, 2])("read wrong %i times: written again", (wrong) => {
		const flash = make();
		const image = flash.bytes.slice();
		const { start } = doubtOf(flash);
		expect(start).toBeGreaterThan(0);
		const healthy = found(flash);
		flash.renew(image);
		expect(found(new Marginal(flash, start, wrong))).toBe(healthy);
		expect([found(flash), found(flash, true), found(flash)]).toEqual([healthy, healthy, healthy]);
	});

	test("read wrong for ever: what this life found, all others find", () => {
		const flash = make();
		const { start } = doubtOf(flash);
		const first = found(new Marginal(flash, start, 1e9));
		expect([found(flash), found(flash, true), found(flash)]).toEqual([first, first, first]);
	});
});
