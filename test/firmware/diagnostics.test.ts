// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { type Board, Ending, type Health, Reset } from "../../firmware/ports.js";
import { start as startSensor } from "../../firmware/programs/sensor.js";
import { start as startSleeper } from "../../firmware/programs/sleeper.js";
import { LINK_FAULT_BASE, LinkFault, Reason, TINY_LIMITS } from "../../lib/index.js";
import { NodeFlash } from "../../simulator/node/index.js";
import { Station, type StationOptions } from "./station.js";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Knows everything; a test takes away what it wants to be unknown. */
class FixedHealth implements Health {
	reset: Reset = Reset.Power;
	ending: Ending = Ending.Unknown;
	lastWords: Uint8Array = new Uint8Array(0);
	lastReason = 0;
	starts = 12;
	freeBytes = 123_456;
	slotBytes = 20_480;
	chunkBytes = 31_744;
	collections = 3;
	signal = -61;
	samples = 0;
	readonly reasons: number[] = [];
	sample(): void {
		this.samples++;
	}
	offline(reason: number): void {
		this.reasons.push(reason);
	}
}

function started(health: FixedHealth, options: StationOptions = {}, start = startSensor) {
	return new Station((board: Board) => start(Object.assign(board, { health })), options);
}

const reports = (station: Pick<Station<never>, "published">) =>
	station.published("diagnostics").map(({ text }) => JSON.parse(text));

describe.each([
	["MQTT 3.1.1", 4],
	["MQTT 5.0", 5],
] as const)("Diagnostics on %s", (_name, version) => {
	it("says how the board is at each connect, retained, and every ten minutes", () => {
		const health = new FixedHealth();
		const station = started(health, { settings: { version, intervalSeconds: 3600 } });
		station.pass(1);
		expect(station.published("diagnostics")).toEqual([
			{
				text:
					'{"reset":"power","starts":12,"uptime":0,"connects":1,"dials":1,' +
					'"free":123456,"slots":20480,"chunks":31744,"collections":3,"rssi":-61}',
				qos: 1,
				retain: true,
				will: false,
			},
		]);
		health.freeBytes = 99_000;
		station.pass(1199);
		expect(reports(station).map(({ uptime, free }) => [uptime, free])).toEqual([
			[0, 123_456],
			[600, 99_000],
		]);
		expect(health.samples).toBe(2);
		station.broker.restart({ keepSessions: true, downMs: 100 });
		station.pass(60);
		const offline = health.reasons[0];
		expect(offline).toBeLessThan(0);
		expect(reports(station).at(-1)).toMatchObject({ connects: 2, dials: 2, offline });
		station.program.stop();
		station.pass(3600);
		expect(reports(station)).toHaveLength(3);
		expect(health.reasons.at(-1)).toBe(Reason.ClosedByApplication);
	});

	it("says why the life before ended, in the exception's own words", () => {
		const health = new FixedHealth();
		health.reset = Reset.Software;
		health.ending = Ending.Exception;
		health.lastWords = bytesOf("TypeError: cannot read property sample");
		health.lastReason = LINK_FAULT_BASE - LinkFault.Refused;
		const station = started(health, { settings: { version } });
		station.pass(1);
		expect(reports(station)[0]).toMatchObject({
			reset: "software",
			ending: "exception",
			words: "TypeError: cannot read property sample",
			reason: -18,
		});
	});

	it("leaves out what is not known", () => {
		const health = new FixedHealth();
		Object.assign(health, { freeBytes: NaN, slotBytes: NaN, chunkBytes: NaN, collections: NaN, signal: NaN });
		health.starts = NaN;
		const station = started(health, { settings: { version } });
		station.pass(1);
		expect(station.published("diagnostics")[0].text).toBe(
			'{"reset":"power","uptime":0,"connects":1,"dials":1}',
		);
	});

	it("is brief where packets are short, and always whole", () => {
		const health = new FixedHealth();
		const worst = { starts: 4_294_967_295, freeBytes: 4_294_967_295, slotBytes: 4_294_967_295 };
		Object.assign(health, worst, { chunkBytes: 4_294_967_295, collections: 4_294_967_295, signal: -128 });
		Object.assign(health, { reset: Reset.Brownout, ending: Ending.MemoryFull, lastReason: -25 });
		health.lastWords = bytesOf("x".repeat(48));
		const station = started(health, { settings: { version } });
		station.pass(1);
		expect(reports(station)[0]).toMatchObject({ words: "x".repeat(48), rssi: -128 });
		const tiny = started(health, { settings: { version }, limits: TINY_LIMITS });
		tiny.pass(1);
		expect(tiny.published("diagnostics")[0].text).toBe(
			'{"reset":"brownout","starts":4294967295,"ending":"memory full","reason":-25,"uptime":0}',
		);
	});

	it("names every reset and every ending", () => {
		for (const [names, key] of [
			[Reset, "reset"],
			[Ending, "ending"],
		] as const)
			for (const value of Object.values(names)) {
				const health = new FixedHealth();
				Object.assign(health, { [key]: value });
				const station = started(health, { settings: { version } });
				station.pass(1);
				const known = !(key === "ending" && value === Ending.Unknown);
				const found = reports(station)[0][key];
				if (known) expect(found).toMatch(/^[a-z ]+$/);
				else expect(found).toBeUndefined();
			}
	});

	it("waits for room, and tells only the latest", () => {
		const health = new FixedHealth();
		const station = started(health, { settings: { version, intervalSeconds: 3600 } });
		station.pass(1);
		const speak = station.broker.chaos.silence();
		// Keep alive ends the silent connection; the reports of the next ones are about then.
		station.pass(1300);
		speak();
		station.pass(300);
		const told = reports(station);
		expect(told.at(-1).uptime).toBeGreaterThan(1300);
		expect(told.length).toBeLessThanOrEqual(4);
		expect(station.program.client.pending).toBe(0);
	});

	it("is told by the sleeper after a start, not after waking up", () => {
		const health = new FixedHealth();
		const station = started(
			health,
			{ flash: new NodeFlash(), settings: { version, intervalSeconds: 100 } },
			startSleeper as never,
		);
		station.pass(50);
		expect(reports(station)).toHaveLength(1);
		health.reset = Reset.Sleep;
		station.pass(500);
		expect(station.sleeps.length).toBeGreaterThan(4);
		expect(reports(station)).toHaveLength(1);
		health.reset = Reset.Watchdog;
		station.machine.restart();
		station.pass(50);
		expect(reports(station)).toHaveLength(2);
	});
});
