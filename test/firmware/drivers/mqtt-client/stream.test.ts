// SPDX-License-Identifier: MIT
/** A stream from the broker, cut anywhere, and with bytes changed: the application hears the same, or a reason; nothing is thrown, nothing hangs. */
import { expect, test } from "vitest";
import { SeededRandom } from "../../../../simulator/world.js";
import { publishBytes, Stand } from "./stand.js";

const SEED = Number(process.env["SEED"] ?? 419);

const STREAM: readonly number[] = [
	...publishBytes("a", "", 0),
	...publishBytes("greenhouse/1/temperature", "21.53", 1, 7),
	...[0x90, 4, 0, 1, 2, 0x80],
	...publishBytes("long", "x".repeat(300), 2, 8),
	...[0x62, 2, 0, 8, 0x40, 2, 0, 1, 0x50, 2, 0, 2, 0xd0, 0, 0xb0, 2, 0, 3],
	...publishBytes("ü", "é", 0),
];

/** What the application was told, fragments of a payload joined. */
function joined(notes: readonly string[]): string {
	return notes.join("\n").replace(/" more\n\.\.\. "/g, "");
}

function told(parts: readonly (readonly number[])[]): { text: string; answers: string } {
	const stand = new Stand();
	// What is cut inside a letter of two bytes is no text on its own: as bytes.
	const client = stand.online({
		onReadable(count, { topic, byteLength, QoS, more }) {
			const bytes = [...new Uint8Array(client.read(count)!)]
				.map((byte) => String.fromCharCode(byte))
				.join("");
			stand.notes.push(
				`${topic === undefined ? "..." : `${topic} ${byteLength} q${QoS}`} "${bytes}"${more ? " more" : ""}`,
			);
		},
	});
	for (const part of parts) stand.send(...part);
	stand.pass(10, 10);
	return { text: joined(stand.noted()), answers: stand.heard().join() };
}

test("cut in two at every byte, and into single bytes", () => {
	const whole = told([STREAM]);
	expect(whole.text.split("\n")).toHaveLength(10);
	expect(whole.answers).toBe("puback #7,pubrec #8,pubcomp #8,pubrel #2");
	for (let at = 1; at < STREAM.length; at++)
		expect(told([STREAM.slice(0, at), STREAM.slice(at)]), `cut at ${at}`).toEqual(whole);
	expect(told(STREAM.map((byte) => [byte]))).toEqual(whole);
});

test("600 streams with bytes changed, left out or put in", () => {
	console.log(`SEED=${SEED}`);
	const random = new SeededRandom(SEED);
	let ended = 0;
	for (let round = 0; round < 600; round++) {
		const bytes = [...STREAM];
		for (let changes = 1 + random.below(4); changes > 0; changes--) {
			const at = random.below(bytes.length);
			const way = random.below(3);
			if (way === 0) bytes[at] = random.below(256);
			else if (way === 1) bytes.splice(at, 1 + random.below(3));
			else bytes.splice(at, 0, random.below(256));
		}
		const stand = new Stand();
		stand.online({
			onReadable() {
				(this as unknown as { read(): void }).read();
			},
		});
		const cut = random.below(bytes.length);
		stand.send(...bytes.slice(0, cut));
		if (!stand.socket.closed) stand.send(...bytes.slice(cut));
		stand.pass(20, 10);
		const errors = stand.noted().filter((note) => note.startsWith("error"));
		expect(errors.length, `round ${round}`).toBe(stand.socket.closed ? 1 : 0);
		// Nothing is left unread but the beginning of a packet.
		if (!stand.socket.closed) expect(stand.socket.unread).toBe(0);
		ended += errors.length;
	}
	expect(ended).toBeGreaterThan(150);
	expect(ended).toBeLessThan(600);
});
