// SPDX-License-Identifier: MIT
/** What an application says with its own acknowledgement: reason string and user properties of 5.0. */
import { describe, expect, test } from "vitest";
import { Holds } from "../../../lib/extras/index.js";
import { Reason, Refusal } from "../../../lib/index.js";
import { type Fields, meet, type Peer, VERSIONS } from "../../kit/peer.js";
import { bench } from "./by-hand.js";

/** The acknowledgements with their properties. */
const answers = (peer: Peer): unknown[][] =>
	["puback", "pubrec"].flatMap((cmd) =>
		peer.all(cmd).map(({ text, packet }) => [text, (packet as unknown as Fields).properties]),
	);

describe.each(VERSIONS)("version %i", (version) => {
	test("PUBACK and PUBREC have what they were given, others have none, and 3.1.1 has none at all", () => {
		const { rig, peer, handles } = bench(version);
		const { client } = rig;
		const full = client.properties({ reasonString: "full", userProperties: [["free", "0"]] });
		const taken = client.properties({ userProperties: [["by", "hand"]] });
		peer.line.publish("in", "h1", 1, 1);
		peer.line.publish("in", "r2", 1, 2);
		peer.line.publish("in", "h3", 2, 3);
		peer.line.publish("in", "h4", 1, 4);
		rig.pass(1);
		expect(client.acknowledge(handles.get("h4")!, Reason.Success)).toBe(0);
		expect(client.acknowledge(handles.get("h3")!, Reason.QuotaExceeded, undefined, full)).toBe(0);
		expect(client.acknowledge(handles.get("h1")!, Reason.Success, undefined, taken)).toBe(0);
		rig.pass(1);
		const said = { reasonString: "full", userProperties: { free: "0" } };
		expect(answers(peer)).toEqual(
			version === 5
				? [
						["puback #1", { userProperties: { by: "hand" } }],
						["puback #2", undefined],
						["puback #4", undefined],
						["pubrec #3 0x97", said],
					]
				: ["puback #1", "puback #2", "puback #4", "pubrec #3"].map((text) => [text, undefined]),
		);
	});

	test("many, so that the ring goes round, each with its own", () => {
		const { rig, peer, handles } = bench(version, { limits: { receiveMaximum: 3, window: 2 } });
		const two = [0, 1].map((n) => rig.client.properties({ userProperties: [["n", `${n}`]] }));
		for (let id = 1; id <= 40; id++) {
			peer.line.publish("in", `h${id}`, 1, id);
			rig.pass(1);
			const properties = id % 3 === 2 ? null : two[id % 3];
			expect(rig.client.acknowledge(handles.get(`h${id}`)!, 0, undefined, properties)).toBe(0);
			rig.pass(1);
			const expected =
				version === 4 || properties === null ? undefined : { userProperties: { n: `${id % 3}` } };
			expect(answers(peer).at(-1)).toEqual([`puback #${id}`, expected]);
		}
	});

	test("properties of other packets are refused, and the message stays held", () => {
		const { rig, peer, handles } = bench(version);
		peer.line.publish("in", "h1", 1, 1);
		rig.pass(1);
		const wrong = rig.client.properties({ contentType: "a" });
		expect(rig.client.acknowledge(handles.get("h1")!, 0, undefined, wrong)).toBe(Refusal.WrongProperty);
		rig.pass(1);
		expect(answers(peer)).toEqual([]);
		expect(rig.client.acknowledge(handles.get("h1")!)).toBe(0);
	});
});

test.each([
	[1, "[5.0 MQTT-3.4.2-2, MQTT-3.4.2-3]"],
	[2, "[5.0 MQTT-3.5.2-2, MQTT-3.5.2-3]"],
])("QoS %i: no longer than the broker takes %s", (qos) => {
	const longest = [];
	for (const maximumPacketSize of [64, 40, 20]) {
		const handles: number[] = [];
		const { rig, peer } = meet(5, { holds: new Holds() });
		peer.properties = { maximumPacketSize };
		rig.recorder.hook = (note, message) => {
			if (note[0] === "message") handles.push(message!.hold());
		};
		rig.online();
		const properties = rig.client.properties({
			reasonString: "there is no room at all",
			userProperties: [["free", "nothing"]],
		});
		peer.line.publish("in", "x", qos, 1);
		rig.pass(1);
		rig.client.acknowledge(handles[0], Reason.QuotaExceeded, undefined, properties);
		rig.pass(1);
		longest.push(answers(peer)[0][1]);
	}
	const userProperties = { free: "nothing" };
	expect(longest).toEqual([
		{ reasonString: "there is no room at all", userProperties },
		{ userProperties },
		undefined,
	]);
});
