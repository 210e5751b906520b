// SPDX-License-Identifier: MIT
// alone: it replaces modules
/**
 * The firmware as it is on a board, `main.ts` and all that it imports, on models of the SDK's modules: it joins Wi-Fi, asks
 * for the time and the broker's address, connects, sends; and what it does when something of that fails.
 */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Chip, Esp } from "./chip.js";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const sdk = vi.hoisted(() => ({ chip: undefined as unknown as Chip, config: {} as Record<string, unknown> }));

vi.mock("timer", () => ({
	default: {
		set: (callback: () => void, ms: number, repeat: number) => sdk.chip.time.set(callback, ms, repeat),
		schedule: (timer: object, ms?: number, repeat?: number) => sdk.chip.time.schedule(timer, ms, repeat),
		delay: () => {},
	},
}));
vi.mock("time", () => ({
	default: {
		get ticks() {
			return sdk.chip.time.ticks;
		},
		set: () => {},
	},
}));
vi.mock("sntp", () => ({
	default: class {
		static readonly time = 1;
		static readonly error = -1;
		constructor(options: { host: string }, callback: never) {
			// biome-ignore lint/correctness/noConstructorReturn: the model's object is the instance
			return new sdk.chip.servers.SNTP(options, callback);
		}
	},
}));
vi.mock("embedded:network/interface/wifi", () => ({
	default: class {
		constructor(options: { onChanged?: (property: string) => void }) {
			// biome-ignore lint/correctness/noConstructorReturn: the model's object is the instance
			return new sdk.chip.radio.WiFi(options);
		}
	},
}));
vi.mock("embedded:io/socket/tcp", () => ({
	default: class {
		constructor(options: never) {
			// biome-ignore lint/correctness/noConstructorReturn: the model's object is the instance
			return sdk.chip.connect(options);
		}
	},
}));
vi.mock("embedded:io/digital", () => ({
	default: class {
		static readonly Output = 8;
		constructor({ pin }: { pin: number }) {
			if (pin === 99) throw new Error("in use");
		}
		write(level: number): void {
			sdk.chip.lamp.push(level);
		}
	},
}));
vi.mock("embedded:io/analog", () => ({ default: class {} }));
vi.mock("embedded:io/i2c", () => ({ default: class {} }));
vi.mock("embedded:storage/flash", () => ({
	default: { open: (options: { path: string }) => sdk.chip.flash.open(options) },
}));
vi.mock("embedded:storage/key-value", () => ({
	default: {
		open: (options: { path: string; format: never; mode: never }) =>
			options.format === "buffer" ? sdk.chip.blobs.open(options) : sdk.chip.nvs.open(options),
	},
}));
vi.mock("instrumentation", () => ({ default: { map: () => undefined, get: () => undefined } }));
vi.mock("mc/config", () => ({ default: sdk.config }));
vi.mock("resetReason", () => ({ default: () => ({ reason: sdk.chip.resetReason, string: "" }) }));

const { default: main } = await import("../../../firmware/main/main.js");

function chip(settings: Record<string, unknown> = {}): Chip {
	const made = new Chip();
	sdk.chip = made;
	for (const key of Object.keys(sdk.config)) delete sdk.config[key];
	Object.assign(sdk.config, {
		mqtt_url: "mqtt://broker.local",
		wifi_ssid: "home",
		wifi_password: "secret12",
	});
	Object.assign(sdk.config, settings);
	made.radio.point("home", "secret12");
	made.servers.servers.set("pool.ntp.org", 0);
	return made;
}

beforeEach(() => {
	vi.stubGlobal("trace", (...words: unknown[]) => sdk.chip.console.push(words.join("").trimEnd()));
	vi.stubGlobal("System", {
		restart: () => sdk.chip.restart(),
		resolve: (name: string, done: (name: string, address?: string) => void) => sdk.chip.resolve(name, done),
	});
	const engine = globalThis as { abort?: unknown };
	Object.defineProperty(engine, "abort", {
		configurable: true,
		get: () => sdk.chip.abort,
		set: (abort) => {
			sdk.chip.abort = abort;
		},
	});
});

afterEach(() => void vi.unstubAllGlobals());

describe("A board that is set up", () => {
	it("joins, connects and sends a reading; and tells its console how", () => {
		const board = chip();
		board.powerOn(main);
		board.pass(30);
		expect(board.published("status")).toEqual(["online"]);
		expect(JSON.parse(board.published("reading")[0])).toMatchObject({ n: 1, rssi: -60 });
		expect(JSON.parse(board.published("diagnostics")[0])).toMatchObject({ reset: "power", starts: 1 });
		expect(board.console.slice(0, 3)).toEqual([
			`ringbuoy ${version} on ESP32 DevKit, BME280 on its pins, start 1`,
			"started by power",
			expect.stringMatching(/^ringbuoy-[0-9a-f]{6} connects to mqtt:\/\/broker.local(:1883)?, MQTT 5.0$/),
		]);
		const said = board.console.join("\n");
		expect(said).toMatch(/\nmemory: \d+ bytes for client and store\nstore: 0 messages wait\n/);
		expect(said).toContain("restarts after 15 minutes without a broker");
		expect(said).toMatch(/\nwifi is up, address [\d.]+\n/);
		expect(said).toContain("\nonline, with a new session");
		expect(said).not.toContain("secret12");
	});

	it("goes on for hours, a reading a minute, and is not restarted", () => {
		const board = chip();
		board.powerOn(main);
		board.pass(4 * 3600);
		expect(board.boots.length).toBe(1);
		const numbers = board.published("reading").map((text) => JSON.parse(text).n);
		expect(numbers.length).toBeGreaterThan(238);
		expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1));
	});

	it("takes names as long as the settings allow", () => {
		const [name, mqtt_root] = ["n".repeat(64), "r".repeat(128)];
		const board = chip({ name, mqtt_root, mqtt_user: "u".repeat(64), mqtt_password: "p".repeat(128) });
		board.powerOn(main);
		board.pass(30);
		expect(board.console.filter((line) => line.startsWith("settings:"))).toEqual([]);
		expect(board.published("status")).toEqual(["online"]);
	});

	it("blinks when it is asked to", () => {
		const board = chip({ name: "shed" });
		board.powerOn(main);
		board.pass(30);
		expect(board.lamp).toEqual([0]);
		board.broker.publish({ topic: "ringbuoy/shed/do", payload: "identify", qos: 1 });
		board.pass(10);
		expect(board.lamp.length).toBe(41);
		expect(board.lamp.at(-1)).toBe(0);
		expect(board.lamp.slice(1, 5)).toEqual([1, 0, 1, 0]);
	});

	it("comes back when the Wi-Fi does, at once, with all that was taken meanwhile", () => {
		const board = chip();
		board.powerOn(main);
		board.pass(90);
		const point = board.radio.points[0];
		board.radio.off(point);
		board.pass(600);
		expect(board.console.at(-1)).toMatch(/^(no network|offline|the network is gone)/);
		point.on = true;
		board.pass(60);
		const numbers = board.published("reading").map((text) => JSON.parse(text).n);
		expect(numbers.at(-1)).toBeGreaterThan(11);
		expect([...new Set(numbers)]).toEqual(Array.from({ length: numbers.at(-1) }, (_, i) => i + 1));
		expect(board.boots.length).toBe(1);
	});
});

describe("A board without its broker", () => {
	it("restarts after 15 minutes, then 30, and says so when it is back", () => {
		const board = chip();
		board.powerOn(main);
		board.pass(60);
		board.broker.restart({ keepSessions: true, downMs: 50 * 60_000 });
		board.pass(48 * 60);
		const minutes = board.boots.map((ms) => Math.round(ms / 60_000));
		expect(minutes).toEqual([0, 16, 46]);
		expect(board.console.filter((line) => line.startsWith("restarting"))).toEqual([
			"restarting: no broker",
			"restarting: no broker",
		]);
		board.pass(10 * 60);
		const report = JSON.parse(board.published("diagnostics").at(-1)!);
		expect(report).toMatchObject({ reset: "software", starts: 3, ending: "no broker" });
		const numbers = board.published("reading").map((text) => JSON.parse(text).n);
		expect([...new Set(numbers)]).toEqual(Array.from({ length: numbers.at(-1) }, (_, i) => i + 1));
		expect(board.console).toContain(
			"started by a restart of its own; before it there was no broker for too long",
		);
	});

	it("says what to do when nobody has named one, and does not restart for it", () => {
		const board = chip({ mqtt_url: "" });
		board.powerOn(main);
		board.pass(3600);
		expect(board.boots.length).toBe(1);
		expect(board.console.filter((line) => line.includes("mqtt_url")).length).toBeGreaterThan(1);
		expect(board.console.join("\n")).toContain("no broker is known: set mqtt_url to mqtt://host:1883");
	});

	it("says that TLS was not built in, again and again, and works on", () => {
		const board = chip({ mqtt_url: "mqtts://broker.local" });
		board.powerOn(main);
		board.pass(600);
		expect(board.console.join("\n")).toMatch(
			/offline: mqtts:.*needs TLS, and this firmware was built without/,
		);
		expect(board.boots.length).toBe(1);
	});
});

describe("A program that throws", () => {
	it("is kept as the reason, the store is flushed, and the board comes back", () => {
		const board = chip();
		board.powerOn(main);
		board.pass(70);
		// Out of the sensor of the program, from an alarm.
		const spoilt = vi.spyOn(Number, "isNaN").mockImplementationOnce(() => {
			throw new TypeError("no such thing");
		});
		board.pass(70);
		spoilt.mockRestore();
		expect(board.boots.length).toBe(2);
		expect(board.console).toContain("restarting: TypeError: no such thing");
		board.pass(60);
		expect(JSON.parse(board.published("diagnostics").at(-1)!)).toMatchObject({
			...{ reset: "software", ending: "exception", words: "TypeError: no such thing" },
		});
		const numbers = board.published("reading").map((text) => JSON.parse(text).n);
		expect(new Set(numbers).size).toBeGreaterThan(1);
	});

	it("is also heard when the engine gives up", () => {
		const board = chip();
		board.powerOn(main);
		board.pass(70);
		expect(board.abort!("memory full", undefined)).toBeUndefined();
		board.restart();
		board.pass(60);
		expect(JSON.parse(board.published("diagnostics").at(-1)!)).toMatchObject({ ending: "memory full" });
	});
});

describe("A program that cannot start", () => {
	it("does not restart in a rush, and says each time why", () => {
		const board = chip();
		const { FinalizationRegistry: real } = globalThis;
		class Stripped {
			constructor() {
				throw new RangeError("dead strip");
			}
		}
		vi.stubGlobal("FinalizationRegistry", Stripped);
		board.powerOn(main);
		board.pass(3600);
		const said = board.console.join("\n");
		expect(said).toContain("restarting: RangeError: dead strip");
		expect(said).toContain("12 lives in a row have ended in a crash: waiting 320 seconds");
		expect(board.boots.length).toBeGreaterThan(12);
		expect(board.boots.length).toBeLessThan(25);
		vi.stubGlobal("FinalizationRegistry", real);
		board.pass(400);
		const report = JSON.parse(board.published("diagnostics")[0]);
		expect(report).toMatchObject({ ending: "start", words: "RangeError: dead strip" });
	});
});

it("says why a firmware cannot even be put together, once a minute", () => {
	const board = chip();
	class Stripped {
		constructor() {
			throw new TypeError("dead strip");
		}
	}
	vi.stubGlobal("DataView", Stripped);
	board.powerOn(main);
	board.pass(600);
	expect(board.boots.length).toBe(10);
	expect(board.console[0]).toBe("the firmware cannot start: TypeError: dead strip; once more in a minute");
});

describe("A board with something missing", () => {
	it("works without the partition, in RAM, and says so", () => {
		const board = chip();
		board.flash = new (board.flash.constructor as new (p: object) => typeof board.flash)({ nvs: 24_576 });
		board.powerOn(main);
		board.pass(60);
		expect(board.console.join("\n")).toContain("there is no partition ringbuoy: partitions.csv");
		expect(board.published("reading").length).toBeGreaterThan(0);
	});

	it("works when NVS does not, and says so", () => {
		const board = chip();
		board.blobs.refuses = "open";
		board.powerOn(main);
		board.pass(60);
		expect(board.console[0]).toBe(
			"restarts are not counted, and their reasons not kept: ESP_ERR_NVS_NOT_INITIALIZED",
		);
		expect(JSON.parse(board.published("diagnostics")[0])).not.toHaveProperty("starts");
	});

	it("tells a watchdog and a crash of the system from a restart of its own", () => {
		const board = chip();
		board.powerOn(main);
		board.pass(60);
		board.restart(Esp.TaskWatchdog);
		board.pass(60);
		board.restart(Esp.Panic);
		board.pass(60);
		const resets = board.published("diagnostics").map((text) => JSON.parse(text).reset);
		expect(resets).toEqual(["power", "watchdog", "panic"]);
	});
});
