// SPDX-License-Identifier: MIT
/** What the broker of a connection offers: kept to, settled where it cannot be, and forgotten with the connection. */
import { describe, expect, test } from "vitest";
import { Counter, RETAIN, Reason, Refusal, Settled } from "../../../lib/index.js";
import { Lives } from "../../kit/lives.js";
import { type Fields, meet, type Peer } from "../../kit/peer.js";
import type { Rig, RigOptions } from "../../kit/rig.js";

const LITTLE = { maximumQoS: 1, retainAvailable: false, maximumPacketSize: 24 };

const STORES: readonly [string, (options?: RigOptions) => { rig: Rig; peer: Peer }][] = [
	["RAM", (options = {}) => meet(5, options)],
	[
		"flash",
		(options = {}) => {
			const lives = new Lives(5, options);
			return { rig: lives.boot(), peer: lives.peer };
		},
	],
];

describe.each(STORES)("a store in %s: what this broker cannot take", (_name, make) => {
	test.each([0, 1, 2] as const)("waited, QoS %i: settled with its reason, and the next one goes", (qos) => {
		const { rig, peer } = make({ queueQos0: true });
		peer.properties = LITTLE;
		const retained = rig.publish("1", qos, RETAIN);
		const long = rig.publish("much too long for that", qos);
		const good = rig.publish("3", 1);
		const last = rig.publish("4", 0);
		rig.online();
		rig.pass(1);
		const above = qos > 1 ? Reason.QosNotSupported : 0;
		expect(rig.recorder.of("settled").slice(0, 2)).toEqual([
			[retained, Settled.Dropped, above || Reason.RetainNotSupported, false],
			[long, Settled.Dropped, above || Reason.PacketTooLarge, false],
		]);
		expect(peer.line.take().slice(1)).toEqual([`publish a/b=3 q1 #${1 + good}`, "publish a/b=4 q0"]);
		expect(rig.recorder.settled.get(last)).toBe(Settled.Sent);
		peer.line.ack("puback", 1 + good);
		rig.pass(100_000);
		expect(rig.client.pending).toBe(0);
		expect(rig.client.counters[Counter.DroppedUnsendable]).toBe(2);
		// Nothing of it comes back, on no later connection.
		peer.properties = {};
		peer.present = true;
		rig.drop();
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["connect"]);
	});

	test("was sent on an earlier connection: uncertain; after PUBREC the PUBREL goes all the same", () => {
		const { rig, peer } = make();
		rig.online();
		peer.line.take();
		const tickets = [
			rig.publish("1", 1, RETAIN),
			rig.publish("2", 2),
			rig.publish("3", 2, RETAIN),
			rig.publish("much too long for that", 1),
			rig.publish("5", 1),
		];
		rig.pass(1);
		peer.line.ack("pubrec", 1 + tickets[2]);
		rig.pass(1);
		peer.properties = LITTLE;
		peer.present = true;
		rig.drop();
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(peer.line.take().slice(1)).toEqual([
			`pubrel #${1 + tickets[2]}`,
			`publish a/b=5 q1 #${1 + tickets[4]} dup`,
		]);
		expect(rig.recorder.of("settled")).toEqual([
			[tickets[0], Settled.Uncertain, Reason.RetainNotSupported, false],
			[tickets[1], Settled.Uncertain, Reason.QosNotSupported, false],
			[tickets[3], Settled.Uncertain, Reason.PacketTooLarge, false],
		]);
		peer.line.ack("pubcomp", 1 + tickets[2]).ack("puback", 1 + tickets[4]);
		rig.pass(1);
		expect(rig.client.pending).toBe(0);
		expect([tickets[2], tickets[4]].map((ticket) => rig.recorder.settled.get(ticket))).toEqual([
			Settled.Acknowledged,
			Settled.Acknowledged,
		]);
	});
});

describe("nothing that CONNACK said holds on the next connection", () => {
	/** A property, and whether it shows on a connection. */
	const properties: readonly [string, Fields, (rig: Rig, peer: Peer) => boolean][] = [
		["Receive Maximum", { receiveMaximum: 1 }, (rig, peer) => publishes(rig, peer, 3, 1) === 1],
		["Maximum QoS", { maximumQoS: 0 }, (rig) => refused(rig, 1)],
		["Retain Available", { retainAvailable: false }, (rig) => refused(rig, 0, RETAIN)],
		[
			"Maximum Packet Size",
			{ maximumPacketSize: 20 },
			(rig) => rig.publish("x".repeat(30), 0) === Refusal.TooLong,
		],
		[
			"Wildcard Subscription Available",
			{ wildcardSubscriptionAvailable: false },
			(rig) => rig.client.subscribe(rig.client.filter("w/#"), 0) === Refusal.NotOffered,
		],
		[
			"Shared Subscription Available",
			{ sharedSubscriptionAvailable: false },
			(rig) => rig.client.subscribe(rig.client.filter("$share/g/w"), 0) === Refusal.NotOffered,
		],
		[
			"Subscription Identifier Available",
			{ subscriptionIdentifiersAvailable: false },
			(rig) => !rig.client.server.identifiersAvailable,
		],
		["Server Keep Alive", { serverKeepAlive: 8 }, (rig, peer) => pings(rig, peer, 20_000)],
		[
			"Session Expiry Interval",
			{ sessionExpiryInterval: 3 },
			(_rig, peer) => asked(peer).properties?.["sessionExpiryInterval"] !== 86_400,
		],
	];

	function publishes(rig: Rig, peer: Peer, count: number, qos: 1 | 2): number {
		peer.line.take();
		for (let i = 0; i < count; i++) rig.publish("x", qos);
		rig.pass(1);
		return peer.line.take().length;
	}

	function refused(rig: Rig, qos: 0 | 1 | 2, flags = 0): boolean {
		return rig.publish("x", qos, flags) === Refusal.NotOffered;
	}

	function pings(rig: Rig, peer: Peer, ms: number): boolean {
		peer.line.take();
		rig.pass(ms);
		return peer.line.take().includes("pingreq");
	}

	/** The CONNECT of the latest connection. */
	function asked(peer: Peer): { properties?: Record<string, unknown> } {
		return peer.line.heard[0].packet as unknown as { properties?: Record<string, unknown> };
	}

	test.each(properties)("[5.0, 3.2.2.3] %s", (name, said, shows) => {
		const { rig, peer } = meet(5);
		peer.properties = said;
		rig.online();
		rig.pass(1);
		if (name !== "Session Expiry Interval") expect(shows(rig, peer), "first connection").toBe(true);
		peer.properties = {};
		rig.drop();
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(shows(rig, peer), "second connection").toBe(false);
	});

	test("all of them at once, and back again", () => {
		const { rig, peer } = meet(5);
		const all: Fields = Object.assign({}, ...properties.map(([, said]) => said));
		const seen: object[] = [];
		for (const said of [{}, all, {}, all, {}]) {
			peer.properties = said;
			if (seen.length === 0) rig.online();
			else {
				rig.drop();
				rig.until("online", () => rig.client.online);
			}
			const { maximumPacketSize, maximumQos, retainAvailable, keepAliveMs, wildcardsAvailable } =
				rig.client.server;
			const { identifiersAvailable, sharedAvailable } = rig.client.server;
			seen.push({
				maximumPacketSize,
				maximumQos,
				retainAvailable,
				keepAliveMs,
				wildcardsAvailable,
				identifiersAvailable,
				sharedAvailable,
			});
		}
		const free = {
			maximumPacketSize: 268_435_455,
			maximumQos: 2,
			retainAvailable: true,
			keepAliveMs: 60 * 875,
			wildcardsAvailable: true,
			identifiersAvailable: true,
			sharedAvailable: true,
		};
		const little = {
			maximumPacketSize: 20,
			maximumQos: 0,
			retainAvailable: false,
			keepAliveMs: 8 * 875,
			wildcardsAvailable: false,
			identifiersAvailable: false,
			sharedAvailable: false,
		};
		expect(seen).toEqual([free, little, free, little, free]);
	});
});
