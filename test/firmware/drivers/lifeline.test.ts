// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { DeviceHealth } from "../../../firmware/drivers/health.js";
import { Ledger } from "../../../firmware/drivers/ledger.js";
import { Lifeline } from "../../../firmware/drivers/lifeline.js";
import { type Board, Ending, type Settings } from "../../../firmware/ports.js";
import { type Sensor, start } from "../../../firmware/programs/sensor.js";
import { Settled } from "../../../lib/index.js";
import { NodeFlash } from "../../../simulator/node/index.js";
import { BlobStorage } from "../../kit/ecma419/blob-storage.js";
import { Station, type StationOptions } from "../station.js";

/** `esp_reset_reason` after `esp_restart`. */
const SOFTWARE = 3;
const SILENT = { map: () => undefined, get: () => undefined };

interface Options {
	readonly rebootMinutes?: number;
	readonly settings?: Partial<Settings>;
	readonly ram?: boolean;
	readonly password?: string;
}

/** The sensor on a board with ledger and lifeline: what main puts together, in virtual time. */
class Rig {
	readonly io = new BlobStorage();
	readonly log: string[] = [];
	readonly network = { up: true, signal: -61, renewed: [] as number[], renew: () => this.#renew() };
	readonly station: Station<Sensor>;
	lifeline!: Lifeline;
	ledger!: Ledger;
	health!: DeviceHealth;
	/** Of the store as this life found it. */
	unclean: boolean[] = [];

	constructor(options: Options = {}) {
		const flash = options.ram ? undefined : new NodeFlash();
		const settings = { intervalSeconds: 60, ...options.settings };
		const stationOptions: StationOptions = { flash, settings };
		this.station = new Station((board) => this.#boot(board, options), stationOptions);
	}

	#renew(): void {
		this.network.renewed.push(Math.round(this.station.world.now / 1000));
	}

	#boot(board: Board, { rebootMinutes = 15, ram = false }: Options): Sensor {
		const { clock, power, store } = board;
		const { network } = this;
		const ledger = new Ledger(this.io);
		ledger.begin(true);
		const lifeline = new Lifeline({
			...{ ledger, clock, rebootMinutes },
			power: power!,
			log: (words) => this.log.push(words),
		});
		lifeline.volatile = ram;
		lifeline.network = network;
		const health = new DeviceHealth({
			...{ ledger, lifeline, network, resetReason: SOFTWARE, instrumentation: SILENT },
		});
		Object.assign(this, { ledger, lifeline, health });
		const program = start(Object.assign(board, { health }));
		this.unclean.push(store.unclean);
		lifeline.watch(program, store);
		return program;
	}

	/** Starts of the board, in minutes. */
	restarts(minutes: number): number[] {
		const found: number[] = [];
		let { boots } = this.station.machine;
		for (let minute = 0; minute < minutes; minute += 0.25) {
			this.station.pass(15);
			if (this.station.machine.boots === boots) continue;
			boots = this.station.machine.boots;
			found.push(Math.round(this.station.world.now / 60_000));
		}
		return found;
	}
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const reports = (rig: Rig) => rig.station.published("diagnostics").map((note) => JSON.parse(note.text));

describe("Without a broker", () => {
	it("restarts after rebootMinutes, then after twice as long, and says so when there is one again", () => {
		const rig = new Rig();
		rig.station.pass(60);
		rig.station.dialler.fault = "refuse";
		rig.station.broker.restart({ keepSessions: true, downMs: 100 });
		expect(rig.restarts(4 * 60)).toEqual([16, 46, 106, 226]);
		expect(rig.lifeline.limitSeconds).toBe(15 * 60 * 16);
		rig.station.dialler.fault = "none";
		rig.station.pass(180);
		expect(reports(rig).at(-1)).toMatchObject({
			reset: "software",
			starts: 5,
			ending: "no broker",
			reason: -18,
			rssi: -61,
		});
		expect(rig.ledger.restarts).toBe(0);
		expect(rig.log).toEqual(Array.from({ length: 4 }, () => "restarting: no broker"));
	});

	it("loses nothing by it: every reading arrives, in order, once, and each life has ended in order", () => {
		const rig = new Rig({ settings: { qos: 2 } });
		rig.station.pass(90);
		rig.station.dialler.fault = "refuse";
		rig.station.broker.restart({ keepSessions: true, downMs: 100 });
		rig.station.pass(50 * 60);
		expect(rig.station.machine.boots).toBe(3);
		rig.station.dialler.fault = "none";
		rig.station.pass(300);
		const { numbers } = rig.station;
		expect(numbers.length).toBeGreaterThan(45);
		expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1));
		expect(rig.unclean.slice(1)).toEqual([false, false]);
		const outcomes = rig.station.log.of("settled").map(([, outcome]) => outcome);
		expect(new Set(outcomes)).toEqual(new Set([Settled.Acknowledged]));
	});

	it("never goes beyond 64 times the limit", () => {
		const rig = new Rig({ rebootMinutes: 1 });
		rig.station.dialler.fault = "refuse";
		rig.station.broker.restart({ keepSessions: true, downMs: 100 });
		const times = rig.restarts(6 * 60);
		const gaps = times.map((time, i) => time - (times[i - 1] ?? 0));
		expect(gaps.slice(-3)).toEqual([64, 64, 64]);
	});

	it("does not restart where that is off, but begins the network anew, at growing distances", () => {
		const rig = new Rig({ rebootMinutes: 0 });
		rig.station.dialler.fault = "refuse";
		rig.station.broker.restart({ keepSessions: true, downMs: 100 });
		expect(rig.restarts(90)).toEqual([]);
		const { renewed } = rig.network;
		expect(renewed.length).toBe(5);
		for (const [i, seconds] of [300, 600, 1200, 2400, 4800].entries()) {
			expect(renewed[i]).toBeGreaterThanOrEqual(seconds);
			expect(renewed[i]).toBeLessThan(seconds + 30);
		}
		rig.network.up = false;
		rig.station.pass(3 * 3600);
		expect(renewed.length).toBe(5);
	});

	it("takes a refusal for a broker", () => {
		const rig = new Rig();
		rig.station.pass(10);
		const rule = rig.station.broker.chaos.answer({ packet: "connack", reason: 0x87, times: Infinity });
		rig.station.broker.restart({ keepSessions: true, downMs: 100 });
		expect(rig.restarts(60)).toEqual([]);
		expect(rule.acted).toBeGreaterThan(5);
		expect(rig.station.program.client.online).toBe(false);
	});

	it("waits a day while messages wait that are in RAM only", () => {
		const rig = new Rig({ ram: true });
		rig.station.dialler.fault = "refuse";
		rig.station.broker.restart({ keepSessions: true, downMs: 100 });
		rig.station.pass(23.9 * 3600);
		expect(rig.station.machine.boots).toBe(1);
		rig.station.pass(0.2 * 3600);
		expect(rig.station.machine.boots).toBe(2);
	});
});

describe("With a broker", () => {
	it("does nothing, for days, and writes nothing", () => {
		const rig = new Rig({ settings: { intervalSeconds: 600 } });
		rig.station.pass(120);
		const { writes } = rig.io;
		rig.station.pass(3 * 86_400);
		expect(rig.station.machine.boots).toBe(1);
		expect(rig.io.writes).toBe(writes);
		expect(rig.network.renewed).toEqual([]);
		expect(rig.log).toEqual([]);
	});
});

describe("An exception that nobody caught", () => {
	it("restarts the board, whose next life tells what it said", () => {
		const rig = new Rig();
		rig.station.pass(100);
		rig.lifeline.fail(new TypeError('cannot read "x" of undefined'));
		rig.station.pass(10);
		expect(rig.station.machine.boots).toBe(2);
		expect(rig.health.ending).toBe(Ending.Exception);
		expect(text(rig.health.lastWords)).toBe("TypeError: cannot read 'x' of undefined");
		expect(reports(rig).at(-1)).toMatchObject({ words: "TypeError: cannot read 'x' of undefined" });
		rig.station.pass(120);
		const numbers = [...new Set(rig.station.numbers)];
		expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1));
	});

	it("is told apart from one at the start, which makes the board wait", () => {
		const io = new BlobStorage();
		const log: string[] = [];
		const rig = new Rig();
		const clock = { ...rig.station.world, seconds: 0, ticks: 0, epochSeconds: 0 };
		const timer = () => ({ arm: () => {}, disarm: () => {} });
		for (let i = 0; i < 3; i++) {
			const ledger = new Ledger(io);
			ledger.begin(true);
			let restarts = 0;
			const power = { restart: () => void restarts++ };
			const lifeline = new Lifeline({
				...{ ledger, power, rebootMinutes: 15, log: (words: string) => void log.push(words) },
				clock: { ...clock, timer },
			});
			lifeline.fail(new RangeError("limits: no"));
			lifeline.fail(new Error("again, on its way out"));
			expect(restarts).toBe(1);
		}
		const ledger = new Ledger(io);
		ledger.begin(true);
		expect(ledger).toMatchObject({ ending: Ending.Start, pauseMs: 10_000 });
		expect(log).toEqual(Array.from({ length: 3 }, () => "restarting: RangeError: limits: no"));
	});

	it("need not be an Error, nor have words", () => {
		const rig = new Rig();
		rig.lifeline.fail(Object.create(null));
		rig.station.pass(1);
		expect(text(rig.health.lastWords)).toBe("something that has no words");
		rig.lifeline.fail(undefined);
		rig.station.pass(1);
		expect(text(rig.health.lastWords)).toBe("undefined");
	});
});

describe("The engine's abort", () => {
	it.each([
		["memory full", undefined, Ending.MemoryFull, ""],
		["unhandled exception", new Error("no sensor"), Ending.Exception, "Error: no sensor"],
		["unhandled rejection", "never mind", Ending.Exception, "never mind"],
		["not enough keys", undefined, Ending.Engine, "not enough keys"],
	])(
		"%s: flushes, keeps the reason, leaves the restart to the engine",
		(message, exception, ending, words) => {
			const rig = new Rig();
			rig.station.pass(100);
			expect(rig.lifeline.abort(message, exception)).toBeUndefined();
			expect(rig.station.machine.boots).toBe(1);
			// A second one, on the way out, changes nothing.
			rig.lifeline.abort("fatal", undefined);
			rig.lifeline.fail(new Error("late"));
			expect(rig.station.machine.boots).toBe(1);
			rig.station.machine.restart();
			rig.station.pass(10);
			expect(rig.health).toMatchObject({ ending, starts: 2 });
			expect(text(rig.health.lastWords)).toBe(words);
		},
	);
});
