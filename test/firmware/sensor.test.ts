// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { Command } from "../../firmware/ports.js";
import { start } from "../../firmware/programs/sensor.js";
import { Counter, Reason, Refusal, Settled } from "../../lib/index.js";
import { Station } from "./station.js";

describe.each([
	["MQTT 3.1.1", 4],
	["MQTT 5.0", 5],
] as const)("the sensor program on %s", (_name, version) => {
	it.each([0, 1, 2] as const)("takes a reading at once, and one each interval (QoS %i)", (qos) => {
		const station = new Station(start, { settings: { version, qos, intervalSeconds: 10 } });
		station.pass(35);
		const body = (n: number) => `{"t":21.53,"h":45.20,"battery":3712,"rssi":-61,"n":${n}}`;
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
		expect(station.log.of("command")).toEqual([[Command.Identify], [Command.Report], [Command.Invalid]]);
		expect(station.program.invalid).toBe(1);
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

	it("counts what a full outbox refuses, and goes on with a fresh reading when there is room", () => {
		const station = new Station(start, { settings: { version, intervalSeconds: 5 }, tiny: true });
		station.pass(1);
		station.broker.restart({ keepSessions: true, downMs: 600_000 });
		station.pass(600);
		const { refused } = station.program;
		expect(refused).toBeGreaterThan(50);
		expect(station.log.of("queued").some(([, ticket]) => ticket === Refusal.Full)).toBe(true);
		expect(station.program.client.counters[Counter.Refusals]).toBeGreaterThanOrEqual(refused);
		station.pass(180);
		const { numbers } = station;
		expect(station.program.client.pending).toBe(0);
		expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
		// Everything that was accepted arrived, and nothing twice.
		expect(new Set(numbers).size).toBe(numbers.length);
		expect(numbers.length).toBe(station.program.readings - station.program.refused);
		expect(station.published("status").at(-1)?.text).toBe("online");
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
		expect(station.readings).toEqual(['{"t":-0.05,"h":0.07,"battery":0,"rssi":-100,"n":1}']);
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
