// SPDX-License-Identifier: MIT
/** The page before a run and the page after it. */

import type { FlashSummary, RunEvent, Summary } from "./events.js";
import { counted, duration, grouped, type Paint } from "./words.js";

type Start = Extract<RunEvent, { event: "start" }>;

/** Who runs here, and how to look at it and talk to it. `tool`: the arguments of mosquitto's clients; `keys`: `p` is heard. */
export function greeting(start: Start, paint: Paint, tool: string, keys: boolean): string[] {
	const { boards, root } = start;
	const many = boards.length > 1;
	const protocol = start.protocol === 5 ? "5.0" : "3.1.1";
	const row = (what: string, text: string) => `  ${paint("dim", what.padEnd(10))}${text}`;
	const first = boards[0];
	const kind = start.program === "sleeper" ? "sleeping " : "";
	const what = many
		? `${boards.length} virtual ESP32 ${kind}sensor boards`
		: `a virtual ESP32 ${kind}sensor board`;
	const who = many ? `${first} to ${boards[boards.length - 1]}` : first;
	const work =
		start.program === "soak"
			? "messages to itself, one a second at each QoS; a line each minute"
			: `a reading every ${duration(start.intervalSeconds * 1000)} at QoS ${start.qos}`;
	return [
		`${paint("bold", `ringbuoy ${start.version}`)}: ${what}, MQTT ${protocol}`,
		"",
		row(
			"broker",
			`${start.url}${start.embedded ? ", embedded" : start.insecure ? ", its certificate is not checked" : ""}`,
		),
		row(many ? "boards" : "board", `${who}; ${work}`),
		row(
			"memory",
			`${grouped(start.memoryBytes)} bytes of buffers${many ? " each" : ""}, taken now; they never grow`,
		),
		row("flash", flashWords(start, many)),
		...(start.sessionSeconds === undefined ? [] : [row("session", sessionWords(start.sessionSeconds))]),
		row("watch", `mosquitto_sub ${tool} -v -t '${root}/#'`),
		...(start.program !== "sensor"
			? []
			: [
					row("command", `mosquitto_pub ${tool} -t ${root}/${first}/do -m report`),
					row("setting", `mosquitto_pub ${tool} -t ${root}/${first}/set/interval -m 5 -r`),
				]),
		...(keys ? [row("power", paint("bold", "press p: it is cut at once, and comes back"))] : []),
		row("stop", "Ctrl-C"),
		"",
	];
}

function flashWords({ flashBytes, flashFile }: Start, many: boolean): string {
	if (flashBytes === 0) return "none: what waits is in RAM, and goes with the power";
	const place = flashFile === undefined ? "in memory" : `in ${flashFile}${many ? " and so on" : ""}`;
	return `${grouped(flashBytes)} bytes${many ? " each" : ""}, ${place}; what waits survives a power cut`;
}

function sessionWords(seconds: number): string {
	const end =
		seconds === 0
			? "the broker forgets it at the end"
			: `the broker keeps it for ${duration(seconds * 1000)} after the end`;
	return `${end}; --flash FILE takes it up in the next run`;
}

/** What was done, and what it took. */
export function goodbye(end: Summary, paint: Paint): string[] {
	const row: Row = (what, ...parts) => `  ${what.padEnd(15)}${parts.join(" · ")}`;
	const fates = [`${grouped(end.readings)} taken`, `${grouped(end.acknowledged)} acknowledged`];
	if (end.refused > 0) fates.push(`${grouped(end.refused)} refused`);
	if (end.lost > 0) fates.push(`${grouped(end.lost)} lost`);
	if (end.unfinished > 0)
		fates.push(`${grouped(end.unfinished)} ${end.flash === undefined ? "unfinished" : "wait in flash"}`);
	if (end.restored > 0) fates.push(`${grouped(end.restored)} of an earlier run acknowledged`);
	const names = Math.max(...end.memory.map((term) => term.name.length));
	const width = grouped(end.memoryBytes).length;
	const term = (name: string, bytes: number, reason: string) =>
		`  ${name.padEnd(names)}  ${grouped(bytes).padStart(width)}  ${reason}`;
	return [
		"",
		paint("bold", `Counters after ${duration(end.seconds * 1000)}`),
		row("readings", ...fates),
		row(
			"commands",
			grouped(end.commands),
			...(end.ignored > 0 ? [`${counted(end.ignored, "message")} ignored`] : []),
		),
		...(end.boots > end.boards ? [row("starts", grouped(end.boots), counted(end.cuts, "power cut"))] : []),
		row("connections", `${grouped(end.connects)} of ${counted(end.dials, "attempt")}`),
		...(end.connects === 0 ? [] : traffic(end, row)),
		row("store", `at most ${counted(end.peakMessages, "message")}`, `${counted(end.peakBytes, "byte")}`),
		"",
		paint(
			"bold",
			`Buffers of ${end.boards > 1 ? "each" : "the"} board, all of them taken before the first connection`,
		),
		...end.memory.map(({ name, bytes, reason }) => term(name, bytes, paint("dim", reason))),
		paint("bold", term("sum", end.memoryBytes, "bytes")),
		...(end.flash === undefined ? [] : wear(end.flash, end.boards, row, paint)),
	];
}

function wear(flash: FlashSummary, boards: number, row: Row, paint: Paint): string[] {
	const { bytes, sectors, bytesWritten, erases, least, most, lifeYears } = flash;
	const spread = least === most ? `${least}` : `${least} to ${most}`;
	const life =
		lifeYears === undefined
			? "nothing was written"
			: `${years(lifeYears)} at this rate, with 100,000 erases a sector`;
	return [
		"",
		paint(
			"bold",
			`Flash of ${boards > 1 ? "each" : "the"} board: ${grouped(bytes)} bytes in ${sectors} sectors`,
		),
		row("written", counted(bytesWritten, "byte"), ...(boards > 1 ? ["by all boards"] : [])),
		row("erased", counted(erases, "time"), `a sector ${spread} times`),
		row("life", life),
	];
}

function years(value: number): string {
	return value < 10 ? `${value.toFixed(1)} years` : counted(Math.round(value), "year");
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
