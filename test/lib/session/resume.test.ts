// SPDX-License-Identifier: MIT
import type { IConnectPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { Counter, Reason, Settled } from "../../../lib/index.js";
import { meet, met, type Peer, VERSIONS } from "../../kit/peer.js";
import type { Rig } from "../../kit/rig.js";

function reconnect(rig: Rig, peer: Peer, present: boolean): string[] {
	peer.present = present;
	rig.drop();
	const before = rig.recorder.count("online");
	rig.until("online", () => rig.recorder.count("online") > before);
	rig.pass(1);
	return peer.line.take().slice(1);
}

/** Six messages: QoS 1 sent, QoS 2 sent, QoS 2 after PUBREC, QoS 1 acknowledged, QoS 2 done, QoS 1 never sent. */
function history(rig: Rig, peer: Peer): number[] {
	const tickets = [
		rig.publish("1", 1),
		rig.publish("2", 2),
		rig.publish("3", 2),
		rig.publish("4", 1),
		rig.publish("5", 2),
	];
	rig.pass(1);
	peer.line.ack("pubrec", 4).ack("puback", 5).ack("pubrec", 6).ack("pubcomp", 6);
	rig.pass(1);
	tickets.push(rig.publish("6", 1));
	rig.pass(1);
	rig.recorder.clear();
	return tickets;
}

describe.each(VERSIONS)("version %i: Session Present", (version) => {
	test("ours and theirs: [MQTT-4.4.0-1] resent in the order of old, with DUP and the identifiers of old", () => {
		const { rig, peer } = met(version, { limits: { window: 5 } });
		const tickets = history(rig, peer);
		expect(reconnect(rig, peer, true)).toEqual([
			"pubrel #4",
			"publish a/b=1 q1 #2 dup",
			"publish a/b=2 q2 #3 dup",
			"publish a/b=6 q1 #7 dup",
		]);
		expect((peer.line.heard[0].packet as IConnectPacket).clean).toBe(false);
		expect(rig.recorder.of("online")).toEqual([[true]]);
		peer.line.ack("pubcomp", 4).ack("puback", 2).ack("pubrec", 3).ack("puback", 7);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["pubrel #3"]); // not PUBLISH again
		peer.line.ack("pubcomp", 3);
		rig.pass(1);
		expect(rig.recorder.of("settled").map((note) => note[0])).toEqual([
			tickets[2],
			tickets[0],
			tickets[5],
			tickets[1],
		]);
		expect(rig.recorder.of("settled").every((note) => note[1] === Settled.Acknowledged)).toBe(true);
		expect(rig.client.counters[Counter.Resends]).toBe(4);
	});

	test("[MQTT-4.3.3-6] after PUBREC it is PUBREL that is sent again, on every connection", () => {
		const { rig, peer } = met(version);
		rig.publish("x", 2);
		rig.pass(1);
		peer.line.ack("pubrec", 2);
		rig.pass(1);
		for (let i = 0; i < 3; i++) expect(reconnect(rig, peer, true)).toEqual(["pubrel #2"]);
	});

	test("a PUBREL that was owed when the link went is not sent twice", () => {
		const { rig, peer } = met(version);
		rig.publish("x", 2);
		rig.pass(1);
		rig.strict.last.roomLimit = 0;
		peer.line.ack("pubrec", 2);
		rig.pass(1);
		expect(reconnect(rig, peer, true)).toEqual(["pubrel #2"]);
	});

	test("ours, not theirs: QoS 1 anew with DUP 0, QoS 2 by choice, after PUBREC uncertain", () => {
		for (const onSessionLost of ["requeue", "drop"] as const) {
			const { rig, peer } = met(version, { onSessionLost });
			const tickets = history(rig, peer);
			const sent = reconnect(rig, peer, false);
			expect(rig.recorder.of("online")).toEqual([[false]]);
			const lost = [[tickets[2], Settled.Uncertain, Reason.Unspecified, false]];
			if (onSessionLost === "drop") lost.unshift([tickets[1], Settled.Uncertain, Reason.Unspecified, false]);
			expect(rig.recorder.of("settled")).toEqual(lost);
			const anew = ["publish a/b=1 q1 #2", "publish a/b=2 q2 #3", "publish a/b=6 q1 #7"];
			if (onSessionLost === "drop") anew.splice(1, 1);
			expect(sent).toEqual(anew);
			peer.line.ack("puback", 2).ack("puback", 7);
			if (onSessionLost === "requeue") peer.line.ack("pubrec", 3).ack("pubcomp", 3);
			rig.pass(1);
			expect(new Set(rig.recorder.settled.keys())).toEqual(new Set(tickets));
			expect(rig.client.pending).toBe(0);
		}
	});

	test("not ours, not theirs: begun anew; what was accepted before `open` is sent", () => {
		const { rig, peer } = meet(version);
		const tickets = [rig.publish("1", 1), rig.publish("2", 2)];
		rig.online();
		rig.pass(1);
		expect(peer.line.take().slice(1)).toEqual(["publish a/b=1 q1 #2", "publish a/b=2 q2 #3"]);
		peer.line.ack("puback", 2).ack("pubrec", 3).ack("pubcomp", 3);
		rig.pass(1);
		// Not restored: this very life accepted them.
		expect(rig.recorder.of("settled")).toEqual(
			tickets.map((ticket) => [ticket, Settled.Acknowledged, 0, false]),
		);
	});

	test("[MQTT-3.2.2-2] [MQTT-3.2.2-4] Session Present after Clean Start is a fault of the server", () => {
		const { rig, peer } = meet(version, { sessionExpirySeconds: 0 });
		peer.present = true;
		rig.client.open();
		rig.until("offline", () => rig.recorder.count("offline") === 1);
		expect(rig.recorder.of("offline")).toEqual([[Reason.ProtocolError, true]]);
		rig.pass(1);
		expect(peer.lines[0].take()).toEqual(version === 5 ? ["connect", "disconnect 0x82"] : ["connect"]);
	});

	test("the session is left by close and taken up by open", () => {
		const { rig, peer } = met(version);
		rig.publish("x", 1);
		rig.pass(1);
		rig.client.close();
		rig.pass(1);
		peer.present = true;
		rig.online();
		rig.pass(1);
		expect(peer.line.take()).toEqual(["connect", "publish a/b=x q1 #2 dup"]);
	});

	test("lost twice, with and without a session, each ticket is settled once", () => {
		const { rig, peer } = met(version);
		const ticket = rig.publish("x", 2);
		rig.pass(1);
		expect(reconnect(rig, peer, false)).toEqual(["publish a/b=x q2 #2"]);
		expect(reconnect(rig, peer, true)).toEqual(["publish a/b=x q2 #2 dup"]);
		peer.line.ack("pubrec", 2);
		rig.pass(1);
		reconnect(rig, peer, false);
		expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Uncertain, Reason.Unspecified, false]]);
		peer.line.ack("pubcomp", 2);
		rig.pass(1000);
		expect(rig.recorder.count("settled")).toBe(1);
	});

	test("[MQTT-4.9] exchanges of an earlier connection count, and give their places back, exactly", () => {
		const { rig, peer } = met(version, { limits: { window: 3 } });
		for (let i = 1; i <= 8; i++) rig.publish(`${i}`, 2);
		rig.pass(1);
		for (const id of [2, 3, 4]) peer.line.ack("pubrec", id);
		rig.pass(1);
		expect(reconnect(rig, peer, true)).toEqual(["pubrel #2", "pubrel #3", "pubrel #4"]);
		peer.line.ack("pubcomp", 2);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["publish a/b=4 q2 #5"]);
		peer.line.ack("pubrec", 5).ack("pubcomp", 3).ack("pubcomp", 4).ack("pubcomp", 5);
		rig.pass(1);
		expect(peer.line.take()).toEqual([
			"pubrel #5",
			"publish a/b=5 q2 #6",
			"publish a/b=6 q2 #7",
			"publish a/b=7 q2 #8",
		]);
		// An answer to what was sent on an earlier connection, before it is sent again on this one.
		peer.present = true;
		peer.properties = version === 5 ? { receiveMaximum: 1 } : {};
		rig.drop();
		rig.until("online", () => rig.recorder.count("online") === 3);
		rig.pass(1);
		peer.line.ack("pubrec", 7).ack("pubrec", 8);
		rig.pass(1);
		peer.line.ack("pubcomp", 7).ack("pubcomp", 8).ack("pubrec", 6).ack("pubcomp", 6);
		rig.pass(1);
		expect(peer.line.texts).toContain("publish a/b=8 q2 #9");
		peer.line.ack("pubrec", 9).ack("pubcomp", 9);
		rig.pass(1);
		expect(rig.recorder.settled.size).toBe(8);
		peer.answerAll();
		for (let i = 1; i <= 8; i++) rig.publish(`${i}`, 1);
		rig.pass(1);
		expect(rig.recorder.settled.size).toBe(16);
	});

	test("two or three identifiers never collide, over reconnects", () => {
		for (const publishIds of [2, 3]) {
			const { rig, peer } = met(version, { limits: { publishIds, backoffMaxMs: 1000 } });
			const inFlight = new Set<number>();
			peer.onPacket = (packet, line) => {
				if (packet.cmd === "connect") inFlight.clear();
				if (packet.cmd !== "publish") return;
				expect(inFlight.has(packet.messageId!)).toBe(false);
				inFlight.add(packet.messageId!);
				rig.world.after(rig.world.random.below(3), () => {
					if (line !== peer.line || !rig.client.online) return;
					inFlight.delete(packet.messageId!);
					line.ack("puback", packet.messageId!);
				});
			};
			peer.present = true;
			for (let i = 0; i < 200; i++) {
				rig.publish(`${i}`, 1);
				if (i % 17 === 0) reconnect(rig, peer, true);
				rig.pass(1);
			}
			rig.until("all", () => rig.client.pending === 0);
			const first = peer.all("publish").filter((one) => !one.text.endsWith("dup"));
			const order = first.map((one) => Number(/=(\d+)/.exec(one.text)![1]));
			expect(order).toEqual([...order].sort((a, b) => a - b));
		}
	});
});

describe("3.1.1: a session that we know nothing of", () => {
	test("is forgotten first: connect clean, disconnect, connect again; nothing is settled or lost", () => {
		const { rig, peer } = meet(4);
		peer.present = (nth) => nth === 1;
		const ticket = rig.publish("x", 1);
		rig.client.subscribe(rig.filter, 1);
		rig.client.open();
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(rig.world.now).toBeLessThan(10); // at once
		expect(peer.lines.map((line) => line.texts)).toEqual([
			["connect", "disconnect"],
			["connect", "disconnect"],
			["connect", "subscribe #65281 in/# q1", "publish a/b=x q1 #2"],
		]);
		expect(peer.lines.map((line) => (line.heard[0].packet as IConnectPacket).clean)).toEqual([
			false,
			true,
			false,
		]);
		expect(rig.recorder.of("offline")).toEqual([
			[Reason.SessionMismatch, true],
			[Reason.SessionMismatch, true],
		]);
		peer.line.ack("puback", 2);
		rig.pass(1);
		expect([...rig.recorder.settled.keys()]).toEqual([ticket]);
	});

	test("a broker that never forgets is asked at the pace of the backoff, not in a storm", () => {
		const { rig, peer } = meet(4);
		peer.polite.clear();
		// Session Present whenever we do not ask for a clean one.
		peer.onPacket = (packet, line) => {
			if (packet.cmd === "connect") line.connack({ sessionPresent: !packet.clean });
		};
		rig.client.open();
		rig.pass(60_000);
		expect(rig.recorder.count("online")).toBe(0);
		expect(peer.lines.length).toBeLessThan(30);
		expect(peer.lines.length).toBeGreaterThan(4);
	});
});

describe.each(VERSIONS)("version %i: a CONNECT without an answer", (version) => {
	test("puts the session in doubt: subscriptions are renewed even when the broker says that it has it; once", () => {
		const { rig, peer } = met(version);
		rig.client.subscribe(rig.filter, 1);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["subscribe #65281 in/# q1"]);
		peer.present = true;
		expect(reconnect(rig, peer, true)).toEqual([]); // answered: nothing to renew
		peer.polite.delete("connect");
		rig.drop();
		rig.until("asked in vain", () => peer.lines.length === 3 && peer.line.heard.length === 1);
		peer.line.destroy();
		peer.polite.add("connect");
		const before = rig.recorder.count("online");
		rig.until("online", () => rig.recorder.count("online") > before);
		rig.pass(1);
		expect(peer.line.take().slice(1)).toEqual(["subscribe #65282 in/# q1"]);
		expect(reconnect(rig, peer, true)).toEqual([]);
	});
});

test("[5.0, 4.13] after another client was taken for us, what we want is asked for again, whatever CONNACK says", () => {
	const { rig, peer } = met(5);
	rig.client.subscribe(rig.filter, 1);
	rig.pass(1);
	peer.present = true;
	peer.line.take();
	rig.drop();
	rig.until("online", () => rig.client.online);
	rig.pass(1);
	expect(peer.line.take()).toEqual(["connect"]); // a session that goes on has our subscriptions
	peer.line.send({ cmd: "disconnect", reasonCode: Reason.SessionTakenOver });
	rig.pass(1);
	expect(rig.client.online).toBe(false);
	rig.client.open();
	rig.until("online again", () => rig.client.online);
	rig.pass(1);
	expect(peer.line.take().map((text) => text.split(" ")[0])).toEqual(["connect", "subscribe"]);
});
