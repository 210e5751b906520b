// SPDX-License-Identifier: MIT
/** What a peer may do to the stream of bytes: break rules, send garbage, cut it into pieces, take little at a time. */
import { describe, expect, test } from "vitest";
import { Counter, Reason } from "../../../lib/index.js";
import { SeededRandom } from "../../../simulator/world.js";
import { encode, met, unhex, VERSIONS, type Version } from "../../kit/peer.js";
import type { Note } from "../../kit/rig.js";

/** Bytes, and the reason with which the connection must end. */
const ILLEGAL: Record<Version, [string, string, number][]> = {
	4: [
		["reserved type 0", "0000", 0x81],
		["CONNECT from the server [MQTT-3.1]", "1000", 0x82],
		["SUBSCRIBE from the server", "8200", 0x82],
		["PINGREQ from the server", "c000", 0x82],
		["DISCONNECT from the server", "e000", 0x82],
		["AUTH in 3.1.1", "f000", 0x82],
		["[MQTT-2.2.2-2] flags of PUBACK", "41020001", 0x81],
		["[MQTT-3.6.1-1] flags of PUBREL", "60020001", 0x81],
		["[MQTT-3.3.1-4] QoS 3", "360500016100 01", 0x81],
		["a fifth byte of length", "30ffffffff01", 0x81],
		["[MQTT-2.3.1-1] identifier 0", "3205000161 0000", 0x82],
		["[MQTT-3.3.2-2] wildcard in a topic", "30030001 23", 0x90],
		["[MQTT-4.7.3-1] empty topic", "30020000", 0x82],
		["[MQTT-1.5.3-2] U+0000 in a topic", "3003000100", 0x81],
		["[MQTT-1.5.3-1] half a surrogate pair", "30050003eda080", 0x81],
		["a topic longer than its packet", "3003000561", 0x81],
		["PUBACK too long", "4003000100", 0x81],
		["PINGRESP with a body", "d00100", 0x81],
		["PUBREC of identifier 0", "50020000", 0x82],
	],
	5: [
		["reserved type 0", "0000", 0x81],
		["CONNECT from the server", "1000", 0x82],
		["[MQTT-4.12.0-6] AUTH that nobody asked for", "f000", 0x82],
		["[MQTT-2.1.3-1] flags of PUBACK", "41020001", 0x81],
		["[MQTT-3.6.1-1] flags of PUBREL", "60020001", 0x81],
		["[MQTT-3.3.1-4] QoS 3", "36060001610001 00", 0x81],
		["[MQTT-1.5.5-1] a length in five bytes", "30ffffffff01", 0x81],
		["[MQTT-1.5.5-1] a length longer than needed", "30840000 01 61 00", 0x81],
		["[MQTT-3.1.2-27] topic alias, none allowed", "3007000161032300 01", 0x94],
		["a property twice", "300800016104 0101 0101", 0x82],
		["[2.2.2.2] a property of another packet", "3009000161 0511 00000001", 0x81],
		["a property that does not exist", "3006000161 0200 00", 0x81],
		["a reason code that does not exist", "4003000142", 0x82],
		["no topic and no alias", "3003000000", 0x82],
		["[MQTT-3.14.2-2] DISCONNECT with Session Expiry Interval", "e00700051100000001", 0x82],
	],
};

describe.each(VERSIONS)(
	"version %i: [MQTT-4.8.0-1] [MQTT-4.13.1-1] rules broken by the server",
	(version) => {
		test.each(ILLEGAL[version])("%s (%s)", (_what, bytes, reason) => {
			const { rig, peer } = met(version);
			const ticket = rig.publish("x", 1);
			rig.pass(1);
			peer.line.take();
			peer.line.raw(bytes);
			rig.pass(10);
			expect(rig.recorder.notes[1]).toEqual(["offline", reason, true]);
			const said = version === 5 ? [`disconnect 0x${reason.toString(16)}`] : [];
			expect(peer.lines[0].take()).toEqual(said);
			expect(peer.lines[0].closed).toBe(true);
			expect(rig.client.counters[Counter.PeerFaults]).toBe(1);
			// And then it goes on.
			peer.answerAll();
			peer.present = true;
			rig.until("settled", () => rig.recorder.settled.has(ticket));
		});

		test("what came whole before the fault was handled", () => {
			const { rig, peer } = met(version);
			peer.line.publish("in/x", "good", 0).raw("0000");
			rig.pass(1);
			expect(rig.recorder.notes.slice(1)).toEqual([
				["message", "in/x", "good", 0, false],
				["offline", Reason.MalformedPacket, true],
			]);
		});

		test("garbage of every kind: no throw, no hang, and afterwards all is well", () => {
			for (let seed = 1; seed <= 300; seed++) {
				const { rig, peer } = met(version, { seed });
				const random = new SeededRandom(seed, "garbage");
				const valid = encode(
					{
						cmd: "publish",
						topic: "in/x",
						payload: Buffer.alloc(random.below(40)),
						qos: random.below(3),
						messageId: 1 + random.below(9),
					},
					version,
				);
				const bytes = new Uint8Array(1 + random.below(300));
				for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(256);
				// Half of them begin like something legal.
				if (random.chance(0.5)) bytes.set(valid.subarray(0, Math.min(valid.length, bytes.length)));
				if (random.chance(0.5))
					bytes[0] = [0x30, 0x32, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0, 0xe0][random.below(10)];
				try {
					peer.line.raw(bytes);
					rig.pass(1000);
					peer.answerAll();
					rig.cut();
					rig.pass(200_000);
					const ticket = rig.publish("after", 1);
					rig.until("settled", () => rig.recorder.settled.has(ticket), 300_000);
				} catch (error) {
					throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
				}
			}
		});
	},
);

describe.each(VERSIONS)("version %i: pieces", (version) => {
	/** The same history under different conditions: what the listener heard, and what the peer did. */
	function history(
		pieceBytes: number,
		randomPieces: boolean,
		seed: number,
	): { notes: Note[]; heard: string[] } {
		const { rig, peer } = met(version, { seed, conditions: { pieceBytes, randomPieces } });
		peer.answerAll();
		rig.client.subscribe(rig.filter, 2);
		rig.pass(10);
		for (let i = 0; i < 6; i++) {
			rig.publish(`${i}`, (i % 3) as 0 | 1 | 2);
			peer.line.publish("in/ö", `${i}`.repeat(50 * i), i % 3, 10 + i);
			peer.line.publish("in/x", "", 0, undefined, { retain: true });
			if (version === 4) peer.line.publish("in/long", new Uint8Array(1500 + i), i % 3, 20 + i);
			rig.pass(10);
		}
		rig.client.flush();
		rig.client.close();
		rig.pass(100);
		return { notes: rig.recorder.notes, heard: peer.line.texts };
	}

	test("byte by byte and in random pieces is the same as whole", () => {
		const whole = history(1436, false, 1);
		expect(whole.notes.length).toBeGreaterThan(20);
		expect(history(1, false, 1)).toEqual(whole);
		for (let seed = 1; seed <= 20; seed++)
			expect(history(1 + seed, true, seed), `seed ${seed}`).toEqual(whole);
	});

	test("every split of a stream in two", () => {
		const stream: number[] = [];
		for (let qos = 0; qos < 3; qos++)
			stream.push(
				...encode(
					{ cmd: "publish", topic: "in/x", payload: Buffer.from("abc"), qos, messageId: 5 + qos },
					version,
				),
			);
		stream.push(...encode({ cmd: "pubrel", messageId: 7 }, version), ...unhex("d000"));
		for (let cut = 1; cut < stream.length; cut++) {
			const { rig, peer } = met(version);
			peer.line.raw(Uint8Array.from(stream.slice(0, cut)));
			rig.pass(1);
			peer.line.raw(Uint8Array.from(stream.slice(cut)));
			rig.pass(1);
			expect(rig.recorder.count("message"), `cut at ${cut}`).toBe(3);
			expect(peer.line.take()).toEqual(["puback #6", "pubrec #7", "pubcomp #7"]);
		}
	});
});

describe.each(VERSIONS)("version %i: little room", (version) => {
	// StrictDialler throws when a write is larger than the room, and when anything is called after the end.
	test.each([4, 5, 13, 40, 200])(
		"a send buffer of %i bytes: acknowledgements are never lost, nothing hangs",
		(room) => {
			const { rig, peer } = met(version, { conditions: { upMs: 3, downMs: 3, bytesPerSecond: 20_000 } });
			peer.answerAll();
			rig.strict.last.roomLimit = room;
			const tickets: number[] = [];
			for (let i = 0; i < 40; i++) {
				if (room >= 40) tickets.push(rig.publish(`${i}`, (i % 3) as 0 | 1 | 2));
				peer.line.publish("in/x", `${i}`, version === 4 ? i % 3 : 1, 100 + i);
				rig.pass(room < 13 ? 40 : 5);
			}
			rig.until("all is done", () => rig.client.pending === 0 && rig.strict.last.unread === 0, 20_000);
			rig.pass(500);
			const acked = version === 4 ? 26 : 40; // of forty messages 26 are QoS 1 or 2
			expect(peer.all("puback").length + peer.all("pubrec").length).toBe(acked);
			expect(rig.recorder.count("message")).toBe(40);
			expect(tickets.filter((ticket) => ticket > 0).length).toBe(rig.recorder.count("settled"));
		},
	);

	test("many packets leave in one write, when there is room", () => {
		const { rig, peer } = met(version);
		const ids = Array.from({ length: 10 }, (_, i) => i + 1);
		peer.line.raw(
			Uint8Array.from(
				ids.flatMap((id) => [
					...encode(
						{ cmd: "publish", topic: "in/x", payload: Buffer.from("x"), qos: 1, messageId: id },
						version,
					),
				]),
			),
		);
		const before = rig.strict.last.writes;
		rig.pass(1);
		expect(peer.line.take().length).toBe(10);
		expect(rig.strict.last.writes).toBe(before + 1);
	});

	test("a message as long as the send region, and no room for it for a while", () => {
		const { rig, peer } = met(version, { limits: { sendBytes: 256 } });
		peer.answerAll();
		rig.strict.last.roomLimit = 100;
		const longest = 256 - 10 - 3 - 8;
		const ticket = rig.publish("x".repeat(longest), 1);
		expect(ticket).toBeGreaterThan(0);
		rig.client.subscribe(rig.filter, 1);
		rig.pass(10);
		expect(rig.recorder.count("subscribed")).toBe(1);
		rig.strict.last.roomLimit = 8192;
		rig.strict.last.onWritable(8192);
		rig.until("settled", () => rig.recorder.settled.has(ticket), 1000);
	});
});
