// SPDX-License-Identifier: MIT
/** What a run of the simulator is: options and environment, checked before anything is opened. */

import { createHash } from "node:crypto";
import { hostname } from "node:os";
import { type ConnectionSettings, connectionOf, type Environment } from "./connection.js";
import type { Typed } from "./options.js";
import { UsageError } from "./usage.js";
import { number, seconds } from "./values.js";

export interface SimSettings extends ConnectionSettings {
	readonly names: readonly string[];
	readonly intervalSeconds: number;
	readonly tiny: boolean;
	readonly program: "sensor" | "sleeper" | "soak";
	/** Where the first board's flash is kept; undefined: in memory. */
	readonly flash: string | undefined;
	/** Whatever is in there is erased first. */
	readonly format: boolean;
	/** Undefined: by hand only. */
	readonly killPowerSeconds: number | undefined;
	readonly seed: number;
	/** A seed was asked for: the backoff is drawn from it, too. */
	readonly seeded: boolean;
	/** Undefined: until Ctrl-C. */
	readonly forSeconds: number | undefined;
	/** Where what boards and broker say is written. */
	readonly pcap: string | undefined;
	readonly json: boolean;
	readonly verbose: boolean;
}

/** Throws a {@link UsageError} that says what is wrong with which option. */
export function simSettings(typed: Typed, environment: Environment): SimSettings {
	const connection = connectionOf(typed, environment);
	return {
		...connection,
		names: namesOf(typed, connection.broker !== undefined),
		intervalSeconds: number(typed, "interval", 1, 86_400, 2),
		tiny: typed.has("tiny"),
		program: programOf(typed.get("program") ?? "sensor"),
		flash: flashOf(typed),
		format: typed.has("format"),
		killPowerSeconds: seconds(typed, "kill-power-every"),
		seed: number(typed, "seed", 0, Number.MAX_SAFE_INTEGER, 1),
		seeded: typed.has("seed"),
		forSeconds: seconds(typed, "for"),
		pcap: typed.get("pcap"),
		json: typed.has("json"),
		verbose: typed.has("verbose"),
	};
}

function programOf(text: string): SimSettings["program"] {
	if (text === "sensor" || text === "sleeper" || text === "soak") return text;
	throw new UsageError(`--program must be sensor, sleeper or soak, not "${text}"`);
}

function flashOf(typed: Typed): string | undefined {
	const path = typed.get("flash");
	if (path === "") throw new UsageError("--flash needs the name of a file");
	if (path === undefined && typed.has("format")) throw new UsageError("--format is for --flash FILE");
	return path;
}

/**
 * On a broker that others use, too, everybody's "board-1" would throw everybody else's out. So the name says which
 * machine it is, and stays the same from run to run, as a board's does.
 */
export function stemOf(typed: Typed, foreign: boolean): string {
	const given = typed.get("name");
	if (given !== undefined && (given === "" || given.length > 64 || /[/+#\0\s]/.test(given))) {
		throw new UsageError(`--name must be 1 to 64 characters without space, "/", "+" and "#", not "${given}"`);
	}
	const machine = createHash("sha256").update(hostname()).digest("hex").slice(0, 4);
	return given ?? (foreign ? `board-${machine}` : "board");
}

function namesOf(typed: Typed, foreign: boolean): string[] {
	const count = number(typed, "boards", 1, 1000, 1);
	const stem = stemOf(typed, foreign);
	if (count === 1 && stem !== "board") return [stem];
	return Array.from({ length: count }, (_, i) => `${stem}-${i + 1}`);
}
