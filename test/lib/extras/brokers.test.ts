// SPDX-License-Identifier: MIT
import type { IConnectPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { Brokers } from "../../../lib/extras/index.js";
import { Counter, LINK_FAULT_BASE, LinkFault, Next, Reason, Settled } from "../../../lib/index.js";
import { VERSIONS } from "../../kit/peer.js";
import { Town } from "../../kit/town.js";

const limits = { backoffMs: 1000, backoffMaxMs: 8000, slowLaneMs: 300_000, stableMs: 30_000 };

function cleans(town: Town, host: string): (boolean | undefined)[] {
	const lines = town.peers[host].lines;
	return lines.map((line) => (line.heard[0]?.packet as IConnectPacket | undefined)?.clean);
}

describe.each(VERSIONS)("version %i: a list of brokers", (version) => {
	test("is tried in turn at once, and the wait comes after the round", () => {
		const town = new Town(version, { limits, list: ["a", "b", "c"] });
		for (const host of ["a", "b", "c"]) town.down.add(host);
		town.rig.client.open();
		town.rig.until("a round", () => town.rig.recorder.retries.length === 3);
		expect(town.rig.recorder.retries.slice(0, 2)).toEqual([0, 0]);
		expect(town.rig.recorder.retries[2]).toBeGreaterThanOrEqual(500);
		town.rig.pass(town.rig.recorder.retries[2] + 100);
		expect(town.take()).toEqual(["a", "b", "c", "a", "b", "c"]);
		expect(town.rig.recorder.retries[5]).toBeGreaterThanOrEqual(1000);
	});

	test("the next one takes over, with the same session", () => {
		const town = new Town(version, { limits });
		town.rig.client.open();
		town.last();
		town.peers["b"].present = true;
		town.down.add("a");
		const ticket = town.rig.publish("x", 1);
		town.rig.drop();
		town.peers["b"].answerAll();
		town.rig.until("settled", () => town.rig.recorder.settled.has(ticket));
		expect(town.take()).toEqual(["a", "a", "b"]);
		expect(cleans(town, "b")).toEqual([false]);
		expect(town.peers["b"].all("publish").map(({ text }) => text)).toEqual(["publish a/b=x q1 #2 dup"]);
	});

	test("a connection that has lasted is tried again first, after a wait", () => {
		const town = new Town(version, { limits });
		town.down.add("a");
		town.rig.client.open();
		town.last();
		town.down.delete("a");
		town.take();
		town.rig.drop();
		expect(town.rig.recorder.retries.at(-1)).toBeGreaterThanOrEqual(500);
		town.rig.until("online", () => town.rig.client.online);
		expect(town.take()).toEqual(["b"]);
	});

	test("a broker that lets us in and throws us out again counts as one that failed", () => {
		const town = new Town(version, { limits });
		const { a } = town.peers;
		a.onPacket = ({ cmd }, line) => {
			if (cmd === "connect") town.rig.world.after(5000, () => line.end());
		};
		town.rig.client.open();
		town.rig.until("b", () => town.dialled.length === 2, 10_000);
		expect(town.take()).toEqual(["a", "b"]);
		expect(town.rig.recorder.retries).toEqual([0]);
	});

	test("without a network there is no use in trying another one", () => {
		const { brokers } = new Town(version);
		expect(brokers.ended(Next.Retry, LINK_FAULT_BASE - LinkFault.NoNetwork)).toBe(Next.Retry);
		expect(brokers.ended(Next.Retry, LINK_FAULT_BASE - LinkFault.Refused)).toBe(Next.AtOnce);
	});

	test("the slow lane is for who is refused by all of them in a way that stays", () => {
		const town = new Town(version, { limits });
		const refuse = (host: string, busy: boolean) => {
			const peer = town.peers[host];
			peer.polite.delete("connect");
			peer.onPacket = (_, line) =>
				line.connack(version === 5 ? { reasonCode: busy ? 0x89 : 0x87 } : { returnCode: busy ? 3 : 5 });
		};
		refuse("a", false);
		refuse("b", true);
		town.rig.client.open();
		town.rig.until("a round", () => town.rig.recorder.retries.length === 2);
		expect(town.rig.recorder.retries[1]).toBeLessThanOrEqual(1000);
		refuse("b", false);
		town.rig.until("another", () => town.rig.recorder.retries.length === 4);
		expect(town.rig.recorder.retries[3]).toBeGreaterThanOrEqual(150_000);
	});

	test("all down for an hour: a round for each wait, no storm", () => {
		const town = new Town(version, { limits });
		town.down.add("a").add("b");
		town.rig.client.open();
		town.rig.pass(3_600_000);
		expect(town.dialled.length).toBeLessThan(2 * (3600 / 4) + 20);
		expect(town.rig.client.counters[Counter.Dials]).toBe(town.dialled.length);
	});

	describe("of brokers that do not know each other's sessions", () => {
		const separate = { sessions: "separate" } as const;

		test("each change begins a session anew, and coming back to the same one does not", () => {
			const town = new Town(version, { limits, brokers: separate });
			for (const host of ["a", "b"]) town.peers[host].present = (nth) => nth > (version === 5 ? 1 : 2);
			town.rig.client.open();
			town.last();
			town.rig.drop();
			town.last();
			// In 3.1.1 a broker is made to forget first: clean, DISCONNECT, then the session.
			expect(cleans(town, "a")).toEqual(version === 5 ? [true, false] : [true, false, false]);
			town.down.add("a");
			town.rig.drop();
			town.last();
			expect(cleans(town, "b")).toEqual(version === 5 ? [true] : [true, false]);
		});

		test("what was sent to one and not finished is sent anew to the other: nothing is lost", () => {
			const town = new Town(version, { limits, brokers: separate });
			town.rig.client.open();
			town.last();
			const ticket = town.rig.publish("x", 2);
			town.rig.pass(10);
			town.down.add("a");
			town.peers["b"].answerAll();
			town.rig.drop();
			town.rig.until("settled", () => town.rig.recorder.settled.has(ticket));
			expect(town.rig.recorder.settled.get(ticket)).toBe(Settled.Acknowledged);
			expect(town.peers["b"].all("publish").map(({ text }) => text)).toEqual(["publish a/b=x q2 #2"]);
		});
	});
});

describe("[5.0 4.11] Server redirect", () => {
	for (const byDisconnect of [false, true]) {
		const how = byDisconnect ? "DISCONNECT" : "CONNACK";

		test(`${how} with 0x9c: the other server is dialled at once, for one connection`, () => {
			const town = new Town(5, { limits, list: ["a"], more: ["c"] });
			town.sends("a", "c:1883", false, byDisconnect);
			town.rig.client.open();
			town.rig.until("c", () => town.dialled.length === 2, 100);
			expect(town.rig.recorder.of("offline")).toEqual([[Reason.UseAnotherServer, true]]);
			expect(town.rig.recorder.retries).toEqual([0]);
			town.last();
			expect(town.take()).toEqual(["a", "c:1883"]);
			town.stays("a");
			town.rig.drop();
			town.last();
			expect(town.take()).toEqual(["a"]);
		});

		test(`${how} with 0x9d: the other server, for the rest of this life`, () => {
			const town = new Town(5, { limits, list: ["a"], more: ["c"] });
			town.sends("a", "c", true, byDisconnect);
			town.rig.client.open();
			town.last();
			town.stays("a");
			town.rig.drop();
			town.last();
			expect(town.take()).toEqual(["a", "c", "c"]);
			expect(town.asked, "the dialler is kept").toEqual(["c"]);
			// When it cannot be reached, the broker itself may still be there; it is tried first all the same.
			town.down.add("c");
			town.rig.drop();
			town.last();
			expect(town.take()).toEqual(["c", "a"]);
		});
	}

	test("a connection that had lasted is followed, too", () => {
		const town = new Town(5, { limits, list: ["a"], more: ["c"] });
		town.rig.client.open();
		town.last();
		town.peers["a"].line.send({
			cmd: "disconnect",
			reasonCode: 0x9c,
			properties: { serverReference: "c" },
		});
		town.last();
		expect(town.take()).toEqual(["a", "c"]);
	});

	test("it is the same session", () => {
		const town = new Town(5, { limits, list: ["a"], more: ["c"] });
		town.rig.client.open();
		town.last();
		const ticket = town.rig.publish("x", 2);
		town.rig.pass(10);
		town.peers["c"].present = true;
		town.peers["c"].answerAll();
		town.sends("a", "c");
		town.rig.drop();
		town.rig.until("settled", () => town.rig.recorder.settled.has(ticket));
		expect(cleans(town, "c")).toEqual([false]);
		expect(town.peers["c"].all("publish").map(({ text }) => text)).toEqual(["publish a/b=x q2 #2 dup"]);
	});

	test("several servers are tried in turn, then the next broker of the list", () => {
		const town = new Town(5, { limits, more: ["d"] });
		town.down.add("c");
		town.sends("a", "c:1 d:99 [::1]:7");
		town.rig.client.open();
		town.last();
		expect(town.take()).toEqual(["a", "c:1", "d:99", "::1:7", "b"]);
	});

	test.each([
		["without a reference", undefined],
		["with one that names nothing", "mqtt://c"],
	])("%s: the next broker of the list", (_, reference) => {
		const town = new Town(5, { limits });
		town.sends("a", reference);
		town.rig.client.open();
		town.last();
		expect(town.take()).toEqual(["a", "b"]);
	});

	test("alone, and with nowhere to go: the slow lane", () => {
		const town = new Town(5, { limits, list: ["a"] });
		town.sends("a", undefined, true);
		town.rig.client.open();
		town.rig.pass(1000);
		expect(town.rig.recorder.retries).toHaveLength(1);
		expect(town.rig.recorder.retries[0]).toBeGreaterThanOrEqual(150_000);
	});

	test.each(["undefined", "throws"])("a factory that says no (%s): the next broker", (how) => {
		const diallerTo = () => {
			if (how === "throws") throw new Error("not there");
			return undefined;
		};
		const town = new Town(5, { limits, brokers: { diallerTo } });
		town.sends("a", "evil");
		town.rig.client.open();
		town.last();
		expect(town.take()).toEqual(["a", "b"]);
	});

	test("without a factory nobody is followed", () => {
		const town = new Town(5, { limits, brokers: { diallerTo: undefined } });
		town.sends("a", "c");
		town.rig.client.open();
		town.last();
		expect(town.take()).toEqual(["a", "b"]);
	});

	describe("loop guard", () => {
		test.each([
			["to and fro, for once", false],
			["to and fro, for ever", true],
		])("%s", (_, permanent) => {
			const town = new Town(5, { limits, list: ["a"], more: ["c"] });
			town.sends("a", "c", permanent);
			town.sends("c", "a", permanent);
			town.rig.client.open();
			town.rig.pass(3_600_000);
			// At most 4 hops, and what the last of them leads to, in each wait of 150 s at least.
			expect(town.dialled.length).toBeGreaterThan(20);
			expect(town.dialled.length).toBeLessThanOrEqual(25 * 8);
			expect(town.rig.recorder.retries.filter((ms) => ms > 0).every((ms) => ms >= 150_000)).toBe(true);
		});

		test("a broker that sends us to itself", () => {
			const town = new Town(5, { limits, list: ["a"] });
			town.sends("a", "a a a a", true);
			town.rig.client.open();
			town.rig.pass(100_000);
			expect(town.dialled.length).toBeLessThanOrEqual(16);
			expect(town.rig.recorder.retries.at(-1)).toBeGreaterThanOrEqual(150_000);
		});

		test("a connection that has lasted begins the count anew", () => {
			const town = new Town(5, { limits, list: ["a"], more: ["c"], brokers: { hops: 1 } });
			town.sends("a", "c");
			town.rig.client.open();
			for (let round = 0; round < 5; round++) {
				town.last();
				town.rig.drop();
			}
			town.last();
			expect(town.take()).toEqual(Array.from({ length: 6 }, () => ["a", "c"]).flat());
		});

		test("what we were sent to for once cannot move our broker for ever", () => {
			const town = new Town(5, { limits, list: ["a"], more: ["c", "d"] });
			town.sends("a", "c");
			town.sends("c", "d", true);
			town.rig.client.open();
			town.last();
			expect(town.take()).toEqual(["a", "c", "d"]);
			town.stays("a");
			town.rig.drop();
			town.last();
			expect(town.take()).toEqual(["a"]);
		});
	});

	test("a permanent move belongs to its broker of the list", () => {
		const town = new Town(5, { limits, more: ["c"] });
		town.sends("a", "c", true);
		town.rig.client.open();
		town.last();
		town.down.add("c").add("a");
		town.rig.drop();
		town.last();
		expect(town.take()).toEqual(["a", "c", "c", "a", "b"]);
		town.down.clear();
		town.down.add("b");
		town.rig.drop();
		town.last();
		expect(town.take()).toEqual(["b", "c"]);
		expect(town.brokers.latest).toBeDefined();
	});
});

test("a mistake in the list throws where it is written", () => {
	expect(() => new Brokers({ brokers: [] })).toThrow(/empty/);
	const dialler = { dial: () => expect.fail() };
	for (const hops of [0, 17, 1.5]) expect(() => new Brokers({ brokers: [dialler], hops })).toThrow(/hops/);
});

test("a list of one has no stranger in it", () => {
	const dialler = { dial: () => expect.fail() };
	expect(new Brokers({ brokers: [dialler], sessions: "separate" }).stranger).toBe(false);
	expect(new Brokers({ brokers: [dialler, dialler], sessions: "separate" }).stranger).toBe(true);
	expect(new Brokers({ brokers: [dialler, dialler] }).stranger).toBe(false);
});
