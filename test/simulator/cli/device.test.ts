// SPDX-License-Identifier: MIT
// alone: it starts processes
/** `ringbuoy device`, with an SDK of scripts. What a real one makes of our firmware: `device-sdk.test.ts`. */

import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Workshop } from "./device-kit.js";
import { eventually, Run, ringbuoy } from "./run.js";

let shop: Workshop;

// Each starts Node, tsc and make; on a busy machine that is slow, and no sign of anything.
vi.setConfig({ testTimeout: 60_000 });

beforeAll(() => {
	shop = new Workshop();
});
beforeEach(() => void shop.calls());
afterAll(() => shop.close());

const check = (...more: string[]) => [
	"device",
	"check",
	"--board",
	"esp32-devkit",
	"--out",
	shop.out,
	...more,
];

describe("ringbuoy device check", () => {
	test("asks mcconfig for a makefile, and of it for two files only", async () => {
		const restore = shop.withCompiler();
		const { code, stdout, stderr } = await shop.run(check());
		restore();
		expect(stdout + stderr).toContain("1 files of TypeScript compiled");
		expect(code, stdout + stderr).toBe(0);
		expect(stdout).toMatch(/^esp32-devkit, sensor: esp32\/nodemcu, release, Moddable SDK 8\.2\.3\n/);
		// 429 bytes of code, 110 slots of 16, 20 keys of 4; 5 aliases of 4.
		expect(stdout).toMatch(
			/ok in .*: 2,269 bytes of flash for JavaScript, 429 of them byte code; 20 bytes of RAM/,
		);
		const [mcconfig, ...made] = shop.calls();
		expect(mcconfig).toMatchObject({
			args: ["-p", "esp32/nodemcu", "-o", shop.out, "manifest.json"],
			cwd: join(shop.out, "ringbuoy"),
			MODDABLE: shop.sdk,
			IDF_PATH: join(shop.out, "no-idf"),
		});
		expect(existsSync(join(shop.out, "no-idf/.git"))).toBe(true);
		const targets = made.map(({ target }) => String(target).replace(/.*\//, "")).sort();
		expect(targets).toEqual(["mc.resources.c", "mc.xs.c"]);
	});

	test("puts board, program and settings into a manifest that only its owner may read, and shows no secret", async () => {
		const settings = ["--set", "wifi_ssid=Home", "wifi_password=hunter22", "--set", "mqtt_password"];
		const env = { RINGBUOY_MQTT_PASSWORD: "from the environment" };
		const { code, stdout, stderr } = await shop.run(check("--program", "hello", "--verbose", ...settings), {
			env,
		});
		expect(code, stderr).toBe(0);
		const { include, config } = shop.manifest;
		expect(include.map((path) => path.replace(/.*\/(?=(?:boards|manifests)\/)/, ""))).toEqual([
			"boards/esp32-devkit/manifest.json",
			"manifests/hello.json",
		]);
		expect(config).toEqual({
			wifi_ssid: "Home",
			wifi_password: "hunter22",
			mqtt_password: env.RINGBUOY_MQTT_PASSWORD,
		});
		expect(statSync(join(shop.out, "ringbuoy/manifest.json")).mode & 0o077).toBe(0);
		// What the tools make of it, too: mcconfig writes all settings into its mc.config.js.
		const made = join(shop.out, "tmp/esp32/nodemcu/release/ringbuoy/mc.xs.c");
		expect(statSync(made).mode & 0o077).toBe(0);
		const said = stdout + stderr + JSON.stringify(shop.calls());
		expect(said).not.toMatch(/hunter22|from the environment/);
	});

	test("takes a program of somebody's own, with the memory of the sensor", async () => {
		const own = shop.file("mine.ts", "export function start() {}\n");
		const { code, stderr } = await shop.run(check("--program", own));
		expect(code, stderr).toBe(0);
		expect(shop.manifest).toMatchObject({
			modules: { "program/mine": own.slice(0, -3), "ringbuoy/program": "./program" },
			preload: ["program/mine", "ringbuoy/program"],
			creation: { heap: {} },
		});
		expect(readFileSync(join(shop.out, "ringbuoy/program.ts"), "utf8")).toBe(
			'export * from "program/mine";\n',
		);
		const other = shop.file("other.ts", "export function begin() {}\n");
		expect((await shop.run(check("--program", other))).stderr).toMatch(/exports no start/);
		expect((await shop.run(check("--program", "./nope.ts"))).stderr).toMatch(
			/nope\.ts: there is no such file/,
		);
	});

	test("forgets what an earlier order has left where another source stands now", async () => {
		await shop.run(check());
		const made = join(shop.out, "tmp/esp32/nodemcu/release/ringbuoy");
		const stale = shop.file(
			join("out", "tmp/esp32/nodemcu/release/ringbuoy/modules/ringbuoy/program.xsb"),
			"old",
		);
		expect(stale.startsWith(made)).toBe(true);
		await shop.run(check("--program", "hello"));
		expect(existsSync(stale)).toBe(false);
	});

	test.each([
		["no manifest", /^error: '\.\/nope\.json': manifest not found$/m],
		["silent", /^error: mcconfig ended with 3: /m],
		["not found", /^error: ReferenceError: module "nowhere" not found: no manifest has this module/m],
		["native", /^error: TypeError: link: unavailable function: a preloaded module calls a native/m],
		["syntax", /source\.ts:3: error: missing expression$/m],
		["other table", /^error: mcconfig took another partition table than the board's/m],
		["other flash", /^error: the SDK builds esp32\/nodemcu for 8 MB of flash/m],
	])("says what is wrong, with its place: %s", async (mode, words) => {
		const { code, stdout } = await shop.run(check(), { mode });
		expect(stdout).toMatch(words);
		expect(stdout).toMatch(/FAILED after .*: 1 error/);
		expect(code).toBe(1);
	});

	test("an error of tsc is told once, with file and line, and nothing is linked", async () => {
		const broken = shop.file("broken.ts", 'export const one: number = 1;\nexport const two: number = "2";\n');
		const restore = shop.withCompiler();
		const { code, stdout } = await shop.run(check(), { env: { FAKE_SOURCE: broken } });
		restore();
		expect(stdout).toMatch(
			/broken\.ts:2: error: TS2322: Type 'string' is not assignable to type 'number'\.$/m,
		);
		expect(stdout.match(/TS2322/g)).toHaveLength(1);
		expect(code).toBe(1);
		expect(shop.calls().map(({ tool }) => tool)).toEqual(["mcconfig"]);
	});

	test("tells warnings about our modules, and not those of the SDK; they are no failure", async () => {
		const { code, stdout } = await shop.run(check("--json"), { mode: "warnings" });
		expect(code).toBe(0);
		const events = stdout
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(events.map(({ event }) => event)).toEqual(["begin", "warning", "warning", "checked", "end"]);
		expect(events[1].message).toMatch(
			/^ringbuoy\/x: a: no const: a variable of a preloaded module takes RAM/,
		);
		expect(events[2].message).toBe("no modules match: /x/nofile");
		expect(events[3]).toMatchObject({ board: "esp32-devkit", program: "sensor", ok: true, codeBytes: 429 });
	});

	test("--all is every board with every program, and the examples", async () => {
		const { code, stdout } = await shop.run(["device", "check", "--all", "--json", "--out", shop.out]);
		const events = stdout
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		const pairs = events
			.filter(({ event }) => event === "checked")
			.map(({ board, program }) => `${board} ${program}`);
		expect(new Set(pairs).size).toBe(pairs.length);
		for (const board of ["esp32-devkit", "esp32-s3", "esp32-c3-devkit-rust", "wt32-eth01", "m5paper"])
			for (const program of ["hello", "sensor", "sleeper"]) expect(pairs).toContain(`${board} ${program}`);
		for (const example of ["npm", "ecma419"]) expect(pairs).toContain(`esp32/nodemcu example ${example}`);
		expect(events.at(-1)).toEqual({ event: "end", count: pairs.length, failed: 0 });
		expect(code).toBe(0);
	});

	test("holds a board of somebody's own against what a board must be, before it starts anything", async () => {
		const facts = { title: "Mine", chip: "ESP8266", target: "esp/nodemcu", sensor: { part: "x" } };
		shop.file("board/board.json", JSON.stringify(facts));
		const { code, stdout } = await shop.run([
			"device",
			"check",
			"--board",
			join(shop.folder, "board"),
			"--out",
			shop.out,
		]);
		expect(code).toBe(1);
		for (const words of [
			"flashBytes is missing",
			"sensor.data is missing",
			"lamp is missing: null says",
			"partition is missing",
		])
			expect(stdout).toContain(words);
		expect(shop.calls()).toEqual([]);
	});

	test("Ctrl-C ends what it has started, and what that has started", async () => {
		const run = new Run(check(), { env: shop.env("hangs") });
		await eventually(() => readFileSync(shop.log, "utf8").includes('"sleep"'));
		const sleeping = shop.calls().find(({ tool }) => tool === "sleep") as { pid: number; parent: number };
		run.child.kill("SIGINT");
		expect(await run.exit).toBe(130);
		const gone = (pid: number): boolean => {
			try {
				process.kill(pid, 0);
				return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
			} catch {
				return true;
			}
		};
		await eventually(() => gone(sleeping.pid) && gone(sleeping.parent));
	});
});

describe("ringbuoy device build, flash, monitor", () => {
	const order = (verb: string, ...more: string[]) => [
		"device",
		verb,
		"--board",
		"m5paper",
		"--out",
		shop.out,
		...more,
	];

	test("build calls mcconfig in the environment of ESP-IDF, prints how, and weighs the image", async () => {
		const { code, stdout, stderr } = await shop.run(order("build", "--instrument"));
		expect(code, stdout + stderr).toBe(0);
		expect(stdout).toContain('. "$IDF_PATH/export.sh"');
		expect(stdout).toMatch(/note: no mqtt_url: .*\n {2}note: no wifi_ssid: /);
		expect(stdout).toMatch(/built: 1,400,000 bytes, in .*\/bin\/esp32\/m5paper\/instrument\/ringbuoy/);
		expect(shop.calls()[0]).toMatchObject({
			args: ["-i", "-m", "-p", "esp32/m5paper", "-t", "build", "-o", shop.out, "manifest.json"],
			IDF_PATH: shop.idf,
		});
	});

	test("with idf.py in PATH nothing is sourced", async () => {
		shop.program("path/idf.py", "#!/bin/sh\n");
		const env = { PATH: `${join(shop.folder, "path")}:${process.env["PATH"]}` };
		const { code, stdout } = await shop.run(order("build"), { env });
		expect([code, stdout.includes("export.sh")]).toEqual([0, false]);
	});

	test.each([
		["c error", /x\.c:12: error: expected ';'[\s\S]*FAILED: the command above ended with 2/],
		["too large", /the image has 1966081 bytes, and the partition ota_0 has 1966080/],
		["no image", /there is no image in /],
	])("says what is wrong: %s", async (mode, words) => {
		const { code, stdout } = await shop.run(order("build", "--out", join(shop.folder, mode)), { mode });
		expect(stdout).toMatch(words);
		expect(code).toBe(1);
	});

	test("--dry-run prints the commands that one could type, and does nothing", async () => {
		const flash = await shop.run(
			order("flash", "--dry-run", "--port", "/dev/ttyUSB7", "--set", "wifi_password=secret99"),
		);
		const [settings, ...commands] = flash.stdout.trim().split("\n");
		expect(settings).toBe("# settings, in the manifest: wifi_password=...");
		expect(commands).toHaveLength(2);
		expect(commands[0]).toContain("-t build");
		expect(commands[1]).toMatch(/UPLOAD_PORT=\/dev\/ttyUSB7.*-t deploy/);
		const monitor = await shop.run(order("monitor", "--dry-run", "--port", "/dev/ttyUSB7"));
		expect(monitor.stdout).toMatch(/idf\.py -p \/dev\/ttyUSB7 monitor/);
		const debug = await shop.run(order("monitor", "--dry-run", "--debug", "--port", "/dev/ttyUSB7"));
		expect(debug.stdout).toMatch(/mcconfig -dl -m -p esp32\/m5paper -t xsbug/);
		expect(shop.calls()).toEqual([]);
		const bare = await shop.run(order("build", "--dry-run"), { env: { MODDABLE: "", IDF_PATH: "" } });
		expect(bare.stdout).toMatch(/MODDABLE="\$MODDABLE" IDF_PATH="\$IDF_PATH" PATH="[^":]*:[^":]*:\$PATH" /);
		expect([flash.code, monitor.code, debug.code, bare.code]).toEqual([0, 0, 0, 0]);
	});

	test("monitor asks for a build, leaves what was flashed as it was, and says that a release is silent", async () => {
		const port = "/dev/null"; // a character device, as a serial port is
		const none = await shop.run(order("monitor", "--port", port, "--out", join(shop.folder, "new")));
		expect([none.code, none.stderr]).toEqual([
			1,
			expect.stringMatching(/nothing was built in .*flash comes first/),
		]);
		shop.program("terminal/idf.py", '#!/bin/sh\necho "monitor: $*"\n');
		const env = { PATH: `${join(shop.folder, "terminal")}:${process.env["PATH"]}` };
		const settings = ["--set", "wifi_ssid=Home"];
		await shop.run(order("check", ...settings), { env });
		const { manifest } = shop;
		const { code, stdout } = await shop.run(order("monitor", "--port", port), { env });
		expect([code, stdout]).toEqual([
			0,
			expect.stringMatching(/note: a release build prints nothing of its own/),
		]);
		expect(shop.manifest).toEqual(manifest);
	});

	test("a port that is none is told before anything is built", async () => {
		const { code, stderr } = await shop.run(order("flash", "--port", "/dev/ttyUSB77"));
		expect([code, stderr]).toEqual([1, "ringbuoy: /dev/ttyUSB77 is not there\n"]);
		const file = await shop.run(order("flash", "--port", shop.log));
		expect(file.stderr).toMatch(/is no serial port/);
		expect(shop.calls()).toEqual([]);
	});
});

describe("what is missing is named, with what to type", () => {
	test.each([
		[{ MODDABLE: "" }, /the Moddable SDK \(MODDABLE is not set\)\n {4}npx xs-dev setup --device esp32/],
		[{ MODDABLE: "/nope" }, /MODDABLE is \/nope, and that is no SDK/],
		[{ PATH: "/nope" }, /make\n {4}(?:sudo apt install make|xcode-select)/],
	])("for check: %o", async (env, words) => {
		const { code, stderr } = await shop.run(check(), { env });
		expect(stderr).toMatch(words);
		expect(code).toBe(1);
		expect(shop.calls()).toEqual([]);
	});

	test("for build: ESP-IDF, too, and the wrong one of it", async () => {
		const build = ["device", "build", "--board", "m5paper", "--out", shop.out];
		const none = await shop.run(build, { env: { IDF_PATH: "" } });
		expect(none.stderr).toMatch(/ESP-IDF v6\.0 \(IDF_PATH is not set\)/);
		const other = await shop.run(build, { env: { IDF_PATH: shop.folder } });
		expect(other.stderr).toMatch(/and that is none/);
	});

	test("an SDK whose tools were never built", async () => {
		shop.file("bare/tools/mcconfig.js", "");
		const { stderr } = await shop.run(check(), { env: { MODDABLE: join(shop.folder, "bare") } });
		expect(stderr).toMatch(
			/tools of the SDK: mcconfig, xsc, xsl, mcrez, xsid in .*\n {4}npx xs-dev setup, or make in /,
		);
	});
});

/** The other lines that are none: `device-usage.test.ts`. */
describe("usage", () => {
	test.each([
		[["device", "chek"], /did you mean ringbuoy device check\?/],
		[["devise"], /did you mean ringbuoy device\?/],
		[["doctor", "--jsno"], /ringbuoy doctor has no --jsno/],
	])("%j", async (args, words) => {
		const { code, stderr } = await ringbuoy(args);
		expect(stderr).toMatch(words);
		expect(code).toBe(2);
	});

	test.each([
		[["device"]],
		[["device", "--help"]],
		[["help", "device"]],
		[["device", "check", "--help"]],
		[["doctor", "--help"]],
	])("%j explains", async (args) => {
		const { code, stdout } = await ringbuoy(args);
		expect(stdout).toMatch(/^ringbuoy (?:device|doctor)/);
		expect(code).toBe(0);
	});
});

describe("ringbuoy doctor", () => {
	test("has a line for everything, and what to do about what is missing", async () => {
		const { code, stdout } = await shop.run(["doctor"]);
		expect(stdout).toMatch(/ok {2}Moddable SDK +8\.2\.3, .*\/sdk$/m);
		expect(stdout).toMatch(/ok {2}ESP-IDF +/);
		expect(stdout).toMatch(/-- {2}xtensa-esp32-elf-gcc +missing\n +.*install\.sh$/m);
		expect(code).toBe(0);
		const bare = await shop.run(["doctor", "--json"], { env: { MODDABLE: "", IDF_PATH: "" } });
		const findings = bare.stdout
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line));
		expect(findings.find(({ name }) => name === "Moddable SDK")).toMatchObject({ ok: false, need: "check" });
		for (const { ok, advice, name } of findings) expect(ok || advice !== "", name).toBe(true);
		expect(bare.code).toBe(1);
	});
});
