// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { lasting, rig } from "./rig.js";

describe("chaos: what no broker should send", () => {
	const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("hex");

	it("bytes in place of a packet, or behind it, in the turn in which it would have gone", () => {
		const { client, broker } = rig();
		const one = client(5, "one");
		one.chunks.length = 0;
		broker.chaos.packet({ way: "out", packet: "puback", deed: { bytes: Uint8Array.of(0x40, 2, 0, 9) } });
		const doubled = (packet: Uint8Array) => Buffer.concat([packet, packet]);
		broker.chaos.packet({ way: "out", packet: "puback", deed: { bytes: doubled } });
		for (let messageId = 1; messageId <= 3; messageId++) {
			one.publish("a", "x", { qos: 1, messageId });
		}
		const ack = (id: number) => `4004000${id}1000`;
		expect(one.chunks.map(hex)).toEqual(["40020009", ack(2) + ack(2), ack(3)]);
	});

	it("bytes in answer to a packet that is not handled; the CONNECT may be it", () => {
		const { peer, client, broker } = rig();
		const two = client(4, "two");
		broker.chaos.packet({ way: "in", packet: "any", client: "two", deed: { bytes: Uint8Array.of(0xd0, 0) } });
		two.publish("a", "x", { qos: 1, messageId: 7 }).expect("pingresp");
		expect(broker.counters.messagesIn).toBe(0);
		broker.chaos.packet({ way: "in", packet: "connect", deed: { bytes: Uint8Array.of(0x20, 2, 1, 0) } });
		expect(peer(4).connect("one").sessionPresent).toBe(true);
		expect(broker.session("one")).toBeUndefined();
	});

	it("an answer that was replaced counts as sent: no window fills up", () => {
		const { client, broker } = rig({ profile: "tiny" });
		const one = client(5, "one");
		broker.chaos.packet({
			way: "out",
			packet: "puback",
			deed: { bytes: new Uint8Array(0) },
			times: Infinity,
		});
		for (let messageId = 1; messageId <= 5; messageId++) one.publish("a", "x", { qos: 1, messageId });
		one.quiet();
	});

	it("bytes at any time, behind what is written; not to a client that is not connected, nor to one met with silence", () => {
		const { client, broker } = rig();
		const one = client(5, "one", lasting(5));
		one.chunks.length = 0;
		expect(broker.inject("one", Uint8Array.of(0x40, 2, 0, 9))).toBe(true);
		expect(hex(one.chunks[0])).toBe("40020009");
		const speak = broker.chaos.silence("one");
		expect(broker.inject("one", Uint8Array.of(0x40, 2, 0, 9))).toBe(true);
		expect(one.chunks).toHaveLength(1);
		speak();
		expect(broker.inject("one", Uint8Array.of(0xd0, 0))).toBe(false);
		expect(broker.inject("nobody", Uint8Array.of(0xd0, 0))).toBe(false);
	});

	it("a DISCONNECT in place of every packet ends a connection once", () => {
		const { client, broker } = rig();
		const one = client(5, "one");
		broker.chaos.packet({ way: "out", packet: "any", deed: { disconnect: 0x97 }, times: Infinity });
		one.write({ cmd: "pingreq" }).expectEnd(0x97);
	});
});
