// SPDX-License-Identifier: MIT
import { EventEmitter } from "node:events";
import type { ReadStream } from "node:tty";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Keys } from "../../../simulator/cli/keys.js";

/** A terminal's input that writes down what is done to it. */
class Terminal extends EventEmitter {
	readonly isTTY = true;
	readonly done: string[] = [];
	setRawMode = (raw: boolean) => this.done.push(raw ? "raw" : "cooked");
	resume = () => this.done.push("resume");
	pause = () => this.done.push("pause");
	type = (...bytes: number[]) => this.emit("data", Buffer.from(bytes));
}

function listening() {
	const terminal = new Terminal();
	const heard: string[] = [];
	const keys = new Keys(
		terminal as unknown as ReadStream,
		(key) => heard.push(key),
		() => heard.push("interrupt"),
	);
	keys.start();
	return { terminal, heard, keys };
}

afterEach(() => {
	vi.restoreAllMocks();
});

describe("keys", () => {
	it("come without Enter, also several at once", () => {
		const { terminal, heard, keys } = listening();
		terminal.type(0x70);
		terminal.type(0x70, 0x78);
		expect(heard).toEqual(["p", "p", "x"]);
		keys.stop();
	});

	it("make of Ctrl-C what the terminal would have made of it", () => {
		const { terminal, heard, keys } = listening();
		terminal.type(0x03);
		expect(heard).toEqual(["interrupt"]);
		keys.stop();
	});

	it.each([
		[0x1a, "SIGTSTP"],
		[0x1c, "SIGQUIT"],
	])("hand %i on as %s to the whole job, with the terminal as it was", (byte, signal) => {
		const { terminal, keys } = listening();
		const kill = vi.spyOn(process, "kill").mockImplementation(() => true);
		terminal.type(byte);
		expect(kill).toHaveBeenCalledWith(0, signal);
		expect(terminal.done).toEqual(["raw", "resume", "cooked"]);
		process.emit("SIGCONT");
		expect(terminal.done.at(-1)).toBe("raw");
		keys.stop();
	});

	it("leave the terminal as it was, and nobody listening", () => {
		const before = process.listenerCount("SIGCONT");
		const { terminal, heard, keys } = listening();
		keys.stop();
		expect(terminal.done).toEqual(["raw", "resume", "pause", "cooked"]);
		terminal.type(0x70);
		expect(heard).toEqual([]);
		expect(process.listenerCount("SIGCONT")).toBe(before);
	});

	it("are not heard where nobody sits", () => {
		expect(Keys.possible({ isTTY: undefined } as unknown as NodeJS.ReadStream)).toBe(false);
	});
});
