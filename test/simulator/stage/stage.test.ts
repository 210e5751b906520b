// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import * as sensor from "../../../firmware/programs/sensor.js";
import * as sleeper from "../../../firmware/programs/sleeper.js";
import { Cut } from "../../../simulator/nor-flash.js";
import { Stage, type StageBoardOptions, type Tap } from "../../../simulator/stage/index.js";

/** Numbers of the readings that the broker took, in the order in which it did. */
function watched(options: Partial<StageBoardOptions> = {}, seed = 1) {
	const numbers: number[] = [];
	const stage = new Stage({
		seed,
		hooks: {
			onEvent(event) {
				if (event.kind === "publish" && event.topic.endsWith("/reading"))
					numbers.push(JSON.parse(Buffer.from(event.payload).toString()).n);
			},
		},
	});
	const board = stage.board({ name: "board", start: sensor.start, ...options });
	return { stage, board, numbers };
}

describe("A stage", () => {
	test("a sensor is online and reports", () => {
		const { stage, board, numbers } = watched();
		expect(stage.until(() => board.online, 1000)).toBe(true);
		stage.pass(20_000);
		expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
	});

	test("the power goes in the middle of a flash command, the board boots, and no reading is lost", () => {
		const { stage, board, numbers } = watched();
		stage.pass(7_000);
		board.cutPowerAt(3, Cut.Bits50);
		stage.pass(30_000);
		expect(board.cuts).toBe(1);
		expect(board.machine.boots).toBe(2);
		expect(board.online).toBe(true);
		// The number was taken before the reading was: that one of the two commands which the cut tears may be missing.
		expect(numbers).toEqual([1, 2, 3, 4, 6, ...Array.from({ length: 14 }, (_, index) => index + 7)]);
	});

	test("every cut of every command of a boot leaves a board that comes back", () => {
		for (let nth = 1; nth < 12; nth++) {
			const { stage, board } = watched({}, nth);
			board.cutPowerAt(nth, Cut.Prefix);
			stage.pass(10_000);
			expect(board.cuts).toBe(1);
			expect(board.online).toBe(true);
		}
	});

	test("a board without flash is switched off and on", () => {
		const { stage, board, numbers } = watched({ flash: false });
		stage.pass(3_000);
		board.cutPower(Number.POSITIVE_INFINITY);
		stage.pass(60_000);
		expect(board.running).toBe(false);
		const { length } = numbers;
		board.powerOn();
		stage.pass(5_000);
		expect(board.online).toBe(true);
		expect(numbers.length).toBeGreaterThan(length);
	});

	test("a sleeper sleeps, and its clock goes on", () => {
		const { stage, board, numbers } = watched({ start: sleeper.start, settings: { intervalSeconds: 300 } });
		stage.pass(3_600_000);
		expect(numbers.length).toBe(12);
		expect(board.clock.seconds).toBeGreaterThan(3_300);
	});

	test("what a play throws right after it has cut the power is heard", () => {
		const { stage, board } = watched();
		stage.after(10, () => {
			board.cutPower();
			throw new Error("no");
		});
		expect(() => stage.pass(100)).toThrow("no");
	});

	test("what a play throws is heard, also when a boot was cut short before", () => {
		const { stage, board } = watched();
		stage.pass(1_000);
		board.onBoot = () => {
			if (board.cuts === 1) board.cutPowerAt(1, Cut.Before);
		};
		board.cutPower();
		stage.after(5_000, () => {
			throw new Error("no");
		});
		expect(() => stage.pass(10_000)).toThrow("no");
		expect(board.cuts).toBe(2);
	});

	test("how the way to the broker is holds for the lives to come", () => {
		const { stage, board } = watched();
		stage.pass(1_000);
		board.reach("dns");
		board.cutPower();
		stage.pass(60_000);
		expect(board.online).toBe(false);
		board.reach("none");
		stage.pass(120_000);
		expect(board.online).toBe(true);
	});

	test("a tap sees what a board sends and is sent", () => {
		const seen: string[] = [];
		const tap: Tap = {
			onDial: () => seen.push("dial"),
			onUp: () => seen.push("up"),
			onSent: (bytes, start) => seen.push(`sent ${bytes[start] >> 4}`),
			onReceived: (bytes, start) => seen.push(`received ${bytes[start] >> 4}`),
			onGone: () => seen.push("gone"),
		};
		const { stage, board } = watched({ taps: [tap] });
		stage.pass(1_000);
		expect(seen.slice(0, 4)).toEqual(["dial", "up", "sent 1", "received 2"]);
		board.program.stop();
		stage.pass(1_000);
		expect(seen.at(-1)).toBe("gone");
		expect(seen.filter((what) => what === "gone").length).toBe(1);
	});

	test("two boards cannot have one name", () => {
		const { stage } = watched();
		expect(() => stage.board({ name: "board", start: sensor.start })).toThrow('called "board" already');
	});
});
