// SPDX-License-Identifier: MIT
/** The parts of `ringbuoy device` that need no SDK and no process. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KEYS, type Setting } from "../../../firmware/drivers/keys.js";
import type { Facts } from "../../../firmware/main/facts.js";
import { type BoardFacts, boardAt, boardFaults, boardNames } from "../../../simulator/cli/device-board.js";
import { certificatesOf } from "../../../simulator/cli/device-certificates.js";
import { Diagnostics, findingLine } from "../../../simulator/cli/device-diagnostics.js";
import { partitionFaults, partitionsOf } from "../../../simulator/cli/device-partitions.js";
import { programAt } from "../../../simulator/cli/device-program.js";
import { manifestFor, type Order } from "../../../simulator/cli/device-project.js";
import { typed } from "../../../simulator/cli/device-run.js";
import { surroundings } from "../../../simulator/cli/device-sdk.js";
import { SETTINGS, shown, takeSettings, wantsTls } from "../../../simulator/cli/device-settings.js";

const { root } = surroundings();
let folder = "";

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "ringbuoy-board-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const MB4 = 0x400000;
/** The fixtures are valid for decades; one has expired long ago. */
const LATER = new Date("2030-06-01");
const TABLE = `# a comment
nvs,      data, nvs,   0x9000,   16K
otadata,  data, ota,   0xd000,   0x2000
ota_0,    app,  ota_0, ,         0x1e0000
ota_1,    app,  ota_1, ,         0x1e0000   # beside the other
ringbuoy, data, 0x40,  0x3d0000, 64K
`;

describe("partition tables", () => {
	test("are read as ESP-IDF reads them: units, comments, offsets that are left out", () => {
		const table = partitionsOf(TABLE);
		expect(table.map(({ label, offset, bytes }) => [label, offset, bytes])).toEqual([
			["nvs", 0x9000, 0x4000],
			["otadata", 0xd000, 0x2000],
			["ota_0", 0x10000, 0x1e0000],
			["ota_1", 0x1f0000, 0x1e0000],
			["ringbuoy", 0x3d0000, 0x10000],
		]);
		expect(partitionFaults(table, MB4)).toEqual([]);
	});

	test.each([
		[
			"0x3d0000, 64K",
			"0x3d0000, 256K",
			/line 6, ringbuoy: it ends at 0x410000, and the flash has 0x400000: 65,536 bytes too many/,
		],
		["0x3d0000, 64K", "0x3c0000, 64K", /line 6, ringbuoy: it begins inside ota_1, which ends at 0x3d0000/],
		["0x3d0000, 64K", "0x3d0800, 64K", /its offset must be a multiple of 0x1000/],
		["0x3d0000, 64K", "0x3d0000, 63K", /its size must be a multiple of 0x1000/],
		["0x3d0000, 64K", "0x3d0000, lots", /its size is no number above 0/],
		["0x3d0000, 64K", "here, 64K", /its offset is no number/],
		[
			"ota_0, ,         0x1e0000",
			"ota_0, 0x11000, 0x1df000",
			/line 4, ota_0: its offset must be a multiple of 0x10000/,
		],
		["0x9000,   16K", "0x8000, 16K", /it begins before 0x9000/],
		["0x9000,   16K", "0x9000, 8K", /nvs needs 0x3000 bytes/],
		["0xd000,   0x2000", "0xd000, 0x1000", /otadata has 0x2000 bytes/],
		["nvs,      data, nvs,", "nvs2, data, 0x41,", /there is no partition nvs/],
		["ringbuoy,", "ota_0,", /there are two partitions "ota_0"/],
		["ringbuoy, data", "a_label_of_17_char, data", /a label has 1 to 16 characters/],
	])("%s -> %s is refused", (from, to, words) => {
		expect(TABLE).toContain(from);
		const faults = partitionFaults(partitionsOf(TABLE.replace(from, to)), MB4);
		expect(faults.join("\n")).toMatch(words);
	});
});

/** A board of somebody's own, with changes. */
function board(changes: object, table = TABLE) {
	const path = join(folder, "mine");
	mkdirSync(path, { recursive: true });
	const facts = { ...boardAt(root, "esp32-devkit").facts, ...changes };
	writeFileSync(join(path, "board.json"), JSON.stringify(facts));
	writeFileSync(join(path, "manifest.json"), "{}");
	writeFileSync(join(path, "partitions.csv"), table);
	return boardAt(root, path);
}

describe("boards", () => {
	test("a type of the command line is what the firmware sees", () => {
		const facts: Omit<Facts, "networks"> = {} as BoardFacts;
		const back: BoardFacts = {} as Facts;
		expect([facts, back]).toBeDefined();
	});

	test("one of one's own may stand anywhere", () => {
		expect(boardFaults(board({}))).toEqual([]);
		expect(board({}).name).toBe("mine");
	});

	test.each([
		[{ partition: { label: "mqtt", bytes: 65536 } }, /partition\.label must be "ringbuoy"/],
		[{ partition: { label: "ringbuoy", bytes: 20480 } }, /partition\.bytes must be 6 to 255 times 4096/],
		[
			{ partition: { label: "ringbuoy", bytes: 32768 } },
			/"ringbuoy" has 65536 bytes, and board\.json says 32768/,
		],
		[{ flashBytes: 3 * 1048576 }, /flashBytes must be 2, 4, 8, 16 or 32/],
		[{ chip: "ESP8266" }, /chip must be one of ESP32,/],
		[{ target: "nodemcu" }, /target must be one of the SDK/],
		[{ networks: [] }, /how does the board reach a broker/],
		[{ networks: ["lora"] }, /"lora" must be ethernet or wifi/],
		[{ networks: ["wifi", "wifi"] }, /networks has one of them twice/],
		[{ networks: "wifi" }, /networks must be a list/],
		[{ lamp: { pin: 21, lit: 1 } }, /a pin is used for two things/],
		[{ lamp: { pin: 99, lit: 1 } }, /99 is no pin/],
		[{ lamp: { pin: 2, lit: 2 } }, /lamp\.lit must be 0 or 1/],
		[{ lamp: { pin: "2", lit: 1 } }, /lamp\.pin must be a number/],
		[{ battery: { pin: 35, factor: 0.5 } }, /battery\.factor must be 1 or more/],
		[{ battery: undefined }, /battery is missing: null says that the board has none/],
		[{ title: undefined }, /title is missing/],
		[{ lamb: 1 }, /lamb is nothing that a board has; did you mean lamp\?/],
	])("%j is refused", (changes, words) => {
		expect(boardFaults(board(changes)).join("\n")).toMatch(words);
	});

	test.each([
		["ringbuoy, data, 0x40", "session, data, 0x40", /there is no partition "ringbuoy" for the store/],
		["ringbuoy, data, 0x40", "ringbuoy, data, spiffs", /must be "data, 0x40"/],
		["ota_1,    app,  ota_1", "ota_1, data, 0x41", /two slots, ota_0 and ota_1/],
		["otadata,  data, ota,", "other, data, 0x42,", /need a partition otadata/],
		["ota_1, ,         0x1e0000", "ota_1, ,         0x1d0000", /must be equally large/],
	])("a table with %s -> %s is refused", (from, to, words) => {
		expect(boardFaults(board({}, TABLE.replace(from, to))).join("\n")).toMatch(words);
	});
});

describe("settings", () => {
	test("are those of the firmware, each with its name", () => {
		expect(Object.keys(SETTINGS).sort()).toEqual(Object.keys(KEYS).sort());
		// The help has them all; the further networks stand with the first.
		const untold = Object.entries(SETTINGS).filter(
			([key, help]) => help === "" && !/^wifi_\w+_[2-4]$/.test(key),
		);
		expect(untold).toEqual([]);
	});

	test("are never shown where the firmware calls them secret", () => {
		for (const [key, setting] of Object.entries(KEYS))
			expect(shown(new Map([[key, "visible"]])), key).toEqual([
				`${key}=${(setting as Setting).secret === true ? "..." : "visible"}`,
			]);
	});

	test("are taken out of the arguments in every way in which one writes them", () => {
		const args = [
			"--board",
			"b",
			"--set",
			"name=a=b",
			"wifi_ssid=My Home",
			"--set=mqtt_qos=2",
			"--verbose",
			"--set",
			"mqtt_user",
			"wifi_password",
			"interval_secs=5",
		];
		const { settings, rest } = takeSettings(args, {
			RINGBUOY_MQTT_USER: "ann",
			RINGBUOY_WIFI_PASSWORD: "from outside",
		});
		expect([...settings]).toEqual([
			["name", "a=b"],
			["wifi_ssid", "My Home"],
			["mqtt_qos", "2"],
			["mqtt_user", "ann"],
			["wifi_password", "from outside"],
			["interval_secs", "5"],
		]);
		expect(rest).toEqual(["--board", "b", "--verbose"]);
	});

	test.each([
		["mqtt_qos=3", "mqtt_qos must be a whole number from 0 to 2"],
		["mqtt_url=192.168.1.2", "mqtt_url must be mqtt://host:1883"],
		["mqtt_url=mqtt://ann:hunter22@host", "mqtt_url must be without user and password"],
		["wifi_password=short", "wifi_password must be 8 to 63 characters"],
		["toString=1", 'no setting "toString"'],
	])("that the board would pass over are refused, and not repeated: %s", (text, words) => {
		expect(() => takeSettings(["--set", text], {})).toThrow(words);
		expect(() => takeSettings(["--set", text], {})).not.toThrow(/hunter22|short/);
		expect(takeSettings(["--set", "mqtt_qos=2", "wifi_password="], {}).settings.get("wifi_password")).toBe(
			"",
		);
	});

	test.each([
		["mqtts://a", true],
		["WSS://a", true],
		["mqtt://a", false],
		["ws://a", false],
	])("%s wants TLS: %s", (url, tls) => {
		expect(wantsTls(new Map([["mqtt_url", url]]))).toBe(tls);
		const order = {
			board: boardAt(root, "m5paper"),
			program: programAt(root, "sensor"),
			settings: new Map(),
			certificates: new Map(),
			tls,
			flavour: "release",
			out: "",
		} as const;
		const { include } = manifestFor(root, order) as { include: string[] };
		expect(include.some((path) => path.endsWith("manifests/device/tls.json"))).toBe(tls);
	});
});

test("a program of one's own has the heap of the sensor, and with TLS the larger one", () => {
	const modules = new Map([["program/mine", "/somewhere/mine"]]);
	const order: Order = {
		board: boardAt(root, "m5paper"),
		program: { name: "mine", own: { specifier: "program/mine", ending: "ts", modules } },
		settings: new Map(),
		certificates: new Map(),
		tls: false,
		flavour: "release",
		out: "",
	};
	const memory = (tls: boolean) => (manifestFor(root, { ...order, tls }) as { creation: object }).creation;
	const creationOf = (name: string): object =>
		JSON.parse(readFileSync(join(root, "manifests", name), "utf8")).creation;
	expect(memory(false)).toEqual(creationOf("sensor.json"));
	expect(memory(true)).toEqual({ ...creationOf("sensor.json"), ...creationOf("device/tls.json") });
});

describe("a program of one's own", () => {
	const write = (name: string, text: string): string => {
		const path = join(folder, "programs", name);
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, text);
		return path;
	};

	test("brings what it imports, each at its place in the order of folders", () => {
		write("shared/words.ts", 'import "./more.js";\nexport const WORD = "a";\n');
		write("shared/more.js", "");
		write("mine/types.ts", "export interface T {}\n");
		const path = write(
			"mine/mine.ts",
			`import { Client } from "ringbuoy";
import type { T } from "./types.js";
import {
	WORD,
} from "../shared/words.js";
export { WORD as OTHER } from "../shared/words.js";
export function start() {}
`,
		);
		const { own } = programAt(root, path);
		expect(own?.specifier).toBe("program/mine/mine");
		const at = (name: string): string => join(folder, "programs", name);
		expect([...own!.modules]).toEqual([
			["program/mine/mine", at("mine/mine")],
			["program/shared/words", at("shared/words")],
			["program/shared/more", at("shared/more")],
		]);
	});

	test("in our own tree has the specifier of its place, so that its imports lead where they lead on Node", () => {
		const { own } = programAt(root, join(root, "firmware/programs/sensor.ts"));
		expect([...own!.modules.keys()]).toEqual([
			"ringbuoy/firmware/programs/sensor",
			"ringbuoy/firmware/programs/diagnostics",
			"ringbuoy/firmware/programs/reading",
		]);
	});

	test("that reaches into our tree from outside is told the name to write", () => {
		const path = write(
			"reaching.ts",
			`import "${relative(join(folder, "programs"), root)}/lib/index.js";\nexport function start() {}\n`,
		);
		expect(() => programAt(root, path)).toThrow(
			/outside of ringbuoy write "ringbuoy", or "ringbuoy\/lib\/index"/,
		);
	});
});

describe("certificates", () => {
	const tls = join(root, "test/fixtures/tls");
	const file = (name: string): string => join(tls, name);
	const own = (name: string): string => join(root, "test/simulator/cli/certificates", name);

	test("become the resources that the firmware looks for", () => {
		const bundle = join(folder, "two.pem");
		writeFileSync(bundle, readFileSync(file("ca.pem"), "utf8") + readFileSync(file("other.pem"), "utf8"));
		const found = certificatesOf({ ca: bundle, cert: own("board.pem"), key: own("board.key") }, LATER);
		expect([...found.keys()]).toEqual(["ca.der", "ca-2.der", "client.der", "client-key.der"]);
		const der = join(folder, "ca.der");
		writeFileSync(der, found.get("ca.der")!);
		expect(certificatesOf({ ca: der }, LATER).get("ca.der")).toEqual(found.get("ca.der"));
	});

	test.each([
		[{ ca: "nope.pem" }, /--ca: .*nope\.pem: there is no such file/],
		[{ ca: "client.key" }, /--ca: .*client\.key has no certificate in it/],
		[{ ca: "expired.pem" }, /--ca: .*expired\.pem: .* is out of its dates since /],
		[{ cert: "client.pem" }, /--cert and --key belong together/],
		[{ cert: "client.pem", key: "server.key" }, /--key is not the key of --cert/],
		[{ cert: "client.pem", key: "client.key" }, /--key: the SDK's TLS signs with RSA only, and this is ec/],
		[{ cert: "client.pem", key: "ca.pem" }, /--key: .*ca\.pem has no private key/],
	])("%j is refused", (names, words) => {
		const files = Object.fromEntries(Object.entries(names).map(([option, name]) => [option, file(name)]));
		expect(() => certificatesOf(files, LATER)).toThrow(words);
	});
});

describe("what tools print", () => {
	function found(...lines: string[]): string[] {
		const diagnostics = new Diagnostics("/far/from/here/project", "/sdk");
		for (const line of lines) diagnostics.line(line);
		return diagnostics.findings.map(findingLine);
	}

	test.each([
		["# tsc main.ts", []],
		["### 646 instances, 963 keys, 69 colors, 0 holes", []],
		["Total resource size: 0 bytes", []],
		["make: *** [/x/makefile:1203: /x/main.js] Error 1", []],
		[
			"make: *** No rule to make target '/x/gone.js', needed by '/x/mc.xs.c'.  Stop.",
			["/x/gone.js: error: this file is not there"],
		],
		["../a/b.ts(30,36): error TS2322: No.", ["/far/from/here/a/b.ts:30: error: TS2322: No."]],
		["/x/manifest.json:1: error: missing ,!", ["/x/manifest.json:1: error: missing ,"]],
		["### Error: './nope.json': manifest not found!", ["error: './nope.json': manifest not found"]],
		["# error: no such thing!", ["error: no such thing"]],
		["sh: 1: tsc: not found", ["error: tsc: not found"]],
		["/sdk/modules/a.js:26: warning: cannot optimize native!", []],
		["/mine/a.js:26: warning: cannot optimize native!", ["/mine/a.js:26: warning: cannot optimize native"]],
	])("%s", (line, findings) => {
		expect(found(line)).toEqual(findings);
	});

	test("what is not frozen in the SDK is none of ours, even where our modules lead to it", () => {
		const line =
			"### warning: ringbuoy/firmware/main/main: default() openDialler() TLSSocket() cache: not frozen";
		expect(found(line, "### warning: button: b: not frozen")).toEqual([]);
		expect(found("### warning: ringbuoy/lib/x: table: not frozen")).toHaveLength(1);
	});

	test("details of tsc belong to the error before; the same error of several files is one", () => {
		const error = "a.ts(1,2): error TS2322: Type 'A' is not assignable to type 'B'.";
		const detail = "  Property 'close' is missing in type 'A'.";
		expect(found(error, detail, error, detail)).toEqual([
			"/far/from/here/project/a.ts:1: error: TS2322: Type 'A' is not assignable to type 'B'. Property 'close' is missing in type 'A'.",
		]);
	});

	test("commands are shown as one would type them", () => {
		const command = { command: "idf.py", args: ["-p", "a b", "it's"], cwd: "/x", env: { A: "$B" } };
		expect(typed(command)).toBe(`(cd /x && A="$B" idf.py -p 'a b' 'it'\\''s')`);
	});
});

test("there are boards to be named", () => {
	expect(boardNames(root)).toContain("m5paper");
});
