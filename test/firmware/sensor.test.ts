// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { Command, Inlet } from "../../firmware/ports.js";
import { READING_BYTES } from "../../firmware/programs/reading.js";
import { start } from "../../firmware/programs/sensor.js";
import { Counter, limitsFrom, Reason, Refusal, Settled, TINY_LIMITS } from "../../lib/index.js";
import { StoreFault } from "../../lib/ports.js";
import { NodeFlash } from "../../simulator/node/index.js";
import { Station, type StationOptions } from "./station.js";

describe.each([
	["MQTT 3.1.1", 4],
	["MQTT 5.0", 5],
] as const)("the sensor program on %s", (_name, version) => {
	it.each([0, 1, 2] as const)("takes a reading at once, and one each interval (QoS %i)", (qos) => {
		const station = new Station(start, { settings: { version, qos, intervalSeconds: 10 } });
		station.pass(35);
		const body = (n: number) =>
			`{"t":21.53,"h":45.20,"battery":3712,"rssi":-61,"n":${n},"up":${10 * (n - 1)}}`;
		expect(station.readings).toEqual([body(1), body(2), body(3), body(4)]);
		const [first] = station.published("reading");
		expect(first).toMatchObject({ qos, retain: false });
		const outcomes = station.log.of("settled").map(([, outcome]) => outcome);
		expect(outcomes.filter((outcome) => outcome === Settled.Sent)).toHaveLength(qos === 0 ? 4 : 0);
		expect(station.program).toMatchObject({ readings: 4, refused: 0, invalid: 0 });
		expect(station.program.client.pending).toBe(0);
	});

	it("says online, and offline when it stops; the will stays unsaid", () => {
		const station = new Station(start, { settings: { version } });
		station.pass(1);
		station.program.stop();
		station.program.stop();
		station.pass(1);
		expect(station.published("status")).toEqual([
			{ text: "online", qos: 1, retain: true, will: false },
			{ text: "offline", qos: 1, retain: true, will: false },
		]);
		expect(station.events.at(-1)).toMatchObject({ kind: "disconnect", by: "client" });
		expect(station.log.of("offline")).toEqual([[Reason.ClosedByApplication, -1]]);
		const samples = station.sensors.samples;
		station.pass(60);
		expect(station.sensors.samples).toBe(samples);
	});

	it("has the broker say offline when it vanishes", () => {
		const station = new Station(start, { settings: { version } });
		station.pass(1);
		station.dialler.link!.vanish();
		station.dialler.fault = "no network";
		station.pass(120);
		expect(station.published("status").at(-1)).toEqual({ text: "offline", qos: 1, retain: true, will: true });
	});

	it("takes its interval from a retained topic", () => {
		const station = new Station(start, {
			settings: { version, intervalSeconds: 2 },
			retained: { "ringbuoy/board-1/set/interval": "30" },
		});
		station.pass(61);
		expect(station.log.of("interval")).toEqual([[30]]);
		expect(station.numbers).toEqual([1, 2, 3]);
	});

	it("cuts an interval to a day, ignores and counts nonsense, and returns to its own setting", () => {
		const station = new Station(start, { settings: { version, intervalSeconds: 2 } });
		station.pass(1);
		for (const nonsense of ["soon", "0", "-5", "1e3", "7.5", "99999999999999999999"]) {
			station.publish("set/interval", nonsense);
		}
		expect(station.program.invalid).toBe(6);
		expect(station.log.of("interval")).toEqual([]);
		station.publish("set/interval", "100000");
		station.publish("set/interval", "86400");
		station.publish("set/interval", "");
		expect(station.log.of("interval")).toEqual([[86_400], [2]]);
	});

	it("identifies itself and reports on command", () => {
		const station = new Station(start, { settings: { version, intervalSeconds: 100 } });
		station.pass(1);
		station.publish("do", "identify");
		expect(station.identified).toBe(1);
		station.publish("do", "report");
		expect(station.numbers).toEqual([1, 2]);
		station.publish("do", "dance");
		station.publish("set/interval", "soon");
		expect(station.log.of("command")).toEqual([
			[Command.Identify, Inlet.Command],
			[Command.Report, Inlet.Command],
			[Command.Invalid, Inlet.Command],
			[Command.Invalid, Inlet.Interval],
		]);
		expect(station.log.of("subscribed")).toEqual([
			[1, Inlet.Interval],
			[1, Inlet.Command],
		]);
		expect(station.program.invalid).toBe(2);
	});

	it("does not carry out a command that was retained by mistake", () => {
		const station = new Station(start, {
			settings: { version },
			retained: { "ringbuoy/board-1/do": "identify" },
		});
		station.pass(1);
		expect(station.identified).toBe(0);
		expect(station.program.invalid).toBe(1);
	});

	it.each([true, false])(
		"keeps readings through a restart of the broker (sessions kept: %s)",
		(keepSessions) => {
			const station = new Station(start, { settings: { version, intervalSeconds: 5 } });
			station.pass(11);
			station.broker.restart({ keepSessions, downMs: 60_000 });
			station.pass(62);
			expect(station.program.client.online).toBe(false);
			expect(station.program.client.pending).toBeGreaterThan(10);
			station.pass(120);
			expect(station.program.client.online).toBe(true);
			const numbers = [...new Set(station.numbers)];
			expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1));
			expect(numbers.length).toBe(station.program.readings);
			expect(station.published("status").at(-1)?.text).toBe("online");
			expect(station.program.refused).toBe(0);
		},
	);

	it("lets the oldest readings give way when there is no room for the latest", () => {
		const station = new Station(start, { settings: { version, intervalSeconds: 5 }, limits: TINY_LIMITS });
		station.pass(1);
		station.broker.restart({ keepSessions: true, downMs: 600_000 });
		station.pass(600);
		const gone = () => station.log.of("settled").filter(([, outcome]) => outcome === Settled.GaveWay);
		expect(station.program.refused).toBe(0);
		expect(gone().length).toBeGreaterThan(50);
		for (let seconds = 0; seconds < 120 && !station.program.client.online; seconds++) station.pass(1);
		const { readings } = station.program;
		station.pass(60);
		const { numbers } = station;
		expect(station.program.client.pending).toBe(0);
		expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
		// Whatever did not give way arrived, and nothing twice; so the latest of the outage did.
		expect(new Set(numbers).size).toBe(numbers.length);
		expect(numbers.length).toBe(station.program.readings - gone().length);
		expect(numbers).toContain(readings);
		expect(station.published("status").at(-1)?.text).toBe("online");
	});

	it("counts what is refused, and goes on with a fresh reading when there is room", () => {
		// Room for those in flight only: what was sent does not give way when the broker falls silent.
		const limits = limitsFrom({ ...TINY_LIMITS, outboxBytes: 512 });
		const station = new Station(start, { settings: { version, intervalSeconds: 1 }, limits });
		station.pass(1);
		const speak = station.broker.chaos.silence();
		station.pass(30);
		const { refused } = station.program;
		expect(refused).toBeGreaterThan(20);
		expect(station.log.of("queued").some(([, ticket]) => ticket === Refusal.Full)).toBe(true);
		expect(station.program.client.counters[Counter.Refusals]).toBeGreaterThanOrEqual(refused);
		speak();
		station.pass(20);
		expect(station.program.refused).toBeLessThan(refused + 10);
		expect(station.numbers).toContain(station.program.readings);
	});

	it("does not let QoS 0 readings wait", () => {
		const station = new Station(start, { settings: { version, qos: 0, intervalSeconds: 5 } });
		station.pass(1);
		station.broker.restart({ keepSessions: true, downMs: 20_000 });
		station.pass(60);
		const refusals = station.log.of("queued").filter(([, ticket]) => ticket === Refusal.Offline);
		expect(refusals.length).toBe(station.program.refused);
		expect(refusals.length).toBeGreaterThan(2);
		expect(station.numbers.length).toBe(station.program.readings - station.program.refused);
	});

	it("writes negative and small numbers as JSON has them", () => {
		const station = new Station(start, { settings: { version } });
		Object.assign(station.sensors, { temperature: -5, humidity: 7, battery: 0, signal: -100 });
		station.pass(1);
		expect(station.readings).toEqual(['{"t":-0.05,"h":0.07,"battery":0,"rssi":-100,"n":1,"up":0}']);
	});

	it("does not drift", () => {
		const station = new Station(start, { settings: { version, intervalSeconds: 1 } });
		station.pass(3600.5);
		expect(station.numbers.length).toBe(3601);
	});
});

it("stops at once without a connection", () => {
	const station = new Station(start, { unreachable: true });
	station.pass(10);
	station.program.stop();
	expect(station.log.of("offline").at(-1)).toEqual([Reason.ClosedByApplication, -1]);
	station.pass(600);
	expect(station.broker.counters.accepted).toBe(0);
	expect(station.world.pending).toBe(0);
});

describe.each([
	["MQTT 3.1.1", 4],
	["MQTT 5.0", 5],
] as const)("the sensor program with a flash store on %s", (_name, version) => {
	const started = (options: StationOptions = {}) =>
		new Station(start, {
			flash: new NodeFlash(),
			synchronised: true,
			...options,
			settings: { version, intervalSeconds: 10, ...options.settings },
		});

	it.each([1, 2] as const)(
		"sends what was taken offline later, in order, with the time it was taken, through power cuts (QoS %i)",
		(qos) => {
			const station = started({ settings: { qos } });
			const epoch = station.world.epochMs / 1000;
			station.pass(15);
			station.broker.restart({ keepSessions: true, downMs: 400_000 });
			station.pass(100);
			station.machine.cutPower(3_000);
			station.pass(100);
			station.machine.cutPower(3_000);
			station.pass(400);
			const readings = station.readings.map((text) => JSON.parse(text));
			const numbers = readings.map(({ n }) => n);
			expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1));
			expect(numbers.length).toBeGreaterThan(45);
			expect(station.program.readings).toBe(numbers.length);
			// Ten seconds apart but for the starts; and not the time at which they arrived.
			const at = readings.map((reading) => reading.at - epoch);
			expect(at.slice(0, 12)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110]);
			for (let i = 1; i < at.length; i++) expect(at[i] - at[i - 1]).toBeGreaterThanOrEqual(2);
			expect(readings[0]).not.toHaveProperty("up");
			expect(station.published("status").at(-1)?.text).toBe("online");
			expect(station.log.of("settled").some((settled) => settled[3] === true)).toBe(true);
			expect(station.log.of("storeFault")).toEqual([]);
		},
	);

	it("counts on after a restart in order, and after any number of cuts", () => {
		const station = started();
		for (let i = 0; i < 10; i++) {
			station.pass(25);
			if (i % 2 === 0) station.machine.cutPower(500);
			else {
				station.program.stop();
				station.pass(1);
				station.machine.restart();
			}
		}
		station.pass(30);
		// At QoS 1 the last one before a cut may come again: that it was acknowledged need not be in flash.
		const numbers = [...new Set(station.numbers)];
		expect(numbers.length).toBeGreaterThan(25);
		expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1));
	});

	it("keeps the latest readings of a long outage", () => {
		const station = started({ settings: { intervalSeconds: 1 } });
		station.pass(1);
		station.broker.restart({ keepSessions: true, downMs: 900_000 });
		station.pass(899);
		const { readings } = station.program;
		station.pass(200);
		const { numbers } = station;
		expect(station.program.refused).toBe(0);
		expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
		expect(new Set(numbers).size).toBe(numbers.length);
		const during = numbers.filter((n) => n <= readings);
		// Many gave way: the first ones. The rest has no gap.
		expect(during.length).toBeLessThan(readings - 100);
		const last = during.slice(-20);
		expect(last).toEqual(Array.from({ length: 20 }, (_, i) => readings - 19 + i));
	});

	it("says when its flash holds something else, leaves it alone, and goes on without", () => {
		const flash = new NodeFlash();
		flash.write(
			Uint8Array.from({ length: 4096 }, (_, i) => i * 7),
			0,
		);
		const before = new Uint8Array(65_536);
		flash.read(before, 0);
		const station = started({ flash });
		station.pass(35);
		expect(station.log.of("storeFault")).toEqual([[StoreFault.Foreign]]);
		expect(station.numbers).toEqual([1, 2, 3, 4]);
		const after = new Uint8Array(65_536);
		flash.read(after, 0);
		expect(Buffer.compare(before, after)).toBe(0);
	});
});

it("fits the longest reading", () => {
	const station = new Station(start, { flash: new NodeFlash(), synchronised: true });
	Object.assign(station.sensors, { temperature: -999_999_999, humidity: -999_999_999 });
	Object.assign(station.sensors, { battery: -2_147_483_648, signal: -2_147_483_648 });
	station.pass(1);
	expect(station.readings).toHaveLength(1);
	expect(station.readings[0].length).toBeLessThan(READING_BYTES);
	expect(JSON.parse(station.readings[0])).toMatchObject({ t: -9_999_999.99, n: 1 });
});
