// SPDX-License-Identifier: MIT
/**
 * The codec of the build against mqtt-packet, in the same process: PUBLISH, QoS 1, topic of 24 bytes, payload of 64.
 * Both sides start from what an application has, and end with what it can use: ours from a stored message to bytes in
 * the send region, and from bytes to a decoded `Packet`; the peer from a packet object to one Buffer, and from a
 * Buffer to a packet object in its `packet` event.
 */
import mqttPacket from "mqtt-packet";
import { compared, inTurns } from "./rounds.js";

const TOPIC = "greenhouse/1/temperature";
const PAYLOAD_BYTES = 64;
/** How often faster than the peer it has to be, and how often it should be. */
const FLOOR = 5;
const AIM = 8;
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

/** @param {string} name @param {() => void} ours @param {() => void} theirs @param {import("./benches.js").Options} options */
async function compare(name, ours, theirs, { rounds = ROUNDS, progress }) {
	for (let n = 0; n < 50; n++) {
		ours();
		theirs();
	}
	const measured = await inTurns({
		rounds,
		ours: () => measureOnce(ours),
		theirs: () => measureOnce(theirs),
		progress: (round) => progress(`${name}, round ${round} of ${rounds}`),
	});
	const result = compared(measured);
	return { name, unit: "packets/s", ...result, floor: FLOOR, aim: AIM, pass: result.ratio >= FLOOR };
}

function demand(condition, what) {
	if (!condition) throw new Error(`codec: ${what}`);
}

/** Encode and decode, in both versions: one entry each. @param {import("./benches.js").Options} run */
export async function codec(run) {
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
			await compare(
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
				run,
			),
		);
		const start = encoder.start;
		let fault = 0;
		results.push(
			await compare(
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
				run,
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
