// SPDX-License-Identifier: MIT
/** What mcconfig, tsc, xsc, xsl and make print, taken apart: errors and warnings with their places, progress, noise. */

import { isAbsolute, relative, resolve } from "node:path";

export interface Finding {
	readonly kind: "error" | "warning";
	/** Relative to where we were started; "" when the tool named no place. */
	readonly file: string;
	/** 1 and up; 0: not known. */
	readonly line: number;
	readonly message: string;
}

/** An error of the linker is an exception of a module's body; what it means is not obvious. */
const EXPLANATIONS: readonly (readonly [RegExp, string])[] = [
	[
		/link: unavailable function/,
		"a preloaded module calls a native function in its body; move the call into a function, or do not preload it",
	],
	[
		/module "([^"]+)" not found/,
		"no manifest has this module: include the one that does, or add it to modules",
	],
	[/: not frozen$/, "an exported object takes RAM as long as it can be changed: Object.freeze it"],
	[/: no const$/, "a variable of a preloaded module takes RAM: make it a const, or a field"],
];

const PATTERNS: readonly (readonly [
	RegExp,
	(match: RegExpExecArray) => Omit<Finding, "kind"> & { kind?: Finding["kind"] },
])[] = [
	// tsc: file(line,column): error TS1234: message
	[
		/^(.+?)\((\d+),\d+\): error (TS\d+: .*)$/,
		([, file, line, message]) => ({ file, line: Number(line), message }),
	],
	[/^error (TS\d+: .*)$/, ([, message]) => ({ file: "", line: 0, message })],
	// xsc and mcconfig: file:line: error: message!
	[
		/^(\/.+?):(\d+): (error|warning): (.*?)!?$/,
		([, file, line, kind, message]) => ({ kind: kind as Finding["kind"], file, line: Number(line), message }),
	],
	// xsl, before the error that it ends with
	[/^### (warning): (.*)$/, ([, , message]) => ({ kind: "warning", file: "", line: 0, message })],
	[
		/^# (error|warning): (.*?)!?$/,
		([, kind, message]) => ({ kind: kind as Finding["kind"], file: "", line: 0, message }),
	],
	[/^### error: (.*)$/, ([, message]) => ({ file: "", line: 0, message })],
	[/^### (?:Error: )?((?!\d+ )\S.*?)!?$/, ([, message]) => ({ file: "", line: 0, message })],
	[
		/^make(?:\[\d+\])?: \*\*\* No rule to make target '([^']+)', needed by .*$/,
		([, file]) => ({ file, line: 0, message: "this file is not there" }),
	],
	[
		/^(?:\/bin\/)?(?:ba|da)?sh: (?:line )?(?:\d+: )?(.*not found)$/,
		([, message]) => ({ file: "", line: 0, message }),
	],
];

/** Things that are said on the way and mean nothing by themselves. */
const NOISE =
	/^(?:make(?:\[\d+\])?: (?!\*\*\* No rule)|### \d+ |Total resource size|# typescript compile failure)/;

/** Of the SDK's TLS: our modules lead to them, and their tables are what is not frozen. */
const SDK_CLASSES = /\b(?:TLSSocket|Session|CertificateManager|X509)\(\)/;

export class Diagnostics {
	readonly findings: Finding[] = [];
	/** Files compiled so far. */
	compiled = 0;
	/** Everything, for `--verbose` and for what nobody understood. */
	readonly lines: string[] = [];
	readonly #folder: string;
	readonly #sdk: string;
	readonly #onProgress: (compiled: number) => void;

	/** `folder` is where the tools run: paths that they print are relative to it. Warnings about files of the SDK are not ours. */
	constructor(folder: string, sdk: string, onProgress: (compiled: number) => void = () => {}) {
		this.#folder = folder;
		this.#sdk = sdk;
		this.#onProgress = onProgress;
	}

	line(text: string): void {
		this.lines.push(text);
		if (/^# (?:tsc|xsc|xsid|cc) /.test(text)) this.#onProgress(++this.compiled);
		else if (!NOISE.test(text)) this.#find(text);
	}

	/** Something that we have found ourselves. */
	fault(file: string, message: string): void {
		this.#add({ kind: "error", file: this.#pathOf(file), line: 0, message });
	}

	get errors(): Finding[] {
		return this.findings.filter(({ kind }) => kind === "error");
	}

	get warnings(): Finding[] {
		return this.findings.filter(({ kind }) => kind === "warning");
	}

	#find(text: string): void {
		for (const [pattern, finding] of PATTERNS) {
			const match = pattern.exec(text);
			if (match === null) continue;
			const found = { kind: "error" as const, ...finding(match) };
			if (found.kind === "warning" && this.#ofSdk(found)) return;
			this.#add({ ...found, file: this.#pathOf(found.file), message: explained(found.message) });
			return;
		}
		// tsc goes on with details, indented.
		const last = this.findings.at(-1);
		const detail = /^ {2,}\S/.test(text) && last !== undefined && /^TS\d/.test(last.message);
		if (detail && !last.message.includes(text.trim()))
			this.findings[this.findings.length - 1] = { ...last, message: `${last.message} ${text.trim()}` };
	}

	/** By its path, or for xsl by its module's name. */
	#ofSdk({ file, message }: Omit<Finding, "kind">): boolean {
		if (file !== "") return file.startsWith(`${this.#sdk}/`);
		const specifier = /^([\w/:.-]+): .*(?:not frozen|no const)$/.exec(message)?.[1];
		if (specifier === undefined) return false;
		return !specifier.startsWith("ringbuoy") || SDK_CLASSES.test(message);
	}

	/** The same thing may be told by many files that import one. */
	#add(finding: Finding): void {
		const same = ({ kind, file, line, message }: Finding): boolean =>
			kind === finding.kind &&
			file === finding.file &&
			line === finding.line &&
			message.startsWith(finding.message);
		if (!this.findings.some(same)) this.findings.push(finding);
	}

	#pathOf(file: string): string {
		if (file === "") return "";
		const path = isAbsolute(file) ? file : resolve(this.#folder, file);
		const near = relative(process.cwd(), path);
		return near.startsWith("../..") ? path : near;
	}
}

function explained(message: string): string {
	const words = EXPLANATIONS.find(([pattern]) => pattern.test(message));
	return words === undefined ? message : `${message}: ${words[1]}`;
}

/** "file:line: error: message", as editors and CI understand it. */
export function findingLine({ kind, file, line, message }: Finding): string {
	return `${file === "" ? "" : `${file}:${line === 0 ? "" : `${line}:`} `}${kind}: ${message}`;
}
