// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { DeviceFlash } from "../../../firmware/drivers/flash.js";
import { DEFAULT_LIMITS } from "../../../lib/index.js";
import { StoreFault } from "../../../lib/ports.js";
import { FlashStore } from "../../../lib/store/index.js";
import { NodeClock, NodeMemory, SeededRandom } from "../../../simulator/node/index.js";
import { FlashChip } from "../../kit/ecma419/flash.js";

function attached(store: FlashStore): FlashStore {
	const bytes = new NodeMemory().allocate(store.bytes);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	store.attach({ bytes, view }, 0, new NodeClock({ ref: false }), new SeededRandom(1));
	return store;
}

describe("DeviceFlash", () => {
	it("opens the partition by its label, and says how large it is, with no field left undefined", () => {
		const flash = new DeviceFlash({ io: new FlashChip({ nvs: 24_576, ringbuoy: 65_536 }) });
		expect(flash.status()).toEqual({ size: 65_536, blockLength: 4096 });
		expect(Object.keys(flash.status())).toEqual(["size", "blockLength"]);
		const other = new DeviceFlash({ io: new FlashChip({ session: 131_072 }), label: "session" });
		expect(other.status().size).toBe(131_072);
	});

	it("says what is to be done when there is no such partition", () => {
		expect(() => new DeviceFlash({ io: new FlashChip({ storage: 65_536 }) })).toThrow(
			"there is no partition ringbuoy: partitions.csv of the board needs a line with that label, " +
				"and the board has to be flashed with it (can't find partition)",
		);
	});

	it("erases one block in a command, and lets others run in between", () => {
		const chip = new FlashChip({ ringbuoy: 65_536 });
		const flash = new DeviceFlash({ io: chip, pause: () => chip.commands.push("pause") });
		flash.eraseBlock(3);
		expect(chip.commands).toEqual(["erase 3 4"]);
		flash.eraseBlock(1, 4);
		expect(chip.commands.slice(1)).toEqual(["erase 1 2", "pause", "erase 2 3", "pause", "erase 3 4"]);
	});

	it("carries a store", () => {
		const chip = new FlashChip({ ringbuoy: 65_536 });
		const first = attached(new FlashStore(new DeviceFlash({ io: chip }), DEFAULT_LIMITS));
		expect(first.open(77, 3600)).toBe(1);
		first.clear(true);
		first.remember(42);
		first.flush();
		expect(first.takeFault()).toBe(StoreFault.None);
		const second = attached(new FlashStore(new DeviceFlash({ io: chip }), DEFAULT_LIMITS));
		expect(second.open(77, 3600)).toBe(0);
		expect(second).toMatchObject({ established: true, unclean: false, remembered: 42 });
	});

	it.each([
		["write", StoreFault.WriteFailed],
		["read", StoreFault.ReadFailed],
	] as const)("throws what the chip refuses (%s), and the store makes a fault of it", (command, fault) => {
		const chip = new FlashChip({ ringbuoy: 65_536 });
		const flash = new DeviceFlash({ io: chip });
		const store = attached(new FlashStore(flash, DEFAULT_LIMITS, { whenFaulty: "volatile" }));
		chip.refuses = command;
		const view = new Uint8Array(32);
		expect(() => (command === "read" ? flash.read(view, 0) : flash.write(view, 0))).toThrow(
			`${command} failed`,
		);
		store.open(77, 3600);
		expect(store.takeFault()).toBe(fault);
	});
});
