// SPDX-License-Identifier: MIT
/** What the broker writes by hand, held against mqtt-packet. */

import type { Packet } from "mqtt-packet";
import mqttPacket from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { Framer } from "../../../simulator/broker/framer.js";
import { messageOf } from "../../../simulator/broker/message.js";
import { Output, publishBytes } from "../../../simulator/broker/output.js";
import { Strict } from "../../../simulator/broker/strict.js";

function parse(bytes: Buffer, protocolVersion: 4 | 5): Packet[] {
	const packets: Packet[] = [];
	const parser = mqttPacket.parser({ protocolVersion });
	parser.on("packet", (packet) => packets.push(packet));
	parser.on("error", (error) => {
		throw error;
	});
	parser.parse(bytes);
	return packets;
}

describe("PUBLISH by hand", () => {
	const sizes = [0, 1, 100, 127, 128, 16_383, 16_384, 70_000];
	const none = { identifiers: [], expirySeconds: -1, alias: 0, named: true };

	it.each(sizes)("is what mqtt-packet writes, payload of %i bytes", (size) => {
		for (const v5 of [false, true]) {
			for (const qos of [0, 1, 2] as const) {
				for (const flag of [false, true]) {
					const message = messageOf("a/ä/b", Buffer.alloc(size, 7), qos, false, "");
					const sending = { ...none, v5, qos, retain: flag, dup: flag && qos > 0, id: qos ? 0x1234 : 0 };
					const output = new Output([]);
					output.publish(message, sending);
					const { topic, payload } = message;
					const { retain, dup } = sending;
					const packet = { cmd: "publish" as const, topic, payload, qos, retain, dup, messageId: 0x1234 };
					const bytes = output.take()!;
					expect(bytes.equals(mqttPacket.generate(packet, { protocolVersion: v5 ? 5 : 4 }))).toBe(true);
					expect(publishBytes(message, sending)).toBe(bytes.length);
				}
			}
		}
	});

	it("with all of its properties reads back as they were", () => {
		const user = Buffer.from([3, 0, 1, 116, 38, 0, 1, 97, 0, 1, 98]);
		const message = messageOf("t", Buffer.from("x"), 1, false, "", user);
		const sending = {
			v5: true,
			qos: 1,
			retain: true,
			dup: true,
			id: 9,
			identifiers: [1, 128, 268_435_455],
			expirySeconds: 4_294_967_295,
			alias: 300,
			named: false,
		};
		const output = new Output([]);
		output.publish(message, sending);
		const bytes = output.take()!;
		expect(bytes).toHaveLength(publishBytes(message, sending));
		expect(parse(bytes, 5)).toMatchObject([
			{
				topic: "",
				qos: 1,
				retain: true,
				dup: true,
				messageId: 9,
				payload: Buffer.from("x"),
				properties: {
					contentType: "t",
					userProperties: { a: "b" },
					messageExpiryInterval: 4_294_967_295,
					topicAlias: 300,
					subscriptionIdentifier: [1, 128, 268_435_455],
				},
			},
		]);
	});

	it("acknowledgements are what mqtt-packet writes", () => {
		for (const [type, cmd] of [
			[4, "puback"],
			[5, "pubrec"],
			[6, "pubrel"],
			[7, "pubcomp"],
		] as const) {
			for (const reasonCode of [0, 0x92, 0x10]) {
				const output = new Output([]);
				output.acknowledgement(type, 0xfedc, reasonCode);
				const expected = mqttPacket.generate({ cmd, messageId: 0xfedc, reasonCode }, { protocolVersion: 5 });
				expect(output.take()).toEqual(expected);
			}
		}
	});
});

describe("output", () => {
	it("hands out what was written, once, and reuses memory without mixing it up", () => {
		const pool: Buffer[] = [];
		const [one, two] = [new Output(pool), new Output(pool)];
		one.append(Buffer.from("one"));
		const first = one.take()!;
		two.append(Buffer.alloc(100_000, 2));
		one.append(Buffer.from("ONE"));
		expect(first.toString()).toBe("one");
		expect(one.take()!.toString()).toBe("ONE");
		expect(two.take()).toHaveLength(100_000);
		expect([one.take(), two.take()]).toEqual([undefined, undefined]);
		expect(pool.every((buffer) => buffer.length <= 65_536)).toBe(true);
	});

	it("gives back its tail", () => {
		const output = new Output([]);
		output.append(Buffer.from("keep"));
		output.append(Buffer.from("cut"));
		expect(output.cut(4).toString()).toBe("cut");
		expect(output.take()!.toString()).toBe("keep");
	});
});

describe("framer", () => {
	it("holds no more than what came", () => {
		const framer = new Framer(268_435_460, { receive: () => true });
		expect(framer.feed(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f))).toBe(0);
		expect(framer.held).toBe(5);
	});

	it("finds packets however the stream is cut", () => {
		const lengths = [0, 1, 127, 128, 300, 16_384];
		const stream = Buffer.concat(
			lengths.map((length) => {
				const head =
					length < 128 ? [length] : length < 16_384 ? [(length & 127) | 128, length >> 7] : [128, 128, 1];
				return Buffer.from([0x30, ...head, ...new Array(length).fill(length & 255)]);
			}),
		);
		for (const step of [1, 2, 3, 7, 100, 5_000, stream.length]) {
			const seen: number[] = [];
			const framer = new Framer(1 << 20, {
				receive(bytes, start, body, end) {
					expect(bytes[start]).toBe(0x30);
					expect(bytes.subarray(body, end).every((byte) => byte === ((end - body) & 255))).toBe(true);
					return seen.push(end - body) > 0;
				},
			});
			for (let at = 0; at < stream.length; at += step)
				expect(framer.feed(stream.subarray(at, at + step))).toBe(0);
			expect(seen).toEqual(lengths);
			expect(framer.held).toBe(0);
		}
	});

	it("stops when told to", () => {
		let seen = 0;
		const framer = new Framer(100, { receive: () => ++seen < 2 });
		framer.feed(Uint8Array.of(0xc0, 0, 0xc0, 0, 0xc0, 0, 0xc0));
		expect([seen, framer.held]).toEqual([2, 0]);
	});
});

describe("what is passed on of the properties", () => {
	it("leaves out what the broker sets itself", () => {
		const strict = new Strict();
		const bytes = Buffer.from([2, 0, 0, 0, 9, 3, 0, 1, 99, 35, 0, 1, 38, 0, 1, 97, 0, 1, 98, 1, 1]);
		const expected = [3, 0, 1, 99, 38, 0, 1, 97, 0, 1, 98, 1, 1];
		expect([...strict.forward(bytes, 0, bytes.length)]).toEqual(expected);
		expect(strict.forward(bytes, 4, 4)).toHaveLength(0);
	});
});
