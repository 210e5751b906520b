// SPDX-License-Identifier: MIT
/**
 * The codec of the build against mqtt-packet, in the same process: PUBLISH, QoS 1, topic of 24 bytes, payload of 64.
 * Both sides start from what an application has, and end with what it can use: ours from a stored message to bytes in
 * the send region, and from bytes to a decoded `Packet`; the peer from a packet object to one Buffer, and from a
 * Buffer to a packet object in its `packet` event.
 */
import mqttPacket from "mqtt-packet";

const TOPIC = "greenhouse/1/temperature";
const PAYLOAD_BYTES = 64;
/** How often faster than the peer it has to be. */
const FLOOR = 5;
/** Rounds alternate between the two, so that a slow moment of the machine hits both; the median counts. */
const ROUNDS = 9;
const ROUND_MS = 60;

/** Runs of `body` (which does 100) in a second. */
function measureOnce(body) {
	let runs = 0;
	const started = performance.now();
	let ms = 0;
	do {
		body();
		runs += 100;
		ms = performance.now() - started;
	} while (ms < ROUND_MS);
	return (runs * 1000) / ms;
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

function compare(name, ours, theirs) {
	for (let n = 0; n < 50; n++) {
		ours();
		theirs();
	}
	const values = [];
	const peers = [];
	for (let round = 0; round < ROUNDS; round++) {
		values.push(measureOnce(ours));
		peers.push(measureOnce(theirs));
	}
	const value = Math.round(median(values));
	const peer = Math.round(median(peers));
	const ratio = Number((value / peer).toFixed(1));
	return { name, unit: "packets/s", value, peer, ratio, floor: FLOOR, pass: ratio >= FLOOR };
}

function demand(condition, what) {
	if (!condition) throw new Error(`codec: ${what}`);
}

/** Encode and decode, in both versions: one entry each. */
export async function codec() {
	const [{ Arena }, { Decoder }, { Encoder }, { Packet }, { encodeText }] = await Promise.all([
		import("../../dist/js/lib/memory/arena.js"),
		import("../../dist/js/lib/wire/decoder.js"),
		import("../../dist/js/lib/wire/encoder.js"),
		import("../../dist/js/lib/wire/packet.js"),
		import("../../dist/js/lib/wire/topic.js"),
	]);
	const results = [];
	for (const version of [4, 5]) {
		const version5 = version === 5;
		const arena = new Arena({ allocate: (bytes) => new Uint8Array(bytes) }, 4096);
		const packet = new Packet(arena);
		const decoder = new Decoder(packet);
		const encoder = new Encoder(arena, 1024, 4096);
		decoder.version5 = encoder.version5 = version5;
		// The stored message: see lib/wire/record.ts.
		arena.bytes[0] = 1 << 1;
		const payloadAt = encodeText(arena, 8, 1024, TOPIC);
		const end = payloadAt + PAYLOAD_BYTES;
		arena.bytes.fill(0x78, payloadAt, end);

		const options = { protocolVersion: version };
		const payload = Buffer.alloc(PAYLOAD_BYTES, "x");
		const model = { cmd: "publish", topic: TOPIC, payload, qos: 1, messageId: 7, dup: false, retain: false };
		const wire = mqttPacket.generate(model, options);
		const peer = mqttPacket.parser(options);
		let seen = 0;
		peer.on("packet", (one) => {
			seen += one.payload.length;
		});

		encoder.publish(0, end, 7, false, 0);
		const size = encoder.position - encoder.start;
		demand(
			wire.equals(arena.bytes.subarray(encoder.start, encoder.position)),
			"the two write different bytes",
		);

		const label = version5 ? "5.0" : "3.1.1";
		results.push(
			compare(
				`encode PUBLISH, ${label}`,
				() => {
					for (let n = 0; n < 100; n++) {
						encoder.clear();
						encoder.publish(0, end, 7, false, 0);
					}
				},
				() => {
					for (let n = 0; n < 100; n++) mqttPacket.generate(model, options);
				},
			),
		);
		const start = encoder.start;
		let fault = 0;
		results.push(
			compare(
				`decode PUBLISH, ${label}`,
				() => {
					for (let n = 0; n < 100; n++) {
						const length = decoder.frame(start, start + size);
						fault |= decoder.decode(start, start + length);
					}
				},
				() => {
					for (let n = 0; n < 100; n++) peer.parse(wire);
				},
			),
		);
		demand(
			fault === 0 && packet.payloadEnd - packet.payloadStart === PAYLOAD_BYTES,
			"the packet was not read",
		);
		demand(seen > 0, "the peer read nothing");
	}
	return results;
}
