// SPDX-License-Identifier: MIT
/** What goes wrong in the SDK's own MQTT client (`examples/io/tcp/mqttclient/mqttclient.js`, SDK 8.2.3), one by one, and does not here: messages and identifiers. */
import { describe, expect, test } from "vitest";
import { MqttClient } from "../../../../firmware/drivers/mqtt-client/client.js";
import { Exchanges } from "../../../../firmware/drivers/mqtt-client/exchanges.js";
import { publishBytes, Stand, textOf, utf8 } from "./stand.js";

const { SUBSCRIBE, PUBACK, PUBREL } = MqttClient;

describe("A message without a payload", () => {
	test.each([0, 1, 2] as const)("of QoS %i is told and acknowledged, and what follows comes", (qos) => {
		const stand = new Stand();
		stand.online();
		stand.send(...publishBytes("a", "", qos, 7), ...publishBytes("b", "after", 0));
		expect(stand.noted()).toEqual([`a 0 q${qos} ""`, 'b 5 q0 "after"']);
		expect(stand.heard()).toEqual([[], ["puback #7"], ["pubrec #7"]][qos]);
	});

	test("is sent, with null for its payload or nothing at all", () => {
		const stand = new Stand();
		const client = stand.online();
		client.write(null, { topic: "a", QoS: 1, retain: true });
		client.write(undefined, { topic: "b" });
		expect(stand.heard()).toEqual(['publish #1 q1 retain a ""', 'publish q0 b ""']);
	});

	test("of another's beginning waits for its bytes", () => {
		const stand = new Stand();
		stand.online();
		const bytes = publishBytes("topic", "body", 1, 9);
		for (const byte of bytes.slice(0, -1)) stand.send(byte);
		stand.send(...bytes.slice(-1));
		expect(stand.noted()).toEqual(['topic 4 q1 "b" more', '... "o" more', '... "d" more', '... "y"']);
		expect(stand.heard()).toEqual(["puback #9"]);
	});
});

describe("close()", () => {
	test.each(["onReadable", "onControl", "onWritable", "onError"] as const)(
		"inside %s ends it, and nothing is told after it",
		(name) => {
			const stand = new Stand();
			let calls = 0;
			const client = stand.client({
				[name](this: MqttClient) {
					calls++;
					this.close();
					this.close();
				},
			});
			stand.pass(10, 10);
			stand.send(0x20, 2, 0, 0);
			stand.settle();
			if (name === "onReadable") stand.send(...publishBytes("a", "1", 1), ...publishBytes("b", "2"));
			if (name === "onError") stand.end.events.onReset();
			stand.pass(60_000, 1000);
			expect(calls).toBe(1);
			expect(stand.socket.closed).toBe(true);
			expect(stand.time.timers).toBe(0);
			const told = stand.noted().length;
			stand.socket.late();
			expect(stand.noted()).toEqual([]);
			expect(told).toBeLessThan(4);
			expect(client.read()).toBeUndefined();
			expect(() => client.write(null, { topic: "a" })).toThrow("not connected");
		},
	);

	test("while a name is looked up: a late answer is nobody's", () => {
		const stand = new Stand();
		const client = stand.client({ host: "broker.example" });
		const [question] = stand.names.questions;
		expect(question.host).toBe("broker.example");
		client.close();
		expect(stand.names.closes).toBe(1);
		question.onResolved("broker.example", "192.0.2.1");
		question.onError("broker.example");
		stand.pass(60_000, 1000);
		expect(stand.host.sockets).toEqual([]);
		expect(stand.noted()).toEqual([]);
		expect(stand.time.timers).toBe(0);
	});

	test("says DISCONNECT, so that the broker does not send the will", () => {
		const stand = new Stand();
		stand.online().close();
		stand.settle();
		expect(stand.heard()).toEqual(["disconnect"]);
		expect(stand.end.ended).toBe(true);
	});

	test("in the middle of a payload does not say anything", () => {
		const stand = new Stand();
		const client = stand.online();
		client.write(utf8("1"), { topic: "a", byteLength: 2 });
		client.close();
		stand.settle();
		expect(stand.end.bytes.slice(-6)).toEqual([0x30, 5, 0, 1, 97, 49]);
		expect(stand.end.ended).toBe(true);
	});
});

describe("Packet identifiers", () => {
	test("are never 0, and never one that is in use, when they come round", () => {
		const exchanges = new Exchanges();
		expect(exchanges.open(PUBACK, undefined, false)).toBe(1);
		expect(exchanges.open(PUBACK, 65_535, false)).toBe(65_535);
		const ids = new Set<number>();
		for (let i = 0; i < 65_540; i++) {
			const id = exchanges.open(PUBACK, undefined, false);
			ids.add(id);
			exchanges.answered(PUBACK, id);
		}
		expect(ids.size).toBe(65_533);
		for (const taken of [0, 1, 65_535]) expect(ids.has(taken)).toBe(false);
	});

	test("are 512 at a time: then write throws, tells 0, and onWritable comes with the first answer", () => {
		const stand = new Stand();
		const client = stand.online();
		let room = 1;
		for (let i = 0; i < 512; i++, stand.settle()) room = client.write(null, { topic: "a", QoS: 1 });
		expect(room).toBe(0);
		expect(() => client.write(null, { topic: "a", QoS: 1 })).toThrow("overflow");
		stand.rooms.length = 0;
		stand.pass(100);
		expect(stand.rooms).toEqual([]);
		stand.send(0x40, 2, 0, 77);
		expect(stand.rooms).toEqual([8184]);
		client.write(null, { topic: "b", QoS: 1 });
		expect(stand.heard().at(-1)).toBe('publish #513 q1 b ""');
	});

	test("are not used up by QoS 0", () => {
		const stand = new Stand();
		const client = stand.online();
		for (let i = 0; i < 5; i++) client.write(null, { topic: "a" });
		client.write(null, { topic: "a", QoS: 1 });
		expect(stand.heard()).toContain('publish #1 q1 a ""');
	});

	test("of the application come back as they were given, whatever stands on the wire", () => {
		const stand = new Stand();
		const client = stand.online();
		client.write(null, { topic: "a", QoS: 1, id: 1234 });
		client.write(null, { topic: "b", QoS: 1, id: 65_536 });
		client.write(null, { topic: "c", QoS: 1, id: 1234 });
		client.write(null, { operation: SUBSCRIBE, items: [{ topic: "x" }], id: 0 });
		expect(stand.heard()).toEqual([
			'publish #1234 q1 a ""',
			'publish #1 q1 b ""',
			'publish #2 q1 c ""',
			"subscribe #3 x:0",
		]);
		stand.send(0x40, 2, 0, 1, 0x40, 2, 0, 2, 0x90, 3, 0, 3, 0, 0x40, 2, 1234 >> 8, 1234 & 0xff);
		expect(stand.noted()).toEqual([
			"control 4 #65536",
			"control 4 #1234",
			"control 9 #0 [0]",
			"control 4 #1234",
		]);
	});

	test.each([-1, 1.5, Number.NaN])("%d is none", (id) => {
		const stand = new Stand();
		const client = stand.online();
		expect(() => client.write(null, { topic: "a", QoS: 1, id })).toThrow(RangeError);
		expect(stand.heard()).toEqual([]);
	});
});

describe("QoS 2", () => {
	test("a message that is sent again is not told again, until PUBREL", () => {
		const stand = new Stand();
		stand.online();
		stand.publish("a", "once", 2, 5);
		stand.publish("a", "once", 2, 5, { dup: true });
		stand.publish("a", "once", 2, 5, { dup: true });
		expect(stand.heard()).toEqual(["pubrec #5", "pubrec #5", "pubrec #5"]);
		stand.send(0x62, 2, 0, 5);
		stand.publish("a", "twice", 2, 5);
		expect(stand.heard()).toEqual(["pubcomp #5", "pubrec #5"]);
		expect(stand.noted()).toEqual(['a 4 q2 "once"', "control 6 #5", 'a 5 q2 "twice"']);
	});

	test("ours: PUBREL follows PUBREC, and the identifier is taken until PUBCOMP", () => {
		const stand = new Stand();
		const client = stand.online();
		client.write(utf8("x"), { topic: "a", QoS: 2, id: 8 });
		stand.send(0x50, 2, 0, 8);
		client.write(null, { topic: "b", QoS: 1, id: 8 });
		stand.send(0x70, 2, 0, 8);
		client.write(null, { topic: "c", QoS: 1, id: 8 });
		expect(stand.heard()).toEqual([
			'publish #8 q2 a "x"',
			"pubrel #8",
			'publish #1 q1 b ""',
			'publish #8 q1 c ""',
		]);
		expect(stand.noted()).toEqual(["control 5 #8", "control 7 #8"]);
	});
});

describe("A message is acknowledged", () => {
	test("when its last byte was read, and not when it is announced", () => {
		const stand = new Stand();
		const client = stand.online({ onReadable: (count) => void stand.notes.push(`readable ${count}`) });
		stand.send(...publishBytes("a", "12345", 1, 3), ...publishBytes("b", "6", 1, 4));
		expect(stand.noted()).toEqual(["readable 5"]);
		expect(textOf(client.read(3))).toBe("123");
		stand.pass(1000);
		expect(stand.heard()).toEqual([]);
		expect(textOf(client.read())).toBe("45");
		expect(client.read()).toBeUndefined();
		expect(stand.heard()).toEqual(["puback #3"]);
		stand.pass(10, 10);
		expect(stand.noted()).toEqual(["readable 1"]);
		expect(textOf(client.read(99))).toBe("6");
		expect(stand.heard()).toEqual(["puback #4"]);
	});

	test("by hand, too, and then PUBREL needs its id", () => {
		const stand = new Stand();
		const client = stand.online();
		client.write(null, { operation: PUBREL, id: 77 });
		expect(stand.heard()).toEqual(["pubrel #77"]);
		expect(() => client.write(null, { operation: PUBREL })).toThrow(RangeError);
	});

	test("also where nobody wants to read it", () => {
		const stand = new Stand();
		const client = new MqttClient(
			{ host: "192.0.2.1", socket: { io: stand.host.io as never }, onControl: () => {} },
			stand.platform,
		);
		stand.pass(10, 10);
		stand.send(0x20, 2, 0, 0);
		stand.heard();
		stand.send(...publishBytes("a", "x".repeat(1000), 1, 3), 0xd0, 0);
		expect(stand.heard()).toEqual(["puback #3"]);
		expect(stand.socket.unread).toBe(0);
		client.close();
	});

	test("later, when the application is in the middle of a payload of its own", () => {
		const stand = new Stand();
		const client = stand.online();
		client.write(utf8("1"), { topic: "long", byteLength: 3 });
		stand.publish("a", "in", 1, 3);
		client.write(utf8("2"));
		stand.pass(100);
		expect(stand.noted()).toContain('a 2 q1 "in"');
		expect(stand.heard()).toEqual([]);
		client.write(utf8("3"));
		expect(stand.heard()).toEqual(['publish q0 long "123"', "puback #3"]);
	});
});
