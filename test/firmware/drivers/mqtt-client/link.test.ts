// SPDX-License-Identifier: MIT
/** What goes wrong in the SDK's own MQTT client (`examples/io/tcp/mqttclient/mqttclient.js`, SDK 8.2.3), one by one, and does not here: from the name to the last sign of life. */
import { describe, expect, test } from "vitest";
import { publishBytes, Stand, textOf, utf8 } from "./stand.js";

describe("CONNECT", () => {
	test.each([
		["bytes", Uint8Array.of(1, 2, 3)],
		["a buffer", Uint8Array.of(1, 2, 3).buffer],
		["a view of a part", new DataView(Uint8Array.of(0, 1, 2, 3, 4).buffer, 1, 3)],
	])("takes %s for the password and the will's message", (_, bytes) => {
		const stand = new Stand();
		stand.client({
			user: "me",
			password: bytes,
			will: { topic: "will", message: bytes, QoS: 1, retain: true },
		});
		stand.pass(10, 10);
		expect(stand.end.packets[0]).toMatchObject({
			cmd: "connect",
			username: "me",
			password: Buffer.from([1, 2, 3]),
			will: { topic: "will", payload: Buffer.from([1, 2, 3]), qos: 1, retain: true },
		});
	});

	test("has a user name where there is a password [MQTT-3.1.2-22], and an empty one where it is empty", () => {
		for (const options of [{ password: "x" }, { user: "", password: "" }, { user: "" }]) {
			const stand = new Stand();
			stand.client(options);
			stand.pass(10, 10);
			expect(stand.end.bytes[9] & 0xc0).toBe("password" in options ? 0xc0 : 0x80);
		}
	});

	test("has a will without a message, too", () => {
		const stand = new Stand();
		stand.client({ will: { topic: "gone" } });
		stand.pass(10, 10);
		expect(stand.end.packets[0]).toMatchObject({ will: { topic: "gone", payload: Buffer.alloc(0), qos: 0 } });
	});

	test.each([
		["a host", { host: "" }, "host required"],
		["a will's topic", { will: { message: "x" } as never }, "topic"],
		["a will's QoS of 0 to 2", { will: { topic: "x", QoS: 3 } }, "QoS"],
		["a field of at most 65535 bytes", { password: "x".repeat(65_536) }, "65535"],
		["an id for a session that is kept", { id: "", clean: false }, "id"],
		["a time to keep alive", { keepAlive: -1 }, "keepAlive"],
		["a resolver for a name", { host: "name.example", dns: undefined }, "dns required"],
		["a port", { port: 70_000 }, "port"],
	])("demands %s, at construction", (_, options, words) => {
		const stand = new Stand();
		expect(() => stand.client(options)).toThrow(words);
		expect(stand.time.timers).toBe(0);
	});

	test("that the link cannot take is told, and not sent in pieces", () => {
		const stand = new Stand();
		stand.client({ will: { topic: "x", message: new Uint8Array(9000) } });
		stand.pass(10, 10);
		expect(stand.noted()).toEqual([expect.stringMatching(/^error CONNECT with its will is longer/)]);
		expect(stand.end.bytes).toEqual([]);
	});

	test("keeps alive for 65535 seconds at most, in whole seconds, by either name", () => {
		for (const [options, seconds] of [
			[{ keepAlive: 1e9 }, 65_535],
			[{ keepalive: 1500 }, 2],
			[{ keepAlive: 3000, keepalive: 9000 }, 3],
			[{}, 0],
		] as const) {
			const stand = new Stand();
			stand.client(options);
			stand.pass(10, 10);
			expect(stand.end.packets[0]).toMatchObject({ keepalive: seconds });
		}
	});
});

describe("An address needs no resolver", () => {
	test("and a name one that answers within 30 seconds", () => {
		const stand = new Stand();
		stand.client({ dns: undefined }).close();
		expect(stand.names.questions).toEqual([]);
		stand.client({ host: "name.example" });
		stand.pass(31_000, 1000);
		expect(stand.noted()).toEqual([expect.stringMatching(/^error no connection within 30 s/)]);
		expect(stand.names.closes).toBe(1);
	});

	test("whose failure is told, also when it throws", () => {
		const stand = new Stand();
		stand.client({ host: "name.example" });
		stand.names.questions[0].onError("name.example");
		stand.pass(10, 10);
		expect(stand.noted()).toEqual([expect.stringMatching(/^error the host's name/)]);
		stand.names.throwsNext = true;
		stand.client({ host: "name.example" });
		expect(stand.noted()).toEqual([]);
		stand.pass(10, 10);
		expect(stand.noted()).toEqual([expect.stringMatching(/^error the host's name.*no network/)]);
	});
});

describe("After TCP is up", () => {
	test("a broker that says nothing is given up, also without keepalive", () => {
		const stand = new Stand();
		stand.client();
		stand.pass(10_200, 50);
		expect(stand.noted()).toEqual(["error the broker does not answer CONNECT"]);
	});

	test.each([
		["a refusal", [0x20, 2, 0, 5], "refused the connection: not authorized"],
		["a refusal of a kind that is not known", [0x20, 2, 0, 77], "return code 77"],
		["a session with a refusal", [0x20, 2, 1, 5], "no MQTT 3.1.1 packet"],
		["flags that are reserved", [0x20, 2, 2, 0], "no MQTT 3.1.1 packet"],
		["one byte too many", [0x20, 3, 0, 0, 0], "no MQTT 3.1.1 packet"],
		["one byte too few", [0x20, 1, 0], "no MQTT 3.1.1 packet"],
		["another packet first", [0xd0, 0], "out of place"],
		["a message first", [...publishBytes("a", "b")], "out of place"],
	])("%s is told", (_, bytes, words) => {
		const stand = new Stand();
		stand.client();
		stand.pass(10, 10);
		stand.send(...bytes);
		const notes = stand.noted();
		expect(notes).toHaveLength(1);
		expect(notes[0]).toContain(words);
		expect(stand.socket.closed).toBe(true);
	});

	test("CONNACK tells whether the broker has our session, and its refusal has a number", () => {
		const stand = new Stand();
		const told: unknown[] = [];
		stand.client({ clean: false, onControl: (message) => void told.push(message) });
		stand.pass(10, 10);
		stand.send(0x20, 2, 1, 0);
		expect(told).toEqual([{ operation: 2, returnCode: 0, sessionPresent: true }]);
		stand.client({ onError: ({ returnCode }) => void told.push(returnCode) });
		stand.pass(10, 10);
		stand.send(0x20, 2, 0, 4);
		expect(told[1]).toBe(4);
	});
});

describe("Keep alive", () => {
	test("any packet is a sign of life, and no PINGREQ is sent while there is traffic", () => {
		const stand = new Stand();
		const client = stand.online({ keepAlive: 10_000 });
		for (let i = 0; i < 60; i++) {
			stand.pass(1000);
			stand.publish("a", "b");
			client.write(null, { topic: "c" });
		}
		expect(stand.heard().filter((one) => one === "pingreq")).toEqual([]);
		expect(stand.noted().filter((one) => one.startsWith("error"))).toEqual([]);
	});

	test.each(["sent", "received"])(
		"a PINGREQ comes when nothing was %s for seven eighths of it",
		(missing) => {
			const stand = new Stand();
			const client = stand.online({ keepAlive: 8000 });
			for (let i = 0; i < 14; i++) {
				stand.pass(500);
				if (missing === "sent") stand.publish("a", "b");
				else client.write(null, { topic: "c" });
			}
			stand.pass(500);
			expect(stand.heard().filter((one) => one === "pingreq")).toHaveLength(1);
		},
	);

	test.each([
		[20_000, 17_500, 10_000],
		[8000, 7000, 7000],
	])(
		"of %i ms: PINGRESP need not come, any byte does; and silence is the end",
		(keepAlive, intervalMs, replyMs) => {
			const stand = new Stand();
			stand.online({ keepAlive });
			stand.pass(intervalMs + 100);
			expect(stand.heard()).toEqual(["pingreq"]);
			stand.publish("a", "b");
			stand.noted();
			stand.pass(intervalMs + replyMs - 200);
			expect(stand.noted()).toEqual([]);
			expect(stand.heard()).toEqual(["pingreq"]);
			stand.pass(300);
			expect(stand.noted()).toEqual(["error the broker is silent: no answer to PINGREQ"]);
		},
	);

	test("a payload that is streamed for longer than the interval does not end it", () => {
		const stand = new Stand();
		const client = stand.online({ keepAlive: 4000 });
		client.write(utf8("0"), { topic: "long", byteLength: 61 });
		for (let i = 0; i < 60; i++) {
			stand.pass(1000);
			client.write(utf8("1"));
		}
		stand.settle();
		expect(stand.heard()).toEqual(["publish q0 long 61 bytes", "pingreq"]);
		expect(stand.noted().filter((one) => one.startsWith("error"))).toEqual([]);
	});

	test("an application that does not read for longer than the interval does not end it", () => {
		const stand = new Stand();
		const client = stand.online({ keepAlive: 4000, onReadable: () => {} });
		stand.publish("a", "unread");
		stand.pass(60_000);
		expect(stand.noted()).toEqual([]);
		expect(textOf(client.read())).toBe("unread");
	});

	test("a link that takes nothing is dead, too", () => {
		const stand = new Stand();
		const client = stand.online({ keepAlive: 4000 });
		stand.acknowledges = false;
		for (let room = client.write(null, { topic: "a" }); room > 0; )
			room = client.write(new Uint8Array(Math.min(1000, Math.max(room - 10, 0))), { topic: "a" });
		stand.pass(20_000);
		expect(stand.noted()).toEqual(["error the broker is silent: no answer to PINGREQ"]);
	});

	test("goes on when the ticks wrap around", () => {
		const stand = new Stand(2 ** 31 - 10_000);
		stand.online({ keepAlive: 8000 });
		for (let i = 0; i < 5; i++) {
			stand.pass(8000);
			expect(stand.heard()).toEqual(["pingreq"]);
			stand.send(0xd0, 0);
		}
		expect(stand.noted()).toEqual(Array.from({ length: 5 }, () => "control 13"));
	});
});
