// SPDX-License-Identifier: MIT
/** Payloads that are made of records: what is in a log comes back as somebody's message, and that is torn so that it is searched. */
import { crc32 } from "../../../lib/store/crc.js";
import { EventKind } from "../../../lib/store/format.js";
import { Record } from "../../../lib/wire/record.js";
import { Cut, NorFlash } from "../../../simulator/nor-flash.js";
import type { Life } from "../../lib/store/lives.js";
import { CELL, lifeOn, MAGIC, sure } from "./common.js";

const CELLS = 128;
const HEAD = 16;
/** The identifier that was taken and freed long ago. */
const ID = 5;
/** Cells of the payload. */
const PIECES = 8;

function cell(flash: NorFlash, index: number): Uint8Array {
	return flash.bytes.slice(index * CELL, (index + 1) * CELL);
}

/** The last cell of a block that is not blank. */
function lastIn(flash: NorFlash, block: number): number {
	let last = CELLS - 1;
	while (last >= 0 && cell(flash, block * CELLS + last).every((byte) => byte === 0xff)) last--;
	return last;
}

/** The first header of a block, its address; -1: there is none. */
function headerIn(flash: NorFlash, block: number): number {
	const { buffer, byteOffset, length } = flash.bytes;
	const view = new DataView(buffer, byteOffset, length);
	for (let page = 0; page < CELLS; page += 8)
		if (view.getUint32((block * CELLS + page) * CELL) === MAGIC) return (block * CELLS + page) * CELL;
	return -1;
}

/** The block that is being filled: the one with the most in it besides its header that has no other behind it. */
function headOf(flash: NorFlash): number {
	const blocks = flash.bytes.length / (CELLS * CELL);
	let head = 0;
	for (let block = 0; block < blocks; block++)
		if (headerIn(flash, block) >= 0 && lastIn(flash, block) > 8) head = block;
	return head;
}

/** Takes the identifier and frees it, a record each, until `cells` of that block are used. */
function fill(life: Life, flash: NorFlash, block: number, cells: number): void {
	for (let rounds = 0; rounds < 200 && lastIn(flash, block) < cells; rounds++) {
		life.store.openInbound(ID, life.content("xy"));
		sure(life.store.commit() === 0, "commit refuses");
		life.store.closeInbound(ID);
		sure(life.store.commit() === 0, "commit refuses");
	}
	sure(lastIn(flash, block) >= cells, `block ${block} is not filled`);
}

/** Accepts a message whose payload, bytes as they are, begins with a cell. */
function put(life: Life, pieces: readonly Uint8Array[]): number {
	const topic = CELL - ((HEAD + Record.Overhead) % CELL);
	const length = Record.Overhead + topic + pieces.length * CELL;
	const at = life.store.reserve(length, false);
	sure(at > 0, `reserve refuses: ${at}`);
	const { view, bytes } = life.arena;
	bytes.fill(0, at, at + Record.Overhead);
	view.setUint8(at + Record.Flags, 2);
	view.setUint16(at + Record.TopicLength, topic);
	bytes.fill(0x74, at + Record.Topic, at + Record.Topic + topic);
	for (const [index, piece] of pieces.entries()) bytes.set(piece, at + Record.Topic + topic + index * CELL);
	return life.store.seal(at + length);
}

type Whose = "own" | "earlier" | "other store";

/** The cells to put where the record will stand that begins at `start` of `block`. */
function piecesFor(whose: Whose, flash: NorFlash, block: number, start: number): Uint8Array[] {
	const pieces: Uint8Array[] = [];
	const other = whose === "other store" ? stranger() : flash;
	for (let index = 0; index < PIECES; index++) {
		const from = whose === "own" ? start - PIECES + index : start + 1 + index;
		const piece = cell(other, (whose === "earlier" ? block - 1 : block) * CELLS + from);
		// An identifier is taken in each second cell; the others, which free it, are left out.
		pieces.push(piece[HEAD] === EventKind.Opened ? piece : new Uint8Array(CELL));
	}
	return pieces;
}

/** The same log, by a store with another identity. */
function stranger(): NorFlash {
	const flash = new NorFlash({ sectors: 8 });
	const life = lifeOn(flash);
	life.store.format();
	life.store.format();
	life.open();
	fill(life, flash, headOf(flash), CELLS - 2);
	return flash;
}

/** One life with that payload, cut in the `nth` command of its record; 0: not at all. Returns the commands that it took. */
function play(whose: Whose, nth: number): { flash: NorFlash; commands: number } {
	const flash = new NorFlash({ sectors: 8 });
	const life = lifeOn(flash);
	life.store.format();
	life.open();
	let block = headOf(flash);
	if (whose === "earlier") fill(life, flash, block++, CELLS - 2);
	fill(life, flash, block, 40);
	const start = lastIn(flash, block) + 1;
	const pieces = piecesFor(whose, flash, block, start);
	const { commands } = flash;
	if (nth > 0) flash.arm(nth, Cut.Bits50);
	const number = put(life, pieces);
	sure(nth > 0 || number > 0, `put refuses: ${number}`);
	return { flash, commands: flash.commands - commands };
}

export const crafted = {
	/** A message is torn in each of its commands, so that its cells are looked at one by one: none of them is a record. */
	payload(whose: Whose): void {
		const { commands } = play(whose, 0);
		let torn = 0;
		for (let nth = 1; nth <= commands; nth++) {
			const { flash } = play(whose, nth);
			sure(flash.dead, "the power was not cut");
			flash.reboot();
			const life = lifeOn(flash);
			life.open();
			if (life.numbers().length === 0) torn++;
			sure(!life.store.inbound(ID), "a record in a payload was taken for one");
		}
		sure(torn > 1, "no message was torn");
	},

	/** A store, and behind all that is in it a mark of this type, right in every check. */
	mark(flash: NorFlash, type: number): void {
		const life = lifeOn(flash);
		life.open();
		const block = headOf(flash);
		const { bytes } = flash;
		const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
		const header = headerIn(flash, block);
		const store = view.getUint32(header + 12);
		const sequence = view.getUint32(header + 8);
		const last = lastIn(flash, block);
		const at = (block * CELLS + last + 1) * CELL;
		view.setUint8(at, type);
		view.setUint8(at + 1, 1);
		view.setUint16(at + 2, 0);
		view.setUint32(at + 4, 1);
		view.setUint16(at + 8, 0);
		const seed = store ^ Math.imul(sequence, 0x9e3779b1);
		const check = crc32(view, at, at + 10, seed ^ Math.imul(last + 1, 0x85ebca6b));
		view.setUint16(at + 10, (check ^ (check >>> 16)) & 0xffff);
		view.setInt32(at + 12, crc32(view, at, at + 12, seed));
	},
};
