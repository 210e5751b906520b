// SPDX-License-Identifier: MIT
/** A run of a fleet for people: a panel that is drawn anew on a terminal, plain lines elsewhere, and a report. */

import { styleText } from "node:util";
import type { StageFigures } from "../fleet/course.js";
import type {
	Cause,
	FleetEvent,
	FleetOutput,
	FleetProgress,
	FleetStart,
	FleetSummary,
} from "./fleet-events.js";
import { counted, duration, grouped, type Paint, wrapped } from "./words.js";

export interface FleetTextOptions {
	readonly colour: boolean;
	/** 60 to 100. */
	readonly columns: number;
	/** A terminal, on which lines can be drawn anew. */
	readonly live: boolean;
}

/** Without a panel, a line so often; seconds of a stage. */
const PLAIN_EVERY = 5;
const PLAIN_FIRST = 2;
const BAR = 30;
/** Causes that are named. */
const CAUSES_MOST = 5;

export class FleetText implements FleetOutput {
	readonly #write: (text: string) => void;
	readonly #options: FleetTextOptions;
	readonly #paint: Paint;
	/** Lines of the panel that stands there. */
	#panel = 0;
	#plainAt = 0;

	/** `write` adds nothing to what it is given. */
	constructor(write: (text: string) => void, options: FleetTextOptions) {
		this.#write = write;
		this.#options = options;
		this.#paint = (style, text) => (options.colour ? styleText(style, text) : text);
	}

	tell(event: FleetEvent): void {
		switch (event.event) {
			case "start":
				this.#lines(greeting(event, this.#paint));
				break;
			case "stage":
				this.#plainAt = PLAIN_FIRST;
				break;
			case "progress":
				this.#progress(event);
				break;
			case "figures":
				this.#clear();
				this.#lines([stageLine(event, this.#paint)]);
				break;
			case "stopping":
				this.#clear();
				this.#lines([`  ${this.#paint("dim", "the boards say goodbye")}`]);
				break;
			case "end":
				this.#lines(report(event, this.#paint, this.#options.columns));
		}
	}

	#progress(event: FleetProgress): void {
		if (this.#options.live) {
			const lines = panel(event, this.#paint);
			this.#clear();
			this.#lines(lines);
			this.#panel = lines.length;
			return;
		}
		if (event.stageSeconds < this.#plainAt) return;
		this.#plainAt = event.stageSeconds + PLAIN_EVERY;
		this.#lines([`  ${plain(event)}`]);
	}

	/** Takes the panel away. */
	#clear(): void {
		if (this.#panel > 0) this.#write(`\r\u001b[${this.#panel}A\u001b[J`);
		this.#panel = 0;
	}

	#lines(lines: readonly string[]): void {
		this.#write(lines.map((line) => `${line}\n`).join(""));
	}
}

/** One JSON object a line. */
export class FleetJson implements FleetOutput {
	readonly #write: (text: string) => void;
	readonly #seconds: () => number;

	constructor(write: (text: string) => void, seconds: () => number) {
		this.#write = write;
		this.#seconds = seconds;
	}

	tell(event: FleetEvent): void {
		const rounded = (_key: string, value: unknown) =>
			typeof value === "number" ? Math.round(value * 1000) / 1000 : value;
		this.#write(`${JSON.stringify({ time: this.#seconds(), ...event }, rounded)}\n`);
	}
}

function greeting(start: FleetStart, paint: Paint): string[] {
	const row = (what: string, text: string) => `  ${paint("dim", what.padEnd(10))}${text}`;
	const protocol = start.protocol === 5 ? "5.0" : "3.1.1";
	const part =
		start.shard === undefined ? "" : `, part ${start.shard} of a fleet of ${grouped(start.ofBoards)}`;
	return [
		`${paint("bold", `ringbuoy ${start.version}`)}: a fleet of ${grouped(start.boards)} boards${part}, MQTT ${protocol}`,
		"",
		row("broker", `${start.url}${start.insecure ? ", its certificate is not checked" : ""}`),
		row("boards", `${start.first} to ${start.last}, below ${start.root}/; seed ${start.seed}`),
		row("readings", `every ${duration(start.intervalSeconds * 1000)} at QoS ${start.qos}`),
		row("stop", "Ctrl-C"),
		"",
	];
}

function rate(perSecond: number): string {
	return perSecond >= 100 ? grouped(Math.round(perSecond)) : perSecond.toFixed(1).replace(/\.0$/, "");
}

function ms(value: number): string {
	return value >= 100 ? grouped(Math.round(value)) : value.toFixed(value < 1 ? 2 : 1);
}

function percentiles(of: { p50Ms: number; p95Ms: number; p99Ms: number }): string {
	return `p50 ${ms(of.p50Ms)}  p95 ${ms(of.p95Ms)}  p99 ${ms(of.p99Ms)} ms`;
}

function plain(event: FleetProgress): string {
	const { connected, boards, perSecond, strain } = event;
	const parts = [
		`${event.stage} ${duration(event.stageSeconds * 1000)}`,
		`${grouped(connected)} of ${grouped(boards)} connected`,
		`${rate(perSecond)} messages/s`,
		percentiles(event),
	];
	if (strain !== undefined)
		parts.push(`loop busy ${(strain.busy * 100).toFixed(0)} %, ${ms(strain.lateMostMs)} ms late`);
	return parts.join(" · ");
}

function panel(event: FleetProgress, paint: Paint): string[] {
	const { connected, boards, powered, perSecond, strain, stageSeconds, ofSeconds } = event;
	const filled = Math.round((BAR * connected) / boards);
	const bar = "█".repeat(filled) + "░".repeat(BAR - filled);
	const row = (what: string, text: string) => `  ${paint("dim", what.padEnd(10))}${text}`;
	const of = ofSeconds === undefined ? "" : ` of ${duration(ofSeconds * 1000)}`;
	const off = powered < boards ? `, ${grouped(boards - powered)} without power yet` : "";
	const lines = [
		row("stage", `${paint("bold", event.stage)}  ${duration(stageSeconds * 1000)}${of}`),
		row("connected", `${paint("green", bar)}  ${grouped(connected)} of ${grouped(boards)}${off}`),
		row("readings", `${rate(perSecond)} acknowledged a second`),
		row("latency", percentiles(event)),
	];
	if (strain !== undefined) {
		const load = `event loop busy ${(strain.busy * 100).toFixed(0)} %, at most ${ms(strain.lateMostMs)} ms late`;
		// While boards are switched on as fast as they connect it is busy on purpose.
		const limited = strain.limited && event.stage === "steady";
		lines.push(row("simulator", limited ? paint("yellow", `${load}: it is the bottleneck`) : load));
	}
	return lines;
}

function stageLine(figures: StageFigures, paint: Paint): string {
	const { stage, plannedSeconds, seconds, connected, perSecond, returns, gaveUp } = figures;
	const name = stage === "restart" ? `outage of ${duration(plannedSeconds * 1000)}` : stage;
	const parts = [duration(seconds * 1000), `${grouped(connected)} connected`];
	if (returns !== undefined) {
		parts.push(
			`all back in ${duration(returns.seconds * 1000)}: at most ${rate(returns.peak)} a second, ` +
				`${returns.ratio.toFixed(2)} times the mean`,
		);
	} else if (stage !== "rest" && figures.acknowledged > 0)
		parts.push(`${rate(perSecond)} messages/s`, percentiles(figures));
	const line = `  ${name.padEnd(18)}${parts.join(" · ")}`;
	return gaveUp ? paint("red", `${line} · given up`) : line;
}

function report(end: FleetSummary, paint: Paint, columns: number): string[] {
	const row = (what: string, ...parts: string[]) => `  ${what.padEnd(15)}${parts.join(" · ")}`;
	const own = end.virtualSeconds;
	const span =
		own === undefined
			? duration(end.seconds * 1000)
			: `${duration(own * 1000)} of virtual time, computed in ${duration(end.seconds * 1000)}`;
	const connected =
		end.connectSeconds === undefined ? [] : [`all within ${duration(end.connectSeconds * 1000)}`];
	const fates = [`${grouped(end.readings)} taken`, `${grouped(end.acknowledged)} acknowledged`];
	if (end.refused > 0) fates.push(`${grouped(end.refused)} refused`);
	const lines = [
		"",
		paint("bold", `After ${span}`),
		row("boards", `${grouped(end.connected)} of ${grouped(end.boards)} connected`, ...connected),
		row("readings", ...fates),
		row("connections", `${grouped(end.connects)} of ${counted(end.dials, "attempt")}`),
		row("sent again", counted(end.resends, "packet")),
		...causes("links lost", end.lost),
		...causes("not connected", end.failed),
		...end.dropped.map(({ cause, count }) => row("dropped", counted(count, "message"), cause)),
	];
	if (end.denied > 0) lines.push(row("refused", counted(end.denied, "subscription")));
	if (end.forgotten !== undefined)
		lines.push(
			row("sessions", `the broker has forgotten ${grouped(end.forgotten)} of ${grouped(end.boards)}`),
		);
	if (end.bytesPerBoard !== undefined) {
		const with_ = end.embedded ? ", the broker's side included" : "";
		const whole = `${grouped(end.bytesPerBoard)} bytes a board${with_}`;
		lines.push(row("memory", whole, `its own buffers ${grouped(end.bufferBytes)}`));
	}
	if (end.strain !== undefined) {
		const { busy, lateP99Ms, lateMostMs } = end.strain;
		const late = `99 % of its timers within ${ms(lateP99Ms)} ms, all within ${ms(lateMostMs)} ms`;
		lines.push(row("event loop", `busy ${(busy * 100).toFixed(0)} %`, late));
	}
	for (const warning of end.warnings) lines.push("", ...marked("warning", warning, paint, columns, "yellow"));
	for (const failure of end.failures) lines.push("", ...marked("failed", failure, paint, columns, "red"));
	return lines;
}

function causes(what: string, list: readonly Cause[]): string[] {
	return list
		.slice(0, CAUSES_MOST)
		.map(({ count, cause }, at) => `  ${(at === 0 ? what : "").padEnd(15)}${grouped(count)} · ${cause}`);
}

function marked(
	word: string,
	text: string,
	paint: Paint,
	columns: number,
	style: "yellow" | "red",
): string[] {
	const lines = text.split("\n").flatMap((line) => wrapped(line, columns - 11));
	return lines.map((line, at) => `  ${at === 0 ? paint(style, word.padEnd(9)) : " ".repeat(9)}${line}`);
}
