// SPDX-License-Identifier: MIT
/** Events for people: a line each, at most 100 columns, the colours few. */

import { styleText } from "node:util";
import { Reason } from "../../lib/index.js";
import type { BoardEvent, Measured, Output, RunEvent } from "./events.js";
import { goodbye, greeting } from "./pages.js";
import { counted, decimal, duration, type Paint, type Style, wrapped } from "./words.js";

/** With more boards than this a line for each reading would be a flood: once a second one line sums up. */
const CROWD = 10;

type CommandEvent = Extract<BoardEvent, { event: "command" | "ignored" | "identify" | "interval" }>;
type PowerEvent = Extract<BoardEvent, { event: "cut" | "boot" | "asleep" | "fault" | "restored" }>;

export interface TextOptions {
	readonly colour: boolean;
	/** 60 to 100. */
	readonly columns: number;
	readonly verbose: boolean;
	/** Seconds since the start. */
	readonly seconds: () => number;
	/** Keys are heard. */
	readonly keys: boolean;
	/** Host and port, user and TLS as `mosquitto_sub` wants them. */
	readonly toolArguments: (url: string) => string;
}

/** Of a crowd only this is told board by board. */
const CROWDED: ReadonlySet<string> = new Set(["refused", "lost", "denied", "command", "ignored", "fault"]);

export class TextOutput implements Output {
	readonly #write: (line: string) => void;
	readonly #options: TextOptions;
	readonly #paint: Paint;
	/** Width of the column of names; 0: one board, which needs none. */
	#names = 0;
	#crowd = false;
	/** The boards say goodbye each time they go to sleep. */
	#sleepy = false;
	#stopping = false;
	readonly #online = new Set<string>();
	/** Why the latest attempt of a board failed: the same sentence is not said again and again. */
	readonly #causes = new Map<string, string>();
	/** An old session of theirs is being cleared at the broker: their connections come and go, and that is in order. */
	readonly #clearing = new Set<string>();
	/** Advice is given once. */
	readonly #advised = new Set<string>();
	#boards = 0;
	#readings = 0;
	#summedUp = 0;
	#lastCause = "";

	constructor(write: (line: string) => void, options: TextOptions) {
		this.#write = write;
		this.#options = options;
		this.#paint = (style, text) => (options.colour ? styleText(style, text) : text);
	}

	run(event: RunEvent): void {
		switch (event.event) {
			case "start":
				this.#boards = event.boards.length;
				this.#sleepy = event.program === "sleeper";
				this.#crowd = this.#boards > CROWD;
				this.#names = this.#boards > 1 ? Math.max(...event.boards.map((name) => name.length)) + 2 : 0;
				this.#page(greeting(event, this.#paint, this.#options.toolArguments(event.url), this.#options.keys));
				break;
			case "demonstration":
				this.#line("", "we send", `"${event.payload}" to ${event.topic}, as you can`, "dim");
				break;
			case "broker":
				if (this.#options.verbose) this.#broker(event);
				break;
			case "stopping":
				this.#stopping = true;
				this.#line(
					"",
					"stopping",
					event.pending === 0
						? "says goodbye"
						: `${counted(event.pending, "message")} to finish, in 5 seconds at most; Ctrl-C again ends at once`,
				);
				break;
			case "end":
				this.#page(goodbye(event, this.#paint));
		}
	}

	board(name: string, event: BoardEvent): void {
		const wasOnline = this.#online.has(name);
		if (event.event === "online") {
			this.#online.add(name);
			this.#causes.delete(name);
			this.#clearing.delete(name);
		} else if (event.event === "offline" || event.event === "cut") this.#online.delete(name);
		else if (event.event === "reading") this.#readings++;
		if (event.event === "offline" && event.reason === Reason.SessionMismatch && event.retryMs === 0)
			this.#clear(name);
		else if (this.#crowd) this.#crowded(name, event);
		else this.#single(name, event, wasOnline);
	}

	#single(name: string, event: BoardEvent, wasOnline: boolean): void {
		const { verbose } = this.#options;
		switch (event.event) {
			case "dial":
				if (verbose) this.#line(name, "dialling", "", "dim");
				break;
			case "link":
				if (verbose || !this.#clearing.has(name)) this.#line(name, "link", "up");
				break;
			case "online":
				this.#line(
					name,
					"connected",
					event.sessionPresent ? "the broker has our session" : "a new session",
					"green",
				);
				break;
			case "subscribed":
				if (verbose) this.#line(name, "subscribed", `${event.filter}, QoS ${event.reason}`, "dim");
				break;
			case "denied":
				this.#line(name, "refused", `the subscription to ${event.filter}: ${event.cause}`, "red");
				this.#advise(event.advice);
				break;
			case "forgotten":
				this.#line(
					name,
					"session",
					event.done ? "the broker has forgotten it" : "it stays: the broker could not be told to forget it",
					"dim",
				);
				break;
			case "offline":
				if (event.retryMs < 0) {
					if (!this.#sleepy) this.#goodbye(name, wasOnline);
				} else this.#offline(name, event.cause, event.retryMs);
				break;
			case "command":
			case "ignored":
			case "identify":
			case "interval":
				this.#command(name, event);
				break;
			case "cut":
			case "boot":
			case "asleep":
			case "fault":
			case "restored":
				this.#power(name, event);
				break;
			case "accepted":
				break;
			case "soaked":
				this.#soaked(name, event);
				break;
			default:
				this.#reading(name, event);
		}
	}

	/** A reading, and what became of it. */
	#reading(name: string, event: Extract<BoardEvent, Measured>): void {
		const paint = this.#paint;
		const columns = `${values(event)}   `;
		if (event.event === "reading") {
			const took = event.qos === 0 ? "" : ` ${paint("dim", duration(event.ms))}`;
			this.#line(
				name,
				"reading",
				`${columns}${paint("green", event.qos === 0 ? "sent" : "acknowledged")}${took}`,
			);
		} else if (event.event === "waiting") {
			this.#line(name, "reading", `${columns}${paint("yellow", `waits (${event.pending})`)}`);
		} else {
			const fate = event.event === "refused" ? `refused: ${event.cause}` : event.cause;
			const beside = columns.length + fate.length <= this.#width;
			this.#line(name, "reading", beside ? `${columns}${paint("red", fate)}` : columns.trimEnd());
			if (!beside) this.#line(name, "", `#${event.n}: ${fate}`, "red");
			if (event.event === "lost") this.#advise(event.advice);
		}
	}

	/** What to do about it, the first time. */
	#advise(advice: string): void {
		if (advice === "" || this.#advised.has(advice)) return;
		this.#advised.add(advice);
		this.#line("", "advice", advice, "yellow");
	}

	/** What happens to the board itself. */
	#power(name: string, event: PowerEvent): void {
		switch (event.event) {
			case "cut":
				this.#line(
					name,
					"power",
					event.torn === "nothing"
						? "is cut: nobody was told"
						: `is cut, in the middle of a flash ${event.torn}: nobody was told`,
					"red",
				);
				break;
			case "boot":
				if (event.cause !== "wake" || this.#options.verbose)
					this.#line(name, "boot", recovered(event), event.unclean ? "cyan" : "dim");
				break;
			case "asleep":
				this.#line(
					name,
					"asleep",
					`for ${duration(event.ms)}, after ${duration(event.awakeMs)} awake`,
					"dim",
				);
				break;
			case "fault":
				this.#line(name, "flash", event.cause, "red");
				break;
			default:
				if (event.again)
					this.#line(
						name,
						"again",
						`message ${event.ticket}: that it was done was not in flash before the cut`,
						"dim",
					);
				else
					this.#line(name, "restored", `message ${event.ticket} of an earlier run: ${event.cause}`, "green");
		}
	}

	/** A payload of JSON has no space in it at which a line could end. */
	#broker({ clientId, what, detail }: Extract<RunEvent, { event: "broker" }>): void {
		this.#line(clientId, "broker", `${what} ${detail.replaceAll(',"', ', "')}`, "dim");
	}

	#soaked(name: string, { minutes, back, wrong }: Extract<BoardEvent, { event: "soaked" }>): void {
		const verdict =
			wrong === 0 ? "none lost, doubled or bent" : `${counted(wrong, "fault")}: see its topic soak`;
		const words = `${counted(minutes, "minute")}: ${counted(back, "message")} came back, ${verdict}`;
		this.#line(name, "soak", words, wrong === 0 ? "green" : "red");
	}

	#command(name: string, event: CommandEvent): void {
		if (event.event === "identify") this.#line(name, "lamp", "blinks", "cyan");
		else if (event.event === "interval") {
			this.#line(name, "setting", `a reading every ${duration(event.seconds * 1000)}`, "cyan");
		} else if (event.event === "ignored") {
			this.#line(name, "ignored", `what came to ${event.topic}: it makes no sense`, "yellow");
		} else this.#line(name, "command", event.command, "cyan");
	}

	#offline(name: string, cause: string, retryMs: number): void {
		const again = this.#causes.get(name) === cause;
		const next = `next attempt in ${duration(retryMs)}`;
		this.#causes.set(name, cause);
		this.#clearing.delete(name);
		this.#line(name, "offline", again ? `the same again; ${next}` : `${cause} ${capital(next)}.`, "yellow");
	}

	/** 3.1.1 has no other way to begin anew: connect clean, disconnect, connect again. Nothing is wrong. */
	#clear(name: string): void {
		if (this.#clearing.has(name) || this.#crowd) return;
		this.#clearing.add(name);
		this.#line(name, "session", "an old one at the broker is being cleared", "dim");
	}

	#goodbye(name: string, wasOnline: boolean): void {
		this.#line(
			name,
			"goodbye",
			wasOnline ? "DISCONNECT sent, connection closed" : "there was no connection",
			"dim",
		);
	}

	#crowded(name: string, event: BoardEvent): void {
		if (event.event === "offline" && event.retryMs >= 0) {
			// A thousand boards lose the same broker for the same reason.
			if (event.cause !== this.#lastCause) this.#offline(name, event.cause, event.retryMs);
			this.#lastCause = event.cause;
		} else if (CROWDED.has(event.event)) this.#single(name, event, true);
		if (!this.#stopping && this.#options.seconds() - this.#summedUp >= 1) this.#sumUp();
	}

	#sumUp(): void {
		this.#summedUp = this.#options.seconds();
		const online = `${this.#online.size} of ${this.#boards} boards online`;
		this.#line("", "in all", `${online} · ${counted(this.#readings, "reading")} acknowledged`);
	}

	/** Columns for what a line has to say. */
	get #width(): number {
		return Math.max(30, this.#options.columns - (8 + 2 + this.#names + 11));
	}

	#line(name: string, what: string, text: string, style?: Style): void {
		const time = this.#options.seconds().toFixed(3).padStart(8);
		const board = this.#names === 0 ? "" : name.padEnd(this.#names);
		const indent = 8 + 2 + this.#names + 11;
		// Only a sentence can be too long; it goes on below its beginning.
		const lines = wrapped(text, this.#width);
		const aligned = style === undefined ? text : lines.join(`\n${" ".repeat(indent)}`);
		const head =
			style === undefined || style === "dim" ? what.padEnd(11) : this.#paint(style, what.padEnd(11));
		const paint = this.#paint;
		const rest = `${board}${head}${aligned}`.trimEnd();
		this.#write(style === "dim" ? paint("dim", `${time}  ${rest}`) : `${paint("dim", time)}  ${rest}`);
	}

	#page(lines: readonly string[]): void {
		for (const line of lines) this.#write(line);
	}
}

function values({ n, t, h, battery, rssi }: Measured): string {
	const columns = [
		`#${n}`.padEnd(5),
		`${decimal(t, 2)} °C`.padStart(9),
		`${decimal(h, 2)} %`.padStart(9),
		`${decimal(battery, 3)} V`.padStart(9),
		`${rssi} dBm`.padStart(9),
	];
	return columns.join("");
}

/** What a store still has, in words. */
function recovered({
	boot,
	unclean,
	waiting,
	inbound,
	session,
}: Extract<PowerEvent, { event: "boot" }>): string {
	if (boot === 1 && waiting + inbound === 0 && !session) return "a board that knows nothing yet";
	const parts = [waiting === 0 ? "nothing waits" : `${counted(waiting, "message")} to send or to finish`];
	if (inbound > 0) parts.push(`${inbound} QoS 2 ${inbound === 1 ? "message" : "messages"} half received`);
	parts.push(session ? "a session to resume" : "no session");
	return `${unclean ? "recovered" : "found"}: ${parts.join(" · ")}`;
}

function capital(text: string): string {
	return text[0].toUpperCase() + text.slice(1);
}
