// SPDX-License-Identifier: MIT
/** Every folder of `boards/` is a board in order, and the simulator's board is one of them. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../firmware/drivers/settings.js";
import type { Facts } from "../../firmware/main/facts.js";
import { FACTORY_SETTINGS } from "../../simulator/board/index.js";
import { boardAt, boardFaults, boardNames } from "../../simulator/cli/device-board.js";
import { surroundings } from "../../simulator/cli/device-sdk.js";
import { NodeFlash } from "../../simulator/node/index.js";

const { root } = surroundings();
const folder = join(root, "boards");
const names = boardNames(root);
const factsOf = (name: string): Facts => JSON.parse(readFileSync(join(folder, name, "board.json"), "utf8"));

describe.each(names)("%s", (name) => {
	const board = boardAt(root, name);
	const facts = factsOf(name);
	const manifest = JSON.parse(readFileSync(join(folder, name, "manifest.json"), "utf8"));

	test("is in order", () => {
		expect(boardFaults(board)).toEqual([]);
	});

	test("has room for updates: two slots of 1.875 MB, and the session behind them", () => {
		const at = Object.fromEntries(board.partitions.map((one) => [one.label, [one.offset, one.bytes]]));
		expect(at).toEqual({
			nvs: [0x9000, 0x4000],
			otadata: [0xd000, 0x2000],
			phy_init: [0xf000, 0x1000],
			ota_0: [0x10000, 0x1e0000],
			ota_1: [0x1f0000, 0x1e0000],
			ringbuoy: [0x3d0000, 0x10000],
		});
	});

	test("includes the network and the sensor that its facts tell of, and its own table", () => {
		const network = facts.networks.length === 2 ? "both" : facts.networks[0];
		const part = facts.sensor?.part ?? "none";
		expect(manifest.include).toEqual([
			`../../manifests/device/${network}.json`,
			`../../firmware/main/manifest-${part}.json`,
		]);
		for (const path of manifest.include) expect(existsSync(join(folder, name, path)), path).toBe(true);
		expect(existsSync(join(root, `firmware/main/sensors-${part}.ts`))).toBe(true);
		expect(manifest.build).toEqual({ PARTITIONS_FILE: "./partitions.csv" });
		expect(manifest.modules).toEqual({ "ringbuoy/board": "./board" });
	});

	test("is set to values that the firmware takes", () => {
		const { problems } = readSettings({ config: { mqtt_url: "mqtt://h" }, board: facts.settings });
		expect(
			problems.filter((problem) => Object.keys(facts.settings).some((key) => problem.includes(key))),
		).toEqual([]);
	});

	test("is described, with its wiring", () => {
		const text = readFileSync(join(folder, name, "README.md"), "utf8");
		expect(text).toMatch(/^# /);
		for (const pin of [facts.sensor?.data, facts.sensor?.clock, facts.lamp?.pin, facts.battery?.pin])
			if (pin !== undefined) expect(text).toMatch(new RegExp(`\\b(?:GPIO|IO)${pin}\\b`));
		expect(text).toContain("Never run on hardware");
	});

	test("stands in the table of boards/README.md", () => {
		expect(readFileSync(join(folder, "README.md"), "utf8")).toContain(`[${name}](${name}/README.md)`);
	});
});

test("there are the boards that the project names", () => {
	expect(names).toEqual(["esp32-c3-devkit-rust", "esp32-devkit", "esp32-s3", "m5paper", "wt32-eth01"]);
	const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
	for (const { name } of folders) expect(existsSync(join(folder, name, "board.json")), name).toBe(true);
});

describe("the simulator's board is a board", () => {
	const facts = factsOf("host");

	test("whose facts are those of VirtualBoard", () => {
		const { settings, partition } = facts;
		expect(settings).toEqual({
			mqtt_root: FACTORY_SETTINGS.root,
			mqtt_version: FACTORY_SETTINGS.version,
			mqtt_qos: FACTORY_SETTINGS.qos,
			interval_secs: FACTORY_SETTINGS.intervalSeconds,
			keep_alive_secs: FACTORY_SETTINGS.keepAliveSeconds,
			session_secs: FACTORY_SETTINGS.sessionExpirySeconds,
		});
		expect(partition).toEqual({ label: "ringbuoy", bytes: new NodeFlash().status().size });
		expect(facts.flashBytes).toBe(partition.bytes);
	});

	test("and a real one would take its settings as they are", () => {
		const {
			root: topics,
			version,
			qos,
			intervalSeconds,
			keepAliveSeconds,
			sessionExpirySeconds,
		} = readSettings({
			config: { mqtt_url: "mqtt://h" },
			board: facts.settings,
		});
		expect({ root: topics, version, qos, intervalSeconds, keepAliveSeconds, sessionExpirySeconds }).toEqual(
			FACTORY_SETTINGS,
		);
	});
});
