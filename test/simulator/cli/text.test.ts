// SPDX-License-Identifier: MIT
/** What a person reads when something goes wrong: which end of a connection means what, and how often it is said. */

import { describe, expect, it } from "vitest";
import { LINK_FAULT_BASE, LinkFault, Reason, Settled } from "../../../lib/index.js";
import { Diagnosis } from "../../../simulator/cli/diagnosis.js";
import type { BoardEvent, RunEvent } from "../../../simulator/cli/events.js";
import { Interrupts } from "../../../simulator/cli/interrupts.js";
import { npmHint } from "../../../simulator/cli/npm.js";
import { SIM_OPTIONS } from "../../../simulator/cli/options.js";
import { explainOutcome } from "../../../simulator/cli/reasons.js";
import { TextOutput } from "../../../simulator/cli/text.js";

const CLOSED = LINK_FAULT_BASE - LinkFault.Closed;
const words = "h:1 closed the connection; its log says why, if it has one.";

describe("a diagnosis", () => {
	const end = (reason: number, up: boolean, answered: boolean, nowMs = 0) => ({
		...{ reason, up, answered, nowMs },
		words: reason <= LINK_FAULT_BASE ? words : "",
	});

	it.each([
		[
			Reason.MalformedPacket,
			"answers, but not as an MQTT broker; check the port, and whether it wants TLS (mqtts://).",
		],
		[
			Reason.ProtocolError,
			"answers, but not as an MQTT broker; check the port, and whether it wants TLS (mqtts://).",
		],
		[
			Reason.ConnackTimeout,
			"takes the connection and says nothing; check the port, and whether it wants TLS (mqtts://).",
		],
		[
			CLOSED,
			"closed the connection instead of answering; check the port, and whether it wants TLS (mqtts://), or look into its log.",
		],
	])("knows a wrong port by reason %i before the first CONNACK", (reason, text) => {
		expect(new Diagnosis("h:1", false).explain(end(reason, true, false))).toBe(`h:1 ${text}`);
		expect(new Diagnosis("h:1", true).explain(end(reason, true, false))).toBe(
			`h:1 ${text.replace(", and whether it wants TLS (mqtts://)", "")}`,
		);
	});

	it("blames nobody's port for what a broker said, or once it has been there", () => {
		const diagnosis = new Diagnosis("h:1", false);
		expect(diagnosis.explain(end(Reason.MalformedPacket, true, true))).toMatch(/^One side saw a malformed/);
		expect(diagnosis.explain(end(Reason.MalformedPacket, true, false))).toMatch(/^One side saw a malformed/);
		expect(diagnosis.explain(end(CLOSED, true, false))).toBe(words);
		expect(new Diagnosis("h:1", false).explain(end(LINK_FAULT_BASE - LinkFault.Refused, false, false))).toBe(
			words,
		);
	});

	it("suspects another client of the same name when a broker closes again and again", () => {
		const diagnosis = new Diagnosis("h:1", false);
		expect(diagnosis.explain(end(CLOSED, true, true, 1_000))).toBe(words);
		expect(diagnosis.explain(end(CLOSED, true, true, 3_000))).toMatch(/another client has this name.*--name/);
		expect(diagnosis.explain(end(CLOSED, true, true, 500_000))).toBe(words);
	});
});

describe("Ctrl-C", () => {
	it("is a request the first time, its echo nothing, and an order the second time", () => {
		const done: string[] = [];
		let now = 5_000;
		const interrupts = new Interrupts(
			() => done.push("stop"),
			() => done.push("end"),
			() => now,
		);
		interrupts.heard();
		now += 250;
		interrupts.heard();
		expect(done).toEqual(["stop"]);
		now += 1;
		interrupts.heard();
		expect(done).toEqual(["stop", "end"]);
	});
});

describe("npm start without --", () => {
	it.each([
		[{ npm_config_json: "true" }, "npm start -- --json"],
		[{ npm_config_boards: "true" }, "npm start -- --boards NUMBER"],
		[
			{ npm_config_for: "3", npm_config_kill_power_every: "10" },
			"npm start -- --kill-power-every 10 --for 3",
		],
		[{ npm_config_user: "true" }, "npm start -- --user NAME"],
		// In an .npmrc, or nothing at all.
		[{ npm_config_ca: "-----BEGIN", npm_config_user: "ann", npm_config_port: "" }, undefined],
		[{ npm_config_json: "false", npm_config_prefix: "/usr" }, undefined],
	])("is noticed by %j", (environment, line) => {
		const expected = line === undefined ? undefined : `with npm start, options stand behind --: ${line}`;
		expect(npmHint({ npm_lifecycle_event: "start", ...environment }, SIM_OPTIONS)).toBe(expected);
		expect(npmHint({ npm_lifecycle_event: "test", ...environment }, SIM_OPTIONS)).toBeUndefined();
	});
});

/** A display of 100 columns, and what it shows. */
function display(boards = 1, verbose = false) {
	const lines: string[] = [];
	const output = new TextOutput((line) => lines.push(...line.split("\n")), {
		...{ colour: false, columns: 100, verbose, keys: false },
		seconds: () => 1,
		toolArguments: () => "",
	});
	const start: RunEvent = {
		...{ event: "start", version: "1", url: "mqtt://h:1", embedded: false, insecure: false },
		...{ root: "ringbuoy", protocol: 4, qos: 1, intervalSeconds: 2, seed: 1, program: "sensor" },
		...{ memoryBytes: 1, flashBytes: 0, flashFile: undefined, sessionSeconds: undefined },
		boards: Array.from({ length: boards }, (_, i) => `board-${i + 1}`),
	};
	output.run(start);
	lines.length = 0;
	return { lines, output, tell: (event: BoardEvent, name = "board-1") => output.board(name, event) };
}

const offline = (reason: number, cause: string, retryMs: number): BoardEvent => ({
	...{ event: "offline", reason, cause, retryMs },
});
const reading = { n: 1, t: 1851, h: 5565, battery: 3960, rssi: -54 };

describe("lines", () => {
	it("tell the clearing of an old session once, dim and without alarm", () => {
		const { lines, tell } = display();
		tell({ event: "link" });
		tell(offline(Reason.SessionMismatch, "The broker has a session ...", 0));
		tell({ event: "link" });
		tell(offline(Reason.SessionMismatch, "The broker has a session ...", 0));
		tell({ event: "link" });
		tell({ event: "online", sessionPresent: false });
		tell(offline(CLOSED, "It closed.", 900));
		tell({ event: "link" });
		expect(lines.map((line) => line.slice(10))).toEqual([
			"link       up",
			"session    an old one at the broker is being cleared",
			"connected  a new session",
			"offline    It closed. Next attempt in 900 ms.",
			"link       up",
		]);
	});

	it("tell a mismatch that does not go away as what it is", () => {
		const { lines, tell } = display();
		tell(offline(Reason.SessionMismatch, "The broker has a session ...", 1_200));
		expect(lines[0]).toContain("offline    The broker has a session ...");
	});

	it("say the same cause once, and the time to the next attempt beside it", () => {
		const { lines, tell } = display();
		tell(offline(CLOSED, "It closed.", 900));
		tell(offline(CLOSED, "It closed.", 1_800));
		expect(lines.map((line) => line.slice(10))).toEqual([
			"offline    It closed. Next attempt in 900 ms.",
			"offline    the same again; next attempt in 1.8 s",
		]);
	});

	it.each([
		[Reason.NotAuthorized, /-54 dBm +not taken: not authorized$/],
		[Reason.QuotaExceeded, /#1: not taken: a quota of the broker is used up$/],
	])("tell a reading that was not taken (%i) in 100 columns, with advice once", (reason, told) => {
		const { lines, tell } = display(2);
		const [cause, advice] = explainOutcome(Settled.Rejected, reason);
		for (let i = 0; i < 3; i++)
			tell({ event: "lost", ...reading, outcome: Settled.Rejected, reason, cause, advice });
		expect(lines.filter((line) => told.test(line))).toHaveLength(3);
		expect(lines.filter((line) => line.includes("advice"))).toHaveLength(1);
		for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(100);
	});

	it("end without blanks", () => {
		const { lines, output, tell } = display(1, true);
		tell({ event: "dial" });
		tell({ event: "subscribed", filter: "a/do", reason: 1 });
		output.run({ event: "stopping", pending: 0 });
		output.run({ event: "stopping", pending: 2 });
		expect(lines.map((line) => line.slice(10))).toEqual([
			"dialling",
			"subscribed a/do, QoS 1",
			"stopping   says goodbye",
			"stopping   2 messages to finish, in 5 seconds at most; Ctrl-C again ends at once",
		]);
	});
});
