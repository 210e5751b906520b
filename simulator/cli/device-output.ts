// SPDX-License-Identifier: MIT
/** What `ringbuoy device` tells, as lines for people or as JSON for machines. */

import type { Checked } from "./device-check.js";
import { type Diagnostics, type Finding, findingLine } from "./device-diagnostics.js";
import type { Order } from "./device-project.js";
import { SDK_TRIED } from "./device-sdk.js";
import { counted, duration, grouped } from "./words.js";

export interface DeviceOutput {
	begin(order: Order, version: string, sdk: string): void;
	beginExample(name: string, target: string, version: string): void;
	step(words: string): void;
	compiled(files: number): void;
	/** A line of a tool. */
	line(line: string): void;
	/** Something that is no error, and might surprise. */
	note(words: string): void;
	running(command: string): void;
	checked(checked: Checked): void;
	end(count: number, failed: number): void;
	dry(commands: readonly string[], settings: readonly string[]): void;
	built(images: string, bytes: number): void;
	flashed(port: string | undefined): void;
	failed(diagnostics: Diagnostics, code: number): void;
}

export function outputOf(json: boolean, verbose: boolean): DeviceOutput {
	return json ? new JsonLines() : new TextLines(verbose);
}

/** Files between two lines of progress where there is no terminal. */
const PROGRESS_FILES = 50;

class TextLines implements DeviceOutput {
	readonly #verbose: boolean;
	readonly #terminal = process.stderr.isTTY === true;
	/** A line that the next one writes over is on the screen. */
	#open = false;
	#warned = false;

	constructor(verbose: boolean) {
		this.#verbose = verbose;
	}

	begin({ board, program, flavour, tls, out }: Order, version: string, sdk: string): void {
		const { target } = board.facts;
		this.#print(
			`${board.name}, ${program.name}: ${target}, ${flavour}${tls ? ", TLS" : ""}, Moddable SDK ${version || "?"}`,
		);
		if (this.#verbose) this.#print(`  SDK ${sdk}, output ${out}`);
		if (version === SDK_TRIED || this.#warned) return;
		this.#warned = true;
		this.#print(`  this was tried with SDK ${SDK_TRIED}; if something is odd, that may be why`);
	}

	beginExample(name: string, target: string, version: string): void {
		this.#print(`example ${name}: ${target}, Moddable SDK ${version || "?"}`);
	}

	step(words: string): void {
		this.#progress(words);
	}

	compiled(files: number): void {
		if (this.#terminal || files % PROGRESS_FILES === 0) this.#progress(`${counted(files, "file")} compiled`);
	}

	line(line: string): void {
		if (this.#verbose) this.#print(`  ${line}`);
	}

	note(words: string): void {
		this.#print(`  note: ${words}`);
	}

	running(command: string): void {
		this.#print(`  ${command}`);
	}

	checked({ ok, findings, seconds, codeBytes, romBytes, aliasBytes, lines }: Checked): void {
		if (this.#verbose) for (const line of lines) this.#print(`  ${line}`);
		this.#findings(findings);
		const time = duration(seconds * 1000);
		if (!ok) {
			this.#print(
				`  FAILED after ${time}: ${counted(findings.filter(({ kind }) => kind === "error").length, "error")}`,
			);
			return;
		}
		this.#print(
			`  ok in ${time}: ${grouped(romBytes)} bytes of flash for JavaScript, ${grouped(codeBytes)} of them byte code; ` +
				`${grouped(aliasBytes)} bytes of RAM for what is not const`,
		);
	}

	end(count: number, failed: number): void {
		if (count > 1) this.#print(`${counted(count - failed, "build")} in order, ${failed} failed`);
	}

	dry(commands: readonly string[], settings: readonly string[]): void {
		if (settings.length > 0) this.#print(`# settings, in the manifest: ${settings.join(" ")}`);
		for (const command of commands) this.#print(command);
	}

	built(images: string, bytes: number): void {
		this.#print(`  built: ${grouped(bytes)} bytes, in ${images}`);
	}

	flashed(port: string | undefined): void {
		this.#print(
			`  flashed${port === undefined ? "" : ` at ${port}`}; ringbuoy device monitor shows what it prints`,
		);
	}

	failed(diagnostics: Diagnostics, code: number): void {
		const { findings, lines } = diagnostics;
		this.#findings(findings);
		if (findings.length === 0 && !this.#verbose)
			for (const line of lines.slice(-30)) this.#print(`  ${line}`);
		this.#print(`  FAILED${code === 0 ? "" : `: the command above ended with ${code}`}`);
	}

	#findings(findings: readonly Finding[]): void {
		for (const finding of findings) this.#print(findingLine(finding));
	}

	#progress(words: string): void {
		if (!this.#terminal) {
			process.stderr.write(`  ${words}\n`);
			return;
		}
		process.stderr.write(`\r\u001b[K  ${words} ...`);
		this.#open = true;
	}

	#print(line: string): void {
		if (this.#open) process.stderr.write("\r\u001b[K");
		this.#open = false;
		if (!process.stdout.destroyed) process.stdout.write(`${line}\n`);
	}
}

class JsonLines implements DeviceOutput {
	begin({ board, program, flavour, tls, out }: Order, version: string, sdk: string): void {
		const { target, chip } = board.facts;
		write({
			event: "begin",
			board: board.name,
			program: program.name,
			target,
			chip,
			flavour,
			tls,
			version,
			sdk,
			out,
		});
	}

	beginExample(name: string, target: string, version: string): void {
		write({ event: "begin", example: name, target, version });
	}

	step(): void {}
	compiled(): void {}
	line(): void {}

	note(words: string): void {
		write({ event: "note", words });
	}

	running(command: string): void {
		write({ event: "running", command });
	}

	checked({ lines: _, findings, ...rest }: Checked): void {
		for (const { kind, ...finding } of findings)
			write({ event: kind, board: rest.board, program: rest.program, ...finding });
		write({ event: "checked", ...rest, seconds: Math.round(rest.seconds * 10) / 10 });
	}

	end(count: number, failed: number): void {
		write({ event: "end", count, failed });
	}

	dry(commands: readonly string[], settings: readonly string[]): void {
		write({ event: "dry-run", commands, settings });
	}

	built(images: string, bytes: number): void {
		write({ event: "built", images, bytes });
	}

	flashed(port: string | undefined): void {
		write({ event: "flashed", port });
	}

	failed({ findings, lines }: Diagnostics, code: number): void {
		for (const { kind, ...finding } of findings) write({ event: kind, ...finding });
		write({ event: "failed", code, lines: findings.length === 0 ? lines.slice(-30) : [] });
	}
}

function write(event: object): void {
	if (!process.stdout.destroyed) process.stdout.write(`${JSON.stringify(event)}\n`);
}
