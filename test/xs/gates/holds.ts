// SPDX-License-Identifier: MIT
/** Acknowledging by hand costs no slot and no chunk per message, in whatever order; and what the extra itself takes. */
import { Holds } from "../../../lib/extras/holds.js";
import type { Listener } from "../../../lib/listener.js";
import type { Message } from "../../../lib/wire/message.js";
import { check, cost, gate } from "../gate.js";
import { bytesOf, online } from "../online.js";

/** Holds what comes, and keeps the handles of four. */
class Holder implements Listener {
	held = 0;
	readonly handles = new Int32Array(4);
	onMessage(message: Message): void {
		this.handles[this.held++ & 3] = message.hold();
	}
}

function gates(version: 4 | 5): void {
	const name = version === 5 ? "5.0" : "3.1.1";
	const holder = new Holder();
	const holds = new Holds();
	const { client, broker, dialler, clock } = online(version, { listener: holder, holds });
	const topic = bytesOf("greenhouse/1/set/target");
	const payload = bytesOf("21.5");
	for (let qos = 1; qos <= 2; qos++) {
		gate(`${name}: hold and acknowledge, QoS ${qos}`, () => {
			broker.publish(topic, payload, qos);
			dialler.settle();
			client.acknowledge(holder.handles[(holder.held - 1) & 3]);
			dialler.settle();
		});
		gate(`${name}: four held, QoS ${qos}, the youngest first, with a number`, () => {
			for (let i = 0; i < 4; i++) broker.publish(topic, payload, qos);
			dialler.settle();
			for (let i = 4; i > 0; i--) client.acknowledge(holder.handles[(holder.held + i - 1) & 3], 0, i);
			dialler.settle();
		});
		gate(`${name}: what is refused, QoS ${qos}`, () => client.acknowledge(holder.handles[0]));
	}
	check(`${name}: each was answered`, holds.count === 0 && client.online && holder.held === 1043 * 10);
	check(
		`${name}: PUBACK and PUBREC`,
		broker.seen[4] === 1043 * 5 && broker.seen[5] === 1043 * 5,
		`${broker.seen[4]}, ${broker.seen[5]}`,
	);
	if (version === 5)
		gate(`${name}: forgotten`, () => {
			broker.publish(topic, payload, 1);
			dialler.settle();
			clock.advance(30_000);
		});
	check(`${name}: all of them`, holds.forgotten === (version === 5 ? 1043 : 0), `${holds.forgotten}`);
}

gates(5);
gates(4);
cost("Holds, besides its bytes of the arena", () => new Holds(), 176);
