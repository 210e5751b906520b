// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { DeviceHealth, isAbrupt, resetOf } from "../../../firmware/drivers/health.js";
import { Ledger } from "../../../firmware/drivers/ledger.js";
import { Ending, Reset } from "../../../firmware/ports.js";
import { BlobStorage } from "../../kit/ecma419/blob-storage.js";

/** `modules/base/instrumentation`: a release build answers undefined, whatever it is asked. */
const release = { map: () => undefined, get: () => undefined };

function health(
	options: Partial<ConstructorParameters<typeof DeviceHealth>[0]> = {},
	io = new BlobStorage(),
) {
	const ledger = new Ledger(io);
	ledger.begin(true);
	const lifeline = { reason: 0 };
	return new DeviceHealth({ ledger, lifeline, resetReason: 1, instrumentation: release, ...options });
}

describe("DeviceHealth", () => {
	it("knows the numbers of ESP-IDF, also those that the SDK has no name for", () => {
		const names = Array.from({ length: 16 }, (_, i) => resetOf(i));
		const { Unknown, Power, Pin, Software, Panic, Watchdog, Sleep, Brownout } = Reset;
		expect(names).toEqual([
			...[Unknown, Power, Pin, Software, Panic, Watchdog, Watchdog, Watchdog, Sleep, Brownout],
			...[Unknown, Pin, Pin, Unknown, Unknown, Unknown],
		]);
		expect(names.filter(isAbrupt)).toEqual([Software, Panic, Watchdog, Watchdog, Watchdog]);
		expect(resetOf(-1)).toBe(Unknown);
	});

	it("knows nothing of memory in a release build, and all of it in others", () => {
		const plain = health();
		plain.sample();
		expect([plain.freeBytes, plain.slotBytes, plain.chunkBytes, plain.signal]).toEqual([NaN, NaN, NaN, NaN]);
		const names = ["System Free Memory", "XS Slot Heap Used", "XS Chunk Heap Used"];
		const network = { signal: -70 };
		const full = health({
			network,
			instrumentation: { map: (name) => 10 + names.indexOf(name), get: (index) => index * 100 },
		});
		full.sample();
		expect(full).toMatchObject({ freeBytes: 1000, slotBytes: 1100, chunkBytes: 1200, signal: -70 });
		network.signal = -80;
		expect(full.signal).toBe(-70);
		full.sample();
		expect(full.signal).toBe(-80);
	});

	it("takes a rest without deep sleep for sleep", () => {
		const io = new BlobStorage();
		const before = new Ledger(io);
		before.begin(false);
		before.close(Ending.Asleep, -1, 15, "");
		expect(health({ resetReason: 3 }, io)).toMatchObject({ reset: Reset.Sleep, ending: Ending.Asleep });
		const again = new Ledger(io);
		again.begin(true);
		again.close(Ending.Asleep, -1, 15, "");
		// Pulled and plugged in again while it slept.
		expect(health({ resetReason: 1 }, io)).toMatchObject({ reset: Reset.Power });
	});

	it("hands on why connections end", () => {
		const lifeline = { reason: 0 };
		health({ lifeline }).offline(-18);
		expect(lifeline.reason).toBe(-18);
	});

	it("has counted no collection before there was one", () => {
		expect(health().collections).toBe(0);
	});
});
