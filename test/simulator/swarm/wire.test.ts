// SPDX-License-Identifier: MIT
/** Each rule of the wire is broken once in bytes, and the watch says so. */

import { describe, expect, it } from "vitest";
import { type Terms, WireWatch } from "../../../simulator/swarm/wire.js";

const TERMS: Terms = {
	numbered: true,
	version: 5,
	keepAliveSeconds: 10,
	receiveMaximum: 2,
	packetBytes: 64,
	window: 3,
	pingReplyMs: 1_000,
	brokerReceiveMaximum: 2,
	brokerPacketBytes: 64,
};
const CONNECT = [0x10, 0x0d, 0, 4, 77, 81, 84, 84, 5, 2, 0, 10, 0, 0, 0];
const DISCONNECT = [0xe0, 0];

/** A board whose packets are written by hand. */
class Wire {
	now = 0;
	failure: string | undefined;
	readonly watch: WireWatch;
	readonly #version: 4 | 5;

	constructor(terms: Partial<Terms> = {}) {
		this.watch = new WireWatch("board", { ...TERMS, ...terms }, this);
		this.#version = terms.version ?? 5;
	}

	fail(what: string): void {
		this.failure ??= what.replace("board ", "");
	}

	/** A connection that is accepted. */
	connect(sessionPresent = true): this {
		this.watch.onDial();
		this.watch.onUp();
		this.send(CONNECT);
		this.receive(
			this.#version === 5 ? [0x20, 3, Number(sessionPresent), 0, 0] : [0x20, 2, Number(sessionPresent), 0],
		);
		return this;
	}

	send(bytes: readonly number[]): this {
		this.watch.onSent(Uint8Array.from(bytes), 0, bytes.length);
		return this;
	}

	receive(bytes: readonly number[]): this {
		this.watch.onReceived(Uint8Array.from(bytes), 0, bytes.length);
		return this;
	}

	/** PUBLISH of message `index`. */
	publish(qos: number, id: number, index: number, dup = false, size = 2): number[] {
		const head = [0, 1, 0x74, ...(qos > 0 ? [id >> 8, id & 0xff] : []), ...(this.#version === 5 ? [0] : [])];
		const body = [...head, index >> 8, index & 0xff, ...new Array(size - 2).fill(0)];
		return [0x30 | (qos << 1) | (dup ? 8 : 0), body.length, ...body];
	}
}

const ack = (type: number, id: number) => [type, 2, id >> 8, id & 0xff];
const subscribe = (id: number) => [0x82, 7, id >> 8, id & 0xff, 0, 0, 1, 0x74, 1];

describe("Packet identifiers", () => {
	it("used again after they are free, and repeated in another connection: in order", () => {
		const wire = new Wire().connect();
		wire
			.send(wire.publish(1, 1, 0))
			.receive(ack(0x40, 1))
			.send(wire.publish(1, 1, 1));
		wire
			.connect()
			.send(wire.publish(1, 1, 1, true))
			.receive(ack(0x40, 1));
		wire
			.send(wire.publish(2, 2, 2))
			.receive(ack(0x50, 2))
			.send(ack(0x62, 2))
			.receive(ack(0x70, 2));
		wire
			.send(subscribe(3))
			.receive([0x90, 4, 0, 3, 0, 1])
			.send(wire.publish(1, 3, 3));
		expect(wire.failure).toBeUndefined();
		expect([wire.watch.sent, wire.watch.received]).toEqual([9, 7]);
	});

	it.each([4, 5] as const)("version %i: 0 [3.1.1: MQTT-2.3.1-1] [5.0 MQTT-2.2.1-3]", (version) => {
		const wire = new Wire({ version }).connect();
		wire.send(wire.publish(1, 0, 0));
		expect(wire.failure).toBe("sent a PUBLISH with identifier 0");
		expect(new Wire().connect().send(subscribe(0)).failure).toBe("sent a request with identifier 0");
	});

	it("one that is in use, by a message or by a request [3.1.1: MQTT-2.3.1-2] [5.0 MQTT-2.2.1-3]", () => {
		const wire = new Wire().connect();
		wire.send(wire.publish(1, 1, 0)).send(wire.publish(1, 1, 1));
		expect(wire.failure).toBe("used identifier 1 for message 1 while message 0 had it");
		const request = new Wire().connect().send(subscribe(1));
		request.send(request.publish(1, 1, 0));
		expect(request.failure).toBe("used identifier 1 of a request for message 0");
		expect(new Wire().connect().send(subscribe(1)).send(subscribe(1)).failure).toBe(
			"used identifier 1 for a second request",
		);
		const message = new Wire().connect();
		message.send(message.publish(1, 1, 0)).send(subscribe(1));
		expect(message.failure).toBe("used identifier 1 for a second request");
	});

	it("repeated in the next connection with another message [3.1.1: MQTT-2.3.1-3]", () => {
		const wire = new Wire().connect();
		wire
			.send(wire.publish(1, 1, 0))
			.connect()
			.send(wire.publish(1, 1, 1, true));
		expect(wire.failure).toBe("repeated identifier 1 with message 1 in place of 0");
	});

	it("a message sent again after PUBREC [3.1.1: MQTT-4.3.3-1] [5.0 MQTT-4.3.3-6]; PUBREL for QoS 1", () => {
		const wire = new Wire().connect();
		wire
			.send(wire.publish(2, 1, 0))
			.receive(ack(0x50, 1))
			.send(ack(0x62, 1));
		wire.connect().send(wire.publish(2, 1, 0, true));
		expect(wire.failure).toBe("sent message 0 under identifier 1 that is after PUBREC");
		const other = new Wire().connect();
		other.send(other.publish(1, 1, 0)).send(ack(0x62, 1));
		expect(other.failure).toBe("sent PUBREL for identifier 1 of a QoS 1 message");
	});

	it("a message sent again without DUP [3.1.1: MQTT-3.3.1-1] [5.0 MQTT-3.3.1-1]", () => {
		const wire = new Wire().connect();
		wire
			.send(wire.publish(1, 1, 0))
			.connect()
			.send(wire.publish(1, 1, 0));
		expect(wire.failure).toBe("sent message 0 under identifier 1 again without DUP");
		const anew = new Wire().connect();
		anew
			.send(anew.publish(1, 1, 0))
			.connect(false)
			.send(anew.publish(1, 1, 0));
		expect(anew.failure).toBeUndefined();
	});

	it("a message sent again in another session after PUBREC", () => {
		const wire = new Wire().connect();
		wire
			.send(wire.publish(2, 1, 0))
			.receive(ack(0x50, 1))
			.send(ack(0x62, 1));
		wire.connect(false).send(wire.publish(2, 1, 0));
		expect(wire.failure).toBe("sent message 0 again in another session, and it is after PUBREC");
	});

	it("all of them are free when the broker has no session", () => {
		const wire = new Wire().connect();
		wire
			.send(wire.publish(2, 1, 0))
			.connect(false)
			.send(wire.publish(2, 1, 7));
		expect(wire.failure).toBeUndefined();
	});
});

describe("Bounds", () => {
	it("Receive Maximum of the broker [5.0 MQTT-3.3.4-9], and the window of 3.1.1", () => {
		const wire = new Wire().connect();
		for (let id = 1; id <= 2; id++) wire.send(wire.publish(2, id, id));
		expect(wire.failure).toBeUndefined();
		wire.send(wire.publish(1, 3, 3));
		expect(wire.failure).toBe("has 3 messages in flight, and may have 2");
		const old = new Wire({ version: 4 }).connect();
		for (let id = 1; id <= 4; id++) old.send(old.publish(1, id, id));
		expect(old.failure).toBe("has 4 messages in flight, and may have 3");
	});

	it("a PUBREC that says no gives room again [5.0: 4.9]", () => {
		const wire = new Wire().connect();
		for (let id = 1; id <= 2; id++) wire.send(wire.publish(2, id, id));
		wire.receive([0x50, 3, 0, 1, 0x87]).send(wire.publish(2, 3, 3));
		expect(wire.failure).toBeUndefined();
	});

	it("our own Receive Maximum [5.0 MQTT-3.3.4-7], unless the broker is known to be out of its mind", () => {
		const crowd = (wire: Wire) => {
			for (let id = 1; id <= 3; id++) wire.receive(wire.publish(1, id, id));
			return wire.failure;
		};
		expect(crowd(new Wire().connect())).toBe("was sent 3 messages at once, and takes 2");
		const spoilt = new Wire().connect();
		spoilt.watch.spoil();
		expect(crowd(spoilt)).toBeUndefined();
		const finished = new Wire().connect();
		for (let id = 1; id <= 3; id++) finished.receive(finished.publish(1, id, id)).send(ack(0x40, id));
		expect(finished.failure).toBeUndefined();
	});

	it("Maximum Packet Size of the broker, and ours [5.0 MQTT-3.1.2-24] [5.0 MQTT-3.2.2-15]", () => {
		const wire = new Wire().connect();
		wire.send(wire.publish(0, 0, 0, false, 59));
		expect(wire.failure).toBe("sent a packet of 65 bytes, and the broker takes 64");
		const other = new Wire().connect();
		other.receive(other.publish(0, 0, 0, false, 59));
		expect(other.failure).toBe("was sent a packet of 65 bytes, and takes 64");
		const fits = new Wire().connect();
		fits.send(fits.publish(0, 0, 0, false, 58)).receive(fits.publish(0, 0, 0, false, 58));
		expect(fits.failure).toBeUndefined();
	});

	it("a remaining length of five bytes [3.1.1: 2.2.3] [5.0 MQTT-1.5.5-1]", () => {
		const wire = new Wire().connect().send([0x30, 0xff, 0xff, 0xff, 0xff, 0x01]);
		expect(wire.failure).toBe("sent a remaining length of five bytes");
	});
});

describe("Turns", () => {
	it("first CONNECT [3.1.1: MQTT-3.1.0-1], once [3.1.1: MQTT-3.1.0-2]", () => {
		const wire = new Wire();
		wire.watch.onDial();
		wire.send([0xc0, 0]);
		expect(wire.failure).toBe("sent a packet of type 12 out of turn");
		expect(new Wire().connect().send(CONNECT).failure).toBe("sent a packet of type 1 out of turn");
	});

	it("nothing after DISCONNECT [3.1.1: MQTT-3.14.4-2] [5.0 MQTT-3.14.4-1]", () => {
		const wire = new Wire().connect().send(DISCONNECT).send([0xc0, 0]);
		expect(wire.failure).toBe("sent a packet of type 12 after DISCONNECT");
	});

	it("no QoS 3 [3.1.1: MQTT-3.3.1-4], no DUP with QoS 0 [3.1.1: MQTT-3.3.1-2]", () => {
		const wire = new Wire().connect();
		wire.send(wire.publish(3, 1, 0));
		expect(wire.failure).toBe("sent a PUBLISH of QoS 3");
		const other = new Wire().connect();
		other.send(other.publish(0, 0, 0, true));
		expect(other.failure).toBe("sent a PUBLISH of QoS 0 with DUP");
	});

	it("packets are found in pieces of one byte", () => {
		const wire = new Wire().connect();
		for (const byte of [...wire.publish(1, 1, 0), ...wire.publish(1, 1, 1)]) wire.send([byte]);
		expect(wire.failure).toBe("used identifier 1 for message 1 while message 0 had it");
	});
});

describe("Keep alive [3.1.1: MQTT-3.1.2-23] [5.0 MQTT-3.1.2-20]", () => {
	const silentFor = (ms: number, terms: Partial<Terms> = {}, before = (_: Wire) => {}) => {
		const wire = new Wire(terms).connect();
		before(wire);
		wire.now = ms;
		wire.watch.checkSilence();
		return wire.failure;
	};

	it("half as long again is too long, and not before", () => {
		expect(silentFor(15_001)).toBe("was silent for 15001 ms");
		expect(silentFor(15_000)).toBeUndefined();
		expect(silentFor(1e9, { keepAliveSeconds: 0 })).toBeUndefined();
	});

	it("not asked of one without connection, power, or a clock that is right", () => {
		expect(silentFor(99_000, {}, (wire) => wire.watch.onGone())).toBeUndefined();
		expect(silentFor(99_000, {}, (wire) => wire.watch.off())).toBeUndefined();
		expect(silentFor(99_000, {}, (wire) => wire.send(DISCONNECT))).toBeUndefined();
		const jumped = (wire: Wire) => {
			wire.now = 90_000;
			wire.watch.excuse();
		};
		expect(silentFor(99_000, {}, jumped)).toBeUndefined();
	});

	it("a link on which nothing comes is given up, however much is sent", () => {
		const wire = new Wire().connect();
		for (; wire.now <= 16_000; wire.now += 4_000) wire.send([0xc0, 0]);
		expect(wire.failure).toBeUndefined();
		wire.send([0xc0, 0]);
		expect(wire.failure).toBe("kept a link on which nothing came for 20000 ms");
	});

	it("seen late, when the packet comes after all, or the connection ends", () => {
		const late = new Wire().connect();
		late.now = 20_000;
		late.send([0xc0, 0]);
		expect(late.failure).toBe("was silent for 20000 ms");
		const gone = new Wire().connect();
		gone.now = 20_000;
		gone.watch.onGone();
		expect(gone.failure).toBe("was silent for 20000 ms");
	});
});
