// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Cipher } from "../../simulator/nor/cipher.js";
import {
	CUTS,
	Cut,
	NorFlash,
	type NorFlashOptions,
	POWER_CUT,
	type SectorFault,
} from "../../simulator/nor-flash.js";
import { SeededRandom } from "../../simulator/world.js";

const SEED = 20261125;

function flashOf(options: NorFlashOptions = {}): NorFlash {
	return new NorFlash({ sectors: 4, random: new SeededRandom(SEED, "flash"), ...options });
}

function read(flash: NorFlash, offset: number, length: number): number[] {
	const view = new Uint8Array(length);
	expect(flash.read(view, offset)).toBe(length);
	return [...view];
}

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const count = (bytes: ArrayLike<number>, byte: number): number =>
	Array.from(bytes).filter((one) => one === byte).length;
const bitsSet = (bytes: ArrayLike<number>): number =>
	Array.from(bytes).reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0);

describe("NOR rules", () => {
	test("a new partition is erased; writing only clears bits; erasing sets those of whole sectors", () => {
		const flash = flashOf();
		expect(flash.status()).toEqual({ size: 16_384, blockLength: 4096 });
		expect(read(flash, 16_380, 4)).toEqual([255, 255, 255, 255]);
		flash.write(Uint8Array.of(0xf0, 0x0f), 4095);
		flash.write(Uint8Array.of(0x3c), 4095);
		expect(read(flash, 4094, 4)).toEqual([0xff, 0x30, 0x0f, 0xff]);
		flash.eraseBlock(0);
		expect(read(flash, 4094, 4)).toEqual([0xff, 0xff, 0x0f, 0xff]);
		flash.eraseBlock(0, 2);
		expect([...flash.wear]).toEqual([2, 1, 0, 0]);
		expect([flash.commands, flash.eraseCommands], "the first write crossed a page").toEqual([6, 3]);
	});

	test.each([
		[0, 32, undefined, 1],
		[0, 64, undefined, 1],
		[0, 65, undefined, 2],
		[0, 256, undefined, 4],
		[32, 256, undefined, 5],
		[240, 32, undefined, 2],
		[0, 256, 32, 8],
		[224, 64, 64, 2],
	] as const)(
		"a write at %i of %i bytes in slices of %s is %i commands",
		(offset, length, sliceBytes, commands) => {
			const flash = flashOf({ sliceBytes });
			flash.write(filled(length, 0x55), offset);
			expect(flash.commands).toBe(commands);
			expect(count(read(flash, 0, 1024), 0x55)).toBe(length);
		},
	);

	test("a cell that is programmed twice is counted and told, or refused", () => {
		const flash = flashOf();
		const told: number[][] = [];
		flash.onReprogram = (address, first) => told.push([address, first]);
		flash.write(filled(64, 0x41), 32);
		flash.write(filled(64, 0x42), 96);
		expect(flash.reprogrammed).toBe(0);
		flash.write(filled(16, 0x43), 80);
		expect([flash.reprogrammed, told]).toEqual([1, [[64, 0x43]]]);
		flash.eraseBlock(0);
		flash.write(filled(64, 0x44), 32);
		expect(flash.reprogrammed).toBe(1);
		const strict = flashOf({ reprogram: "throw" });
		strict.write(filled(32, 0x41), 0);
		expect(() => strict.write(filled(32, 0x41), 0)).toThrow("programmed twice");
		expect(read(strict, 0, 1)).toEqual([0x41]);
	});

	test("what lies outside is refused", () => {
		const flash = flashOf();
		const view = new Uint8Array(2);
		for (const offset of [-1, 16_383, 0.5, Number.NaN]) {
			expect(() => flash.read(view, offset)).toThrow(RangeError);
			expect(() => flash.write(view, offset)).toThrow(RangeError);
		}
		expect(() => flash.eraseBlock(4)).toThrow(RangeError);
		expect(() => flash.eraseBlock(1, 1)).toThrow(RangeError);
		expect(() => new NorFlash({ sectors: 0 })).toThrow(RangeError);
	});

	test("each command says how long it takes, and some erases take long", () => {
		const flash = flashOf({ slowErases: 4 });
		const busy: number[] = [];
		flash.onBusy = (microseconds) => busy.push(Math.round(microseconds));
		flash.write(filled(32, 0), 0);
		for (let i = 0; i < 40; i++) flash.eraseBlock(0);
		expect(busy[0]).toBe(59);
		expect(new Set(busy.slice(1))).toEqual(new Set([37_100, 400_000]));
	});
});

describe("The power cut", () => {
	/** The 64 bytes at 256 after a cut while zeros were programmed there, and after one boot more. */
	function torn(cut: Cut): [number[], number[], NorFlash] {
		const flash = flashOf();
		flash.write(filled(64, 0xaa), 0);
		flash.arm(1, cut);
		expect(() => flash.write(filled(64, 0), 256)).toThrow(POWER_CUT);
		flash.reboot();
		const first = read(flash, 256, 64);
		flash.reboot();
		expect(count(read(flash, 0, 320), 0xaa), "nothing else is touched").toBe(64);
		return [first, read(flash, 256, 64), flash];
	}

	test("before, after, prefix", () => {
		expect(count(torn(Cut.Before)[0], 0xff)).toBe(64);
		expect(count(torn(Cut.After)[0], 0)).toBe(64);
		const [prefix, later] = torn(Cut.Prefix);
		const length = count(prefix, 0);
		expect(length).toBeLessThan(64);
		expect(prefix).toEqual([...filled(length, 0), ...filled(64 - length, 255)]);
		expect(later).toEqual(prefix);
	});

	test.each([
		[Cut.Bits5, 486],
		[Cut.Bits50, 256],
		[Cut.Bits95, 26],
	])("bits, variant %i: about %i of 512 are still set, and stay", (cut, expected) => {
		const [first, later, flash] = torn(cut);
		expect(Math.abs(bitsSet(first) - expected)).toBeLessThan(50);
		expect(later).toEqual(first);
		expect(flash.unstable).toBe(0);
	});

	test("flaky: some bits differ from boot to boot, some do not", () => {
		const [first, later, flash] = torn(Cut.Flaky);
		expect(later).not.toEqual(first);
		expect(flash.unstable).toBeGreaterThan(30);
		const seen = new Uint8Array(64);
		for (let boot = 0; boot < 40; boot++) {
			flash.reboot();
			for (const [i, byte] of read(flash, 256, 64).entries()) seen[i] |= byte;
		}
		expect(Math.abs(bitsSet(seen) - 307), "four tenths of 512 are firmly 0").toBeLessThan(60);
	});

	test("weak reads as complete once, ghost shows nothing once; then both are noise", () => {
		const [weak, weakLater] = torn(Cut.Weak);
		expect(count(weak, 0)).toBe(64);
		expect(Math.abs(bitsSet(weakLater) - 256)).toBeLessThan(60);
		const [ghost, ghostLater] = torn(Cut.Ghost);
		expect(count(ghost, 255)).toBe(64);
		expect(Math.abs(bitsSet(ghostLater) - 256)).toBeLessThan(60);
	});

	test("the unstable bits of a command may agree: it is there, or not, or noise", () => {
		const seen = new Set<string>();
		const flash = flashOf({ unstable: "together" });
		flash.arm(1, Cut.Ghost);
		expect(() => flash.write(filled(64, 0), 0)).toThrow(POWER_CUT);
		flash.reboot();
		expect(count(read(flash, 0, 64), 255), "as without that, nothing is seen in the next life").toBe(64);
		for (let boot = 0; boot < 60; boot++) {
			flash.reboot();
			const bits = bitsSet(read(flash, 0, 64));
			seen.add(bits === 0 ? "there" : bits === 512 ? "not there" : "noise");
		}
		expect([...seen].sort()).toEqual(["noise", "not there", "there"]);
	});

	test("unstable bits may differ at each read, and are firm once they are programmed", () => {
		const flash = flashOf({ unstable: "read" });
		flash.arm(1, Cut.Flaky);
		expect(() => flash.write(filled(64, 0), 0)).toThrow(POWER_CUT);
		flash.reboot();
		expect(read(flash, 0, 64)).not.toEqual(read(flash, 0, 64));
		flash.write(filled(64, 0), 0);
		expect(count(read(flash, 0, 64), 0)).toBe(64);
		flash.reboot();
		expect(count(read(flash, 0, 64), 0)).toBe(64);
	});

	test.each([
		[Cut.Before, (bytes: number[]) => count(bytes, 0x0f) === 4096],
		[Cut.After, (bytes: number[]) => count(bytes, 0xff) === 4096],
		[Cut.Prefix, (bytes: number[]) => count(bytes, 0x0f) + count(bytes, 0) === 4096 && bytes[4095] === 0],
		[Cut.Bits50, (bytes: number[]) => count(bytes, 0x0f) < 1000],
		[Cut.Flaky, (bytes: number[]) => count(bytes, 0x0f) < 1000],
		[Cut.Weak, (bytes: number[]) => count(bytes, 0xff) === 4096],
		[Cut.Ghost, (bytes: number[]) => count(bytes, 0x0f) === 4096],
	])("of an erase, variant %i", (cut, holds) => {
		const flash = flashOf();
		flash.write(filled(4096, 0x0f), 4096);
		flash.arm(1, cut);
		expect(() => flash.eraseBlock(1)).toThrow(POWER_CUT);
		flash.reboot();
		const first = read(flash, 4096, 4096);
		expect(holds(first)).toBe(true);
		flash.reboot();
		const unstable: readonly number[] = [Cut.Flaky, Cut.Weak, Cut.Ghost];
		const later = read(flash, 4096, 4096);
		expect(first.some((byte, i) => byte !== later[i])).toBe(unstable.includes(cut));
		flash.eraseBlock(1);
		expect(flash.unstable, "a whole erase makes everything firm").toBe(0);
		expect(count(read(flash, 4096, 4096), 0xff)).toBe(4096);
	});

	test("it comes at the n-th command, or at the n-th erase, whatever is written in between", () => {
		const flash = flashOf();
		const work = (): void => {
			flash.write(filled(256, 0), 0);
			flash.eraseBlock(0);
		};
		flash.arm(8, Cut.After);
		work();
		expect(work).toThrow(POWER_CUT);
		expect([flash.commands, flash.eraseCommands]).toEqual([8, 1]);
		flash.reboot();
		flash.arm(3, Cut.Before, true);
		work();
		work();
		expect(work).toThrow(POWER_CUT);
		expect([flash.commands, flash.eraseCommands]).toEqual([23, 4]);
	});

	test("without power nothing works and nothing changes, until it is back", () => {
		const flash = flashOf();
		let cuts = 0;
		flash.onCut = () => cuts++;
		flash.arm(2, Cut.Before);
		expect(() => flash.write(filled(256, 0), 0)).toThrow(POWER_CUT);
		for (let i = 0; i < 3; i++) {
			expect(() => flash.write(filled(32, 0), 512)).toThrow(POWER_CUT);
			expect(() => flash.eraseBlock(0)).toThrow(POWER_CUT);
			expect(() => flash.read(new Uint8Array(1), 0)).toThrow(POWER_CUT);
		}
		expect([flash.dead, flash.commands, cuts]).toEqual([true, 2, 1]);
		flash.reboot();
		expect(count(read(flash, 0, 1024), 0), "the first of four commands is there").toBe(64);
		flash.powerOff();
		expect(cuts).toBe(2);
		expect(() => flash.read(new Uint8Array(1), 0)).toThrow(POWER_CUT);
	});

	test("the same seed tears the same way; an image brings everything back", () => {
		for (let cut = 0; cut < CUTS; cut++)
			expect(torn(cut as Cut).slice(0, 2)).toEqual(torn(cut as Cut).slice(0, 2));
		const [, , flash] = torn(Cut.Flaky);
		const image = flash.snapshot();
		const before = read(flash, 0, 4096);
		flash.eraseBlock(0);
		flash.restore(image);
		expect(read(flash, 0, 4096)).toEqual(before);
		expect(flash.unstable).toBe(image.places.length);
		const copy = flashOf();
		copy.renew(flash.bytes);
		expect(read(copy, 0, 4096)).toEqual(before);
		expect(() => copy.renew(filled(5, 0))).toThrow(RangeError);
	});
});

describe("Damage that is no power cut", () => {
	test.each<[SectorFault, boolean, boolean, boolean]>([
		["programs nothing", false, false, false],
		["erases nothing", false, false, false],
		["refuses to program", true, false, false],
		["refuses to erase", false, true, false],
		["refuses to read", false, false, true],
	])("a sector that %s", (fault, program, erase, reads) => {
		const flash = flashOf();
		const attempt = (throws: boolean, action: () => void): void => {
			if (throws) expect(action).toThrow(fault);
			else action();
		};
		flash.write(filled(32, 0x3c), 4096);
		flash.spoil(1, fault);
		attempt(program, () => flash.write(filled(32, 0x3c), 4128));
		attempt(reads, () => void flash.read(new Uint8Array(1), 4096));
		attempt(erase, () => flash.eraseBlock(1));
		flash.write(filled(32, 0x3c), 0);
		flash.eraseBlock(0);
		expect(read(flash, 0, 1)).toEqual([255]);
		flash.spoil(1, undefined);
		const kept = count(read(flash, 4096, 64), 0x3c);
		if (fault === "erases nothing") expect(kept).toBe(64);
		else expect(kept).toBe(erase ? 64 : 0);
	});

	test("a sector wears out after its erases", () => {
		const flash = flashOf({ endurance: 3, worn: "erases nothing" });
		for (let i = 0; i < 3; i++) {
			flash.write(filled(32, 0), 0);
			flash.eraseBlock(0);
			expect(read(flash, 0, 1)).toEqual([255]);
		}
		flash.write(filled(32, 0), 0);
		flash.eraseBlock(0);
		expect(read(flash, 0, 1)).toEqual([0]);
		flash.eraseBlock(1);
		expect([...flash.wear]).toEqual([3, 1, 0, 0]);
	});

	test("one program, one erase fails; an erase fails in silence; a bit flips", () => {
		const flash = flashOf();
		flash.failProgram(2);
		expect(() => flash.write(filled(128, 0), 0)).toThrow("refused to program");
		expect(count(read(flash, 0, 128), 0)).toBe(96);
		flash.write(filled(128, 0), 128);
		flash.failErase(1);
		expect(() => flash.eraseBlock(0)).toThrow("refused to erase");
		flash.write(filled(4096, 0), 4096);
		flash.failErase(1, true);
		flash.eraseBlock(1);
		const left = count(read(flash, 4096, 4096), 0);
		expect(left).toBeGreaterThan(0);
		expect(left).toBeLessThan(200);
		flash.eraseBlock(1);
		expect(count(read(flash, 4096, 4096), 255)).toBe(4096);
		flash.flip(4100, 3);
		expect(read(flash, 4100, 1)).toEqual([0xf7]);
	});
});

describe("An encrypted partition", () => {
	test("reads what was written, and noise where nothing was", () => {
		const flash = flashOf({ encrypted: true });
		const plain = Uint8Array.from({ length: 96 }, (_, i) => i);
		flash.write(plain, 64);
		expect(flash.commands).toBe(3);
		expect(read(flash, 64, 96)).toEqual([...plain]);
		expect(count(read(flash, 4096, 4096), 255)).toBeLessThan(60);
		expect([...flash.bytes.subarray(64, 160)]).not.toEqual([...plain]);
		expect(count(flash.bytes.subarray(160, 4096), 255)).toBe(3936);
		flash.eraseBlock(0);
		expect(count(read(flash, 64, 96), 255)).toBeLessThan(6);
	});

	test("takes blocks of 16 bytes, programs rows of 32", () => {
		const flash = flashOf({ encrypted: true });
		expect(() => flash.write(filled(8, 0), 0)).toThrow(RangeError);
		expect(() => flash.read(new Uint8Array(16), 8)).toThrow(RangeError);
		flash.write(filled(16, 1), 16);
		flash.write(filled(16, 2), 0);
		expect(read(flash, 0, 32)).toEqual([...filled(16, 2), ...filled(16, 1)]);
		expect([flash.commands, flash.reprogrammed]).toEqual([2, 1]);
	});

	test("one bit that is wrong spoils a block of 16 bytes, and no other", () => {
		const flash = flashOf({ encrypted: true });
		flash.write(filled(96, 0x77), 0);
		flash.flip(40, 5);
		const bytes = read(flash, 0, 96);
		expect(count(bytes.slice(32, 48), 0x77)).toBeLessThan(4);
		expect(count(bytes, 0x77) - count(bytes.slice(32, 48), 0x77)).toBe(80);
	});

	test("the cipher can be undone at its address only", () => {
		const cipher = new Cipher(7);
		const random = new SeededRandom(SEED, "cipher");
		for (let run = 0; run < 200; run++) {
			const plain = Uint8Array.from({ length: 16 }, () => random.below(256));
			const hidden = new Uint8Array(16);
			const back = new Uint8Array(16);
			cipher.encrypt(plain, 0, hidden, 0, run * 16);
			cipher.decrypt(hidden, 0, back, 0, run * 16);
			expect(back).toEqual(plain);
			cipher.decrypt(hidden, 0, back, 0, run * 16 + 16);
			expect(back).not.toEqual(plain);
		}
	});
});
