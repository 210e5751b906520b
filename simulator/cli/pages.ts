// SPDX-License-Identifier: MIT
/** The page before a run and the page after it. */

import type { RunEvent, Summary } from "./events.js";
import { counted, duration, grouped, type Paint } from "./words.js";

type Start = Extract<RunEvent, { event: "start" }>;

/** Who runs here, and how to look at it and talk to it. `tool`: the arguments of mosquitto's clients. */
export function greeting(start: Start, paint: Paint, tool: string): string[] {
	const { boards, root } = start;
	const many = boards.length > 1;
	const protocol = start.protocol === 5 ? "5.0" : "3.1.1";
	const row = (what: string, text: string) => `  ${paint("dim", what.padEnd(10))}${text}`;
	const first = boards[0];
	const what = many ? `${boards.length} virtual ESP32 sensor boards` : "a virtual ESP32 sensor board";
	const who = many ? `${first} to ${boards[boards.length - 1]}` : first;
	return [
		`${paint("bold", `ringbuoy ${start.version}`)}: ${what}, MQTT ${protocol}`,
		"",
		row(
			"broker",
			`${start.url}${start.embedded ? ", embedded" : start.insecure ? ", its certificate is not checked" : ""}`,
		),
		row(
			many ? "boards" : "board",
			`${who}; a reading every ${duration(start.intervalSeconds * 1000)} at QoS ${start.qos}`,
		),
		row(
			"memory",
			`${grouped(start.memoryBytes)} bytes of buffers${many ? " each" : ""}, taken now; they never grow`,
		),
		row("watch", `mosquitto_sub ${tool} -v -t '${root}/#'`),
		row("command", `mosquitto_pub ${tool} -t ${root}/${first}/do -m report`),
		row("setting", `mosquitto_pub ${tool} -t ${root}/${first}/set/interval -m 5 -r`),
		row("stop", "Ctrl-C"),
		"",
	];
}

/** What was done, and what it took. */
export function goodbye(end: Summary, paint: Paint): string[] {
	const row: Row = (what, ...parts) => `  ${what.padEnd(15)}${parts.join(" · ")}`;
	const fates = [`${grouped(end.readings)} taken`, `${grouped(end.acknowledged)} acknowledged`];
	if (end.refused > 0) fates.push(`${grouped(end.refused)} refused`);
	if (end.rejected > 0) fates.push(`${grouped(end.rejected)} not taken by the broker`);
	if (end.unfinished > 0) fates.push(`${grouped(end.unfinished)} unfinished`);
	const names = Math.max(...end.memory.map((term) => term.name.length));
	const width = grouped(end.memoryBytes).length;
	const term = (name: string, bytes: number, reason: string) =>
		`  ${name.padEnd(names)}  ${grouped(bytes).padStart(width)}  ${reason}`;
	return [
		"",
		paint("bold", `Counters after ${duration(end.seconds * 1000)}`),
		row("readings", ...fates),
		row("commands", grouped(end.commands)),
		row("connections", `${grouped(end.connects)} of ${counted(end.dials, "attempt")}`),
		...(end.connects === 0 ? [] : traffic(end, row)),
		row("outbox", `at most ${counted(end.peakMessages, "message")}`, `${counted(end.peakBytes, "byte")}`),
		"",
		paint(
			"bold",
			`Buffers of ${end.boards > 1 ? "each" : "the"} board, all of them taken before the first connection`,
		),
		...end.memory.map(({ name, bytes, reason }) => term(name, bytes, paint("dim", reason))),
		paint("bold", term("sum", end.memoryBytes, "bytes")),
	];
}

type Row = (what: string, ...parts: string[]) => string;

function traffic(end: Summary, row: Row): string[] {
	const packets = [`${grouped(end.packetsOut)} sent`, `${grouped(end.packetsIn)} received`];
	if (end.resends > 0) packets.push(`${grouped(end.resends)} sent again`);
	return [
		row("packets", ...packets),
		row("bytes", `${grouped(end.bytesOut)} sent`, `${grouped(end.bytesIn)} received`),
		row("round trip", `${grouped(end.roundTripMs)} ms last`, `${grouped(end.peakRoundTripMs)} ms longest`),
	];
}
