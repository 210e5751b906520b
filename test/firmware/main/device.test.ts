// SPDX-License-Identifier: MIT
/** A device made of other choices than those of the test of main: other programs, a wired board. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { CachingResolver } from "../../../firmware/drivers/resolver.js";
import { TcpDialler } from "../../../firmware/drivers/tcp-dialler.js";
import { WifiStation } from "../../../firmware/drivers/wifi.js";
import { type Choices, Device, type Sdk } from "../../../firmware/main/device.js";
import type { Facts } from "../../../firmware/main/facts.js";
import { start as hello } from "../../../firmware/programs/hello.js";
import { start as sleeper } from "../../../firmware/programs/sleeper.js";
import { FixedSensors } from "../station.js";
import { Chip } from "./chip.js";

const FACTS: Facts = {
	...{ title: "a board", chip: "ESP32", target: "none", flashBytes: 4_194_304, networks: ["wifi"] },
	...{
		partition: { label: "ringbuoy", bytes: 65_536 },
		sensor: null,
		lamp: null,
		battery: null,
		settings: {},
	},
};

const SETTINGS = {
	mqtt_url: "mqtt://broker.local",
	wifi_ssid: "home",
	wifi_password: "secret12",
	name: "shed",
};

/** The SDK of a chip, as main hands it in. */
function sdkOf(chip: Chip, config: Record<string, unknown>): Sdk {
	const open = (options: { path: string; format: never; mode: never }): unknown =>
		options.format === "buffer" ? chip.blobs.open(options) : chip.nvs.open(options);
	const { time } = chip;
	return {
		flash: { open: (options) => chip.flash.open(options) },
		storage: { open: open as never },
		Digital: class {
			static readonly Output = 8;
			write(): void {}
		},
		Timer: {
			set: (callback, ms, repeat) => time.set(callback, ms, repeat),
			schedule: (timer, ms, repeat) => time.schedule(timer, ms, repeat),
			delay: () => {},
		},
		Time: {
			get ticks() {
				return time.ticks;
			},
			set: () => {},
		},
		SNTP: chip.servers.SNTP,
		config,
		instrumentation: { map: () => undefined, get: () => undefined },
		resetReason: chip.resetReason,
		system: { restart: () => chip.restart() },
		log: (words) => chip.console.push(words),
	};
}

function choices(chip: Chip, start: Choices["start"]): Choices {
	return {
		facts: FACTS,
		start,
		openSensors: () => new FixedSensors(),
		openNetwork: ({ settings, clock, random }) =>
			new WifiStation({ io: chip.radio.WiFi, clock, random, networks: settings.wifi }),
		openDialler: ({ settings, memory, clock, network, onException }) =>
			new TcpDialler({
				...{ memory, clock, network, onException, host: settings.address!.host },
				io: class {
					constructor(options: never) {
						// biome-ignore lint/correctness/noConstructorReturn: the model's object is the instance
						return chip.connect(options);
					}
				} as never,
				resolver: new CachingResolver({ lookUp: (name, done) => chip.resolve(name, done), clock }),
			}),
	};
}

function powered(start: Choices["start"], config: Record<string, unknown> = {}): Chip {
	const chip = new Chip();
	chip.radio.point("home", "secret12");
	chip.servers.servers.set("pool.ntp.org", 0);
	chip.powerOn(() => {
		const device = new Device(sdkOf(chip, { ...SETTINGS, ...config }), choices(chip, start));
		chip.abort = device.lifeline.abort;
		device.boot();
	});
	return chip;
}

afterEach(() => void vi.restoreAllMocks());

describe("A sleeper on a chip without deep sleep", () => {
	it("sends, switches the radio off, waits, and wakes as from sleep; nothing is lost and nothing counts as a crash", () => {
		const chip = powered(sleeper, { interval_secs: 300 });
		chip.pass(60);
		expect(chip.published("status")).toEqual(["asleep"]);
		expect(chip.radio.associated).toBeUndefined();
		chip.pass(29 * 60);
		const gaps = chip.boots.slice(1).map((ms, i) => Math.round((ms - chip.boots[i]) / 1000));
		expect(gaps.length).toBe(5);
		for (const gap of gaps) expect(Math.abs(gap - 300)).toBeLessThan(3);
		const numbers = chip.published("reading").map((text) => JSON.parse(text).n);
		expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
		// Waking up is no start worth a report.
		expect(chip.published("diagnostics").length).toBe(1);
		expect(chip.console.join("\n")).not.toMatch(/crash|restarting/);
		expect(chip.console.filter((line) => line === "started by sleep").length).toBe(5);
	});

	it("keeps its readings while there is no network", () => {
		const chip = powered(sleeper, { interval_secs: 60 });
		chip.radio.points[0].on = false;
		chip.pass(10 * 60);
		expect(chip.published("reading")).toEqual([]);
		chip.radio.points[0].on = true;
		chip.pass(3 * 60);
		const numbers = chip.published("reading").map((text) => JSON.parse(text).n);
		expect(numbers.length).toBeGreaterThan(10);
		expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, i) => i + 1));
	});
});

describe("A program that reports nothing", () => {
	it("is not restarted while it has a broker, and is when it has none", () => {
		const chip = powered(hello);
		chip.pass(3 * 3600);
		expect(chip.boots.length).toBe(1);
		expect(chip.published("hello")).toEqual(["Hello from shed"]);
		chip.broker.restart({ keepSessions: true, downMs: 20 * 60_000 });
		chip.pass(17 * 60);
		expect(chip.boots.length).toBe(2);
	});
});
