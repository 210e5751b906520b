// SPDX-License-Identifier: MIT
/** Re-authentication of 5.0 [4.12.1], and what a method may do in its calls. */
import { describe, expect, test } from "vitest";
import { Reason, Refusal, type Writer } from "../../../lib/index.js";
import {
	admitted,
	auths,
	challenge,
	ended,
	greeted,
	last,
	NAME,
	properties,
	said,
	scene,
	together,
} from "../../kit/authentication.js";
import { type Line, meet } from "../../kit/peer.js";

describe("re-authentication", () => {
	test("[5.0 MQTT-4.12.1-1] the same method, 0x19 and then 0x18, until the server is content", () => {
		const { rig, peer, method } = admitted();
		const { line } = peer;
		expect(rig.client.reauthenticate()).toBe(0);
		expect(rig.client.reauthenticate()).toBe(Refusal.Busy);
		rig.pass(100);
		said(line, 0x18, "again");
		rig.pass(100);
		said(line, 0, "well");
		rig.pass(100);
		expect(auths(line).slice(1)).toEqual([
			[0x19, NAME, "hello"],
			[0x18, NAME, "<again>"],
		]);
		expect(method.asked).toEqual(["begin", "answer again", "finish well"]);
		expect(rig.recorder.notes).toEqual([["reauthenticated"]]);
		// The time for it is over, and it can be done again.
		rig.pass(50_000);
		expect(rig.recorder.count("offline")).toBe(0);
		expect(rig.client.reauthenticate()).toBe(0);
		rig.pass(100);
		said(line, 0);
		rig.pass(100);
		expect(rig.recorder.count("reauthenticated")).toBe(2);
	});

	test("all else goes on meanwhile, in both directions, and AUTH goes first [5.0: 4.12.1]", () => {
		const { rig, peer } = admitted({ keepAliveSeconds: 5 });
		peer.answerAll();
		const { line } = peer;
		rig.client.reauthenticate();
		for (const qos of [0, 1, 2] as const) rig.publish(`${qos}`, qos);
		line.publish("in/x", "down", 1, 7);
		rig.pass(9000);
		expect(line.take()).toEqual([
			"auth 0x19",
			"publish a/b=0 q0",
			"publish a/b=1 q1 #3",
			"publish a/b=2 q2 #4",
			"puback #7",
			"pubrel #4",
			"pingreq",
			"pingreq",
		]);
		expect(rig.recorder.count("settled")).toBe(3);
		said(line, 0x18, "now");
		rig.publish("later", 1);
		rig.pass(500);
		said(line, 0);
		rig.pass(500);
		expect(line.take().filter((text) => text !== "pingreq")).toEqual([
			"publish a/b=later q1 #5",
			"auth 0x18",
		]);
		expect(rig.recorder.count("reauthenticated")).toBe(1);
		expect(rig.recorder.count("offline")).toBe(0);
	});

	test("in one turn with others, AUTH leaves first", () => {
		const { rig, peer } = admitted();
		rig.recorder.hook = ([kind]) => {
			if (kind !== "message") return;
			rig.publish("up", 1);
			expect(rig.client.reauthenticate()).toBe(0);
		};
		peer.line.publish("in/x", "down", 1, 7);
		rig.pass(100);
		expect(peer.line.take()).toEqual(["auth 0x19", "puback #7", "publish a/b=up q1 #2"]);
	});

	test("[5.0 MQTT-4.12.1-2] one that fails ends the connection: the server says so, or goes", () => {
		for (const act of [
			(line: Line) => line.send({ cmd: "disconnect", reasonCode: 0x87 }).end(),
			(line: Line) => line.send({ cmd: "disconnect", reasonCode: 0x8c }),
			(line: Line) => line.end(),
		]) {
			const { rig, peer } = admitted();
			rig.client.reauthenticate();
			rig.pass(100);
			act(peer.line);
			rig.pass(100);
			expect(rig.client.online).toBe(false);
			expect(peer.line.closed).toBe(true);
			expect(rig.recorder.count("reauthenticated")).toBe(0);
		}
	});

	const failing: readonly (readonly [string, (line: Line) => unknown, number, string])[] = [
		["a challenge that is not to be trusted", (line) => said(line, 0x18, "no"), Reason.NotAuthorized, "0x80"],
		["an end that is not to be trusted", (line) => said(line, 0, "no"), Reason.NotAuthorized, "0x80"],
		["another method", (line) => said(line, 0x18, "x", "X-OTHER"), Reason.ProtocolError, "0x82"],
		["an end with another method", (line) => said(line, 0, "x", "X-OTHER"), Reason.ProtocolError, "0x82"],
		["an end without a method", (line) => line.raw("f0 00"), Reason.ProtocolError, "0x82"],
		["0x19 from the server", (line) => said(line, 0x19, "x"), Reason.ProtocolError, "0x82"],
		[
			"two challenges at once",
			(line) => together(line, challenge("a"), challenge("b")),
			Reason.ProtocolError,
			"0x82",
		],
		[
			"a second CONNACK",
			(line) => line.connack({ properties: properties("x") }),
			Reason.ProtocolError,
			"0x82",
		],
		[
			"a challenge whose answer is too long",
			(line) => said(line, 0x18, "x".repeat(63)),
			Reason.ImplementationSpecific,
			"0x83",
		],
	];

	test.each(failing)("[5.0 MQTT-4.12.1-2] the client ends it at %s", (_what, act, reason, code) => {
		const { rig, peer } = admitted();
		rig.client.reauthenticate();
		rig.pass(100);
		act(peer.line);
		rig.pass(100);
		expect(ended(rig)).toBe(reason);
		expect(last(peer.line)).toBe(`disconnect ${code}`);
		expect(peer.line.closed).toBe(true);
	});

	test("[5.0 MQTT-4.12.1-2] a server that is silent, counted from its last word, while pings go on", () => {
		const { rig, peer } = admitted({ keepAliveSeconds: 1, limits: { connackMs: 3000 } });
		rig.client.reauthenticate();
		rig.pass(2900);
		said(peer.line, 0x18, "a");
		rig.pass(2900);
		expect(rig.client.online).toBe(true);
		rig.pass(200);
		expect(ended(rig)).toBe(Reason.AuthenticationTimeout);
		expect(last(peer.line)).toBe("disconnect 0x80");
	});

	test("AUTH that nobody asked for is an error of the protocol", () => {
		for (const reasonCode of [0x18, 0]) {
			const { rig, peer } = admitted();
			said(peer.line, reasonCode, "x");
			rig.pass(100);
			expect([ended(rig), last(peer.line)]).toEqual([Reason.ProtocolError, "disconnect 0x82"]);
		}
	});

	test("what is longer than the server takes is not sent [5.0 MQTT-3.2.2-15]", () => {
		// 2 of fixed header, reason, length, 9 of the method, 3 and the data.
		for (const [maximumPacketSize, answer] of [
			[21, 0],
			[20, Refusal.TooLong],
		] as const) {
			const all = scene();
			const line = greeted(all);
			line.connack({ properties: { ...properties("welcome"), maximumPacketSize } });
			all.rig.pass(100);
			expect(all.rig.client.reauthenticate()).toBe(answer);
			all.rig.pass(100);
			expect(auths(line)).toHaveLength(answer === 0 ? 1 : 0);
			expect(all.rig.client.online).toBe(true);
			if (answer !== 0) continue;
			said(line, 0x18, "1234"); // whose answer is one byte longer
			all.rig.pass(100);
			expect(ended(all.rig)).toBe(Reason.ImplementationSpecific);
			expect(auths(line)).toHaveLength(1);
		}
	});

	test("a link without room is waited for, and nothing overtakes", () => {
		const { rig, peer } = admitted({ conditions: { bytesPerSecond: 2000 } });
		peer.answerAll();
		const { line } = peer;
		for (let i = 0; i < 80; i++) rig.publish("x".repeat(200), 0);
		expect(rig.client.pending).toBeGreaterThan(0); // the link is full
		expect(rig.client.reauthenticate()).toBe(0);
		rig.publish("last", 0);
		rig.until("AUTH", () => auths(line).length === 2);
		rig.pass(5000);
		const texts = line.take().map((text) => text.slice(0, 16));
		expect(texts.indexOf("auth 0x19")).toBeLessThan(texts.indexOf("publish a/b=last"));
	});

	test("refusals: without a method, in 3.1.1, offline; a method that throws or writes too much says nothing", () => {
		const plain = meet(5).rig;
		expect(plain.client.reauthenticate()).toBe(Refusal.NotOffered);
		expect(meet(4).rig.client.reauthenticate()).toBe(Refusal.NotOffered);
		expect(scene().rig.client.reauthenticate()).toBe(Refusal.Offline);
		const { rig, peer, method } = admitted();
		method.hook = () => {
			throw new Error("no key");
		};
		expect(rig.client.reauthenticate()).toBe(Refusal.TooLong);
		method.hook = (_what, out) => out?.text("x".repeat(64));
		expect(rig.client.reauthenticate()).toBe(Refusal.TooLong);
		method.hook = undefined;
		rig.pass(20_000);
		expect([rig.client.online, auths(peer.line).length]).toEqual([true, 1]);
		expect(rig.client.reauthenticate()).toBe(0);
	});
});

describe("a method", () => {
	test("that throws at the beginning, or writes too much, fails the attempt before a byte is sent", () => {
		for (const hook of [
			() => {
				throw new Error("no key");
			},
			(_what: string, out?: Writer) => out?.text("x".repeat(100)),
		]) {
			const all = scene();
			all.method.hook = hook;
			all.rig.client.open();
			all.rig.pass(100);
			expect(ended(all.rig)).toBe(Reason.CredentialsFailed);
			expect(all.peer.line.bytesIn).toBe(0);
		}
	});

	test("that throws later says no", () => {
		for (const when of ["answer", "finish"]) {
			const all = scene();
			all.method.hook = (what) => {
				if (what.startsWith(when)) throw new Error("broken");
			};
			const line = greeted(all);
			if (when === "answer") said(line, 0x18, "x");
			else line.connack({ properties: properties("x") });
			all.rig.pass(100);
			expect([ended(all.rig), last(line)]).toEqual([Reason.NotAuthorized, "disconnect 0x80"]);
		}
	});

	test("may call the client in each of its calls", () => {
		for (const when of ["begin", "answer", "finish"]) {
			const { rig, peer, method } = admitted();
			peer.answerAll();
			let calls = 0;
			method.hook = (what) => {
				if (!what.startsWith(when) || calls++ > 0) return;
				const again = rig.client.reauthenticate();
				expect(again).toBe(when === "finish" ? 0 : Refusal.Busy);
				rig.client.flush(10);
				expect(rig.publish(when, 1)).toBeGreaterThan(0);
				rig.client.subscribe(rig.filter, 1);
			};
			if (when === "finish") method.hook = method.hook.bind(method);
			expect(rig.client.reauthenticate()).toBe(0);
			rig.pass(100);
			said(peer.line, 0x18, "x");
			rig.pass(100);
			said(peer.line, 0);
			rig.pass(100);
			expect(rig.client.online).toBe(true);
			expect(rig.recorder.count("reauthenticated")).toBe(1);
			expect(rig.recorder.count("subscribed")).toBe(1);
			expect(rig.recorder.settled.size).toBe(1);
			expect(calls).toBeGreaterThan(0);
		}
	});

	test("that closes the client from inside is taken at its word", () => {
		for (const when of ["begin", "answer", "finish"]) {
			const { rig, peer, method } = admitted();
			method.hook = (what) => what.startsWith(when) && rig.client.close();
			rig.client.reauthenticate();
			rig.pass(100);
			if (when !== "begin") said(peer.line, 0x18, "x");
			rig.pass(100);
			if (when === "finish") said(peer.line, 0);
			rig.pass(100);
			expect([ended(rig), last(peer.line)]).toEqual([Reason.ClosedByApplication, "disconnect"]);
		}
	});

	test("what is called in its beginning is done when that has returned", () => {
		const { rig, method } = admitted();
		const order: string[] = [];
		rig.recorder.hook = (note) => order.push(String(note[0]));
		method.hook = (what) => {
			if (what !== "begin") return;
			rig.client.close();
			rig.client.publish(rig.topic, new Uint8Array(1), 0);
			order.push("begun");
		};
		expect(rig.client.reauthenticate()).toBe(0);
		expect(order).toEqual(["begun", "settled", "offline"]);
		// And it leaves no time behind that would run out on a later connection.
		method.hook = undefined;
		rig.pass(60_000);
		expect(rig.recorder.count("offline")).toBe(1);
		expect(rig.world.pending).toBe(0);
	});

	test("keeps no writer beyond its call", () => {
		let kept: Writer | undefined;
		const { rig, peer, method } = admitted();
		method.hook = (_what, out) => {
			kept = out ?? kept;
		};
		rig.client.reauthenticate();
		kept!.text("more");
		rig.pass(100);
		expect(auths(peer.line).at(-1)).toEqual([0x19, NAME, "hello"]);
	});
});
