// SPDX-License-Identifier: MIT
// alone: it starts processes
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { LINK_FAULT_BASE, LinkFault, Reason, Refusal } from "../../../lib/index.js";
import { parseOptions, SIM_OPTIONS } from "../../../simulator/cli/options.js";
import { explain, REASONS, REFUSALS } from "../../../simulator/cli/reasons.js";
import { type SimSettings, simSettings } from "../../../simulator/cli/settings.js";
import { UsageError } from "../../../simulator/cli/usage.js";
import { distance, duration, nearest, wrapped } from "../../../simulator/cli/words.js";
import { ringbuoy } from "./run.js";

const pem = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}.pem`, import.meta.url));

function settings(line: string, environment: Record<string, string> = {}): SimSettings {
	return simSettings(parseOptions(line === "" ? [] : line.split(" "), SIM_OPTIONS), environment);
}

describe("options of ringbuoy sim", () => {
	it("has a default for everything", () => {
		expect(settings("")).toMatchObject({
			broker: undefined,
			port: 0,
			names: ["board-1"],
			root: "ringbuoy",
			intervalSeconds: 2,
			qos: 1,
			version: 5,
			seed: 1,
			forSeconds: undefined,
			json: false,
		});
	});

	it("reads values in both forms, the last one counts", () => {
		expect(
			settings("--qos=2 --qos 0 --protocol 3.1.1 --for 1.5 --boards=3 --name x --root a/b/"),
		).toMatchObject({
			qos: 0,
			version: 4,
			forSeconds: 1.5,
			names: ["x-1", "x-2", "x-3"],
			root: "a/b",
		});
		expect(settings("--protocol 5.0 --name kitchen").names).toEqual(["kitchen"]);
	});

	it("prefers options to the URL, and the URL to the environment", () => {
		const environment = { RINGBUOY_BROKER: "mqtts://env", RINGBUOY_USER: "e", RINGBUOY_PASSWORD: "ep" };
		expect(settings("", environment)).toMatchObject({
			broker: { host: "env", port: 8883 },
			user: "e",
			password: "ep",
		});
		expect(settings("--broker mqtt://u:p@[::1]:99", environment)).toMatchObject({
			broker: { host: "::1", port: 99, url: "mqtt://[::1]:99" },
			user: "u",
			password: "p",
		});
		expect(settings("--broker mqtt://u:p@h --user o --password op", environment)).toMatchObject({
			user: "o",
			password: "op",
		});
		expect(settings("--port 1883", environment).broker).toBeUndefined();
	});

	it("names boards on a broker of others after the machine, the same each time", () => {
		const first = settings("--broker mqtt://h").names;
		expect(first[0]).toMatch(/^board-[0-9a-f]{4}$/);
		expect(settings("--broker mqtt://h").names).toEqual(first);
		expect(settings("--broker mqtt://h --boards 2").names[1]).toBe(`${first[0]}-2`);
	});

	it.each([
		["--brokr mqtt://h", "there is no option --brokr; did you mean --broker?"],
		["--pass x", "there is no option --pass; did you mean --password?"],
		["--intervall 3", "there is no option --intervall; did you mean --interval?"],
		["--xyzzy", "there is no option --xyzzy; --help lists them"],
		["mqtt://h", '"mqtt://h" stands alone; did you mean --broker mqtt://h?'],
		["broker", '"broker" stands alone; did you mean --broker?'],
		["--broker", "--broker needs a value: --broker URL"],
		["--broker --json", "--broker needs a value: --broker URL"],
		["--json=1", "--json takes no value"],
		["--broker h:1883", "it has no scheme"],
		["--broker http://h", "the scheme http:// is not known"],
		["--broker mqtt://h:0", "a port is 1 to 65535"],
		["--qos 3", '--qos must be a whole number from 0 to 2, not "3"'],
		["--qos=", '--qos must be a whole number from 0 to 2, not ""'],
		["--qos -1", '--qos must be a whole number from 0 to 2, not "-1"'],
		["--interval 0.5", "--interval must be a whole number from 1 to 86400"],
		["--boards 1001", "--boards must be a whole number from 1 to 1000"],
		["--for -1", "--for must be a number of seconds above 0"],
		["--for soon", "--for must be a number of seconds above 0"],
		["--protocol 3", "--protocol must be 4 (MQTT 3.1.1) or 5 (MQTT 5.0)"],
		["--seed abc", "--seed must be a whole number"],
		["--root a/#", "--root must be"],
		["--root $SYS", "--root must be"],
		["--name a/b", "--name must be"],
		["--port 70000", "--port must be a whole number from 0 to 65535"],
		["--port 1 --broker mqtt://h", "--port is for our own broker"],
		["--ca x", "--ca needs --broker mqtts://host:port"],
		["--insecure --broker mqtt://h", "--insecure is for TLS, and mqtt://h:1883 is not"],
		["--broker mqtts://h --ca /no/such.pem", "--ca /no/such.pem: there is no such file"],
		["--broker mqtts://h --ca package.json", "--ca package.json: this is no PEM file"],
		[`--broker mqtts://h --cert ${pem("client")}`, "--cert needs --key"],
		[`--broker mqtts://h --key ${pem("client")}`, "--key needs --cert"],
		[`--broker mqtts://h --insecure --ca ${pem("ca")}`, "choose one"],
		["--protocol 4 --password x", "MQTT 3.1.1 has no password without a user"],
	])("refuses %s", (line, message) => {
		expect(() => settings(line)).toThrow(UsageError);
		expect(() => settings(line)).toThrow(message);
	});
});

/** Processes of their own on a busy machine. */
vi.setConfig({ testTimeout: 60_000 });

describe.concurrent("ringbuoy", () => {
	it.each([
		[["sims"], 'there is no command "sims"; did you mean ringbuoy sim?'],
		[["--brokre", "x"], "--brokre belongs behind a command; did you mean ringbuoy sim --broker?"],
		[["--versoin"], "there is no option --versoin; did you mean --version?"],
		[["sim", "--jsn"], "there is no option --jsn; did you mean --json?"],
		[
			["sim", "--broker", "mqtts://h", "--cert", pem("client"), "--key", pem("ca").replace("pem", "key")],
			"--key is not the key of --cert",
		],
	])("answers %j with a hint and code 2", async (args, message) => {
		const run = await ringbuoy(args);
		expect(run.stderr).toBe(`ringbuoy: ${message}\n`);
		expect(run.stdout).toBe("");
		expect(run.code).toBe(2);
	});

	it("tells its version behind a command, too", async () => {
		const [bare, sim] = await Promise.all([ringbuoy(["--version"]), ringbuoy(["sim", "--version"])]);
		expect(sim.stdout).toBe(bare.stdout);
		expect(sim.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
	});

	it("explains itself", async () => {
		const [bare, help, sim] = await Promise.all([
			ringbuoy([]),
			ringbuoy(["--help"]),
			ringbuoy(["sim", "--help"]),
		]);
		expect(bare.stdout).toContain("ringbuoy sim --help");
		expect(help.stdout).toBe(bare.stdout);
		for (const group of SIM_OPTIONS) {
			for (const { name } of group.options) expect(sim.stdout).toContain(`--${name}`);
		}
		for (const line of sim.stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
		expect([bare.code, help.code, sim.code]).toEqual([0, 0, 0]);
	});
});

describe("words", () => {
	it("has a sentence for every reason, fault and refusal", () => {
		for (const [name, reason] of Object.entries(Reason)) expect(REASONS[reason], name).toBeDefined();
		for (const [name, fault] of Object.entries(LinkFault))
			expect(REASONS[LINK_FAULT_BASE - fault], name).toBeDefined();
		for (const [name, refusal] of Object.entries(Refusal)) expect(REFUSALS[refusal], name).toBeDefined();
		for (const reason of [...Object.values(Reason), -16, -25, 999]) {
			expect(explain(reason, "")).toMatch(/^[A-Z][^.]*.*; .*\.$/);
		}
	});

	it("prefers the dialler's words for what happened to the link, only", () => {
		expect(explain(LINK_FAULT_BASE - LinkFault.Refused, "Nobody there.")).toBe("Nobody there.");
		expect(explain(Reason.ServerBusy, "Nobody there.")).toMatch(/^The broker is too busy/);
		expect(
			explain(
				LINK_FAULT_BASE - LinkFault.Certificate,
				"The certificate of h:1 is not trusted (X); give the CA that signed it.",
			),
		).toBe("The certificate of h:1 is not trusted (X); give the CA that signed it (--ca FILE).");
	});

	it("measures near misses", () => {
		expect(distance("broker", "brokre")).toBe(1);
		expect(distance("", "abc")).toBe(3);
		expect(nearest("bord", ["boards", "broker"])).toBe("boards");
		expect(nearest("xyzzy", ["boards", "broker"])).toBeUndefined();
	});

	it("tells durations", () => {
		expect([850, 1_000, 1_234, 60_000, 260_000, 7_500_000].map(duration)).toEqual([
			"850 ms",
			"1 s",
			"1.2 s",
			"1 min",
			"4 min 20 s",
			"2 h 5 min",
		]);
	});

	it("breaks lines at spaces", () => {
		expect(wrapped("aa bb cc dddddddd", 5)).toEqual(["aa bb", "cc", "dddddddd"]);
		expect(wrapped("", 5)).toEqual([""]);
	});
});
