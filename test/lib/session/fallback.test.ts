// SPDX-License-Identifier: MIT
/** `version: "auto"` against a broker of which a gate lets through what it is to know. */
import { describe, expect, test } from "vitest";
import { LINK_FAULT_BASE, LinkFault, Reason, Settled } from "../../../lib/index.js";
import { RamStore } from "../../../lib/store/index.js";
import { Broker, type BrokerEvent } from "../../../simulator/broker/index.js";
import type { Acceptor, BrokerPeer, BrokerSocket } from "../../../simulator/seams.js";
import { World } from "../../../simulator/world.js";
import { unhex } from "../../kit/peer.js";
import { Rig, type RigOptions } from "../../kit/rig.js";
import { Town } from "../../kit/town.js";

const limits = { backoffMs: 1000, backoffMaxMs: 8000, slowLaneMs: 300_000, stableMs: 30_000 };
const DAY_MS = 86_400_000;

/** What a broker does with a CONNECT of one version: takes it, answers these bytes and closes, or closes. */
type Manner = "takes" | "closes" | "resets" | "silent" | { readonly says: string };

class Gate implements Acceptor {
	/** By the version of CONNECT. */
	manner: Record<4 | 5, Manner> = { 4: "takes", 5: "takes" };
	/** The versions of the CONNECTs that came, in order. */
	readonly versions: number[] = [];
	readonly events: BrokerEvent[] = [];
	readonly broker: Broker;

	constructor(world: World) {
		this.broker = new Broker({ schedule: world, onEvent: (event) => this.events.push(event) });
	}

	accept(socket: BrokerSocket): BrokerPeer {
		let inner: BrokerPeer | undefined;
		return {
			onData: (chunk) => {
				inner ??= this.#greet(chunk, socket);
				inner?.onData(chunk);
			},
			onDrain: () => inner?.onDrain(),
			onClose: () => inner?.onClose(),
		};
	}

	#greet(chunk: Uint8Array, socket: BrokerSocket): BrokerPeer | undefined {
		// Fixed header of two bytes, "MQTT" with its length, level; or a header of three.
		const version = chunk[chunk[3] === 4 ? 8 : 9] as 4 | 5;
		this.versions.push(version);
		const manner = this.manner[version];
		if (manner === "takes") return this.broker.accept(socket);
		if (typeof manner === "object") socket.send(unhex(manner.says));
		if (manner === "resets") socket.destroy();
		else if (manner !== "silent") socket.end();
		return undefined;
	}

	/** Payloads that arrived, each with its QoS. */
	get taken(): string[] {
		return this.events.flatMap((event) =>
			event.kind === "publish" ? [`${event.payload} q${event.qos}`] : [],
		);
	}
}

function begin(manner: Manner, options: RigOptions = {}): { rig: Rig; gate: Gate } {
	const world = new World({ seed: 3 });
	const rig = new Rig({ version: "auto", limits, ...options }, world);
	const gate = new Gate(world);
	gate.manner[5] = manner;
	rig.network.listen(gate);
	return { rig, gate };
}

const REFUSAL: Manner = { says: "20020001" };
const REFUSAL5: Manner = { says: "2003008400" };

describe('version "auto"', () => {
	test("a broker of 5.0 is spoken to in 5.0, and nothing is different", () => {
		const { rig, gate } = begin("takes");
		rig.online();
		rig.drop();
		rig.until("online", () => rig.client.online);
		expect(gate.versions).toEqual([5, 5]);
	});

	test.each([
		["0x01 in the words of 3.1.1", REFUSAL],
		["0x84 in those of 5.0", REFUSAL5],
	])("[3.1.1: MQTT-3.1.2-2] CONNACK %s: 3.1.1 at once", (_, manner) => {
		const { rig, gate } = begin(manner);
		rig.client.open();
		rig.until("online", () => rig.client.online, 100);
		expect(gate.versions).toEqual([5, 4]);
		expect(rig.recorder.of("offline")).toEqual([[Reason.UnsupportedProtocolVersion, true]]);
		expect(rig.recorder.retries).toEqual([0]);
		rig.drop();
		rig.until("online", () => rig.client.online);
		expect(gate.versions).toEqual([5, 4, 4]);
	});

	test.each([
		[5 as const, 1],
		[4 as const, 1],
	])("without it, version %i stays what it is: the slow lane", (version, dials) => {
		const { rig, gate } = begin(REFUSAL, { version });
		gate.manner[4] = REFUSAL;
		rig.client.open();
		rig.pass(100_000);
		expect(gate.versions).toEqual(Array(dials).fill(version));
	});

	test.each(["closes", "resets"] as const)("%s three times in a row without a byte: 3.1.1", (manner) => {
		const { rig, gate } = begin(manner);
		rig.client.open();
		rig.until("online", () => rig.client.online, 20_000);
		expect(gate.versions).toEqual([5, 5, 5, 4]);
		const reasons = rig.recorder.of("offline").map(([reason]) => reason);
		expect(new Set(reasons).size).toBe(1);
		expect([LinkFault.Closed, LinkFault.Reset].map((fault) => LINK_FAULT_BASE - fault)).toContain(reasons[0]);
		expect(rig.recorder.retries.map((ms) => ms > 0)).toEqual([true, true, false]);
	});

	test.each([
		["a byte", { says: "20" }],
		["another refusal", { says: "2003008900" }],
		["another refusal in the words of 3.1.1", { says: "20020003" }],
		["no close at all", "silent"],
	] as const)("%s in between: the row begins again", (_, other) => {
		const { rig, gate } = begin("closes");
		rig.client.open();
		rig.until("two closes", () => rig.recorder.count("offline") === 2);
		gate.manner[5] = other;
		rig.until("the other", () => rig.recorder.count("offline") === 3);
		gate.manner[5] = "closes";
		const met = typeof other === "object" && other.says.length === 10;
		if (met) {
			rig.pass(600_000);
			expect(new Set(gate.versions)).toEqual(new Set([5]));
			return;
		}
		rig.until("online", () => rig.client.online, 120_000);
		expect(gate.versions).toEqual([5, 5, 5, 5, 5, 5, 4]);
	});

	test("links that do not come up neither count nor end the row", () => {
		const { rig, gate } = begin("closes");
		rig.client.open();
		rig.until("two closes", () => rig.recorder.count("offline") === 2);
		rig.dialler.fault = "refuse";
		rig.until("two more", () => rig.recorder.count("offline") === 4);
		rig.dialler.fault = "none";
		rig.until("online", () => rig.client.online);
		expect(gate.versions).toEqual([5, 5, 5, 4]);
	});

	test.each([
		["refuses it later", REFUSAL],
		["closes later", "closes" as Manner],
	])("never for a broker that has answered in 5.0, when it %s", (_, later) => {
		const { rig, gate } = begin("takes");
		rig.online();
		gate.manner[5] = later;
		rig.cut();
		rig.pass(3_600_000);
		expect(new Set(gate.versions)).toEqual(new Set([5]));
	});

	test("nor for one that has refused us in the words of 5.0 for another reason", () => {
		const { rig, gate } = begin({ says: "2003008700" });
		rig.client.open();
		rig.pass(1000);
		gate.manner[5] = REFUSAL;
		rig.pass(3_600_000);
		expect(gate.versions.length).toBeGreaterThan(5);
		expect(new Set(gate.versions)).toEqual(new Set([5]));
	});

	test("who wants neither version is asked once in each, in the slow lane", () => {
		const { rig, gate } = begin(REFUSAL);
		gate.manner[4] = REFUSAL;
		rig.client.open();
		rig.pass(3_600_000);
		expect(gate.versions.length).toBeLessThanOrEqual(2 * 25);
		expect(gate.versions.slice(0, 6)).toEqual([5, 4, 5, 4, 5, 4]);
	});

	test("stored messages survive it, subscriptions too", () => {
		const { rig, gate } = begin(REFUSAL, { queueQos0: true });
		const filter = rig.client.filter("down");
		rig.client.subscribe(filter, 1);
		const tickets = [rig.publish("one", 1), rig.publish("two", 2), rig.publish("three", 0)];
		rig.client.open();
		rig.until("all settled", () => rig.recorder.settled.size === 3);
		expect(tickets.map((ticket) => rig.recorder.settled.get(ticket))).toEqual([
			Settled.Acknowledged,
			Settled.Acknowledged,
			Settled.Sent,
		]);
		expect(gate.taken).toEqual(["one q1", "two q2", "three q0"]);
		gate.broker.publish({ topic: "down", payload: "hello", qos: 1 });
		rig.until("a message", () => rig.recorder.count("message") === 1);
	});

	test("a day later 5.0 is tried again, with the next connection and not before", () => {
		const { rig, gate } = begin(REFUSAL);
		rig.online();
		rig.pass(DAY_MS - 60_000);
		rig.drop();
		rig.until("online", () => rig.client.online);
		expect(gate.versions).toEqual([5, 4, 4]);
		rig.pass(DAY_MS);
		expect(gate.versions, "what lives is left alone").toEqual([5, 4, 4]);
		gate.manner[5] = "takes";
		rig.drop();
		rig.until("online", () => rig.client.online);
		expect(gate.versions).toEqual([5, 4, 4, 5]);
	});

	test("a day later it may still know no other: back to 3.1.1 at once, for another day", () => {
		const { rig, gate } = begin(REFUSAL);
		rig.online();
		for (let day = 0; day < 3; day++) {
			rig.pass(DAY_MS + 1000);
			rig.drop();
			rig.until("online", () => rig.client.online);
			rig.drop();
			rig.until("online", () => rig.client.online);
		}
		expect(gate.versions).toEqual([5, 4, 5, 4, 4, 5, 4, 4, 5, 4, 4]);
	});
});

describe('version "auto" while exchanges are open', () => {
	/** Online in 3.1.1, with a message that the broker took and did not answer. */
	function exchanging(qos: 1 | 2): { rig: Rig; gate: Gate; ticket: number } {
		const both = begin(REFUSAL);
		both.rig.online();
		const packet = qos === 1 ? "puback" : "pubrec";
		both.gate.broker.chaos.packet({ way: "out", packet, deed: "drop", nth: 1 });
		const ticket = both.rig.publish("x", qos);
		both.rig.pass(100);
		return { ...both, ticket };
	}

	test.each([1, 2] as const)("a day later 5.0 waits until QoS %i is finished", (qos) => {
		const { rig, gate, ticket } = exchanging(qos);
		gate.manner[5] = "takes";
		gate.manner[4] = "closes";
		rig.cut();
		rig.pass(DAY_MS + 60_000);
		expect(rig.recorder.settled.has(ticket)).toBe(false);
		expect(new Set(gate.versions.slice(1))).toEqual(new Set([4]));
		gate.manner[4] = "takes";
		rig.until("settled", () => rig.recorder.settled.has(ticket));
		rig.drop();
		rig.until("online", () => rig.client.online);
		expect(gate.versions.at(-1)).toBe(5);
	});

	test("an inbound QoS 2 exchange counts, too", () => {
		const { rig, gate } = begin(REFUSAL);
		rig.client.subscribe(rig.client.filter("down"), 2);
		rig.online();
		rig.pass(100);
		gate.broker.chaos.packet({ way: "out", packet: "pubrel", deed: "cut", nth: 1 });
		gate.broker.publish({ topic: "down", payload: "x", qos: 2 });
		rig.until("offline", () => !rig.client.online);
		expect(rig.recorder.count("message")).toBe(1);
		gate.manner[5] = "takes";
		gate.manner[4] = "closes";
		rig.pass(DAY_MS + 60_000);
		expect(new Set(gate.versions.slice(1))).toEqual(new Set([4]));
	});

	test("those of an earlier life do not count until a connection was up: a board finds its old broker again", () => {
		const world = new World({ seed: 3 });
		const store = new RamStore(limits);
		const rig = new Rig({ version: "auto", limits, store }, world);
		const gate = new Gate(world);
		gate.manner[5] = REFUSAL;
		rig.network.listen(gate);
		rig.online();
		gate.broker.chaos.packet({ way: "out", packet: "puback", deed: "drop", nth: 1 });
		rig.publish("x", 1);
		rig.pass(100);
		expect(store.count).toBe(1);
		// The counter is of this life: as after a reboot with a store in flash.
		rig.client.counters.fill(0);
		rig.client.close();
		rig.pass(100);
		gate.versions.length = 0;
		rig.world.run(rig.world.now + DAY_MS + 1000);
		rig.client.open();
		rig.until("online", () => rig.client.online, 1000);
		expect(gate.versions).toEqual([5, 4]);
	});
});

describe('version "auto" with a list', () => {
	test("each broker has its own: one of 3.1.1 beside one of 5.0", () => {
		const town = new Town(5, { version: "auto", limits, list: ["a", "b"] });
		const { a, b } = town.peers;
		const versions: string[] = [];
		a.onPacket = (packet) => {
			if (packet.cmd === "connect") versions.push(`a${packet.protocolVersion}`);
		};
		b.polite.delete("connect");
		b.onPacket = (packet, line) => {
			if (packet.cmd !== "connect") return;
			versions.push(`b${packet.protocolVersion}`);
			line.raw(packet.protocolVersion === 5 ? "20020001" : "20020000");
		};
		town.rig.client.open();
		town.last();
		town.down.add("a");
		town.rig.drop();
		town.last();
		expect(town.rig.client.online).toBe(true);
		town.down.delete("a");
		town.down.add("b");
		town.rig.drop();
		town.last();
		expect(versions).toEqual(["a5", "b5", "b4", "a5"]);
	});
});

test('what "auto" says must be legal in both versions', () => {
	expect(() => new Rig({ version: "auto", clientId: "" })).toThrow(/needs a clientId/);
	expect(() => new Rig({ version: "auto", password: "p" })).toThrow(/needs a user/);
	expect(() => new Rig({ version: "4" as "auto" })).toThrow(/must be 4 \(MQTT 3.1.1\), 5 or "auto"/);
});
