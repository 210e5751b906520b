// SPDX-License-Identifier: MIT
/** The scripted peer itself: what it refuses to read, and that no expectation of any scenario is idle. */
import { describe, expect, test } from "vitest";
import { chapters, scenariosOf } from "./scenario/chapter.js";
import { parseScenario, type Scenario, type Step } from "./scenario/parse.js";
import { play } from "./scenario/play.js";

const HEAD = "title: t\n5.0: MQTT-3.1.0-1\n\n";
const scenarios = chapters().flatMap(scenariosOf);

/** Steps that expect something of the client. */
const expecting = new Set(["hears", "told", "dials", "closes"]);

/** The same step with one thing changed, once for each thing that can be: words, bytes, fields. */
function altered(step: Step): Step[] {
	const { rest } = step;
	if (step.verb === "dials")
		return [
			{ ...step, verb: "closes" },
			{ ...step, rest: `${rest}~` },
		];
	if (step.verb === "closes") return [{ ...step, verb: "dials" }];
	if (rest.startsWith("bytes ")) {
		const bytes = [...rest.matchAll(/ ([0-9a-f]{2})(?= |$)/g)];
		return [
			...bytes.map(({ index, 1: byte }) => {
				const other = (Number.parseInt(byte, 16) ^ 1).toString(16).padStart(2, "0");
				return { ...step, rest: `${rest.slice(0, index + 1)}${other}${rest.slice(index + 3)}` };
			}),
			{ ...step, rest: `${rest} 00` },
		];
	}
	const at = rest.indexOf(" {");
	const words = (at < 0 ? rest : rest.slice(0, at)).split(" ");
	const tail = at < 0 ? "" : rest.slice(at);
	const changed = words.map((_, i) =>
		[...words.slice(0, i), `${words[i]}~`, ...words.slice(i + 1)].join(" "),
	);
	const fields = at < 0 ? {} : (JSON.parse(tail) as Record<string, unknown>);
	return [
		...changed.map((text) => ({ ...step, rest: text + tail })),
		...Object.keys(fields).map((name) => ({
			...step,
			rest: `${words.join(" ")} ${JSON.stringify({ ...fields, [name]: "~" })}`,
		})),
	];
}

/** Alterations of one scenario that it does not notice. */
function unnoticed(scenario: Scenario, version: string): string[] {
	const found: string[] = [];
	const attempt = (what: string, steps: Step[]): void => {
		let failed = false;
		try {
			play(scenario, version, steps);
		} catch {
			failed = true;
		}
		if (!failed) found.push(`${scenario.path}:${what}`);
	};
	const { steps } = scenario;
	for (const [i, step] of steps.entries()) {
		if (!step.versions.includes(version) || !expecting.has(step.verb)) continue;
		const [before, after] = [steps.slice(0, i), steps.slice(i + 1)];
		if (steps.length > 1) attempt(`${step.line} left out`, [...before, ...after]);
		for (const other of altered(step))
			attempt(`${step.line} as ${other.verb} ${other.rest}`, [...before, other, ...after]);
	}
	return found;
}

describe("Every expectation can fail: left out, or with one word or byte changed, the scenario notices", () => {
	test.each(chapters())("%s", { timeout: 60_000 }, (chapter) => {
		const found = scenariosOf(chapter).flatMap((scenario) =>
			[...scenario.shows.keys()].flatMap((version) => unnoticed(scenario, version)),
		);
		expect(found).toEqual([]);
	});

	test("and a scenario that throws needs those words", () => {
		for (const scenario of scenarios.filter(({ throws }) => throws !== undefined))
			for (const version of scenario.shows.keys())
				expect(() => play({ ...scenario, throws: "~" }, version)).toThrow("instead of");
	});
});

describe("A scenario is refused", () => {
	test.each([
		["5.0: MQTT-3.1.0-1\n\nconnected", "a:1: the head has no title"],
		["title: t\n\nconnected", "a:1: the head says for no version what is shown"],
		["title: t\n5.0: MQTT-9.9.9-9\n\nconnected", "a:2: 5.0 has no MQTT-9.9.9-9"],
		[
			"title: t\n5.0: MQTT-3.1.0-2\n\nconnected",
			"a:2: MQTT-3.1.0-2 of 5.0 binds servers, no client shows it",
		],
		[
			"title: t\ncolour: red\n\nconnected",
			"a:2: the head knows title, 3.1.1, 5.0, options and throws, not colour",
		],
		["title: t\nconnected", 'a:2: the head has lines "name: value" and ends with an empty line'],
		["title: t\noptions: {\n\nconnected", "a:2: not JSON"],
		[`${HEAD}`, "a scenario either has steps, or `throws` in its head"],
		[`${HEAD}hello`, 'a:4: there is no step "hello"'],
		[`${HEAD}>`, 'a:4: ">" needs words behind it'],
		[`${HEAD}closes now`, 'a:4: "closes" stands alone'],
		[`${HEAD}3.1.1| closes`, "a:4: 3.1.1 is not played"],
	])("%j", (text, message) => {
		expect(() => parseScenario("a", text)).toThrow(message);
	});
});

describe("A play fails, and says where", () => {
	test.each([
		["call open\n> connect", "a:5: hears connect: the client dials (at 1 ms)"],
		[
			"connected\ncall publish a/b x 1",
			"a:5: wait : packets after the last line: publish a/b=x q1 #2 (32 09 00",
		],
		["connected\ncall publish a/b x 0\n> publish a/b=x q0", "the application was also told: settled 1 Sent"],
		["connected\n> pingreq", "a:5: hears pingreq: the client sent nothing"],
		["connected\ntold online", "a:5: told online: the application was told nothing"],
		["connected\ncall publish a/b x 1\n> publish a/b=x q2 #2", "publish a/b=x q1 #2 came"],
		["connected\ncall publish a/b x 1\nwait 1 s", "a:6: wait 1 s: packets that no line expects: publish"],
		["connected\ncloses", "a:5: closes : it does not"],
		["connected\ncall topic a/+", "a:5: call topic a/+: refused: throws "],
		["connected\ncall topic a -> throws wildcard", "it was not refused"],
		["connected\ncall topic a/+ -> throws U+0000", "refused: throws "],
		["connected\ncall sing", "the application cannot call sing"],
		["connected\nwait long", "not a time: long"],
		["connected\n< pingreq", "a server sends no pingreq"],
		["connected\n< puback #1 so", "what is so in puback?"],
		["< pingresp", "a:4: sends pingresp: there is no connection"],
		['call open\ndials\n> connect {"keepalive":9}', "of connect keepalive is 60"],
		["call open\ndials\n> bytes 10", "came"],
	])("%j", (text, message) => {
		const scenario = parseScenario("a", `${HEAD}${text}`);
		expect(() => play(scenario, "5.0")).toThrow(message);
	});
});
