// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { type Sleeper, start } from "../../firmware/programs/sleeper.js";
import { Counter } from "../../lib/index.js";
import { VirtualBoard } from "../../simulator/board/index.js";
import { NodeFlash, NodeMemory } from "../../simulator/node/index.js";
import { SeededRandom, VirtualClock, VirtualNetwork, World } from "../../simulator/world.js";
import { Station, type StationOptions } from "./station.js";

const MINUTES = 60;
const HOUR = 3600;

describe.each([
	["MQTT 3.1.1", 4],
	["MQTT 5.0", 5],
] as const)("the sleeper program on %s", (_name, version) => {
	const started = (options: StationOptions = {}): Station<Sleeper> =>
		new Station(start, {
			flash: new NodeFlash(),
			synchronised: true,
			...options,
			settings: { version, intervalSeconds: 15 * MINUTES, ...options.settings },
		});
	const statuses = (station: Station<Sleeper>) =>
		station.published("status").map(({ text, will }) => (will ? `will: ${text}` : text));

	it.each([0, 1, 2] as const)("sends one reading in each wake-up, and sleeps in between (QoS %i)", (qos) => {
		const station = started({ settings: { qos } });
		const epoch = station.world.epochMs / 1000;
		station.pass(4 * HOUR + 1);
		expect(station.readings.map((text) => JSON.parse(text))).toEqual(
			Array.from({ length: 17 }, (_, i) => ({
				...{ t: 21.53, h: 45.2, battery: 3712, rssi: -61, n: i + 1, next: 900, at: epoch + 900 * i },
			})),
		);
		expect(station.causes).toEqual(["power", ...Array(16).fill("wake")]);
		// Awake for a tenth of a second in fifteen minutes, and no wake-up is later than the one before.
		for (const { ms } of station.sleeps) {
			expect(ms).toBeGreaterThan(899_500);
			expect(ms).toBeLessThan(900_000);
		}
		expect(statuses(station)).toEqual(Array(17).fill("asleep"));
		expect(station.published("status")[0]).toMatchObject({ retain: true, qos: 1 });
		expect(station.machine.running).toBe(false);
		// One session all along, and never a packet identifier in doubt.
		const connects = station.events.filter((event) => event.kind === "connect");
		expect(connects).toHaveLength(17);
		expect(station.store.unclean).toBe(false);
	});

	it("does not stay awake when nobody answers: the readings wait in flash, and come with their time", () => {
		const station = started();
		station.pass(10);
		const epoch = station.world.epochMs / 1000 - 10;
		station.dialler.fault = "hang";
		station.pass(2 * HOUR);
		expect(station.sleeps.length).toBeGreaterThan(7);
		for (const { ms } of station.sleeps.slice(1)) expect(900_000 - ms).toBeLessThanOrEqual(15_100);
		expect(station.readings).toHaveLength(1);
		station.dialler.fault = "none";
		station.pass(15 * MINUTES);
		const readings = station.readings.map((text) => JSON.parse(text));
		expect(readings.map(({ n }) => n)).toEqual(Array.from({ length: readings.length }, (_, i) => i + 1));
		expect(readings.length).toBeGreaterThanOrEqual(9);
		expect(readings.map(({ at }) => at - epoch)).toEqual(readings.map((_, i) => 900 * i));
	});

	it("waits for a network, as long as it may be awake", () => {
		const station = started();
		station.pass(10);
		station.dialler.fault = "no network";
		station.pass(4 * HOUR);
		for (const { ms } of station.sleeps.slice(1)) {
			expect(900_000 - ms).toBeGreaterThanOrEqual(15_000);
			expect(900_000 - ms).toBeLessThanOrEqual(15_200);
		}
		station.machine.restart();
		station.pass(5);
		station.dialler.fault = "none";
		station.program.client.redial();
		station.pass(3);
		expect(station.published("status").at(-1)?.text).toBe("asleep");
		expect(station.machine.running).toBe(false);
	});

	it.each(["refuse", "dns"] as const)("gives up after one attempt (%s)", (fault) => {
		const station = started();
		station.pass(10);
		station.dialler.fault = fault;
		station.pass(4 * HOUR);
		for (const { ms } of station.sleeps.slice(1)) expect(900_000 - ms).toBeLessThanOrEqual(300);
		expect(station.dialler.dials).toBe(1);
	});

	it("does not stay awake when the broker takes the connection and says nothing more", () => {
		const station = started();
		station.pass(10);
		const speak = station.broker.chaos.silence();
		station.pass(HOUR);
		for (const { ms } of station.sleeps.slice(1)) expect(900_000 - ms).toBeLessThanOrEqual(15_100);
		speak();
		station.pass(HOUR);
		const numbers = [...new Set(station.numbers)];
		expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1));
		expect(numbers.length).toBe(station.program.readings);
	});

	it("delivers each reading once at QoS 2, whatever is cut when", () => {
		const station = started({ settings: { qos: 2, intervalSeconds: 60 } });
		const random = new SeededRandom(11);
		for (let i = 0; i < 60; i++) {
			station.world.run(Math.ceil(station.world.now / 60_000) * 60_000 + random.below(120));
			station.machine.cutPower(1 + random.below(2_000));
			station.pass(120);
		}
		const { numbers } = station;
		expect(numbers.length).toBeGreaterThan(100);
		expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
		expect(new Set(numbers).size).toBe(numbers.length);
		expect(station.program.client.counters[Counter.Resends]).toBeGreaterThanOrEqual(0);
		// A gap of one for a number whose reading was never kept; nothing else is missing.
		expect(station.program.readings - numbers.length).toBeLessThan(20);
	});

	it("does not cry wolf: a link that breaks while it is awake is no news", () => {
		const station = started();
		for (let i = 0; i < 20; i++) {
			station.world.runUntil(() => station.machine.running, Infinity);
			station.pass(0.02);
			station.dialler.link?.vanish();
			station.pass(100);
		}
		station.pass(HOUR);
		expect(statuses(station)).not.toContain("will: offline");
		expect(station.numbers.at(-1)).toBeGreaterThanOrEqual(20);
	});

	it("is lost after three wake-ups without a word, where the broker can tell", () => {
		const station = started();
		station.pass(HOUR + 60);
		station.machine.cutPower();
		station.pass(3 * 15 * MINUTES - 120);
		expect(statuses(station)).not.toContain("will: offline");
		station.pass(20 * MINUTES);
		expect(statuses(station).at(-1)).toBe(version === 5 ? "will: offline" : "asleep");
		station.machine.powerOn();
		station.pass(1);
		expect(statuses(station).at(-1)).toBe("asleep");
		const numbers = station.numbers;
		expect(numbers).toEqual(numbers.map((_, i) => i + 1));
	});

	it("leaves its sleep to the host when that stops it", () => {
		const station = started();
		station.pass(0.02);
		expect(station.machine.running).toBe(true);
		station.program.stop();
		station.pass(HOUR);
		expect(station.sleeps).toEqual([]);
		expect(station.machine.boots).toBe(1);
		expect(station.world.pending).toBeLessThanOrEqual(2); // the broker's: the will, the session's end
	});
});

it("needs a board that can sleep", () => {
	const world = new World();
	const board = new VirtualBoard({
		name: "insomniac",
		memory: new NodeMemory(),
		dialler: new VirtualNetwork(world).dialler(),
		clock: new VirtualClock(world),
		random: new SeededRandom(1),
	});
	expect(() => start(board)).toThrow("cannot sleep");
});
