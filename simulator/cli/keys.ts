// SPDX-License-Identifier: MIT
/** Single keys from the terminal, without Enter. What the terminal makes of Ctrl-C and its like is done here instead. */

import { readFileSync } from "node:fs";
import type { ReadStream } from "node:tty";

const enum Control {
	/** Ctrl-C. */
	Interrupt = 0x03,
	/** Ctrl-Z. */
	Suspend = 0x1a,
	/** Ctrl-\. */
	Quit = 0x1c,
}

export class Keys {
	readonly #stream: ReadStream;
	readonly #onKey: (key: string) => void;
	readonly #onInterrupt: () => void;

	constructor(stream: ReadStream, onKey: (key: string) => void, onInterrupt: () => void) {
		this.#stream = stream;
		this.#onKey = onKey;
		this.#onInterrupt = onInterrupt;
	}

	/** True when somebody sits there, and what he types is for us: a job in the background would be stopped for listening. */
	static possible(stream: NodeJS.ReadStream): stream is ReadStream {
		return stream.isTTY === true && inForeground();
	}

	start(): void {
		this.#stream.setRawMode(true);
		this.#stream.on("data", this.#onData);
		this.#stream.resume();
		process.on("SIGCONT", this.#onContinue);
	}

	/** Gives the terminal back as it was. */
	stop(): void {
		process.off("SIGCONT", this.#onContinue);
		this.#stream.off("data", this.#onData);
		this.#stream.pause();
		this.#stream.setRawMode(false);
	}

	readonly #onData = (chunk: Buffer): void => {
		for (const byte of chunk) {
			if (byte === Control.Interrupt) this.#onInterrupt();
			else if (byte === Control.Suspend) this.#hand("SIGTSTP");
			else if (byte === Control.Quit) this.#hand("SIGQUIT");
			else this.#onKey(String.fromCharCode(byte));
		}
	};

	/** What the terminal would have done, with the terminal as it was. */
	#hand(signal: NodeJS.Signals): void {
		this.#stream.setRawMode(false);
		// To the whole group, as from the terminal: npm waits in front of us.
		process.kill(0, signal);
	}

	readonly #onContinue = (): void => {
		this.#stream.setRawMode(true);
	};
}

/** As far as this can be asked: on Linux. */
function inForeground(): boolean {
	try {
		// pid (comm) state ppid pgrp session tty_nr tpgid ...: comm may contain anything but ")".
		const fields = readFileSync("/proc/self/stat", "utf8").split(") ").pop()!.split(" ");
		return fields[2] === fields[5];
	} catch {
		return true;
	}
}
