// SPDX-License-Identifier: MIT
/** Acknowledging by hand: in which order, how long, and what becomes of it when the connection ends. */
import { describe, expect, test } from "vitest";
import { Holds } from "../../../lib/extras/index.js";
import { Client, Counter, Refusal } from "../../../lib/index.js";
import { RamStore } from "../../../lib/store/index.js";
import { NodeMemory } from "../../../simulator/node/memory.js";
import { encode, met, VERSIONS } from "../../kit/peer.js";
import { bench, payloads } from "./by-hand.js";

function permutations<T>(of: readonly T[]): T[][] {
	if (of.length < 2) return [[...of]];
	return of.flatMap((one, i) => permutations(of.toSpliced(i, 1)).map((rest) => [one, ...rest]));
}

describe.each(VERSIONS)("version %i", (version) => {
	const name = version === 5 ? "5.0: MQTT-4.6.0-2, MQTT-4.6.0-3" : "3.1.1: MQTT-4.6.0-2, MQTT-4.6.0-3";

	test(`[${name}] four messages, each QoS, each held or not, answered in each order: acknowledgements leave in the order of arrival`, () => {
		const { rig, peer, handles, holds } = bench(version);
		let id = 0;
		for (let kinds = 0; kinds < 256; kinds++) {
			const messages = [0, 1, 2, 3].map((i) => ({
				id: ++id,
				qos: 1 + ((kinds >> i) & 1),
				held: ((kinds >> (4 + i)) & 1) === 1,
			}));
			const held = messages.filter((one) => one.held);
			// Those that return are answered by the time that the last one has come.
			for (const order of permutations(held)) {
				handles.clear();
				const stream = messages.map(({ id: messageId, qos, held: h }) =>
					encode(
						{ cmd: "publish", topic: "in", payload: `${h ? "h" : "r"}${messageId}`, qos, messageId },
						version,
					),
				);
				peer.line.raw(Buffer.concat(stream));
				rig.pass(1);
				const open = new Set(held);
				const heard: string[] = [];
				const due = () => {
					for (const qos of [1, 2]) {
						const mine = messages.filter((one) => one.qos === qos);
						const until = mine.findIndex((one) => open.has(one));
						const kind = qos === 1 ? "puback" : "pubrec";
						const want = (until < 0 ? mine : mine.slice(0, until)).map((one) => `${kind} #${one.id}`);
						const came = heard.filter((text) => text.startsWith(kind));
						if (came.join() !== want.join()) expect(came).toEqual(want); // an expectation each time would take as long as all else
					}
				};
				heard.push(...peer.line.take());
				due();
				for (const one of order) {
					expect(rig.client.acknowledge(handles.get(`h${one.id}`)!)).toBe(0);
					open.delete(one);
					rig.pass(1);
					heard.push(...peer.line.take());
					due();
				}
				for (const one of messages) if (one.qos === 2) peer.line.ack("pubrel", one.id);
				rig.pass(1);
				peer.line.take();
				expect(holds.count).toBe(0);
			}
		}
		expect(rig.client.online).toBe(true);
		expect(rig.client.counters[Counter.HeldBack]).toBe(0);
	});

	test("the link is lost at each step, for each order of three messages: what was not acknowledged comes again, and only that", () => {
		for (let kinds = 0; kinds < 8; kinds++) {
			const messages = [1, 2, 3].map((id) => ({ id, qos: 1 + ((kinds >> (id - 1)) & 1), text: `h${id}` }));
			for (const order of permutations(messages)) {
				for (let lostAfter = 0; lostAfter <= 3; lostAfter++) {
					const { rig, peer, holds, handles } = bench(version);
					peer.present = true;
					for (const { id, qos, text } of messages) peer.line.publish("in", text, qos, id);
					rig.pass(1);
					for (const one of order.slice(0, lostAfter))
						expect(rig.client.acknowledge(handles.get(one.text)!)).toBe(0);
					rig.pass(1);
					const answered = new Set(peer.line.take().map((text) => Number(text.split("#")[1])));
					const old = new Map(handles);
					rig.drop();
					for (const handle of old.values()) expect(rig.client.acknowledge(handle)).toBe(Refusal.NothingHeld);
					expect(holds.count).toBe(0);
					rig.recorder.clear();
					rig.until("online", () => rig.client.online);
					peer.line.take();
					// The broker sends again what it has no answer for.
					const again = messages.filter((one) => !answered.has(one.id));
					for (const { id, qos, text } of again) peer.line.publish("in", text, qos, id, { dup: true });
					rig.pass(1);
					// QoS 2 that was acknowledged by hand was taken, whether or not PUBREC had left.
					const taken = new Set(order.slice(0, lostAfter).filter((one) => one.qos === 2));
					const expected = again.filter((one) => !taken.has(one));
					expect(payloads(rig)).toEqual(expected.map((one) => one.text));
					for (const one of expected) expect(rig.client.acknowledge(handles.get(one.text)!)).toBe(0);
					rig.pass(1);
					const kind = (qos: number) => (qos === 1 ? "puback" : "pubrec");
					expect(peer.line.take().sort()).toEqual(again.map((one) => `${kind(one.qos)} #${one.id}`).sort());
					for (const one of messages) if (one.qos === 2) peer.line.ack("pubrel", one.id);
					rig.pass(1);
					for (const text of peer.line.take()) expect(text).toMatch(/^pubcomp #\d$/);
				}
			}
		}
	});

	test("QoS 0 has nothing to hold, nor has what is over; asked twice it is the same handle", () => {
		const { rig, peer } = bench(version);
		const said: number[] = [];
		let kept: { hold(): number } | undefined;
		rig.recorder.hook = (note, message) => {
			if (note[0] !== "message") return;
			kept = message;
			said.push(message!.hold(), message!.hold());
		};
		peer.line.publish("in", "0", 0);
		rig.pass(1);
		expect(said).toEqual([Refusal.NothingHeld, Refusal.NothingHeld]);
		peer.line.publish("in", "1", 1, 7);
		rig.pass(1);
		expect(said.slice(2)).toEqual([1, 1]);
		expect(kept!.hold()).toBe(Refusal.NothingHeld);
		peer.line.publish("in", "0", 0);
		rig.pass(1);
		expect(said[4]).toBe(Refusal.NothingHeld); // not the handle of the one before
	});

	test("a handle is good once; others are refused, and so is a reason that PUBACK does not have", () => {
		const { rig, peer, handles } = bench(version);
		peer.line.publish("in", "h1", 1, 7);
		rig.pass(1);
		const handle = handles.get("h1")!;
		for (const other of [0, -1, handle + 1, Number.NaN, 0.5, 2 ** 31])
			expect(rig.client.acknowledge(other)).toBe(Refusal.NothingHeld);
		for (const reason of [1, 0x18, 0x7f, 0x81, 0x8e, 0x9c, 0xff, -1, 256, Number.NaN])
			expect(rig.client.acknowledge(handle, reason)).toBe(Refusal.NotOffered);
		expect(rig.client.refusal).toBe(Refusal.NotOffered);
		rig.pass(1);
		expect(peer.line.take()).toEqual([]);
		expect(rig.client.acknowledge(handle)).toBe(0);
		expect(rig.client.acknowledge(handle)).toBe(Refusal.NothingHeld);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["puback #7"]);
	});

	test("a client without `holds` refuses", () => {
		const { rig, peer } = met(version);
		const said: number[] = [];
		rig.recorder.hook = (note, message) => note[0] === "message" && said.push(message!.hold());
		peer.line.publish("in", "x", 1, 7);
		rig.pass(1);
		expect(said).toEqual([Refusal.NotOffered]);
		expect(rig.client.acknowledge(1)).toBe(Refusal.NotOffered);
		expect(peer.line.take()).toEqual(["puback #7"]);
	});

	test("acknowledged inside its own handler, and inside that of the next one", () => {
		const { rig, peer } = bench(version);
		let before = 0;
		rig.recorder.hook = (note, message) => {
			if (note[0] !== "message") return;
			const handle = message!.hold();
			if (note[2] === "own") expect(rig.client.acknowledge(handle)).toBe(0);
			if (note[2] === "first") before = handle;
			if (note[2] === "second") {
				expect(rig.client.acknowledge(before)).toBe(0);
				expect(message!.hold()).toBe(handle); // its row has moved
				expect(rig.client.acknowledge(handle)).toBe(0);
				expect(message!.hold()).toBe(Refusal.NothingHeld);
			}
		};
		peer.line.publish("in", "own", 2, 1).publish("in", "first", 1, 2).publish("in", "second", 1, 3);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["pubrec #1", "puback #2", "puback #3"]);
	});

	test("acknowledged inside of every other callback, it leaves at once", () => {
		for (const callback of ["settled", "subscribed", "flushed", "room"]) {
			const { rig, peer, handles } = bench(version, { limits: { outboxMessages: 1, window: 1 } });
			peer.line.publish("in", "h1", 1, 7);
			rig.pass(1);
			rig.recorder.hook = (note) => {
				if (note[0] === callback) expect(rig.client.acknowledge(handles.get("h1")!)).toBe(0);
			};
			peer.polite.add("publish");
			if (callback === "subscribed") rig.client.subscribe(rig.filter, 0);
			else if (callback === "flushed") rig.client.flush();
			else rig.publish("x", callback === "room" ? 1 : 0); // QoS 0 is settled while packets are being gathered
			if (callback === "room") expect(rig.publish("y", 1)).toBe(Refusal.Full);
			rig.pass(1);
			expect(peer.line.take(), callback).toContain("puback #7");
		}
	});

	test("a handler that throws counts as one that returned, or as one that holds, if it did", () => {
		for (const text of ["r1", "h1"]) {
			const { rig, peer, holds } = bench(version);
			let handle = 0;
			rig.recorder.hook = (note, message) => {
				if (note[0] !== "message") return;
				if (text === "h1") handle = message!.hold();
				throw new Error("on purpose");
			};
			peer.line.publish("in", text, 2, 7);
			expect(() => rig.pass(1)).toThrow("on purpose");
			rig.recorder.hook = undefined;
			rig.pass(1);
			expect(peer.line.take()).toEqual(text === "h1" ? [] : ["pubrec #7"]);
			if (text === "h1") expect(rig.client.acknowledge(handle)).toBe(0);
			rig.pass(1);
			expect(holds.count).toBe(0);
			peer.line.publish("in", text, 2, 7, { dup: true });
			rig.pass(1);
			expect(rig.recorder.count("message")).toBe(1); // it was taken
		}
	});

	test("a held QoS 2 message that comes again meanwhile is delivered once, and answered once", () => {
		const { rig, peer, handles } = bench(version);
		peer.line.publish("in", "h1", 2, 7).publish("in", "h1", 2, 7, { dup: true });
		rig.pass(1);
		expect(payloads(rig)).toEqual(["h1"]);
		rig.client.acknowledge(handles.get("h1")!);
		rig.pass(1);
		peer.line.publish("in", "h1", 2, 7, { dup: true }); // and now it is known
		rig.pass(1);
		expect(peer.line.take()).toEqual(["pubrec #7", "pubrec #7"]);
		expect(payloads(rig)).toEqual(["h1"]);
		expect(rig.client.counters[Counter.Duplicates]).toBe(2);
	});

	test("the answer to a repeated QoS 2 message waits for elders, too", () => {
		const { rig, peer, handles } = bench(version);
		peer.line.publish("in", "r1", 2, 1).publish("in", "h2", 2, 2).publish("in", "r1", 2, 1, { dup: true });
		rig.pass(1);
		expect(peer.line.take()).toEqual(["pubrec #1"]);
		rig.client.acknowledge(handles.get("h2")!);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["pubrec #2", "pubrec #1"]);
	});

	test("PUBCOMP and pings wait for nobody", () => {
		const { rig, peer } = bench(version, { keepAliveSeconds: 10 }, 60_000);
		peer.line.publish("in", "r1", 2, 1).publish("in", "h2", 2, 2);
		rig.pass(1);
		peer.line.ack("pubrel", 1);
		rig.pass(10_000);
		expect(peer.line.take()).toEqual(["pubrec #1", "pubcomp #1", "pingreq"]);
	});

	test("more acknowledgements at once than may be owed, over a link with little room: all leave, in order", () => {
		const limits = { receiveMaximum: 8, window: 1 };
		const { rig, peer, handles } = bench(version, { limits });
		rig.strict.last.roomLimit = 4;
		peer.line.publish("in", "h1", 1, 1);
		for (let id = 2; id <= 8; id++) peer.line.publish("in", `r${id}`, 1, id);
		rig.pass(1);
		expect(peer.line.take()).toEqual([]);
		rig.client.acknowledge(handles.get("h1")!);
		for (let i = 0; i < 10; i++) {
			rig.strict.last.onWritable(4);
			rig.pass(1);
		}
		expect(peer.line.take()).toEqual(Array.from({ length: 8 }, (_, i) => `puback #${i + 1}`));
	});

	test("mayRepeat is told of a QoS 2 message that was held when its connection ended", () => {
		const { rig, peer } = bench(version);
		const may: boolean[] = [];
		rig.recorder.hook = (note, message) => {
			if (note[0] !== "message") return;
			may.push(message!.mayRepeat);
			message!.hold();
		};
		peer.present = true;
		peer.line.publish("in", "x", 2, 7);
		rig.pass(1);
		rig.drop();
		rig.until("online", () => rig.client.online);
		peer.line.publish("in", "x", 2, 7, { dup: true }).publish("in", "new", 2, 8);
		rig.pass(1);
		expect(may).toEqual([false, true, false]);
	});

	test("close and open: what is held is void, and no deadline of it is left", () => {
		const { rig, peer, handles, holds } = bench(version, {}, 1000);
		peer.line.publish("in", "h1", 2, 7);
		rig.pass(1);
		rig.client.close();
		rig.pass(5000);
		expect(rig.client.acknowledge(handles.get("h1")!)).toBe(Refusal.NothingHeld);
		expect(holds.forgotten).toBe(0);
		expect(rig.world.pending).toBe(0);
	});
});

test("its bytes are in the budget; a wrong holdMs throws", () => {
	const holds = new Holds();
	const client = new Client({
		memory: new NodeMemory(),
		dialler: { dial: () => { throw new Error("nobody"); } },
		clock: { ticks: 0, seconds: 0, epochSeconds: 0, timer: () => ({ arm() {}, disarm() {} }) },
		random: { below: () => 0 },
		store: new RamStore(),
		clientId: "x",
		holds,
	}); // biome-ignore format: short
	expect(client.memory.find((term) => term.name === "holds")?.bytes).toBe(16 * 16 + (16 + 16 + 2) * 4);
	for (const holdMs of [0, -1, 1.5, 2 ** 30, Number.NaN])
		expect(() => new Holds({ holdMs })).toThrow(RangeError);
});
