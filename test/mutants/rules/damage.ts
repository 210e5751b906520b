// SPDX-License-Identifier: MIT
/** What is no power cut: damage, other people's bytes, payloads that look like records. */
import { StoreFault } from "../../../lib/ports.js";
import { crc32 } from "../../../lib/store/crc.js";
import { MessageState } from "../../../lib/wire/record.js";
import { Refusal } from "../../../lib/wire/refusal.js";
import { NorFlash } from "../../../simulator/nor-flash.js";
import { SeededRandom } from "../../../simulator/world/random.js";
import {
	CELL,
	flashOf,
	lifeOn,
	MAGIC,
	placeOf,
	type Rules,
	SECTOR,
	sure,
	traffic,
	written,
} from "./common.js";
import { crafted } from "./crafted.js";

/** A store that meets this flash says so, and writes nothing. */
function refuses(flash: NorFlash, fault: number): void {
	const before = flash.bytes.slice();
	const life = lifeOn(flash);
	life.open();
	sure(life.store.takeFault() === fault, `the fault told is not ${fault}`);
	const kept = life.put({ payload: "kept" });
	sure(kept === Refusal.StoreFault, `a kept message gets ${kept}`);
	sure(life.put({ payload: "volatile", volatile: true }) > 0, "a volatile message is refused");
	life.store.remember(5);
	life.store.commit();
	for (let i = 0; i < 5; i++) life.store.maintain();
	life.store.flush();
	sure(Buffer.compare(before, flash.bytes) === 0, "the partition was written to");
}

function viewOf(flash: NorFlash): DataView {
	const { buffer, byteOffset, length } = flash.bytes;
	return new DataView(buffer, byteOffset, length);
}

/** Every header, as it stands, gets another value; its check is made right again. */
function changeHeaders(flash: NorFlash, change: (view: DataView, at: number) => void): void {
	const view = viewOf(flash);
	for (let at = 0; at < flash.bytes.length; at += 256) {
		if (view.getUint32(at) !== MAGIC) continue;
		change(view, at);
		view.setInt32(at + 28, crc32(view, at, at + 28, (at % SECTOR) / CELL));
	}
}

export const DAMAGE_RULES: Rules = {
	"a silent erase failure": () => {
		const flash = flashOf(6);
		let life = lifeOn(flash);
		life.open();
		for (let round = 0; round < 60; round++) {
			flash.failErase(1, true);
			traffic(life, 12);
			const waits = Array.from({ length: 4 }, (_, i) => life.put({ payload: `${round} ${i}` }));
			sure(life.store.takeFault() === StoreFault.None, "a block that is blank at the second try is a fault");
			life.store.flush();
			life = lifeOn(flash);
			life.open();
			sure(life.store.takeFault() === StoreFault.None, "a fault at the next mount");
			for (const [i, number] of waits.entries()) {
				sure(life.read(number) === `t=${round} ${i}`, `message ${number} is ${life.read(number)}`);
				life.store.mark(number, MessageState.Done);
			}
		}
	},

	"an erase that is refused once": () => {
		const flash = flashOf(6);
		const life = lifeOn(flash);
		life.open();
		for (let round = 0; round < 20; round++) {
			flash.failErase(1);
			traffic(life, 8);
		}
		sure(life.store.takeFault() === StoreFault.None, "it is a fault");
	},

	"a block that is worn out": () => {
		const flash = flashOf(6);
		const life = lifeOn(flash);
		life.open();
		for (let sector = 0; sector < 6; sector++) flash.spoil(sector, "erases nothing");
		let refused = 0;
		for (let i = 0; i < 300 && refused === 0; i++) {
			const number = life.put({ payload: "y".repeat(150) });
			if (number < 0) refused = number;
			else life.store.mark(number, MessageState.Done);
			life.store.maintain();
		}
		// The first time round the blocks are blank.
		for (let i = 0; i < 300 && refused === 0; i++) {
			const number = life.put({ payload: "z".repeat(150) });
			if (number < 0) refused = number;
			else life.store.mark(number, MessageState.Done);
		}
		sure(refused === Refusal.StoreFault, `refused with ${refused}`);
		sure(life.store.takeFault() === StoreFault.EraseFailed, "it is not told");
	},

	"a sector that programs nothing": () => {
		const flash = flashOf();
		const life = lifeOn(flash);
		life.open();
		for (let sector = 0; sector < 8; sector++) flash.spoil(sector, "programs nothing");
		sure(life.put({ payload: "x" }) === Refusal.StoreFault, "a message that is not there was accepted");
		sure(life.store.takeFault() === StoreFault.WriteFailed, "it is not told");
		sure(life.put({ payload: "x" }) === Refusal.StoreFault, "the next one was accepted");
	},

	"a program command that fails": () => {
		const flash = flashOf();
		const life = lifeOn(flash);
		life.open();
		const numbers: number[] = [];
		for (let i = 0; i < 6; i++) {
			flash.failProgram(1);
			numbers.push(life.put({ payload: `${i}`.padEnd(20, ".") }));
		}
		sure(life.store.takeFault() === StoreFault.None, "one page that is worn is a fault");
		const after = lifeOn(flash);
		after.open();
		sure(after.numbers().join() === numbers.join(), `accepted ${numbers}, found ${after.numbers()}`);
	},

	"a read that fails once": () => {
		const { flash, numbers } = written();
		const life = lifeOn(flash);
		life.open();
		const read = flash.read.bind(flash);
		let next = 1;
		flash.read = (view, offset) => {
			const length = read(view, offset);
			if (--next === 0) view[40] ^= 4;
			return length;
		};
		for (const number of numbers) {
			next = 1;
			sure(life.read(number) !== "lost", `message ${number} is lost by one bad read`);
		}
		sure(life.store.takeFault() === StoreFault.None, "it is a fault");
	},

	"somebody else's partition": () => {
		const random = new SeededRandom(5);
		for (const make of [
			() => random.below(256),
			(at: number) => (at === SECTOR ? 1 : 0xff),
			(at: number) => (at === 5 * CELL ? 0x7f : 0xff),
			() => 0,
		]) {
			const flash = flashOf();
			flash.renew(Uint8Array.from({ length: 8 * SECTOR }, (_, at) => make(at)));
			refuses(flash, StoreFault.Foreign);
		}
	},

	"an encrypted partition that is not ours": () => {
		const flash = new NorFlash({ sectors: 8, encrypted: true });
		refuses(flash, StoreFault.Foreign);
	},

	"another version": () => {
		const { flash } = written();
		changeHeaders(flash, (view, at) => view.setUint8(at + 4, 2));
		refuses(flash, StoreFault.Version);
	},

	"a feature that may not be ignored": () => {
		const { flash } = written();
		changeHeaders(flash, (view, at) => view.setUint8(at + 5, 1));
		refuses(flash, StoreFault.Version);
	},

	"a feature that may be ignored": () => {
		const { flash, numbers } = written();
		changeHeaders(flash, (view, at) => view.setUint8(at + 6, 0xff));
		const life = lifeOn(flash);
		life.open();
		sure(life.store.takeFault() === StoreFault.None, "it is refused");
		sure(life.numbers().join() === numbers.join(), "messages are lost");
	},

	"a partition of another size": () => {
		const { flash } = written();
		const larger = flashOf(16);
		const image = new Uint8Array(16 * SECTOR).fill(0xff);
		image.set(flash.bytes);
		larger.renew(image);
		refuses(larger, StoreFault.Geometry);
	},

	"a sector that is gone": () => {
		const { flash } = written();
		const view = viewOf(flash);
		const sequences: number[] = [];
		for (let at = 0; at < flash.bytes.length; at += SECTOR)
			if (view.getUint32(at) === MAGIC) sequences.push(at);
		// Not the first and not the last: those have other reasons to be missing.
		flash.bytes.fill(0xff, sequences[1], sequences[1] + SECTOR);
		refuses(flash, StoreFault.Corrupt);
	},

	"a sector of another store": () => {
		const { flash } = written();
		const view = viewOf(flash);
		let first = true;
		changeHeaders(flash, (_, at) => {
			if (!first) view.setUint32(at + 12, view.getUint32(at + 12) ^ 1);
			first = false;
		});
		refuses(flash, StoreFault.Corrupt);
	},

	"a sector that stands in another place": () => {
		const { flash, numbers } = written();
		const { bytes } = flash;
		const blank = 11 * SECTOR;
		sure(
			bytes.subarray(blank).every((byte) => byte === 0xff),
			"the last block is in use",
		);
		bytes.copyWithin(blank, 2 * SECTOR, 3 * SECTOR);
		const life = lifeOn(flash);
		life.open();
		sure(life.store.takeFault() === StoreFault.None, "a fault");
		sure(life.numbers().join() === numbers.join(), `${numbers} became ${life.numbers()}`);
		traffic(life, 100);
		sure(life.read(numbers[3]) !== "lost", "a message is lost");
	},

	"a record that must be known": () => {
		const image = new NorFlash({ sectors: 8 });
		crafted.mark(image, 0x8f);
		const life = lifeOn(image);
		life.open();
		sure(life.store.takeFault() === StoreFault.Version, "it was passed over");
	},

	"a record that may be skipped": () => {
		const image = new NorFlash({ sectors: 8 });
		crafted.mark(image, 0x4f);
		const life = lifeOn(image);
		life.open();
		sure(life.store.takeFault() === StoreFault.None, "it was refused");
	},

	"a message that is damaged while the board is off": () => {
		const { flash, numbers } = written();
		flash.flip(placeOf(flash, "7ppppp"), 3);
		const life = lifeOn(flash);
		life.open();
		sure(life.store.takeFault() === StoreFault.RecordLost, "it is not told");
		sure(life.numbers().length === numbers.length - 1, "others are lost, too");
	},

	"a message that is damaged when it is read": () => {
		const { flash, numbers } = written();
		const life = lifeOn(flash);
		life.open();
		flash.flip(placeOf(flash, "7ppppp"), 3);
		sure(life.read(numbers[7]) === "lost", `it is ${life.read(numbers[7])}`);
		sure(life.store.takeFault() === StoreFault.RecordLost, "it is not told");
		sure(life.read(numbers[8]).startsWith("t=8p"), "the next one is lost, too");
	},

	"a message that is damaged when it is moved": () => {
		const flash = flashOf(6);
		const life = lifeOn(flash);
		life.open();
		const number = life.put({ payload: "damaged".padEnd(40, "d") });
		flash.flip(placeOf(flash, "damaged") + 10, 3);
		for (let i = 0; i < 30; i++) traffic(life, 10);
		sure(life.store.takeFault() === StoreFault.RecordLost, "nobody was told");
		sure(life.read(number) === "lost", `it is ${life.read(number)}`);
	},

	"a payload that holds a record of this sector": () => crafted.payload("own"),

	"a payload that holds a record of an earlier sector": () => crafted.payload("earlier"),

	"a payload that holds a record of another store": () => crafted.payload("other store"),
};
