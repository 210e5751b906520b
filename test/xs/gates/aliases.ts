// SPDX-License-Identifier: MIT
/** Topic aliases cost no slot and no chunk per message, in either direction; what the object costs is told. */
import { Aliases } from "../../../lib/extras/aliases.js";
import { LinkFault } from "../../../lib/ports.js";
import type { Message } from "../../../lib/wire/message.js";
import { check, cost, gate, row, steady } from "../gate.js";
import { bytesOf, online } from "../online.js";

/** Topic Alias Maximum 2. */
const CONNACK = Uint8Array.of(3, 0x22, 0, 2);
/** Topic Alias 1, with the length in front. */
const ALIAS_1 = Uint8Array.of(3, 0x23, 0, 1);

class Count {
	bytes = 0;
	onMessage(message: Message): void {
		this.bytes += message.topicEnd - message.topicStart;
	}
}

const { made, cost: object } = cost("aliases, without their tables", () => new Aliases());
row("a topic of 64 bytes at most, in either table", { bytes: made.term().bytes / 8 });
check("without their tables", object.bytes <= (xs.bits === 32 ? 192 : 384), "more than it was", {
	bytes: object.bytes,
});

const count = new Count();
const { client, broker, dialler, clock } = online(
	5,
	{ aliases: new Aliases({ outbound: 2, inbound: 2 }), listener: count },
	undefined,
	CONNACK,
);
const topics = ["temperature", "humidity", "pressure"].map((name) => client.topic(`greenhouse/1/${name}`));
const payload = bytesOf("21.53");
gate("publish by alias", () => {
	client.publish(topics[0], payload, 1);
	dialler.settle();
});
gate("publish to three topics with two aliases", () => {
	for (let i = 0; i < 3; i++) client.publish(topics[i], payload, 0);
	dialler.settle();
});
const from = bytesOf("greenhouse/1/set/target");
const nobody = new Uint8Array(0);
gate("receive a topic that is given an alias, and the alias alone", () => {
	broker.publish(from, payload, 1, ALIAS_1);
	broker.publish(nobody, payload, 1, ALIAS_1);
	dialler.settle();
});
check("both had the topic", count.bytes === 1043 * 2 * from.length, `${count.bytes}`);
steady(
	"100 reconnects leave nothing behind",
	() => {
		dialler.hangUp(LinkFault.Reset);
		dialler.settle();
		clock.advance(200_000);
		dialler.settle();
	},
	100,
);
check("online", client.online && client.pending === 0);
