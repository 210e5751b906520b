// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Fragments, Holds } from "../../../lib/extras/index.js";
import { Counter, Refusal } from "../../../lib/index.js";
import { born } from "../../kit/lives.js";
import { encode, VERSIONS } from "../../kit/peer.js";
import { Assembler, patterned, streaming } from "./assembler.js";

describe.each(VERSIONS)("version %i: payloads in pieces", (version) => {
	test("pain 7: every length around the region, every region, every QoS, however the network cuts it", () => {
		for (const packetBytes of [64, 77, 96]) {
			for (const pieceBytes of [1, 2, 3, 16, 61, 1436]) {
				const { rig, peer, seen } = streaming(version, packetBytes, { conditions: { pieceBytes } });
				let id = 1;
				for (let length = packetBytes - 12; length < packetBytes * 3; length += 1 + (length % 5), id++) {
					const qos = id % 3;
					peer.line.publish("in/big", patterned(length, id), qos, id).publish("in/small", "s", 0);
					rig.pass(5);
					const [big, small, ...more] = seen.take();
					expect([big.topic, big.qos, small.topic, more.length]).toEqual(["in/big", qos, "in/small", 0]);
					expect(Buffer.compare(big.payload, patterned(length, id))).toBe(0);
					const acknowledged = qos === 0 ? [] : [`${qos === 1 ? "puback" : "pubrec"} #${id}`];
					expect(peer.line.take()).toEqual(acknowledged);
					if (qos === 2) peer.line.ack("pubrel", id);
					rig.pass(5);
					peer.line.take();
				}
				expect(rig.client.counters[Counter.PeerFaults]).toBe(0);
				expect(rig.client.counters[Counter.Delivered]).toBe(rig.client.counters[Counter.PacketsIn + 3]);
			}
		}
	});

	test("the pieces fill the region, in multiples of 16, whatever the network does", () => {
		const cuts = [1, 7, 100, 1436].map((pieceBytes) => {
			const { rig, peer, seen } = streaming(version, 128, { conditions: { pieceBytes } });
			peer.line.publish("in/x", patterned(400), 1, 7);
			rig.pass(5);
			seen.take();
			return seen.cuts;
		});
		// 128 bytes less 3 of fixed header, 6 of topic, 2 of identifier and, in 5.0, 1 of properties: 117, or 116.
		for (const cut of cuts) expect(cut).toEqual([112, 112, 112, 64]);
	});

	test("[MQTT-4.3.2-4] [MQTT-4.3.3-8] acknowledged with the last piece, and not before", () => {
		for (const qos of [1, 2]) {
			const { rig, peer } = streaming(version);
			const packet = encode(
				{ cmd: "publish", topic: "in/x", payload: Buffer.from(patterned(300)), qos, messageId: 7 },
				version,
			);
			peer.line.raw(packet.slice(0, -1));
			rig.pass(1);
			expect(rig.recorder.count("message")).toBe(2);
			expect(peer.line.take()).toEqual([]);
			expect(rig.client.counters[Counter.Delivered]).toBe(0);
			peer.line.raw(packet.slice(-1));
			rig.pass(1);
			expect(rig.recorder.count("message")).toBe(3);
			expect(peer.line.take()).toEqual([qos === 1 ? "puback #7" : "pubrec #7"]);
			expect(rig.client.counters[Counter.Delivered]).toBe(1);
			expect(rig.client.counters[Counter.BytesIn + 3]).toBe(packet.length);
		}
	});

	test("a link that is cut at any byte: told, and begun anew; QoS 2 once, QoS 1 at least once", () => {
		const payload = patterned(90);
		for (const qos of [1, 2]) {
			const length = encode(
				{ cmd: "publish", topic: "in/x", payload: Buffer.from(payload), qos, messageId: 7 },
				version,
			).length;
			for (let cut = 1; cut <= length; cut++) {
				const { rig, peer, seen } = streaming(version, 64);
				peer.present = true;
				[...rig.network.links][0].cutAfter("down", cut);
				peer.line.publish("in/x", payload, qos, 7);
				rig.until("offline", () => !rig.client.online);
				const before = seen.take().length;
				expect(before).toBe(cut === length ? 1 : 0);
				rig.until("online", () => rig.client.online);
				peer.line.publish("in/x", payload, qos, 7, { dup: true });
				rig.pass(2);
				expect(seen.take().length).toBe(qos === 2 ? 1 - before : 1);
				expect(peer.line.take().at(-1)).toBe(qos === 1 ? "puback #7" : "pubrec #7");
			}
		}
	});

	test("[MQTT-4.3.3-10] a QoS 2 message that was taken is passed over, piece by piece, and answered", () => {
		const { rig, peer, seen } = streaming(version);
		peer.line.publish("in/x", patterned(300), 2, 7).publish("in/x", patterned(300), 2, 7, { dup: true });
		peer.line.publish("in/y", "after", 0);
		rig.pass(1);
		expect(seen.take().map((one) => one.topic)).toEqual(["in/x", "in/y"]);
		expect(peer.line.take()).toEqual(["pubrec #7", "pubrec #7"]);
		expect(rig.client.counters[Counter.Duplicates]).toBe(1);
		expect(rig.client.counters[Counter.PacketsIn + 3]).toBe(3);
	});

	test("QoS 2 for which there is no place is left with the broker, and fetched", () => {
		const { rig, peer, seen } = streaming(version, 128, { limits: { receiveMaximum: 1, window: 1 } });
		peer.line.publish("in/1", "small", 2, 1).publish("in/2", patterned(300), 2, 2);
		rig.pass(1);
		expect(seen.take().map((one) => one.topic)).toEqual(["in/1"]);
		expect(peer.line.take()).toEqual(["pubrec #1"]);
		expect(rig.client.counters[Counter.HeldBack]).toBe(1);
		peer.present = true;
		peer.line.ack("pubrel", 1);
		rig.until("back", () => peer.lines.length === 2 && rig.client.online);
		peer.line.publish("in/2", patterned(300), 2, 2, { dup: true });
		rig.pass(1);
		expect(seen.take()).toEqual([{ topic: "in/2", payload: patterned(300), qos: 2 }]);
	});

	test("what was judged a repeat and is none by its end is left with the broker, not answered", () => {
		const { rig, peer, seen } = streaming(version, 128, {
			limits: { receiveMaximum: 1, window: 1, requestMs: 1000 },
		});
		peer.present = true;
		peer.line.publish("in/1", "small", 2, 1);
		rig.pass(1);
		rig.drop();
		rig.until("online", () => rig.client.online);
		const second = peer.line;
		// A new one finds no place, so what earlier connections opened is given up after `requestMs`; in the middle of a repeat.
		second.publish("in/2", "none", 2, 2);
		const packet = encode(
			{ cmd: "publish", topic: "in/x", payload: Buffer.from(patterned(300)), qos: 2, messageId: 1 },
			version,
		);
		second.raw(packet.slice(0, 290));
		rig.pass(1500);
		second.raw(packet.slice(290));
		rig.pass(1);
		expect(second.take().filter((text) => text.startsWith("pubrec"))).toEqual([]);
		expect(seen.take().map((one) => one.topic)).toEqual(["in/1"]);
		rig.until("back", () => peer.lines.length === 3 && rig.client.online);
		peer.line.raw(packet);
		rig.pass(1);
		expect(seen.take().map((one) => one.topic)).toEqual(["in/x"]);
	});

	test("topic, properties and QoS can be read with every piece", () => {
		const { rig, peer } = streaming(version, 128);
		const heads: string[] = [];
		rig.recorder.hook = (note, message) => {
			if (note[0] === "message")
				heads.push(`${message!.topic()} ${message!.qos} ${message!.retain} ${message!.matches(rig.filter)}`);
		};
		const properties = { contentType: "image/x", userProperties: { a: "b" } };
		peer.line.publish("in/picture", patterned(500), 1, 7, { retain: true, properties });
		rig.pass(1);
		expect(heads.length).toBeGreaterThan(4);
		expect(new Set(heads)).toEqual(new Set(["in/picture 1 true true"]));
	});

	test("pain 10, pain 21: acknowledgements, PINGREQ and messages of ours leave while a payload comes", () => {
		const { rig, peer, seen } = streaming(version, 512, {
			keepAliveSeconds: 16,
			conditions: { bytesPerSecond: 2000 },
		});
		peer.answerAll();
		peer.line.publish("in/firmware", patterned(120_000), 1, 7);
		for (let second = 0; second < 59; second++) {
			rig.pass(1000);
			if (second === 30) rig.publish("meanwhile", 1);
		}
		expect(seen.take()).toEqual([]);
		expect(peer.line.take().filter((text) => text !== "pingreq")).toEqual(["publish a/b=meanwhile q1 #2"]);
		expect(peer.all("pingreq").length).toBeGreaterThanOrEqual(3);
		const sent = peer.line.heard.map((one) => one.time);
		for (let i = 1; i < sent.length; i++) expect(sent[i] - sent[i - 1]).toBeLessThanOrEqual(16_000);
		rig.until("last", () => rig.client.counters[Counter.Delivered] === 1);
		rig.pass(10);
		expect(seen.take().map((one) => one.payload.length)).toEqual([120_000]);
		expect(peer.line.take()).toContain("puback #7");
		expect(rig.recorder.count("offline")).toBe(0);
	});

	test("a handler that takes its time does not keep the turn: what is due leaves in between", () => {
		const { rig, peer } = streaming(version, 128);
		let pieces = 0;
		const written: number[] = [];
		rig.strict.last.onWrite = () => written.push(pieces);
		peer.line.publish("in/x", patterned(1100), 1, 7);
		rig.recorder.hook = (note) => {
			if (note[0] !== "message") return;
			if (++pieces === 3) rig.publish("mine", 0);
			rig.clock.offsetMs += 60; // flash is being written
		};
		rig.pass(10);
		expect(written).toEqual([3, 10]);
		expect(peer.line.take()).toEqual(["publish a/b=mine q0", "puback #7"]);
	});

	test("close, and open again, inside of a piece", () => {
		const { rig, peer, seen } = streaming(version);
		let pieces = 0;
		rig.recorder.hook = (note) => {
			if (note[0] !== "message" || ++pieces !== 2) return;
			rig.client.close();
			rig.client.open();
		};
		peer.line.publish("in/x", patterned(500), 1, 7);
		rig.pass(1);
		expect(seen.take().map((one) => one.payload.length)).toEqual([500]);
		rig.recorder.hook = (note) => {
			if (note[0] === "message") rig.client.close();
		};
		peer.line.publish("in/x", patterned(500), 1, 8);
		rig.pass(1);
		expect(rig.client.online).toBe(false);
		expect(peer.line.take().at(-1)).toBe("disconnect");
		rig.recorder.hook = undefined;
		rig.online();
		const again = new Assembler(rig);
		peer.line.publish("in/y", patterned(500), 1, 8);
		rig.pass(1);
		expect(again.take().map((one) => one.topic)).toEqual(["in/y"]);
	});

	test("a listener that throws at a piece gets the next one", () => {
		const { rig, peer } = streaming(version);
		let thrown = 0;
		rig.recorder.hook = (note) => {
			if (note[0] === "message" && thrown++ === 1) throw new Error("of the application");
		};
		peer.line.publish("in/x", patterned(500), 1, 7);
		expect(() => rig.pass(1)).toThrow("of the application");
		rig.pass(1);
		expect(thrown).toBe(5);
		expect(peer.line.take()).toEqual(["puback #7"]);
	});

	test("after a power cut content decides, of all pieces: the same message is not given its last, another one is", () => {
		for (const changed of [-1, 0, 299]) {
			const same = changed < 0;
			const options = () => ({ fragments: new Fragments(), limits: { packetBytes: 128 } });
			const { lives, rig, peer } = born(version, options());
			peer.line.publish("in/x", patterned(300, 1), 2, 7);
			rig.pass(5);
			expect(peer.line.take()).toEqual(["pubrec #7"]);
			lives.cut();
			peer.present = true;
			const next = lives.boot(options());
			next.online();
			next.pass(1);
			peer.line.take();
			const seen = new Assembler(next);
			// They differ in the first byte only, or in the last.
			const payload = patterned(300, 1);
			if (!same) payload[changed] ^= 1;
			peer.line.publish("in/x", payload, 2, 7, { dup: true });
			next.pass(5);
			expect(seen.take()).toEqual(same ? [] : [{ topic: "in/x", payload, qos: 2 }]);
			expect(seen.repeats).toBe(true);
			expect(peer.line.take()).toEqual(["pubrec #7"]);
			expect(next.client.counters[Counter.Duplicates]).toBe(same ? 1 : 0);
			peer.line.ack("pubrel", 7);
			next.pass(1);
			expect(peer.line.take()).toEqual(["pubcomp #7"]);
		}
	});

	test("of a message that was cut in the middle the store knows nothing, also in the next life", () => {
		const options = () => ({ fragments: new Fragments(), limits: { packetBytes: 128 } });
		const { lives, rig, peer } = born(version, options());
		const packet = encode(
			{ cmd: "publish", topic: "in/x", payload: Buffer.from(patterned(300)), qos: 2, messageId: 7 },
			version,
		);
		peer.line.raw(packet.slice(0, 280));
		rig.pass(1);
		expect(rig.recorder.count("message")).toBe(2);
		lives.cut();
		peer.present = true;
		const next = lives.boot(options());
		next.online();
		const seen = new Assembler(next);
		peer.line.publish("in/x", patterned(300), 2, 7, { dup: true });
		next.pass(5);
		expect(seen.take()).toHaveLength(1);
	});

	test("held with its last piece, and only then; what is known is passed over behind its elders", () => {
		for (const qos of [1, 2]) {
			const { rig, peer, seen } = streaming(version, 128, { holds: new Holds() });
			const handles: number[] = [];
			rig.recorder.hook = (note, message) => {
				if (note[0] === "message" && note[1] === "in/x") handles.push(message!.hold());
			};
			peer.line.publish("in/x", patterned(300), qos, 7).publish("in/y", patterned(300), qos, 8);
			rig.pass(1);
			expect(handles).toEqual([Refusal.NothingHeld, Refusal.NothingHeld, 1]);
			expect(seen.take().map((one) => one.topic)).toEqual(["in/x", "in/y"]);
			expect(peer.line.take()).toEqual([]);
			if (qos === 2) {
				peer.line.publish("in/x", patterned(300), 2, 7, { dup: true });
				rig.pass(1);
				expect(seen.take()).toEqual([]);
				expect(handles).toHaveLength(3);
			}
			expect(rig.client.acknowledge(1)).toBe(0);
			rig.pass(1);
			const kind = qos === 1 ? "puback" : "pubrec";
			expect(peer.line.take()).toEqual([`${kind} #7`, `${kind} #8`]);
		}
	});

	test("no row for what is to be held: left with the broker, all of its pieces", () => {
		const options = { holds: new Holds(), limits: { receiveMaximum: 1, window: 1 } };
		const { rig, peer, seen } = streaming(version, 128, options);
		rig.recorder.hook = (note, message) => {
			if (note[0] === "message" && note[1] === "in/1") message!.hold();
		};
		peer.present = true;
		peer.line.publish("in/1", "held", 1, 1).publish("in/x", patterned(300), 1, 2);
		rig.pass(1);
		expect(seen.take().map((one) => one.topic)).toEqual(["in/1"]);
		expect(rig.client.counters[Counter.HeldBack]).toBe(1);
		rig.client.acknowledge(1);
		rig.until("back", () => peer.lines.length === 2 && rig.client.online);
		peer.line.publish("in/x", patterned(300), 1, 2, { dup: true });
		rig.pass(1);
		expect(seen.take().map((one) => one.topic)).toEqual(["in/x"]);
	});

	test("a row that comes free in the middle is too late: the last piece alone is not given", () => {
		const options = { holds: new Holds(), limits: { receiveMaximum: 1, window: 1 } };
		const { rig, peer, seen } = streaming(version, 128, options);
		rig.recorder.hook = (note, message) => {
			if (note[0] === "message" && note[1] === "in/1") message!.hold();
		};
		peer.present = true;
		const packet = encode(
			{ cmd: "publish", topic: "in/x", payload: Buffer.from(patterned(300)), qos: 1, messageId: 2 },
			version,
		);
		peer.line.publish("in/1", "held", 1, 1).raw(packet.slice(0, 250));
		rig.pass(1);
		rig.client.acknowledge(1);
		rig.pass(1);
		const first = peer.line;
		first.raw(packet.slice(250));
		rig.until("back", () => peer.lines.length === 2 && rig.client.online);
		expect(seen.take().map((one) => one.topic)).toEqual(["in/1"]);
		expect(first.take().slice(0, 1)).toEqual(["puback #1"]);
		peer.line.raw(packet);
		rig.pass(1);
		expect(seen.take().map((one) => one.topic)).toEqual(["in/x"]);
	});
});
