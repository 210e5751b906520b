// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { budget, DEFAULT_LIMITS, limitsFrom, TINY_LIMITS } from "../../lib/limits.js";
import { RamStore } from "../../lib/store/ram-store.js";

const sum = (limits: typeof DEFAULT_LIMITS): number =>
	budget(limits).reduce((bytes, term) => bytes + term.bytes, new RamStore(limits).bytes);

describe("limits", () => {
	test("the buffers of the default profile fit 7 KiB, those of the tiny one 2 KiB", () => {
		expect(sum(DEFAULT_LIMITS)).toBeLessThanOrEqual(7 * 1024);
		expect(sum(TINY_LIMITS)).toBeLessThanOrEqual(2 * 1024);
	});

	test.each([
		[{ window: 0 }, "window must be a positive whole number"],
		[{ window: 1.5 }, "window must be a positive whole number"],
		[{ window: 37 }, "window must not exceed outboxMessages"],
		[{ outboxMessages: 4097, keptMessages: 4096 }, "outboxMessages must not exceed 4096"],
		[{ window: 10, keptMessages: 9 }, "keptMessages must be window to 4096"],
		[{ keptMessages: 4097 }, "keptMessages must be window to 4096"],
		[{ recordBytes: 300 }, "recordBytes must be 128 to 1024, a multiple of 32"],
		[{ recordBytes: 96 }, "recordBytes must be 128 to 1024, a multiple of 32"],
		[{ recordBytes: 1056 }, "recordBytes must be 128 to 1024, a multiple of 32"],
		[{ packetBytes: 40_000 }, "packetBytes must be 64 to 32768"],
		[{ sendBytes: 10 }, "sendBytes must be 64 to 32768"],
		[{ publishIds: 65_280 }, "publishIds must leave"],
		[{ backoffMs: 10, backoffMaxMs: 5 }, "backoffMs must not exceed backoffMaxMs"],
		[{ windows: 3 } as object, "there is no limit called windows"],
	])("%j is a programmer's error", (changes, message) => {
		expect(() => limitsFrom(changes)).toThrow(message);
	});

	test("profiles pass their own checks", () => {
		expect(limitsFrom(TINY_LIMITS)).toEqual(TINY_LIMITS);
		expect(limitsFrom()).toEqual(DEFAULT_LIMITS);
	});
});
