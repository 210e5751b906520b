// SPDX-License-Identifier: MIT
/** Topic aliases in both directions: when there is one, what it means, and when it is forgotten. */
import type { IConnectPacket, IPublishPacket } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { Aliases, Fragments, Holds } from "../../../lib/extras/index.js";
import { Counter, Reason, Settled } from "../../../lib/index.js";
import { FlashStore } from "../../../lib/store/index.js";
import { Broker } from "../../../simulator/broker/index.js";
import { NodeFlash } from "../../../simulator/node/flash.js";
import { type Fields, type Heard, meet, met, type Peer, VERSIONS } from "../../kit/peer.js";
import { Rig, type RigOptions } from "../../kit/rig.js";
import { newArena } from "../wire/bytes.js";

/** Topic, alias and DUP of each PUBLISH, `-` for what is not there. */
function sent(heard: readonly Heard[]): string[] {
	return heard.map(({ packet }) => {
		const { topic, dup, properties } = packet as IPublishPacket;
		return `${topic || "-"} ${properties?.topicAlias ?? "-"}${dup ? " dup" : ""}`;
	});
}

/** A peer that allows `maximum` aliases, all else answered. */
function allowing(maximum: number | undefined, options: RigOptions = {}, version: 4 | 5 = 5) {
	const both = meet(version, { aliases: new Aliases(), ...options });
	if (maximum !== undefined && version === 5) both.peer.properties = { topicAliasMaximum: maximum };
	both.peer.answerAll();
	both.rig.online();
	const topics = ["room/one", "room/two", "room/three"].map((name) => both.rig.client.topic(name));
	return { ...both, topics };
}

const publishes = (peer: Peer): string[] => sent(peer.all("publish"));

describe("outbound", () => {
	test.each(VERSIONS)("version %i: the topic once, then its alias alone; 3.1.1 has none", (version) => {
		const { rig, peer, topics } = allowing(5, {}, version);
		for (const n of [0, 1, 0, 0, 1]) rig.publish(`${n}`, 1, 0, topics[n]);
		rig.until("settled", () => rig.client.pending === 0);
		expect(publishes(peer)).toEqual(
			version === 5
				? ["room/one 1", "room/two 2", "- 1", "- 1", "- 2"]
				: ["room/one -", "room/two -", "room/one -", "room/one -", "room/two -"],
		);
		expect(peer.all("publish").map((one) => String((one.packet as IPublishPacket).payload))).toEqual([
			...["0", "1", "0", "0", "1"],
		]);
	});

	test.each([undefined, 0, 1, 2])(
		"none above what CONNACK allows, %s [5.0 MQTT-3.2.2-17, MQTT-3.2.2-18, MQTT-3.3.2-9]",
		(maximum) => {
			const { rig, peer, topics } = allowing(maximum);
			for (const topic of [...topics, ...topics]) rig.publish("x", 0, 0, topic);
			rig.pass(1);
			const [one, two, three] = ["room/one", "room/two", "room/three"];
			expect(publishes(peer)).toEqual(
				maximum === 1
					? [`${one} 1`, `${two} -`, `${three} 1`, `${one} -`, `${two} 1`, `${three} -`]
					: maximum === 2
						? [`${one} 1`, `${two} 2`, `${three} -`, "- 1", "- 2", `${three} -`]
						: [one, two, three, one, two, three].map((topic) => `${topic} -`),
			);
		},
	);

	test("forgotten with the connection, and what is sent again has its topic [5.0 MQTT-3.3.2-7]", () => {
		const { rig, peer, topics } = allowing(2);
		rig.publish("a", 1, 0, topics[0]);
		rig.until("settled", () => rig.client.pending === 0);
		peer.polite.delete("publish");
		rig.publish("b", 1, 0, topics[0]);
		rig.publish("c", 2, 0, topics[1]);
		rig.pass(1);
		peer.present = true;
		peer.answerAll();
		rig.drop();
		rig.until("settled", () => rig.client.pending === 0);
		rig.publish("d", 1, 0, topics[0]);
		rig.publish("e", 1, 0, topics[0]);
		rig.until("settled", () => rig.client.pending === 0);
		expect(publishes(peer)).toEqual([
			...["room/one 1", "- 1", "room/two 2"],
			...["room/one - dup", "room/two - dup", "room/one 1", "- 1"],
		]);
		peer.properties = {};
		rig.drop();
		rig.until("online", () => rig.client.online);
		rig.publish("f", 0, 0, topics[0]);
		rig.pass(1);
		expect(publishes(peer).slice(-1)).toEqual(["room/one -"]);
	});

	test("a store in flash keeps the topic, never an alias alone", () => {
		const flash = new NodeFlash();
		const { rig, peer, topics } = allowing(2, { store: new FlashStore(flash, {}) });
		peer.polite.delete("publish");
		for (const text of ["a", "b"]) rig.publish(text, 1, 0, topics[0]);
		rig.pass(1);
		expect(publishes(peer)).toEqual(["room/one 1", "- 1"]);
		const later = meet(5, { store: new FlashStore(flash, {}) });
		later.peer.present = true;
		later.peer.answerAll();
		later.rig.online();
		later.rig.until("settled", () => later.rig.client.pending === 0);
		expect(publishes(later.peer)).toEqual(["room/one - dup", "room/one - dup"]);
	});

	test("not for what is as short as the alias, nor longer than what is kept", () => {
		const { rig, peer } = allowing(5, { aliases: new Aliases({ topicBytes: 16 }) });
		for (const name of ["abc", "abcd", "a".repeat(16), "a".repeat(17)])
			for (let n = 0; n < 2; n++) rig.publish("", 0, 0, rig.client.topic(name));
		rig.pass(1);
		const long = "a".repeat(17);
		expect(publishes(peer)).toEqual([
			...["abc -", "abc -", "abcd 1", "- 1"],
			...[`${long.slice(1)} 2`, "- 2", `${long} -`, `${long} -`],
		]);
	});

	test("no packet becomes longer by it than the server takes, or than the send region is [5.0 MQTT-3.2.2-15]", () => {
		for (const [maximumPacketSize, sendBytes] of [
			[64, 1024],
			[1024, 64],
		] as const) {
			const aliases = new Aliases({ outbound: 64 });
			const { rig, peer } = meet(5, { aliases, limits: { sendBytes, textBytes: 1000 } });
			peer.properties = { topicAliasMaximum: 64, maximumPacketSize };
			rig.online();
			let settled = 0;
			for (let length = 0; length < 64; length++) {
				const topic = rig.client.topic(`room/${length + 100}`);
				if (rig.client.publish(topic, new Uint8Array(length), 0) > 0) settled++;
				rig.pass(1);
			}
			expect(peer.all("publish").length).toBe(settled);
			expect(settled).toBe(sendBytes === 64 ? 39 : 64 - 2 - 2 - 8);
			const lengths = peer.all("publish").map(({ packet }) => (packet.length ?? 0) + 2);
			expect(Math.max(...lengths)).toBeLessThanOrEqual(64);
			if (maximumPacketSize === 64) expect(Math.max(...lengths), "all of it is used").toBe(64);
			expect(publishes(peer).slice(0, 2)).toEqual(["room/100 1", "room/101 2"]);
		}
	});

	test("beside properties and expiry", () => {
		const { rig, peer } = allowing(2);
		const topic = rig.client.topic("room/one", rig.client.properties({ contentType: "t" }));
		for (let n = 0; n < 2; n++) rig.client.publish(topic, new Uint8Array(1), 1, 0, 60);
		rig.until("settled", () => rig.client.pending === 0);
		expect(
			peer
				.all("publish")
				.map(({ packet }) => [(packet as IPublishPacket).topic, (packet as IPublishPacket).properties]),
		).toEqual([
			["room/one", { messageExpiryInterval: 60, topicAlias: 1, contentType: "t" }],
			["", { messageExpiryInterval: 60, topicAlias: 1, contentType: "t" }],
		]);
	});
});

describe("whose alias it is", () => {
	/** What each topic is sent with, a letter a topic: alias, `=alias` when it is named anew, or 0. */
	function play(aliases: Aliases, topics: string): string {
		const arena = newArena(2048);
		aliases.attach(arena);
		aliases.reset(255);
		return Array.from(topics, (letter) => {
			arena.bytes.fill(letter.charCodeAt(0), 1900, 1908);
			const alias = aliases.outbound(1900, 1908);
			return alias < 0 ? `=${-alias}` : `${alias}`;
		}).join(" ");
	}

	test("topics used often keep theirs from many that come once", () => {
		const played = play(new Aliases({ outbound: 2 }), "aaabbbcdeaabb");
		expect(played).toBe("=1 1 1 =2 2 2 0 0 0 1 1 2 2");
	});

	test("one topic more than there are aliases takes none away, when all come in turn", () => {
		const played = play(new Aliases({ outbound: 3 }), "abcd".repeat(4));
		expect(played).toBe("=1 =2 =3 0 1 2 3 0 1 2 3 0 1 2 3 0");
	});

	test("what is used no more loses it after sixteen messages without one, however often it was used", () => {
		const played = play(new Aliases({ outbound: 2 }), `${"ab".repeat(500)}${"cd".repeat(12)}`).split(" ");
		expect(played.slice(1000)).toEqual([
			...Array.from({ length: 16 }, () => "0"),
			...["=2", "=1", "2", "1", "2", "1", "2", "1"],
		]);
	});

	test("none of its own: every topic goes as it is", () => {
		expect(play(new Aliases({ outbound: 0 }), "aaa")).toBe("0 0 0");
	});

	test.each([
		[{ outbound: 256 }, /outbound must be 0 to 255, not 256/],
		[{ inbound: -1 }, /inbound must be 0 to 255, not -1/],
		[{ outbound: 1.5 }, /outbound must be 0 to 255, not 1.5/],
		[{ topicBytes: 15 }, /topicBytes must be 16 to 1024, not 15/],
		[{ topicBytes: 1025 }, /topicBytes must be 16 to 1024, not 1025/],
		[{ topicBytes: Number.NaN }, /topicBytes must be 16 to 1024, not NaN/],
	])("%j throws", (options, message) => {
		expect(() => new Aliases(options)).toThrow(message);
	});

	test("its bytes are a term of the budget, and nothing without it", () => {
		const terms = (options: RigOptions) => new Rig({ version: 5, ...options }).client.memory;
		expect(terms({}).some(({ name }) => name === "aliases")).toBe(false);
		const aliases = new Aliases({ outbound: 3, inbound: 2, topicBytes: 60 });
		expect(terms({ aliases }).find(({ name }) => name === "aliases")?.bytes).toBe(5 * 64);
	});
});

describe("inbound", () => {
	const options = () => ({ aliases: new Aliases({ inbound: 3, topicBytes: 16 }) });
	const say = (peer: Peer, topic: string, topicAlias: number, more: Fields = {}): void => {
		const { qos = 0, messageId } = more as { qos?: number; messageId?: number };
		peer.line.publish(topic, "x", qos, messageId, { ...more, properties: { topicAlias } });
	};
	const topicsOf = (rig: Rig) => rig.recorder.of("message").map(([topic]) => topic);

	test("CONNECT announces how many, and each of them is taken, and means what was said last [5.0 MQTT-3.3.2-10]", () => {
		const { rig, peer } = meet(5, options());
		rig.online();
		expect((peer.all("connect")[0].packet as IConnectPacket).properties).toMatchObject({
			topicAliasMaximum: 3,
		});
		for (const [topic, alias] of [
			...[
				["in/a", 1],
				["in/b", 2],
				["in/c", 3],
				["", 2],
				["", 1],
			],
			...[
				["in/d", 2],
				["", 2],
				["", 3],
			],
		] as [string, number][])
			say(peer, topic, alias);
		rig.pass(1);
		expect(topicsOf(rig)).toEqual(["in/a", "in/b", "in/c", "in/b", "in/a", "in/d", "in/d", "in/c"]);
	});

	test.each([
		["above the maximum [5.0, 3.3.2.3.4]", options, "in/a", 4, Reason.TopicAliasInvalid],
		["any, when none was announced [5.0, 3.3.2.3.4]", () => ({}), "in/a", 1, Reason.TopicAliasInvalid],
		["zero [5.0, 3.3.2.3.4]", options, "in/a", 0, Reason.TopicAliasInvalid],
		["one of which nothing was said [5.0, 3.3.2.3.4]", options, "", 2, Reason.ProtocolError],
	])("%s ends the connection with its reason", (_title, given, topic, alias, reason) => {
		const { rig, peer } = met(5, given());
		say(peer, topic, alias);
		rig.until("offline", () => rig.recorder.count("offline") === 1);
		expect(rig.recorder.of("offline")).toEqual([[reason, true]]);
		rig.pass(1);
		expect(peer.lines[0].take()).toEqual([`disconnect 0x${reason.toString(16)}`]);
		expect(rig.recorder.count("message")).toBe(0);
	});

	test("forgotten with the connection [5.0 MQTT-3.3.2-7]", () => {
		const { rig, peer } = met(5, options());
		say(peer, "in/a", 1);
		rig.pass(1);
		rig.drop();
		rig.until("online", () => rig.client.online);
		say(peer, "", 1);
		rig.until("offline", () => rig.recorder.count("offline") === 2);
		expect(rig.recorder.of("offline")[1]).toEqual([Reason.ProtocolError, true]);
		expect(topicsOf(rig)).toEqual(["in/a"]);
	});

	test("a topic longer than what is kept: delivered, and from the next connection on there is no alias", () => {
		const aliases = new Aliases({ inbound: 3, topicBytes: 16 });
		const { rig, peer } = met(5, { aliases });
		const long = `in/${"x".repeat(14)}`;
		say(peer, "in/a", 1);
		say(peer, long, 1);
		say(peer, "in/b", 1);
		say(peer, "", 1);
		rig.pass(1);
		expect(topicsOf(rig)).toEqual(["in/a", long, "in/b", "in/b"]);
		expect(rig.client.online, "it was never asked for").toBe(true);
		say(peer, long, 2);
		say(peer, "", 2);
		rig.until("offline", () => rig.recorder.count("offline") === 1);
		expect(rig.recorder.of("offline")).toEqual([[Reason.ImplementationSpecific, true]]);
		rig.until("online", () => rig.client.online);
		const connects = peer.all("connect").map(({ packet }) => (packet as IConnectPacket).properties);
		expect(connects.map((one) => one?.topicAliasMaximum ?? 0)).toEqual([3, 0]);
		peer.line.publish(long, "x", 0);
		rig.pass(1);
		expect(topicsOf(rig).slice(-1)).toEqual([long]);
	});

	test("what is not delivered says what its alias means, too: duplicates, and what is held back", () => {
		const { rig, peer } = met(5, { ...options(), limits: { receiveMaximum: 1 } });
		say(peer, "in/a", 1, { qos: 2, messageId: 7 });
		say(peer, "in/b", 2, { qos: 2, messageId: 7, dup: true });
		say(peer, "in/c", 3, { qos: 2, messageId: 8 });
		for (const alias of [1, 2, 3]) say(peer, "", alias);
		rig.pass(1);
		expect(topicsOf(rig)).toEqual(["in/a", "in/a", "in/b", "in/c"]);
		expect(rig.client.counters[Counter.Duplicates]).toBe(1);
		expect(rig.client.counters[Counter.HeldBack]).toBe(1);
	});

	test("a message that is held, and one that comes in pieces", () => {
		const { rig, peer } = met(5, {
			...options(),
			holds: new Holds(),
			fragments: new Fragments(),
			limits: { packetBytes: 128 },
		});
		const seen: string[] = [];
		let handle = 0;
		rig.recorder.hook = (note, message) => {
			if (note[0] !== "message" || message === undefined) return;
			seen.push(`${message.topic()} ${message.offset}`);
			if (handle === 0) handle = message.hold();
		};
		say(peer, "in/a", 1, { qos: 1, messageId: 1 });
		say(peer, "", 1, { qos: 1, messageId: 2, payload: Buffer.alloc(200) });
		rig.pass(1);
		expect(seen[0]).toBe("in/a 0");
		expect(seen.length).toBeGreaterThan(2);
		expect(new Set(seen.map((one) => one.split(" ")[0]))).toEqual(new Set(["in/a"]));
		rig.client.acknowledge(handle);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["puback #1", "puback #2"]);
	});
});

describe("with the broker", () => {
	test.each(VERSIONS)("version %i: both ways, through many connections", (version) => {
		const aliases = new Aliases({ outbound: 3, inbound: 3 });
		const rig = new Rig({ version, aliases, seed: 5 });
		const broker = new Broker({ schedule: rig.world, limits: { topicAliasMaximum: 2 } });
		rig.network.listen(broker);
		rig.client.subscribe(rig.client.filter("room/#"), 2);
		rig.online();
		rig.until("subscribed", () => rig.recorder.count("subscribed") === 1);
		const topics = ["room/one", "room/two", "room/three"].map((name) => rig.client.topic(name));
		for (let n = 0; n < 60; n++) {
			if (n % 15 === 14) rig.drop();
			const ticket = rig.publish(`${n}`, (1 + (n % 2)) as 1 | 2, 0, topics[n % 3]);
			expect(ticket).toBeGreaterThan(0);
			rig.until("online and done", () => rig.client.online && rig.client.pending === 0);
		}
		const messages = new Map<unknown, unknown>();
		rig.until("all are back", () => {
			for (const [topic, text] of rig.recorder.of("message")) messages.set(text, topic);
			return messages.size === 60;
		});
		for (const [text, topic] of messages)
			expect(topic).toBe(["room/one", "room/two", "room/three"][Number(text) % 3]);
		expect([...rig.recorder.settled.values()].every((one) => one === Settled.Acknowledged)).toBe(true);
	});
});
