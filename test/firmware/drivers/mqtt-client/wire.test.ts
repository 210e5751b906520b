// SPDX-License-Identifier: MIT
/** What goes wrong in the SDK's own MQTT client (`examples/io/tcp/mqttclient/mqttclient.js`, SDK 8.2.3), one by one, and does not here: what comes that must not, and what leaves. */
import { describe, expect, test } from "vitest";
import { MqttClient } from "../../../../firmware/drivers/mqtt-client/client.js";
import type { More } from "../../../../firmware/drivers/mqtt-client/types.js";
import { publishBytes, Stand, utf8 } from "./stand.js";

const { PUBLISH, SUBSCRIBE, UNSUBSCRIBE, PINGREQ, DISCONNECT } = MqttClient;

describe("What a broker must not send ends the connection with a reason", () => {
	const malformed = "error the broker sent what is no MQTT 3.1.1 packet";
	test.each([
		["QoS 3", [0x36, 5, 0, 1, 97, 0, 1], malformed],
		["a topic that is longer than its packet", [0x30, 3, 0, 9, 97], malformed],
		["an identifier that does not fit in its packet", [0x32, 4, 0, 1, 97, 0], malformed],
		["a packet of one byte", [0x30, 1, 0], malformed],
		["no topic", [0x30, 3, 0, 0, 97], malformed],
		["a topic with a wildcard", [0x30, 4, 0, 1, 0x23, 97], malformed],
		["a topic with U+0000", [0x30, 4, 0, 1, 0, 97], malformed],
		["a topic that is no UTF-8", [0x30, 4, 0, 1, 0xff, 97], malformed],
		["identifier 0", [0x32, 6, 0, 1, 97, 0, 0, 97], malformed],
		["an acknowledgement of identifier 0", [0x40, 2, 0, 0], malformed],
		["an acknowledgement with a tail", [0x40, 3, 0, 1, 0], malformed],
		["reserved flags", [0x41, 2, 0, 1], malformed],
		["PUBREL without its flags", [0x60, 2, 0, 1], malformed],
		["PINGRESP with a body", [0xd0, 1, 0], malformed],
		["SUBACK with a code that there is not", [0x90, 3, 0, 1, 3], malformed],
		["SUBACK without a code", [0x90, 2, 0, 1], malformed],
		["a length of five bytes", [0x30, 0xff, 0xff, 0xff, 0xff, 1], malformed],
		["type 0", [0x00, 0], malformed],
		["type 15", [0xf0, 0], malformed],
		["SUBSCRIBE", [0x82, 0], malformed],
		["a second CONNACK", [0x20, 2, 0, 0], "error the broker sent a packet out of place"],
		["a topic of 600 bytes", publishBytes("t".repeat(600), "x"), "error the broker sent a topic or an"],
	])("%s", (_, bytes, words) => {
		const stand = new Stand();
		stand.online();
		stand.send(...bytes);
		const notes = stand.noted();
		expect(notes).toHaveLength(1);
		expect(notes[0].startsWith(words), notes[0]).toBe(true);
		expect(stand.socket.closed).toBe(true);
		expect(stand.heard()).toEqual([]);
	});
});

describe("What leaves is whole", () => {
	test("a small message is one write, a long one two, with nothing before it that is not followed by the rest", () => {
		const stand = new Stand();
		const client = stand.online();
		const writes: number[] = [];
		const { socket } = stand;
		const write = socket.write.bind(socket);
		socket.write = (bytes, options) => {
			writes.push(bytes.byteLength);
			expect((options as More | undefined)?.more ?? false).toBe(writes.length === 2);
			return write(bytes, options);
		};
		client.write(new Uint8Array(60), { topic: "a", QoS: 1 });
		client.write(new ArrayBuffer(600), { topic: "a", QoS: 1 });
		client.write(null, { operation: UNSUBSCRIBE, items: [{ topic: "x" }, { topic: "y" }] });
		expect(writes).toEqual([67, 8, 600, 10]);
		expect(stand.heard()).toEqual([
			"publish #1 q1 a 60 bytes",
			"publish #2 q1 a 600 bytes",
			"unsubscribe #3 x,y",
		]);
	});

	test("what does not fit throws before a byte of it goes", () => {
		const stand = new Stand();
		stand.acknowledges = false;
		const client = stand.online();
		const room = client.write(new Uint8Array(4000), { topic: "a" });
		expect(() => client.write(new Uint8Array(room + 8), { topic: "a", QoS: 1 })).toThrow("overflow");
		expect(() =>
			client.write(null, { operation: SUBSCRIBE, items: [{ topic: "x".repeat(room + 8) }] }),
		).toThrow("overflow");
		client.write(new Uint8Array(room - 8), { topic: "a", QoS: 1 });
		expect(stand.heard()).toEqual(["publish q0 a 4000 bytes", `publish #1 q1 a ${room - 8} bytes`]);
		expect(client.write(null, { operation: PINGREQ })).toBe(0);
		stand.acknowledge();
		expect(stand.rooms).toEqual([8184]);
	});

	test("a socket that breaks in the middle of a packet is the end", () => {
		const stand = new Stand();
		const client = stand.online();
		const { socket } = stand;
		const write = socket.write.bind(socket);
		let writes = 0;
		socket.write = (bytes, options) => {
			if (++writes === 2) throw new Error("would block");
			return write(bytes, options);
		};
		expect(() => client.write(new ArrayBuffer(600), { topic: "a" })).toThrow("would block");
		expect(() => client.write(null, { topic: "b" })).toThrow("not connected");
		stand.pass(10, 10);
		expect(stand.noted()).toEqual(["error the socket took only a part of a packet"]);
	});

	test.each([
		["a topic with a wildcard", { topic: "a/#" }],
		["an empty topic", { topic: "" }],
		["no topic", {}],
		["QoS 3", { topic: "a", QoS: 3 }],
		["a payload that is longer than said", { topic: "a", byteLength: 0 }],
		["SUBSCRIBE to nothing", { operation: SUBSCRIBE, items: [] }],
		["SUBSCRIBE with QoS 4", { operation: SUBSCRIBE, items: [{ topic: "a", QoS: 4 }] }],
		["an operation that there is not", { operation: 15 }],
		["CONNECT once more", { operation: 1 }],
	])("%s throws and sends nothing", (_, options) => {
		const stand = new Stand();
		const client = stand.online();
		expect(() => client.write(utf8("x"), options)).toThrow();
		expect(() => client.write("text" as never, { topic: "a" })).toThrow(TypeError);
		expect(stand.heard()).toEqual([]);
		client.write(null, { topic: "a", QoS: 1 });
		expect(stand.heard()).toEqual(['publish #1 q1 a ""']);
	});
});

test("onClose is told after DISCONNECT, once, and onError by whoever has no onClose", () => {
	for (const withClose of [true, false]) {
		const stand = new Stand();
		const client = stand.online(withClose ? { onClose: () => void stand.notes.push("close") } : {});
		client.write(null, { operation: DISCONNECT });
		expect(() => client.write(null, { operation: PUBLISH, topic: "a" })).toThrow("not connected");
		expect(stand.heard()).toEqual(["disconnect"]);
		stand.end.events.onEnd();
		stand.pass(5000);
		expect(stand.noted()).toEqual([withClose ? "close" : "error the connection ended after DISCONNECT"]);
		expect(stand.time.timers).toBe(0);
	}
});

test("a broker that does not close after DISCONNECT is left after two seconds", () => {
	const stand = new Stand();
	const client = stand.online({ onClose: () => void stand.notes.push("close") });
	client.write(null, { operation: DISCONNECT });
	stand.publish("a", "too late", 1);
	stand.pass(2100);
	expect(stand.noted()).toEqual(["close"]);
	expect(stand.end.wasReset).toBe(false);
});
