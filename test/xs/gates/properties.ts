// SPDX-License-Identifier: MIT
/** Properties of 5.0, given and read, cost no slot and no chunk; in 3.1.1 the same calls cost none either. */
import { Property } from "../../../lib/dictionaries.js";
import { Holds } from "../../../lib/extras/holds.js";
import type { Listener } from "../../../lib/listener.js";
import type { Message } from "../../../lib/wire/message.js";
import { check, gate } from "../gate.js";
import { bytesOf, online } from "../online.js";

/** Reads all there is, as an application does that allocates nothing. */
class Reader implements Listener {
	bytes = 0;
	onMessage(message: Message): void {
		if (message.payloadFormat === 1 && message.messageExpirySeconds > 0) this.bytes++;
		const start = message.propertyStart(Property.CorrelationData);
		this.bytes += message.propertyEnd(start) - start;
		for (let nth = 0, name = 0; (name = message.propertyStart(Property.UserProperty, nth)) !== 0; nth++)
			this.bytes += message.propertyEnd(message.propertyEnd(name) + 2) - name;
		this.bytes += message.subscriptionIdentifier() + message.subscriptionIdentifier(1);
	}
}

/** Format 1, expiry 60, correlation data of 3 bytes, the pair ("unit", "C") twice, identifiers 1 and 2: 39 bytes. */
const PROPERTIES = Uint8Array.of(
	...[39, 0x01, 1, 0x02, 0, 0, 0, 60, 0x09, 0, 3, 1, 2, 3],
	...[0x26, 0, 4, 0x75, 0x6e, 0x69, 0x74, 0, 1, 0x43],
	...[0x26, 0, 4, 0x75, 0x6e, 0x69, 0x74, 0, 1, 0x43],
	...[0x0b, 1, 0x0b, 2, 0x03, 0, 0],
);
PROPERTIES[0] = PROPERTIES.length - 1;

function gates(version: 4 | 5): void {
	const name = version === 5 ? "5.0" : "3.1.1";
	const reader = new Reader();
	const { client, broker, dialler } = online(version, { listener: reader });
	const { ContentType, CorrelationData, PayloadFormatIndicator, ResponseTopic, UserProperty } = Property;
	const json = client.properties({ payloadFormat: 1, userProperties: [["unit", "C"]] });
	const topic = client.topic("greenhouse/1/temperature", json);
	const answers = client.topic("greenhouse/1/answers");
	const correlation = bytesOf("0123");
	gate(`${name}: publish to a topic with properties`, () => {
		client.publish(topic, correlation, 1);
		dialler.settle();
	});
	gate(`${name}: properties of one message`, () => {
		const body = client.compose(topic, 1);
		if (body === undefined) throw new Error("refused");
		client.property(ContentType, "application/json");
		client.property(ResponseTopic, answers);
		client.property(CorrelationData, correlation);
		client.property(UserProperty, "place", "Gewächshaus");
		body.decimal(2153, 2);
		client.commit();
		dialler.settle();
	});
	check(`${name}: nothing waits`, client.pending === 0);
	gate(`${name}: what is refused`, () => {
		client.compose(topic, 1);
		client.property(PayloadFormatIndicator, 1);
		client.property(ResponseTopic, "a/+");
		client.discard();
		client.property(ContentType, "late");
	});
	const from = bytesOf("greenhouse/1/set/target");
	gate(`${name}: read the properties of a message`, () => {
		broker.publish(from, correlation, 1, PROPERTIES);
		dialler.settle();
	});
	const each = version === 5 ? 1 + 3 + 2 * 7 + 3 : 0;
	check(`${name}: all were there`, reader.bytes === 1043 * each, `${reader.bytes}`);
}

/** Messages that are held, and refused with words. */
function refusals(version: 4 | 5): void {
	const name = version === 5 ? "5.0" : "3.1.1";
	let handle = 0;
	const listener = {
		onMessage(message: Message): void {
			handle = message.hold();
		},
	};
	const { client, broker, dialler } = online(version, { listener, holds: new Holds() });
	const words = client.properties({ reasonString: "full", userProperties: [["free", "0"]] });
	const topic = bytesOf("greenhouse/1/set/target");
	const payload = bytesOf("21.5");
	gate(`${name}: refuse a message with words`, () => {
		broker.publish(topic, payload, 1);
		dialler.settle();
		client.acknowledge(handle, 0x97, undefined, words);
		dialler.settle();
	});
	check(`${name}: each was held`, handle === 1043, `${handle}`);
}

gates(5);
gates(4);
refusals(5);
refusals(4);
