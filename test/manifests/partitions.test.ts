// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { partitions, wrongIn } from "./partitions.js";

const expected = { bytes: 0x400000, session: { label: "ringbuoy", bytes: 0x10000 } };
const good = `# Name, Type, SubType, Offset, Size
nvs,      data, nvs,     0x9000,   0x4000
otadata,  data, ota,     0xd000,   0x2000
phy_init, data, phy,     0xf000,   0x1000
ota_0,    app,  ota_0,   0x10000,  0x1e0000
ota_1,    app,  ota_1,   0x1f0000, 0x1e0000
ringbuoy, data, 0x40,    0x3d0000, 64K
`;

test("a table that is right has nothing wrong in it", () => {
	expect(wrongIn(good, expected)).toEqual([]);
});

test("offsets that are left out follow each other, aligned as their type wants it", () => {
	const table = partitions(
		"nvs, data, nvs, , 0x4000\nfactory, app, factory, , 1M\nringbuoy, data, 0x40, , 8K",
	);
	expect(table.map(({ offset }) => offset)).toEqual([0x9000, 0x10000, 0x110000]);
});

describe("It finds", () => {
	test.each([
		[
			"an application that is not at a multiple of 64 KiB",
			"0x1f0000, 0x1e0000",
			"0x1f1000, 0x1df000",
			"ota_1: 0x1f1000 is no multiple of 0x10000",
		],
		[
			"data between two sectors",
			"0x9000,   0x4000",
			"0x9080,   0x3000",
			"nvs: 0x9080 is no multiple of 0x1000",
		],
		[
			"a size that is no whole sectors",
			"0x3d0000, 64K",
			"0x3d0000, 65500",
			"ringbuoy: size 0xffdc is no multiple of 0x1000",
		],
		["an overlap", "0x10000,  0x1e0000", "0x10000,  0x1f0000", "ota_0 and ota_1 overlap"],
		[
			"the end of the flash passed",
			"0x3d0000, 64K",
			"0x3f8000, 64K",
			"ringbuoy: ends at 0x408000, behind the flash, which has 0x400000",
		],
		[
			"the table itself overwritten",
			"0x9000,   0x4000",
			"0x8000,   0x4000",
			"nvs: 0x8000 is before 0x9000, where the bootloader and the table are",
		],
		[
			"no store",
			"ringbuoy, data",
			"session, data",
			'there is no partition "ringbuoy": the store has no place',
		],
		[
			"a store that is no data",
			"ringbuoy, data, 0x40",
			"ringbuoy, 0x40, 1",
			'ringbuoy: the store looks for a data partition, this is "0x40"',
		],
		["a store of another size", "64K", "60K", "ringbuoy: has 0xf000 bytes, board.json says 0x10000"],
		[
			"one slot where there is room for two",
			"ota_1,    app,  ota_1,   0x1f0000, 0x1e0000\n",
			"",
			"4 MB and more have room for two application slots",
		],
		[
			"slots without otadata",
			"otadata,  data, ota",
			"otadata,  data, 0x41",
			"slots for updates need a partition of type data, ota",
		],
		[
			"otadata of another size",
			"0xd000,   0x2000",
			"0xd000,   0x1000",
			"otadata: otadata has two sectors, 0x2000",
		],
		["slots that differ", "0x10000,  0x1e0000", "0x10000,  0x1d0000", "the application slots differ in size"],
		["a label twice", "ota_1,    app", "ota_0,    app", "ota_0: the label is there twice"],
		[
			"a label that is too long",
			"phy_init",
			"phy_initialization",
			'"phy_initialization": a label has 1 to 16 characters',
		],
		[
			"a size that is none",
			"0x3d0000, 64K",
			"0x3d0000, 64 KB",
			"ringbuoy: offset and size have to be numbers, as 0x1000, 4096, 4K or 1M",
		],
		["a type that is none", "phy_init, data", "phy_init, date", 'phy_init: there is no type "date"'],
		[
			"no nvs",
			"nvs,      data, nvs",
			"nvs,      data, 0x42",
			"there is no partition of type data, nvs: Wi-Fi and the settings need it",
		],
	] as const)("%s", (_, from, to, told) => {
		expect(good).toContain(from);
		expect(wrongIn(good.replace(from, to), expected)).toContain(told);
	});

	test("no application at all", () => {
		const without = good.replace(/^.*app.*\n/gm, "");
		expect(wrongIn(without, { ...expected, bytes: 0x200000 })).toContain(
			"there is no partition for the application",
		);
	});
});
