// SPDX-License-Identifier: MIT
/** What a session with a store in flash knows when its board was off: messages, exchanges, identity, the application's number. */
import { describe, expect, test } from "vitest";
import { Counter, Reason, Refusal, Settled, StoreFault, VOLATILE } from "../../../lib/index.js";
import { born, Lives } from "../../kit/lives.js";
import { VERSIONS } from "../../kit/peer.js";
import type { Rig } from "../../kit/rig.js";

const firsts = (texts: string[], from = 1): string[] => texts.slice(from);

/** Online, and everything that is due has left. */
function online(rig: Rig): void {
	rig.online();
	rig.pass(1);
}

describe.each(VERSIONS)("version %i: a new life", (version) => {
	test("[MQTT-4.4.0-1] goes on with the exchanges of the old one: PUBREL first, PUBLISH with DUP, in order, restored", () => {
		const { lives, rig, peer } = born(version);
		const tickets = [rig.publish("1", 1), rig.publish("2", 2), rig.publish("3", 2), rig.publish("4", 1)];
		rig.pass(1);
		peer.line.ack("pubrec", 4).ack("puback", 5);
		rig.pass(1);
		lives.cut();
		peer.present = true;
		const next = lives.boot();
		online(next);
		expect(firsts(peer.line.take())).toEqual([
			"pubrel #4",
			"publish a/b=1 q1 #2 dup",
			"publish a/b=2 q2 #3 dup",
			"publish a/b=4 q1 #5 dup", // that it was acknowledged had not been written: sending it again is legal
		]);
		peer.line.ack("pubcomp", 4).ack("puback", 2).ack("pubrec", 3).ack("puback", 5);
		next.pass(1);
		peer.line.ack("pubcomp", 3);
		next.pass(1);
		const settled = next.recorder.of("settled");
		expect(settled.map(([ticket]) => ticket)).toEqual([tickets[2], tickets[0], tickets[3], tickets[1]]);
		expect(settled.every(([, outcome, , restored]) => outcome === Settled.Acknowledged && restored)).toBe(
			true,
		);
		expect(next.client.pending).toBe(0);
		const fresh = next.publish("5", 1);
		expect(fresh).toBeGreaterThan(tickets[3]);
		next.pass(1);
		peer.line.ack("puback", 1 + fresh);
		next.pass(1);
		expect(next.recorder.of("settled").at(-1)).toEqual([fresh, Settled.Acknowledged, 0, false]);
	});

	test("what was accepted offline is there, in order, and was never sent: no DUP", () => {
		const lives = new Lives(version);
		const rig = lives.boot();
		for (let i = 0; i < 40; i++) expect(rig.publish(`${i}`, (1 + (i % 2)) as 1 | 2)).toBe(1 + i);
		lives.cut();
		const next = lives.boot({ limits: { window: 16 } });
		lives.peer.answerAll();
		online(next);
		next.until("drained", () => next.client.pending === 0);
		const texts = lives.peer.all("publish").map((one) => one.text);
		expect(texts).toEqual(Array.from({ length: 40 }, (_, i) => `publish a/b=${i} q${1 + (i % 2)} #${2 + i}`));
	});

	test("volatile messages are gone, and their numbers are not given again", () => {
		const { lives, rig, peer } = born(version);
		const tickets = [rig.publish("v", 1, VOLATILE), rig.publish("k", 1), rig.publish("v", 2, VOLATILE)];
		rig.pass(1);
		lives.cut();
		peer.present = true;
		const next = lives.boot();
		online(next);
		expect(firsts(peer.line.take())).toEqual(["publish a/b=k q1 #3 dup"]);
		expect(next.publish("n", 1)).toBeGreaterThan(tickets[2]);
	});

	test("after close nothing is sent again that was acknowledged", () => {
		const { lives, rig, peer } = born(version);
		peer.answerAll();
		for (let i = 0; i < 3; i++) rig.publish(`${i}`, 1);
		rig.until("drained", () => rig.client.pending === 0);
		rig.client.close();
		rig.pass(100);
		peer.present = true;
		const next = lives.boot();
		online(next);
		expect(firsts(peer.line.take())).toEqual([]);
	});

	test("the broker lost the session meanwhile: QoS 1 and QoS 2 without PUBREC anew, the rest uncertain", () => {
		const { lives, rig, peer } = born(version);
		const tickets = [rig.publish("1", 1), rig.publish("2", 2), rig.publish("3", 2)];
		rig.pass(1);
		peer.line.ack("pubrec", 4);
		rig.pass(1);
		lives.cut();
		const next = lives.boot();
		online(next);
		expect(next.recorder.of("settled")).toEqual([[tickets[2], Settled.Uncertain, Reason.Unspecified, true]]);
		expect(firsts(peer.line.take())).toEqual(["publish a/b=1 q1 #2", "publish a/b=2 q2 #3"]);
		lives.cut(); // and that is what the life after it knows
		peer.present = true;
		const third = lives.boot();
		online(third);
		expect(firsts(peer.line.take())).toEqual(["publish a/b=1 q1 #2 dup", "publish a/b=2 q2 #3 dup"]);
	});

	test.each([
		["client identifier", { clientId: "somebody else" }],
		["broker", { broker: "another.example" }],
	])(
		"[3.1.1 MQTT-3.1.3-2] [5.0 MQTT-3.1.3-2] another %s: the session is void, what was accepted is kept",
		(_, who) => {
			const { lives, rig, peer } = born(version);
			const tickets = [rig.publish("1", 1), rig.publish("2", 2)];
			rig.pass(1);
			peer.line.ack("pubrec", 3);
			rig.pass(1);
			lives.cut();
			const next = lives.boot(who);
			next.client.open();
			expect(next.recorder.of("settled")).toEqual([
				[tickets[1], Settled.Uncertain, Reason.Unspecified, true],
			]);
			online(next);
			expect(firsts(peer.line.take())).toEqual(["publish a/b=1 q1 #2"]);
		},
	);

	test("expiry goes on counting through the time without power where the time of day is known", () => {
		for (const synchronised of [true, false]) {
			const lives = new Lives(version, { synchronised });
			const rig = lives.boot();
			const bytes = new TextEncoder().encode("x");
			const short = rig.client.publish(rig.topic, bytes, 1, 0, 60);
			rig.client.publish(rig.topic, bytes, 1, 0, 600);
			lives.cut();
			lives.world.run(lives.world.now + 120_000);
			const next = lives.boot();
			online(next);
			const left = lives.peer
				.all("publish")
				.map((one) => (one.packet as { properties?: { messageExpiryInterval?: number } }).properties)
				.map((properties) => properties?.messageExpiryInterval ?? 0);
			// Without it, what an earlier life left has as long as it had then.
			expect(next.recorder.of("settled")).toEqual(
				synchronised ? [[short, Settled.Expired, Reason.Unspecified, true]] : [],
			);
			expect(left.length).toBe(synchronised ? 1 : 2);
			if (version === 5 && synchronised) expect(Math.abs(left[0] - 479)).toBeLessThan(3);
		}
	});
});

describe.each(VERSIONS)("version %i: what comes in, and a new life", (version) => {
	test("[MQTT-4.3.3-10] a QoS 2 message that was taken is not delivered again, and its PUBREL ends it", () => {
		const { lives, rig, peer } = born(version);
		peer.line.publish("in/x", "once", 2, 7);
		rig.pass(1);
		expect(rig.recorder.count("message")).toBe(1);
		lives.cut();
		peer.present = true;
		const next = lives.boot();
		online(next);
		peer.line.take();
		peer.line.publish("in/x", "once", 2, 7, { dup: true });
		next.pass(1);
		expect(peer.line.take()).toEqual(["pubrec #7"]);
		expect(next.recorder.count("message")).toBe(0);
		expect(next.client.counters[Counter.Duplicates]).toBe(1);
		peer.line.ack("pubrel", 7);
		next.pass(1);
		expect(peer.line.take()).toEqual(["pubcomp #7"]);
	});

	test("after a cut another content under an identifier of the old life is a new message, on the first connection only", () => {
		const { lives, rig, peer } = born(version);
		peer.line.publish("in/x", "old", 2, 7).publish("in/x", "old", 2, 8);
		rig.pass(1);
		lives.cut();
		peer.present = true;
		const next = lives.boot();
		online(next);
		peer.line.publish("in/x", "new", 2, 7);
		next.pass(1);
		expect(next.recorder.of("message").map(([, text]) => text)).toEqual(["new"]);
		next.drop();
		next.until("online", () => next.client.online);
		peer.line.publish("in/x", "new", 2, 8); // now the identifier alone decides
		next.pass(1);
		expect(next.recorder.count("message")).toBe(1);
	});

	test("after a life that ended in order the identifier alone decides", () => {
		const { lives, rig, peer } = born(version);
		peer.line.publish("in/x", "old", 2, 7);
		rig.pass(1);
		rig.client.close();
		rig.pass(100);
		peer.present = true;
		const next = lives.boot();
		online(next);
		peer.line.publish("in/x", "new", 2, 7);
		next.pass(1);
		expect(next.recorder.count("message")).toBe(0);
	});

	test("a message that may be a repeat says so: sent again, in a session of an earlier life; and no other", () => {
		const { lives, rig, peer } = born(version);
		const flags: (string | boolean)[] = [];
		const watch = (one: Rig): void => {
			one.recorder.hook = (note, message) => {
				if (message !== undefined) flags.push(String(note[2]), message.mayRepeat);
			};
		};
		watch(rig);
		peer.line.publish("in/x", "ours", 2, 1, { dup: true });
		rig.pass(1);
		expect(flags.splice(0)).toEqual(["ours", false]);
		peer.present = true;
		const next = lives.boot();
		watch(next);
		online(next);
		next.drop(); // what was under way on a connection that broke comes on a later one
		next.until("online", () => next.client.online);
		peer.line.publish("in/x", "again", 2, 2, { dup: true }).publish("in/x", "first", 2, 3);
		peer.line.publish("in/x", "QoS 1", 1, 4, { dup: true });
		next.pass(1);
		expect(flags.splice(0)).toEqual(["again", true, "first", false, "QoS 1", false]);
		peer.present = false;
		next.drop();
		next.until("online", () => next.client.online);
		peer.line.publish("in/x", "new session", 2, 5, { dup: true });
		next.pass(1);
		expect(flags).toEqual(["new session", false]);
	});

	test("a number remembered in the handler is there, with what was remembered outside of one", () => {
		const { lives, rig, peer } = born(version);
		expect(rig.client.remembered).toBeNaN();
		rig.recorder.hook = (note, message) => {
			if (note[0] === "message")
				rig.client.remember((rig.client.remembered || 0) + (message?.integer() ?? 0));
		};
		for (let id = 1; id <= 16; id++) peer.line.publish("in/x", `${id}`, 2, id);
		rig.pass(1);
		expect(rig.client.remembered).toBe(136);
		lives.cut();
		const next = lives.boot();
		next.client.open();
		expect(next.client.remembered).toBe(136);
		next.client.remember(-1.5);
		lives.cut();
		const third = lives.boot();
		third.client.open();
		expect(third.client.remembered).toBe(-1.5);
	});
});

describe.each(VERSIONS)("version %i: subscriptions and a new life", (version) => {
	/** A life with one subscription that ends in order, or not; and what the next one says after CONNECT. */
	function next(
		resubscribe: "boot" | "lost",
		ends: "close" | "cut",
		present: boolean,
		filter = "in/#",
	): string[] {
		const lives = new Lives(version, { resubscribe });
		const rig = lives.boot();
		rig.client.subscribe(rig.filter, 1);
		online(rig);
		if (ends === "close") rig.client.close();
		rig.pass(100);
		lives.cut();
		lives.peer.present = present;
		const two = lives.boot();
		two.client.subscribe(filter === "in/#" ? two.filter : two.client.filter(filter), 1);
		online(two);
		return firsts(lives.peer.line.take()).map((text) => text.replace(/#\d+ /, ""));
	}

	test("boot: always asked for again", () => {
		expect(next("boot", "close", true)).toEqual(["subscribe in/# q1"]);
		expect(next("boot", "cut", true)).toEqual(["subscribe in/# q1"]);
	});

	test("lost: only when the broker lost the session, power was cut, or something else is wanted", () => {
		expect(next("lost", "close", true)).toEqual([]);
		expect(next("lost", "close", false)).toEqual(["subscribe in/# q1"]);
		expect(next("lost", "cut", true)).toEqual(["subscribe in/# q1"]);
		expect(next("lost", "close", true, "other/#")).toEqual(["subscribe other/# q1"]);
	});
});

test("[MQTT-3.2.2-16] the client identifier that the server assigned is used by the next life", () => {
	const lives = new Lives(5, { clientId: "" });
	lives.peer.properties = { assignedClientIdentifier: "given-by-the-server" };
	const rig = lives.boot();
	online(rig);
	lives.cut();
	lives.peer.properties = {};
	lives.peer.present = true;
	const next = lives.boot();
	online(next);
	const [connect] = lives.peer.line.heard.map((one) => one.packet as { clientId?: string; clean?: boolean });
	expect([connect.clientId, connect.clean]).toEqual(["given-by-the-server", false]);
});

describe("a store in flash that cannot be used", () => {
	const foreign = (lives: Lives): void => lives.flash.write(Uint8Array.of(1, 2, 3, 4), 4096);

	test("is told once; the session goes on in RAM, and what should be kept is refused", () => {
		const lives = new Lives(5);
		foreign(lives);
		const rig = lives.boot();
		lives.peer.answerAll();
		online(rig);
		expect(rig.recorder.of("fault")).toEqual([[StoreFault.Foreign]]);
		expect(rig.client.counters[Counter.StoreFaults]).toBe(1);
		expect(rig.publish("kept", 1)).toBe(Refusal.StoreFault);
		const volatile = rig.publish("volatile", 2, VOLATILE);
		rig.pass(10);
		expect(rig.recorder.of("settled")).toEqual([[volatile, Settled.Acknowledged, 0, false]]);
		lives.peer.line.publish("in/x", "1", 2, 1);
		rig.pass(10);
		expect(rig.recorder.count("message")).toBe(1);
		expect(lives.flash.commands).toBe(1); // nothing was written to it
	});

	test("unless the application allowed otherwise", () => {
		const lives = new Lives(5);
		foreign(lives);
		const rig = lives.boot({}, { whenFaulty: "volatile" });
		lives.peer.answerAll();
		online(rig);
		const ticket = rig.publish("kept", 1);
		rig.pass(10);
		expect(rig.recorder.of("settled")).toEqual([[ticket, Settled.Acknowledged, 0, false]]);
	});
});
