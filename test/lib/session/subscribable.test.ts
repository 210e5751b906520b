// SPDX-License-Identifier: MIT
/** What can be subscribed to: options, user properties, and what the broker of a connection offers. */
import { describe, expect, test } from "vitest";
import {
	NO_LOCAL,
	NO_RETAINED,
	RETAIN_AS_PUBLISHED,
	RETAINED_IF_NEW,
	Reason,
	Refusal,
} from "../../../lib/index.js";
import { Lives } from "../../kit/lives.js";
import { meet, met, type Peer, VERSIONS } from "../../kit/peer.js";

/** The options of each filter in the last SUBSCRIBE. */
function said(peer: Peer): unknown[] {
	const { packet } = peer.all("subscribe").at(-1)!;
	if (packet.cmd !== "subscribe") return [];
	return packet.subscriptions.map(({ nl, rap, rh }) => [nl, rap, rh]);
}

describe("subscription options [5.0, 3.8.3.1]", () => {
	test.each([
		[0, false, false, 0],
		[NO_LOCAL, true, false, 0],
		[RETAIN_AS_PUBLISHED, false, true, 0],
		[RETAINED_IF_NEW, false, false, 1],
		[NO_RETAINED, false, false, 2],
		[NO_LOCAL | RETAIN_AS_PUBLISHED | NO_RETAINED, true, true, 2],
	])(
		"%i: no local %s, retain as published %s, retain handling %i; 3.1.1 has none of them",
		(options, ...bits) => {
			const { rig, peer } = met(5);
			expect(rig.client.subscribe(rig.filter, 1, options)).toBe(0);
			rig.pass(1);
			expect(said(peer)).toEqual([bits]);
			const old = met(4);
			expect(old.rig.client.subscribe(old.rig.filter, 1, options)).toBe(0);
			old.rig.pass(1);
			expect(old.peer.line.take()).toEqual(["subscribe #65281 in/# q1"]);
		},
	);

	test.each(VERSIONS)(
		"version %i: what is illegal is refused at the call, and nothing is sent",
		(version) => {
			const { rig, peer } = met(version);
			const shared = rig.client.filter("$share/g/a");
			const { client } = rig;
			expect(client.subscribe(rig.filter, 1, RETAINED_IF_NEW | NO_RETAINED)).toBe(Refusal.NotAllowed); // retain handling 3
			expect(client.subscribe(shared, 1, NO_LOCAL)).toBe(Refusal.NotAllowed); // [5.0 MQTT-3.8.3-4]
			expect(client.subscribe(rig.filter, 3 as 2)).toBe(Refusal.NotAllowed);
			expect(client.subscribe(rig.filter, -1 as 2)).toBe(Refusal.NotAllowed);
			expect(client.subscribe(rig.filter, 1, 0x40)).toBe(Refusal.NotAllowed); // reserved [5.0 MQTT-3.8.3-5]
			expect(client.subscribe(rig.filter, 1, 1)).toBe(Refusal.NotAllowed);
			expect(client.refusal).toBe(Refusal.NotAllowed);
			expect(client.unsubscribe(rig.filter)).toBe(Refusal.NotSubscribed);
			rig.pass(1);
			expect(peer.line.take()).toEqual([]);
			expect(client.subscribe(shared, 1, NO_RETAINED)).toBe(0);
		},
	);

	test("in the same life what the broker keeps is asked for again only if it lost the subscription", () => {
		const { rig, peer } = met(5);
		const other = rig.client.filter("other");
		rig.client.subscribe(rig.filter, 1);
		rig.client.subscribe(other, 1, NO_RETAINED);
		rig.pass(1);
		// A CONNECT that is never answered: then it is in doubt whose session the broker has, and all is asked for again.
		peer.polite.delete("connect");
		rig.drop();
		rig.pass(30_000);
		peer.polite.add("connect");
		peer.present = true;
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(said(peer)).toEqual([
			[false, false, 1],
			[false, false, 2],
		]);
		// The application asks itself: then it wants it.
		rig.client.subscribe(rig.filter, 1);
		rig.pass(1);
		expect(said(peer)).toEqual([[false, false, 0]]);
	});

	test("without SUBACK what the broker keeps may not have come: it is asked for again", () => {
		const { rig, peer } = met(5);
		rig.client.subscribe(rig.filter, 1);
		rig.pass(1);
		peer.polite.delete("subscribe");
		rig.drop(); // the session is lost: renewed, and that renewal is not answered
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(said(peer)).toEqual([[false, false, 1]]);
		peer.present = true;
		rig.drop();
		rig.until("online", () => rig.client.online);
		rig.pass(1);
		expect(said(peer)).toEqual([[false, false, 0]]);
	});

	test("a new life asks with what it was written with, since it has forgotten what it was told", () => {
		const lives = new Lives(5);
		for (const present of [false, true]) {
			lives.peer.present = present;
			const rig = lives.boot();
			rig.client.subscribe(rig.filter, 1);
			rig.online();
			rig.pass(1);
			expect(said(lives.peer)).toEqual([[false, false, 0]]);
		}
	});

	test("they are part of what an earlier life agreed on", () => {
		const lives = new Lives(5, { resubscribe: "lost" });
		let packets = 0;
		for (const [options, asked] of [
			[0, true],
			[0, false],
			[NO_LOCAL, true],
			[NO_LOCAL, false],
		] as const) {
			const rig = lives.boot();
			rig.client.subscribe(rig.filter, 1, options);
			rig.online();
			rig.pass(1);
			rig.client.close();
			rig.pass(1);
			lives.peer.present = true;
			expect(lives.peer.all("subscribe").length - packets).toBe(asked ? 1 : 0);
			packets = lives.peer.all("subscribe").length;
		}
	});
});

describe("user properties of a subscription [5.0, 3.8.2.1.3, 3.10.2.1.2]", () => {
	test("in SUBSCRIBE and UNSUBSCRIBE; filters with others have packets of their own", () => {
		const { rig, peer } = meet(5);
		const properties = rig.client.properties({ userProperties: [["who", "cares"]] });
		const a = rig.client.filter("a", properties);
		const b = rig.client.filter("b");
		const c = rig.client.filter("c", properties);
		for (const filter of [a, b, c]) rig.client.subscribe(filter, 1);
		rig.online();
		rig.pass(1);
		expect(peer.line.take()).toEqual(["connect", "subscribe #65281 a q1 c q1", "subscribe #65282 b q1"]);
		const propertiesOf = ({ packet }: { packet: object }): unknown =>
			(packet as { properties?: unknown }).properties;
		const [first, second] = peer.all("subscribe").map(propertiesOf);
		expect(first).toEqual({ userProperties: { who: "cares" } });
		expect(second).toBeUndefined();
		rig.client.unsubscribe(a);
		rig.pass(1);
		expect(propertiesOf(peer.all("unsubscribe")[0])).toEqual({ userProperties: { who: "cares" } });
	});

	test("3.1.1 sends none", () => {
		const { rig, peer } = met(4);
		const properties = rig.client.properties({ userProperties: [["who", "cares"]] });
		rig.client.subscribe(rig.client.filter("a", properties), 1);
		rig.pass(1);
		expect(peer.line.take()).toEqual(["subscribe #65281 a q1"]);
	});

	test("no others belong there", () => {
		const { client } = meet(5).rig;
		for (const fields of [{ contentType: "x" }, { subscriptionIdentifier: 3 }])
			expect(() => client.filter("a", client.properties(fields))).toThrow(/not those of a subscription/);
	});
});

describe("what the broker does not offer [5.0, 3.2.2.3.11 to 3.2.2.3.13]", () => {
	test.each([
		["wildcardSubscriptionAvailable", "a/+", Reason.WildcardSubscriptionsNotSupported],
		["wildcardSubscriptionAvailable", "#", Reason.WildcardSubscriptionsNotSupported],
		["wildcardSubscriptionAvailable", "$share/g/a/#", Reason.WildcardSubscriptionsNotSupported],
		["sharedSubscriptionAvailable", "$share/g/a", Reason.SharedSubscriptionsNotSupported],
	])(
		"%s 0: %s is refused while online, and answered here when it was wanted before",
		(property, name, reason) => {
			const { rig, peer } = meet(5);
			const filter = rig.client.filter(name);
			const plain = rig.client.filter("plain");
			peer.properties = { [property]: false };
			expect(rig.client.subscribe(filter, 1)).toBe(0);
			expect(rig.client.subscribe(plain, 1)).toBe(0);
			rig.online();
			rig.pass(1);
			expect(peer.line.take()).toEqual(["connect", "subscribe #65281 plain q1"]);
			expect(rig.recorder.of("subscribed")).toEqual([[reason], [1]]);
			expect(rig.client.subscribe(filter, 1)).toBe(Refusal.NotOffered);
			expect(rig.client.unsubscribe(rig.client.filter(name))).toBe(Refusal.NotSubscribed);
			// Told once for each session, and nothing loops.
			peer.present = true;
			rig.drop();
			rig.until("online", () => rig.client.online);
			rig.pass(100_000);
			expect(rig.recorder.count("subscribed")).toBe(2);
			expect(peer.all("subscribe")).toHaveLength(1);
			// A broker that does offer it, and has no session of ours, is asked.
			peer.present = false;
			peer.properties = {};
			peer.line.take();
			rig.drop();
			rig.until("online", () => rig.client.online);
			rig.pass(1);
			expect(peer.line.take().slice(1)).toEqual([`subscribe #65282 ${name} q1 plain q1`]);
		},
	);
});
