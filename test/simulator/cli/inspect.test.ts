// SPDX-License-Identifier: MIT
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MessageState } from "../../../lib/wire/record.js";
import { inspect } from "../../../simulator/cli/inspect.js";
import { Cut, NorFlash } from "../../../simulator/nor-flash.js";
import { Life } from "../../lib/store/lives.js";

let folder = "";

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "ringbuoy-inspect-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, bytes: Uint8Array): string {
	const path = join(folder, name);
	writeFileSync(path, bytes);
	return path;
}

/** A store with one of everything, and its last record torn. */
function image(): Uint8Array {
	const flash = new NorFlash();
	const life = new Life(flash);
	life.clock.epochSeconds = 1_700_000_000;
	life.open(0x1234abcd);
	const done = life.put({ topic: "a/done", payload: "1" });
	const acked = life.put({ topic: "a/waits", payload: "\u0007bell", expires: life.clock.seconds + 60 });
	const released = life.put({ topic: "a/released", payload: "3", qos: 2 });
	life.store.mark(done, MessageState.AwaitAck);
	life.store.mark(done, MessageState.Done);
	life.store.mark(released, MessageState.AwaitRec);
	life.store.mark(released, MessageState.AwaitComp);
	life.store.openInbound(77, life.content("abc"));
	life.store.remember(4.5);
	life.store.commit();
	life.store.clear(true);
	expect(acked).toBe(2);
	flash.arm(1, Cut.Prefix);
	life.put({ topic: "a/torn", payload: "x".repeat(90) });
	return flash.bytes.slice();
}

function run(...args: string[]): { lines: string[]; text: string; fine: boolean } {
	const lines: string[] = [];
	const fine = inspect(args, (line) => lines.push(line));
	return { lines, text: lines.join("\n"), fine };
}

describe("ringbuoy inspect", () => {
	test("shows a dump record by record, with what recovery makes of each and why", () => {
		const path = fileOf("board.bin", image());
		const { text, fine } = run(path);
		expect(fine).toBe(true);
		for (const pattern of [
			/board\.bin: 65,536 bytes, 16 sectors, store [0-9a-f]{8}, format 1/,
			/sector 16, block 0: the one that is being filled/,
			/ 9 {2}boot/,
			/session +identity 1234abcd, established, a new session.*\[superseded: a later one says it all\]/,
			/session +identity 1234abcd.*remember 4\.5.*\[live: the newest one\]/,
			/message 1 +QoS 1, "a\/done", 1 bytes "1" {2}\[done: it has ended\]/,
			/message 2 +QoS 1, "a\/waits", 5 bytes "\.bell", stale at 2023-11-14T22:14:20\.000Z {2}\[live: waits\]/,
			/events .*PUBREC for 3/,
			/events .*opened 77, remember 4\.5/,
			/\[(?:torn|no record): cut short, damaged, or of an earlier use of the sector\]/,
			/block 15: blank/,
			/ended: {4}by a power cut, or it goes on/,
			/messages: 1 message, the next one is 4\n {10}2 waits/,
			/inbound: {2}no QoS 2 identifiers open/,
			/wear: {5}0 erases since it was made/,
		])
			expect(text).toMatch(pattern);
	});

	test("writes nothing to the file", () => {
		const bytes = image();
		const path = fileOf("same.bin", bytes);
		run(path);
		run(path, "--json");
		expect(Buffer.compare(readFileSync(path), bytes)).toBe(0);
	});

	test("says the same as JSON, one object a line", () => {
		const { lines, fine } = run(fileOf("json.bin", image()), "--json");
		const events = lines.map((line) => JSON.parse(line));
		expect(fine).toBe(true);
		expect(events.filter(({ event }) => event === "sector")).toHaveLength(16);
		const messages = events.filter(({ event, type }) => event === "record" && type === "message");
		expect(messages.slice(0, 3).map(({ number, fate }) => [number, fate])).toEqual([
			[1, "done"],
			[2, "live"],
			[3, "done"],
		]);
		expect(events.at(-1)).toMatchObject({
			event: "summary",
			blank: false,
			fault: 0,
			reason: "",
			established: true,
			remembered: 4.5,
			messages: ["2 waits"],
			nextNumber: 4,
		});
	});

	test("tells the records of dead sectors, too", () => {
		const flash = new NorFlash({ sectors: 6 });
		const life = new Life(flash);
		life.open();
		for (let i = 0; i < 400; i++) {
			const number = life.put({ topic: `t/${i}`, payload: "y".repeat(60) });
			life.store.mark(number, MessageState.Done);
			life.store.commit();
			life.tidy();
		}
		life.store.flush();
		const { text } = run(fileOf("dead.bin", flash.bytes));
		expect(text).toMatch(/: dead: all that is needed of it was moved, or has ended/);
		expect(text).toMatch(/\[dead: its sector is before the tail\]/);
		expect(text).toMatch(/ended: {4}in order/);
		expect(text).toMatch(/wear: {5}[1-9]\d* erases? since it was made, [1-9][\d.]* a sector/);
	});

	test("a blank image is no fault", () => {
		const { text, fine } = run(fileOf("blank.bin", new Uint8Array(65_536).fill(0xff)));
		expect([text.replace(/^.*: /, ""), fine]).toEqual(["blank, never used", true]);
	});

	test("what is no store, or damaged, is said so", () => {
		const text = Buffer.alloc(65_536, "no store at all ");
		expect(run(fileOf("text.bin", text))).toMatchObject({ fine: false });
		expect(run(join(folder, "text.bin")).text).toMatch(
			/no store: there is something in it that is no store of ours$/,
		);
		const noise = Uint8Array.from({ length: 65_536 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 13) & 255);
		expect(run(fileOf("noise.bin", noise)).text).toMatch(/it looks like noise: of an encrypted partition/);
		const other = new Uint8Array(32_768).fill(0xff);
		other.set(image().subarray(0, 32_768));
		expect(run(fileOf("short.bin", other)).text).toMatch(/made for a partition of another size/);
		const damaged = image();
		const events = run(join(folder, "json.bin"), "--json").lines.map((line) => JSON.parse(line));
		const { cell } = events.find(({ event, number }) => event === "record" && number === 2);
		damaged[32 * cell + 20] ^= 8;
		const { text: words, fine } = run(fileOf("damaged.bin", damaged));
		expect([fine, /damage: {3}one message, or one state, could not be read back/.test(words)]).toEqual([
			false,
			true,
		]);
	});

	test.each([
		[[], "name a flash image: ringbuoy inspect board.bin"],
		[["a.bin", "b.bin"], "one image at a time: leave out b.bin"],
		[["a.bin", "--jsno"], "there is no option --jsno; did you mean --json?"],
		[["a.bin", "--colour"], "there is no option --colour; --help lists them"],
		[["nowhere.bin"], "nowhere.bin: there is no such file; ringbuoy sim --flash nowhere.bin makes one"],
	])("%j: says what to do", (args, message) => {
		expect(() => run(...args)).toThrow(message);
	});

	test("a folder, and a file of the wrong size, say what to do", () => {
		mkdirSync(join(folder, "folder"));
		expect(() => run(join(folder, "folder"))).toThrow("this is a folder; name the image in it");
		const path = fileOf("cut.bin", new Uint8Array(10_000));
		expect(() => run(path)).toThrow(
			/it has 10,000 bytes; the dump of a whole partition has 6 to 255 times 4096/,
		);
	});
});
