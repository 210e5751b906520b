// SPDX-License-Identifier: MIT
// alone: it starts processes
/** Flash and power on the command line: what is kept in a file, cut off, recovered, refused. */

import {
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { BrokerEvent } from "../../../simulator/broker/index.js";
import { fileOf } from "../../../simulator/cli/flash.js";
import { eventually, freePort, Run, ringbuoy, stoppedIn, withBroker } from "./run.js";

let folder: string;
const file = (name: string) => join(folder, name);

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "ringbuoy-flash-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const numbersOf = (run: Run) => run.of("accepted").map(({ n }) => n as number);
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

describe("files of flash", () => {
	it.each([
		["flash.bin", 0, "flash.bin"],
		["flash.bin", 1, "flash-2.bin"],
		["a/b/flash", 9, "a/b/flash-10"],
		["/flash.bin", 1, "/flash-2.bin"],
		["./x.y.bin", 2, "./x.y-3.bin"],
	])("%s of board %i is %s", (path, index, expected) => {
		expect(fileOf(path, index)).toBe(expected);
	});
});

/** Processes of their own on a busy machine. */
vi.setConfig({ testTimeout: 60_000 });
const sim = (...args: string[]) => new Run(["sim", "--json", ...args]);

/** What the broker was sent, as it stands in the events of the embedded one. */
function sent(events: readonly BrokerEvent[], topic: string): string[] {
	const texts: string[] = [];
	for (const event of events)
		if (event.kind === "publish" && event.topic.endsWith(topic))
			texts.push(Buffer.from(event.payload).toString());
	return texts;
}

describe.concurrent("ringbuoy sim --flash", () => {
	it("keeps what could not be sent, and sends it in the next run, in order", async () => {
		const port = await freePort();
		const image = file("offline.bin");
		const args = ["--verbose", "--flash", image, "--name", "kitchen", "--interval"];
		const offline = sim(...args, "1", "--broker", `mqtt://127.0.0.1:${port}`);
		expect(await offline.endWhen((run) => numbersOf(run).length >= 3)).toBe(0);
		expect(offline.of("boot")).toMatchObject([{ boot: 1, unclean: false, waiting: 0, session: false }]);
		const many = numbersOf(offline).length;
		expect(numbersOf(offline)).toEqual(upTo(many));
		expect(offline.of("end")[0]).toMatchObject({ unfinished: many, acknowledged: 0 });
		expect(statSync(image).size).toBe(65_536);
		await withBroker({}, async (_broker, url, events) => {
			const online = sim(...args, "60", "--broker", url);
			expect(await online.endWhen((run) => run.of("reading").length > 0)).toBe(0);
			expect(online.of("boot")).toMatchObject([{ boot: 1, unclean: false, waiting: many }]);
			expect(online.of("restored").map(({ outcome, again }) => [outcome, again])).toEqual(
				Array(many).fill([1, false]),
			);
			expect(online.of("end")[0]).toMatchObject({ restored: many, acknowledged: 1, unfinished: 0, lost: 0 });
			const readings = sent(events, "/reading").map((text) => JSON.parse(text));
			expect(readings.map(({ n }) => n)).toEqual(upTo(many + 1));
			expect(readings[2].at - readings[0].at).toBeGreaterThanOrEqual(1);
		});
	});

	it("resumes its session after the process was killed", async () => {
		await withBroker({}, async (_broker, url) => {
			const args = ["--broker", url, "--interval", "60", "--flash", file("killed.bin")];
			const first = sim(...args, "--name", "hall");
			await first.until((run) => run.of("reading").length > 0);
			first.child.kill("SIGKILL");
			expect(await first.exit).toBe("SIGKILL");
			const second = sim(...args, "--name", "hall");
			expect(await second.endWhen((run) => run.of("reading").length > 0)).toBe(0);
			expect(second.of("boot")).toMatchObject([{ unclean: true, session: true }]);
			expect(second.of("online")).toMatchObject([{ sessionPresent: true }]);
			expect(second.of("reading")[0]).toMatchObject({ n: 2 });
			// Whoever has another name has another session.
			const other = sim(...args, "--name", "cellar");
			expect(await other.endWhen((run) => run.of("reading").length > 0)).toBe(0);
			expect(other.of("boot")).toMatchObject([{ unclean: false, session: false }]);
			expect(other.of("online")).toMatchObject([{ sessionPresent: false }]);
		});
	});

	it("gives each of several boards a file of its own", async () => {
		const run = sim("--boards", "3", "--flash", file("many.bin"), "--interval", "60");
		expect(await run.endWhen(() => run.of("reading").length >= 3)).toBe(0);
		for (const name of ["many.bin", "many-2.bin", "many-3.bin"])
			expect(statSync(file(name)).size).toBe(65_536);
	});

	it("refuses what is no store, changes nothing of it, and formats it when told to", async () => {
		const path = file("notes.bin");
		const notes = Buffer.alloc(8 * 4096, "important notes\n");
		writeFileSync(path, notes);
		const refused = await ringbuoy(["sim", "--json", "--flash", path]);
		expect(refused.code).toBe(2);
		expect(refused.stderr).toMatch(/no store of ours; nothing was changed\. .* add --format/);
		expect(readFileSync(path).equals(notes)).toBe(true);
		const formatted = sim("--interval", "60", "--flash", path, "--format");
		expect(await formatted.endWhen((run) => run.of("reading").length > 0)).toBe(0);
		expect(formatted.of("start")).toMatchObject([{ flashBytes: 32_768, flashFile: path }]);
		const again = sim("--interval", "60", "--flash", path);
		expect(await again.endWhen((run) => run.of("reading").length > 0)).toBe(0);
		expect(again.of("boot")).toMatchObject([{ unclean: false, session: true }]);
		expect(again.of("reading")[0]).toMatchObject({ n: 2 });
	});

	it.each([[1], [2]])("is for one run at a time (board %i of them has it)", async (board) => {
		const path = file(`taken-${board}.bin`);
		const held = fileOf(path, board - 1);
		const first = sim("--interval", "60", "--flash", held);
		await first.until((run) => run.of("reading").length > 0);
		const before = readFileSync(held);
		// Also by another name of it, and without a word to any broker.
		symlinkSync(path, file(`alias-${board}.bin`));
		for (const name of board === 1 ? [path, file(`alias-${board}.bin`)] : [path]) {
			const second = await ringbuoy(["sim", "--json", "--boards", "2", "--flash", name, "--format"]);
			expect(second.code).toBe(1);
			expect(second.stderr).toMatch(
				new RegExp(
					`^ringbuoy: --flash .*: another run has it \\(process ${first.child.pid}\\), and two at once`,
				),
			);
			expect(second.stdout).toBe("");
		}
		expect(readFileSync(held).equals(before)).toBe(true);
		first.child.kill("SIGINT");
		expect(await first.exit).toBe(0);
		const left = readdirSync(folder).filter(
			(name) => name.includes(".lock") && name.includes(`taken-${board}`),
		);
		expect(left).toEqual([]);
		const third = sim("--interval", "60", "--flash", held);
		expect(await third.endWhen((run) => run.of("reading").length > 0)).toBe(0);
	});

	it("is not blocked by what a killed run has left", async () => {
		const path = file("left.bin");
		for (const n of [1, 2]) {
			const run = sim("--interval", "60", "--flash", path);
			await run.until(() => run.of("reading").length > 0);
			expect(run.of("reading")).toMatchObject([{ n }]);
			run.child.kill("SIGKILL");
			await run.exit;
			expect(existsSync(`${path}.lock`)).toBe(true);
		}
		// Of those that want it at once, one gets it.
		const runs = [1, 2, 3].map(() => sim("--interval", "60", "--flash", path));
		await Promise.all(
			runs.map((run) => Promise.race([run.exit, run.until(() => run.of("reading").length > 0)])),
		);
		const [holder, ...others] = runs.filter((run) => run.of("reading").length > 0);
		expect(others).toEqual([]);
		holder.child.kill("SIGINT");
		const codes = await Promise.all(runs.map(({ exit }) => exit));
		expect(codes.sort()).toEqual([0, 1, 1]);
		expect(existsSync(`${path}.lock`)).toBe(false);
	});

	it.each([
		["odd.bin", "hello", /this is no flash image: it has 5 bytes/],
		["nowhere/flash.bin", undefined, /there is no such folder/],
		[".", undefined, /this is a folder; give it a file/],
	] as const)("refuses %s", async (name, content, message) => {
		if (content !== undefined) writeFileSync(file(name), content);
		const run = await ringbuoy(["sim", "--flash", file(name)]);
		expect(run.code).toBe(2);
		expect(run.stderr).toMatch(message);
		expect(run.stdout).toBe("");
	});
});

describe.concurrent("ringbuoy sim --kill-power-every", () => {
	it.each(["1", "2"])("loses nothing that it had accepted (QoS %s)", async (qos) => {
		await withBroker({}, async (broker, url, events) => {
			const args = ["--verbose", "--broker", url, "--interval", "1", "--name", "shed", "--qos", qos];
			const run = sim(...args, "--kill-power-every", "0.8", "--seed", "7");
			const work = setInterval(() => {
				broker.publish({ topic: "ringbuoy/shed/do", payload: "report", qos: 0 });
			}, 40);
			await run.until(() => run.of("cut").length >= 6);
			clearInterval(work);
			// Then a reading more, whatever comes in between: all before it are done by then.
			const from = run.of("boot").length;
			const code = await run.endWhen(
				() => run.of("boot").length > from && run.events.at(-1)?.event === "reading",
			);
			expect(code).toBe(0);
			expect(run.of("boot").filter(({ unclean }) => unclean).length).toBeGreaterThanOrEqual(4);
			await eventually(() => events.some((event) => event.kind === "disconnect" && event.by === "client"));
			const numbers = sent(events, "/reading").map((text) => JSON.parse(text).n);
			const [end] = run.of("end");
			const missing = numbersOf(run).filter((n) => !numbers.includes(n));
			expect(missing).toEqual([]);
			const once = [...new Set(numbers)];
			expect(once).toEqual([...once].sort((a, b) => a - b));
			if (qos === "2") expect(numbers).toEqual(once);
			expect(end).toMatchObject({ lost: 0, refused: 0, unfinished: 0, cuts: run.of("cut").length });
			expect(end["flash"]).toMatchObject({ bytes: 65_536, sectors: 16 });
		});
	});

	it("shows what a store in RAM is worth", async () => {
		const port = await freePort();
		const args = ["--tiny", "--interval", "1", "--kill-power-every", "1.5"];
		const run = sim("--broker", `mqtt://127.0.0.1:${port}`, ...args);
		expect(await run.endWhen(() => run.of("lost").length > 0)).toBe(0);
		expect(run.of("start")).toMatchObject([{ flashBytes: 0 }]);
		expect(run.of("lost")[0]).toMatchObject({ cause: "it was in RAM when the power went" });
		const [end] = run.of("end");
		expect(end["lost"]).toBe(run.of("lost").length);
		expect(end["flash"]).toBeUndefined();
	});

	it("tells people in words", async () => {
		const run = new Run(["sim", "--interval", "1", "--kill-power-every", "0.8"]);
		const code = await run.endWhen(({ stdout }) =>
			/boot +recovered[\s\S]*connected +the broker has/.test(stdout),
		);
		expect(code).toBe(0);
		expect(run.stdout).toMatch(/flash +65,536 bytes, in memory; what waits survives a power cut/);
		expect(run.stdout).toMatch(/power +is cut(, in the middle of a flash (write|erase))?: nobody was told/);
		expect(run.stdout).toMatch(/boot +recovered: .* · a session to resume/);
		expect(run.stdout).toMatch(/starts +\d+ · \d+ power cuts?/);
		expect(run.stdout).toMatch(/written +[\d,]+ bytes/);
		expect(run.stdout).toMatch(/life +[\d.,]+ years at this rate/);
		expect(run.stdout).not.toMatch(/press p/); // nobody sits there
		for (const line of run.stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
	});
});

describe.concurrent("ringbuoy sim --program sleeper", () => {
	it("sleeps and wakes for real", async () => {
		await withBroker({}, async (_broker, url, events) => {
			const run = sim("--broker", url, "--program", "sleeper", "--interval", "1", "--name", "dozy");
			expect(await run.endWhen(() => run.of("asleep").length >= 3)).toBe(0);
			// It may have woken once more before it was told to stop.
			const boots = run.of("boot").slice(0, 3);
			expect(boots.map(({ cause }) => cause)).toEqual(["power", "wake", "wake"]);
			expect(boots.map(({ unclean }) => unclean)).toEqual([false, false, false]);
			expect(
				run
					.of("reading")
					.map(({ n }) => n)
					.slice(0, 3),
			).toEqual([1, 2, 3]);
			for (const asleep of run.of("asleep")) expect(asleep["ms"]).toBeLessThanOrEqual(1_000);
			expect(sent(events, "/status").slice(0, 3)).toEqual(["asleep", "asleep", "asleep"]);
		});
	});

	it("ends at once when it is told to in its sleep", async () => {
		const run = sim("--program", "sleeper", "--interval", "60");
		await run.until(() => run.of("asleep").length > 0);
		run.child.kill("SIGINT");
		expect(await run.exit).toBe(0);
		expect(stoppedIn(run)).toBeLessThan(2);
		expect(run.of("end")).toMatchObject([{ readings: 1, acknowledged: 1, boots: 1 }]);
	});
});
