// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../firmware/drivers/address.js";
import { NAMESPACE, openStorage, provision } from "../../../firmware/drivers/credentials.js";
import { check, KEYS, type Key, NETWORKS_MOST, type Setting } from "../../../firmware/drivers/keys.js";
import { boardName, readSettings } from "../../../firmware/drivers/settings.js";
import { SeededRandom } from "../../../simulator/world.js";
import { type Entry, Nvs } from "../../kit/ecma419/key-value.js";

const URL = { mqtt_url: "mqtt://broker.local" };
const NAMES = Object.keys(KEYS) as Key[];

/** Storage with these entries, as a board finds it at the start. */
function storageOf(entries: Record<string, Entry>) {
	const nvs = new Nvs();
	nvs.namespaces.set(NAMESPACE, new Map(Object.entries(entries)));
	return { nvs, storage: openStorage(nvs) };
}

describe("The keys", () => {
	it("have at most 15 characters, as NVS wants it, and so has the namespace", () => {
		for (const key of [...NAMES, NAMESPACE]) expect(key.length, key).toBeLessThan(16);
	});

	it("have defaults that they would accept", () => {
		for (const key of NAMES) {
			const { otherwise } = KEYS[key] as Setting;
			if (otherwise !== "") expect(check(key, otherwise), key).toBe("");
		}
	});

	it("are complete for each network", () => {
		const numbered = NAMES.filter((key) => key.startsWith("wifi_ssid") || key.startsWith("wifi_password"));
		expect(numbered).toHaveLength(2 * NETWORKS_MOST);
	});

	it("are all in the README, with their defaults and ranges", () => {
		const readme = readFileSync("firmware/README.md", "utf8");
		const section = readme.slice(readme.indexOf("## Settings"), readme.indexOf("### Changing them"));
		const rows = section.split("\n").filter((line) => line.startsWith("| `"));
		const found: string[] = [];
		for (const row of rows) {
			const [, names, otherwise, range] = row.split(/\s*\|\s*/);
			for (const [, name] of names.matchAll(/`([a-z_]+\d?)`/g)) found.push(name);
			const ranged = /^`(wifi_\w+)_2` to `_4`/.exec(names.slice(names.lastIndexOf(", ") + 2));
			if (ranged) found.push(`${ranged[1]}_3`, `${ranged[1]}_4`);
			const setting = KEYS[found.find((name) => names.startsWith(`\`${name}\``)) as Key] as Setting;
			if (setting.otherwise === "") continue;
			expect(otherwise.replaceAll(/[` ]/g, ""), row).toBe(setting.otherwise);
			if (setting.least !== undefined) expect(range, row).toContain(`${setting.least} to ${setting.most}`);
		}
		expect(found.filter((name) => name in KEYS).sort()).toEqual([...NAMES].sort());
	});

	it("know their secrets", () => {
		const secret = NAMES.filter((key) => (KEYS[key] as Setting).secret);
		expect(secret).toEqual(NAMES.filter((key) => key.includes("password")));
	});
});

describe("readSettings", () => {
	it("has defaults for all but broker and network", () => {
		const settings = readSettings({ config: {} });
		expect(settings).toEqual({
			...{
				name: "",
				url: "",
				address: undefined,
				alpn: "",
				broker: "",
				user: undefined,
				password: undefined,
				version: 5,
			},
			...{
				root: "ringbuoy",
				qos: 1,
				intervalSeconds: 60,
				keepAliveSeconds: 60,
				sessionExpirySeconds: 86_400,
			},
			...{ rebootMinutes: 15, sntpHours: 6, failoverSeconds: 10, returnSeconds: 60, wifi: [] },
			sntpServers: ["pool.ntp.org", "time.google.com", "time.cloudflare.com"],
			problems: ["mqtt_url: no broker is known: set it to mqtt://host:1883"],
		});
		expect(Object.isFrozen(settings)).toBe(true);
	});

	it("takes each from the first source that has it: storage, config, board.json", () => {
		const { storage } = storageOf({ interval_secs: "5", mqtt_root: "greenhouse" });
		const config = {
			...URL,
			interval_secs: "10",
			keep_alive_secs: "20",
			sntp: "pool.ntp.org",
			ssid: "",
			name: "",
		};
		const board = { interval_secs: 900, keep_alive_secs: 900, session_secs: 900, reboot_minutes: "0" };
		const settings = readSettings({ config, storage, board });
		expect(settings).toMatchObject({
			...{ intervalSeconds: 5, keepAliveSeconds: 20, sessionExpirySeconds: 900, rebootMinutes: 0 },
			...{
				root: "greenhouse",
				name: "",
				url: "mqtt://broker.local",
				broker: "broker.local:1883",
				problems: [],
			},
		});
	});

	it("knows several networks, and passes over gaps", () => {
		const config = {
			...{ ...URL, wifi_ssid: "home", wifi_password: "correct horse", wifi_ssid_3: "fair" },
			...{ wifi_ssid_4: "shed", wifi_password_4: "a=b=c=d=e" },
		};
		expect(readSettings({ config }).wifi).toEqual([
			{ ssid: "home", password: "correct horse" },
			{ ssid: "fair", password: "" },
			{ ssid: "shed", password: "a=b=c=d=e" },
		]);
	});

	it("does not take the build's password for a name from the storage, but the other way round", () => {
		const config = {
			...URL,
			wifi_ssid: "home",
			wifi_password: "of the build",
			mqtt_user: "u",
			mqtt_password: "p",
		};
		const named = storageOf({ wifi_ssid: "fair", mqtt_user: "v" });
		const settings = readSettings({ config, storage: named.storage });
		expect(settings).toMatchObject({
			wifi: [{ ssid: "fair", password: "" }],
			user: "v",
			password: undefined,
		});
		const changed = storageOf({ wifi_password: "the new one", mqtt_password: "q" });
		expect(readSettings({ config, storage: changed.storage })).toMatchObject({
			...{ wifi: [{ ssid: "home", password: "the new one" }], user: "u", password: "q" },
		});
	});

	it("says which key is wrong, where, and what counts instead; and goes on", () => {
		const { storage } = storageOf({
			interval_secs: "soon",
			qos: "1",
			mqtt_qos: 2,
			wifi_ssid: "x".repeat(33),
		});
		const config = { ...URL, interval_secs: "30", keep_alive_secs: "70000", mqtt_version: "3.1.1" };
		const settings = readSettings({ config, storage });
		expect(settings).toMatchObject({
			intervalSeconds: 30,
			keepAliveSeconds: 60,
			version: 5,
			qos: 1,
			wifi: [],
		});
		expect(settings.problems).toEqual([
			"qos: no such setting; the names are in firmware/README.md",
			`wifi_ssid in the key-value storage must be at most 32 bytes, not "${"x".repeat(33)}"; used instead: none`,
			'mqtt_version in the build\'s config must be 5, 4 for MQTT 3.1.1, or auto, not "3.1.1"; used instead: 5',
			"mqtt_qos in the key-value storage cannot be read (mismatch): write it as a string",
			'interval_secs in the key-value storage must be a whole number from 1 to 86400, not "soon"; used instead: that of the build\'s config',
			'keep_alive_secs in the build\'s config must be a whole number from 0 to 65535, not "70000"; used instead: 60',
		]);
	});

	it("tells no secret, whatever is wrong with it", () => {
		const secret = "s3cr3t\n\u0001";
		const config = {
			...{ wifi_ssid: "home", wifi_password: "s3cr3t", wifi_password_2: "s3cr3t too long" },
			...{ mqtt_url: "mqtt://me:s3cr3t@host", mqtt_password: secret, mqtt_version: "4" },
		};
		const { storage } = storageOf({ wifi_password: "s3cr3t", mqtt_password: "s3cr3t" });
		const { problems } = readSettings({ config, storage });
		expect(problems.length).toBeGreaterThan(3);
		expect(problems.join("\n")).not.toContain("s3cr3t");
		expect(problems.join("\n")).toContain(
			"without user and password: mqtt_user and mqtt_password are theirs",
		);
	});

	it("sends no password without a user in MQTT 3.1.1", () => {
		const config = { ...URL, mqtt_version: "4", mqtt_password: "p" };
		const settings = readSettings({ config });
		expect(settings.password).toBe(undefined);
		expect(settings.problems).toHaveLength(1);
		expect(readSettings({ config: { ...config, mqtt_version: "5" } })).toMatchObject({
			password: "p",
			problems: [],
		});
	});

	it("survives a storage that is damaged, and any garbage in it", () => {
		const random = new SeededRandom(51, "garbage");
		for (let round = 0; round < 500; round++) {
			const entries: Record<string, Entry> = {};
			for (let i = random.below(12); i >= 0; i--) {
				const key = random.below(4) === 0 ? `k${random.next()}` : NAMES[random.below(NAMES.length)];
				const dice = random.below(4);
				let text = "";
				for (let n = random.below(300); n > 0; n--) text += String.fromCharCode(random.below(0x10000));
				entries[key] = dice === 0 ? random.next() : dice === 1 ? new Uint8Array(9) : dice === 2 ? text : "7";
			}
			const { nvs, storage } = storageOf(entries);
			nvs.damaged = random.below(4) === 0;
			const settings = readSettings({ config: URL, storage });
			expect(settings.intervalSeconds, `round ${round}`).toBeGreaterThan(0);
			expect([0, 1, 2]).toContain(settings.qos);
			expect(settings.wifi.length).toBeLessThan(NETWORKS_MOST + 1);
			for (const { ssid } of settings.wifi) expect(Buffer.byteLength(ssid)).toBeLessThan(33);
			expect(settings.sntpServers.length).toBeGreaterThan(0);
		}
	});

	it("does without a storage that was never written", () => {
		const nvs = new Nvs();
		expect(openStorage(nvs)).toBe(undefined);
		expect(nvs.namespaces.size).toBe(0);
		expect(readSettings({ config: URL, storage: openStorage(nvs) }).problems).toEqual([]);
	});
});

describe("provision", () => {
	it("changes a setting for the next start, and takes it back", () => {
		const nvs = new Nvs();
		const storage = openStorage(nvs, "r+")!;
		expect(provision(storage, "wifi_ssid", "shed")).toBe("");
		expect(provision(storage, "wifi_password", "battery staple")).toBe("");
		expect(provision(storage, "interval_secs", "5")).toBe("");
		const read = () => readSettings({ config: { ...URL, interval_secs: "10" }, storage: openStorage(nvs) });
		expect(read()).toMatchObject({
			wifi: [{ ssid: "shed", password: "battery staple" }],
			intervalSeconds: 5,
		});
		expect(provision(storage, "interval_secs", "")).toBe("");
		expect(read().intervalSeconds).toBe(10);
		expect([...storage]).toEqual(["wifi_ssid", "wifi_password"]);
	});

	it("refuses what makes no sense, without repeating it", () => {
		const nvs = new Nvs();
		const storage = openStorage(nvs, "r+")!;
		expect(provision(storage, "wifi_pasword", "secret 12345")).toBe(
			"wifi_pasword is no setting; the names are in firmware/README.md",
		);
		expect(provision(storage, "toString", "x")).toContain("is no setting");
		expect(provision(storage, "wifi_password", "short")).toBe(
			"wifi_password must be 8 to 63 characters, or a key of 64 hexadecimal digits",
		);
		nvs.full = true;
		expect(provision(storage, "name", "board-1")).toBe(
			"name cannot be written (ESP_ERR_NVS_NOT_ENOUGH_SPACE)",
		);
		expect(provision(openStorage(nvs)!, "name", "board-1")).toBe("name cannot be written (read-only)");
		expect(nvs.namespaces.get(NAMESPACE)?.size).toBe(0);
	});
});

describe("Values", () => {
	it.each<[Key, string[], string[]]>([
		["name", ["board-1", "ä".repeat(32), "x".repeat(64)], ["a b", "a/b", "a+", "#", "x".repeat(65), "a\n"]],
		["mqtt_root", ["ringbuoy", "a/b/c d"], ["a/", "$SYS", "a/#", "+", "x".repeat(129)]],
		["mqtt_alpn", ["mqtt", "x-amzn-mqtt-ca"], ["a b", "a,b", "x".repeat(65)]],
		["mqtt_version", ["4", "5", "auto"], ["3", "6", "5.0"]],
		["mqtt_qos", ["0", "1", "2"], ["3", "-1", "1.0", "one", " 1"]],
		["interval_secs", ["1", "86400"], ["0", "86401", "1e3", "0x10", "99999999999"]],
		["session_secs", ["0", "4294967295"], ["4294967296"]],
		["wifi_ssid", ["home", "ü".repeat(16), "🛟".repeat(8)], ["ü".repeat(17), "🛟".repeat(9), "x".repeat(33)]],
		[
			"wifi_password",
			["12345678", "x".repeat(63), "aB".repeat(32)],
			["1234567", "x".repeat(64), "x".repeat(65)],
		],
		["sntp_servers", ["a.b", "10.0.0.1, pool.ntp.org", "a,b,c,d"], ["a,b,c,d,e", ",", "no good", "a,-b"]],
		["mqtt_user", ["me"], ["x".repeat(257), "a\0"]],
	])("%s", (key, good, bad) => {
		for (const value of good) expect(check(key, value), value).toBe("");
		for (const value of bad) expect(check(key, value), value).not.toBe("");
	});

	it.each([
		["mqtt://h", { secure: false, websocket: false, host: "h", port: 1883, path: "" }],
		[
			"MQTTS://broker.example:8884/",
			{ secure: true, websocket: false, host: "broker.example", port: 8884, path: "" },
		],
		["ws://10.0.0.1:8080", { secure: false, websocket: true, host: "10.0.0.1", port: 8080, path: "/mqtt" }],
		[
			"wss://a-b_c.d/x/y?z=1",
			{ secure: true, websocket: true, host: "a-b_c.d", port: 443, path: "/x/y?z=1" },
		],
	])("the URL %s", (url, address) => {
		expect(parseAddress(url)).toEqual({ address, fault: "" });
	});

	it.each([
		...[
			"",
			"broker",
			"http://h",
			"mqtt:/h",
			"mqtt://",
			"mqtt://:1883",
			"mqtt://h:",
			"mqtt://h:0",
			"mqtt://h:65536",
		],
		...[
			"mqtt://h:x",
			"mqtt://h:1883:2",
			"mqtt://h/path",
			"mqtt://me:you@h",
			"mqtt://[::1]:1883",
			"mqtt://h h",
		],
		...["ws://h/a b", "ws://h/a#b", "mqtt://.h", "mqtt://-h", `mqtt://${"h".repeat(254)}`, "mqtt://hö"],
	])("no URL: %s", (url) => {
		const { address, fault } = parseAddress(url);
		expect(address).toBe(undefined);
		expect(fault).not.toBe("");
		expect(fault).not.toContain("you");
	});

	it("the name of a board comes from its hardware address", () => {
		expect(boardName("a0:b1:c2:C3:D4:E5")).toBe("ringbuoy-c3d4e5");
		expect(check("name", boardName("a0:b1:c2:c3:d4:e5"))).toBe("");
		expect(boardName("")).toBe("ringbuoy");
	});
});
