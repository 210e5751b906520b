// SPDX-License-Identifier: MIT
/** What may go wrong while a payload is read and written: the source, the broker, the application. */
import { describe, expect, test } from "vitest";
import { Sources } from "../../../lib/extras/index.js";
import { Counter, KEEP_LATEST, Reason, Settled } from "../../../lib/index.js";
import { admitted } from "../../kit/authentication.js";
import { met, type Peer, VERSIONS } from "../../kit/peer.js";
import { sumOf, TestSource } from "./sources.js";

/** Payloads of the PUBLISHes that came. */
function payloads(peer: Peer): string[] {
	return peer.all("publish").map((one) => sumOf((one.packet as { payload: Buffer }).payload));
}

/** What came, payloads left out. */
const words = (texts: string[]): string[] => texts.map((text) => text.replace(/=.* q(?=[012])/s, " q"));

describe.each(VERSIONS)("version %i: in the middle of a payload", (version) => {
	test("a source that fails, or throws, at its first byte costs no connection", () => {
		for (const how of ["failsAt", "throwsAt"] as const) {
			for (const qos of [0, 1, 2] as const) {
				const { rig, peer } = met(version, { sources: new Sources(1) });
				const source = new TestSource(5000);
				source[how] = 0;
				const send = () => rig.client.publishFrom(rig.topic, source, 5000, qos);
				if (how === "failsAt") send();
				else expect(send).toThrow("of the source");
				rig.publish("after", 0);
				rig.pass(10);
				expect(rig.recorder.of("settled")[0].slice(1)).toEqual([Settled.Dropped, Reason.SourceFailed, false]);
				expect(rig.client.counters[Counter.DroppedUnreadable]).toBe(1);
				expect(peer.line.take()).toEqual(["publish a/b=after q0"]);
				expect(rig.client.online).toBe(true);
				expect(source.asked).toHaveLength(1);
				expect(rig.client.publishFrom(rig.topic, new TestSource(1), 1, 1)).toBeGreaterThan(0);
			}
		}
	});

	test("a source that fails, or throws, in the middle: the connection ends, the message is dropped, not tried again", () => {
		for (const how of ["failsAt", "throwsAt"] as const) {
			for (const qos of [0, 1, 2] as const) {
				const { rig, peer } = met(version, {
					sources: new Sources(1),
					conditions: { bytesPerSecond: 10_000 },
				});
				peer.present = true;
				const source = new TestSource(50_000);
				source[how] = 30_000;
				const ticket = rig.client.publishFrom(rig.topic, source, 50_000, qos);
				const next = rig.publish("next", 1);
				const wait = () => rig.until("offline", () => !rig.client.online);
				if (how === "failsAt") wait();
				else expect(wait).toThrow("of the source");
				rig.until("offline", () => !rig.client.online);
				expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Dropped, Reason.SourceFailed, false]]);
				expect(rig.recorder.of("offline")).toEqual([[Reason.SourceFailed, true]]);
				expect(peer.lines[0].take()).toEqual([]);
				peer.answerAll();
				rig.until("settled", () => rig.recorder.settled.has(next));
				expect(words(peer.line.take()).slice(1)).toEqual([`publish a/b q1 #${1 + next}`]);
			}
		}
	});

	test("a broker that takes it before it has it breaks a rule; the message is sent again", () => {
		const { rig, peer } = met(version, { sources: new Sources(), conditions: { bytesPerSecond: 10_000 } });
		const ticket = rig.client.publishFrom(rig.topic, new TestSource(50_000), 50_000, 1);
		rig.pass(1000);
		peer.line.ack("puback", 1 + ticket);
		rig.pass(10);
		expect(rig.recorder.of("offline")).toEqual([[Reason.ProtocolError, true]]);
		expect(rig.recorder.count("settled")).toBe(0);
		peer.answerAll();
		rig.until("settled", () => rig.recorder.settled.has(ticket));
		expect(rig.recorder.settled.get(ticket)).toBe(Settled.Acknowledged);
	});

	test("[MQTT-4.3.3-10] one that is sent again may be known by its identifier: PUBREC before its end, and PUBREL after it", () => {
		for (const qos of [1, 2] as const) {
			const { rig, peer } = met(version, { sources: new Sources(), conditions: { bytesPerSecond: 10_000 } });
			const source = new TestSource(30_000);
			const ticket = rig.client.publishFrom(rig.topic, source, 30_000, qos);
			rig.pass(5000);
			expect(payloads(peer)).toEqual([source.sum]);
			peer.present = true;
			rig.drop();
			rig.until("online", () => rig.client.online);
			rig.pass(500);
			peer.line.ack(qos === 1 ? "puback" : "pubrec", 1 + ticket);
			rig.pass(5000);
			// QoS 1 is no duplicate: it would be taken anew, so it cannot be taken yet.
			expect(rig.recorder.count("offline")).toBe(qos === 1 ? 2 : 1);
			if (qos === 1) continue;
			expect(words(peer.line.take()).slice(1)).toEqual([
				`publish a/b q2 #${1 + ticket} dup`,
				`pubrel #${1 + ticket}`,
			]);
			expect(payloads(peer)).toEqual([source.sum, source.sum]);
			peer.line.ack("pubcomp", 1 + ticket);
			rig.pass(10);
			expect(rig.recorder.settled.get(ticket)).toBe(Settled.Acknowledged);
		}
	});

	test("room that the link has, and has not told of, takes no DISCONNECT in the middle either", () => {
		const { rig, peer } = met(version, { sources: new Sources() });
		const transport = rig.strict.last;
		transport.roomLimit = 60;
		transport.onWrite = () => {
			transport.roomLimit = 0;
		};
		rig.client.publishFrom(rig.topic, new TestSource(5000), 5000, 1);
		rig.pass(1);
		const written = transport.bytesOut;
		transport.roomLimit = 100;
		peer.line.raw("0000");
		rig.pass(1);
		expect(rig.recorder.of("offline")).toEqual([[Reason.MalformedPacket, true]]);
		expect(transport.bytesOut).toBe(written);
	});

	test("close in the middle: the message is completed, DISCONNECT follows, nothing new begins", () => {
		const { rig, peer } = met(version, { sources: new Sources(), conditions: { bytesPerSecond: 10_000 } });
		rig.client.publishFrom(rig.topic, new TestSource(30_000), 30_000, 1);
		rig.client.publishFrom(rig.topic, new TestSource(30_000), 30_000, 1);
		rig.pass(100);
		rig.client.close();
		rig.pass(10_000);
		expect(words(peer.line.take())).toEqual(["publish a/b q1 #2", "disconnect"]);
		expect(rig.recorder.of("offline")).toEqual([[Reason.ClosedByApplication, false]]);
	});

	test("close in the middle of what takes longer than flushMs: without DISCONNECT", () => {
		const { rig, peer } = met(version, { sources: new Sources(), conditions: { bytesPerSecond: 1000 } });
		rig.client.publishFrom(rig.topic, new TestSource(30_000), 30_000, 1);
		rig.pass(100);
		rig.client.close();
		rig.pass(4950);
		expect(rig.client.online).toBe(true);
		rig.pass(100);
		expect(rig.recorder.of("offline")).toEqual([[Reason.ClosedByApplication, false]]);
		rig.pass(10_000);
		expect(peer.line.take()).toEqual([]);
		expect(peer.line.closed).toBe(true);
		expect(rig.client.pending).toBe(1);
	});

	test("a fault of the broker in the middle: no DISCONNECT, which would be taken for payload", () => {
		const { rig, peer } = met(version, { sources: new Sources(), conditions: { bytesPerSecond: 10_000 } });
		rig.client.publishFrom(rig.topic, new TestSource(30_000), 30_000, 1);
		rig.pass(100);
		peer.line.raw("0000");
		rig.pass(10_000);
		expect(rig.recorder.of("offline")[0]).toEqual([Reason.MalformedPacket, true]);
		expect(peer.lines[0].take()).toEqual([]);
	});

	test("every call of the client inside of a reading", () => {
		const { rig, peer } = met(version, { sources: new Sources(4), conditions: { bytesPerSecond: 50_000 } });
		peer.answerAll();
		const { client, topic, filter } = rig;
		const source = new TestSource(30_000);
		const inner = new TestSource(7000, 3);
		let calls = 0;
		source.onRead = () => {
			calls++;
			if (calls === 1) for (let i = 0; i < 8; i++) rig.publish(`${i}`, 1);
			if (calls === 1) rig.publish("latest", 1, KEEP_LATEST);
			if (calls === 2) client.publishFrom(topic, inner, 7000, 1);
			if (calls === 2) client.subscribe(filter, 1);
			if (calls === 3) client.unsubscribe(filter);
			client.compose(topic, 1)?.text("left behind");
			client.flush(1000);
			client.redial();
			client.close();
			client.open();
			client.discard();
			client.remember(calls);
		};
		const ticket = client.publishFrom(topic, source, 30_000, 2, KEEP_LATEST);
		rig.until("drained", () => client.pending === 0);
		expect(calls).toBeGreaterThan(3);
		expect(rig.recorder.settled.get(ticket)).toBe(Settled.Acknowledged);
		expect(rig.recorder.count("offline")).toBe(0);
		expect(payloads(peer)[0]).toEqual(source.sum);
		expect(payloads(peer).at(-1)).toEqual(inner.sum);
	});

	test("close inside of the first reading: what has begun is completed", () => {
		const { rig, peer } = met(version, { sources: new Sources() });
		const source = new TestSource(3000);
		source.onRead = () => rig.client.close();
		rig.client.publishFrom(rig.topic, source, 3000, 1);
		rig.pass(10);
		expect(words(peer.line.take())).toEqual(["publish a/b q1 #2", "disconnect"]);
	});
});

describe("5.0", () => {
	test("[5.0 MQTT-4.3.2-3] refused early: settled at once, its source is left alone, zeros make the packet whole", () => {
		const { rig, peer } = met(5, { sources: new Sources(1), conditions: { bytesPerSecond: 10_000 } });
		const source = new TestSource(50_000);
		const ticket = rig.client.publishFrom(rig.topic, source, 50_000, 1);
		rig.pass(1000);
		peer.line.ack("puback", 1 + ticket, 0x97);
		rig.pass(10);
		expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Rejected, Reason.QuotaExceeded, false]]);
		const asked = source.asked.length;
		const next = rig.client.publishFrom(rig.topic, new TestSource(100, 1), 100, 1);
		rig.pass(10_000);
		expect(source.asked).toHaveLength(asked);
		const [first, second] = payloads(peer);
		const read = source.asked.at(-1)![0] + source.asked.at(-1)![1];
		const whole = new Uint8Array(50_000);
		whole.set(source.payload.subarray(0, read));
		expect(first).toBe(sumOf(whole));
		expect(second).toEqual(new TestSource(100, 1).sum);
		expect(next).toBeGreaterThan(ticket);
		expect(rig.recorder.count("offline")).toBe(0);
	});

	test("[5.0 MQTT-4.12.1-1] AUTH waits for its end, goes before all else, and has its time from then on", () => {
		const { rig, peer } = admitted({
			sources: new Sources(),
			limits: { connackMs: 2000 },
			conditions: { bytesPerSecond: 1000 },
		});
		rig.client.publishFrom(rig.topic, new TestSource(20_000), 20_000, 0);
		rig.client.publishFrom(rig.topic, new TestSource(20_000), 20_000, 0);
		expect(rig.client.reauthenticate()).toBe(0);
		rig.pass(19_000);
		expect(peer.line.take()).toEqual([]);
		rig.pass(23_000);
		expect(words(peer.line.take())).toEqual(["publish a/b q0", "auth 0x19", "publish a/b q0"]);
		rig.until("offline", () => !rig.client.online, 5000);
		expect(rig.recorder.of("offline")).toEqual([[Reason.AuthenticationTimeout, true]]);
	});
});
