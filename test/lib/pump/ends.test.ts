// SPDX-License-Identifier: MIT
/** Every code by which a broker refuses or ends a connection, in both versions, played: what follows, and what is told. */
import { describe, expect, test } from "vitest";
import { LINK_FAULT_BASE, LinkFault, Next, Reason } from "../../../lib/index.js";
import { next } from "../../../lib/session/ends.js";
import { PacketType, REASONS } from "../../../lib/wire/protocol.js";
import { meet, met, type Peer } from "../../kit/peer.js";
import type { Rig } from "../../kit/rig.js";

const limits = { backoffMs: 1000, backoffMaxMs: 8000, slowLaneMs: 300_000 };

/** The codes from 0x80 up that a server of 5.0 may send in such a packet. */
function codesOf(type: PacketType): number[] {
	const codes: number[] = [];
	for (let code = 0x80; code < 0xc0; code++) {
		const word = REASONS[type * 3 + (code >> 5) - 3];
		if (((word >>> (code & 31)) & 1) === 1) codes.push(code);
	}
	return codes;
}

/** After the end: the application was told in words and time, and that comes true. */
function follows(rig: Rig, reason: number): void {
	rig.until("offline", () => rig.recorder.count("offline") === 1);
	expect(rig.recorder.of("offline")[0][0]).toBe(reason);
	const retryMs = rig.recorder.retries[0];
	const { dials } = rig.dialler;
	if (next(reason) === Next.Stop) {
		expect(retryMs).toBe(-1);
		rig.pass(86_400_000);
		expect(rig.dialler.dials).toBe(dials);
		expect(rig.world.pending).toBe(0);
		return;
	}
	const slow = next(reason) !== Next.Retry;
	expect(retryMs).toBeGreaterThanOrEqual(slow ? 150_000 : 500);
	expect(retryMs).toBeLessThanOrEqual(slow ? 300_000 : 1000);
	rig.pass(retryMs - 1);
	expect(rig.dialler.dials).toBe(dials);
	rig.pass(1);
	expect(rig.dialler.dials).toBe(dials + 1);
}

/** Refuses the first connection. */
function refusing(version: 4 | 5, answer: (peer: Peer) => void): Rig {
	const { rig, peer } = meet(version, { limits });
	peer.polite.delete("connect");
	peer.onPacket = ({ cmd }) => {
		if (cmd === "connect" && peer.lines.length === 1) answer(peer);
	};
	rig.client.open();
	return rig;
}

describe("5.0", () => {
	test("has 21 codes for CONNACK and 28 for DISCONNECT", () => {
		expect([codesOf(PacketType.Connack).length, codesOf(PacketType.Disconnect).length]).toEqual([21, 28]);
	});

	test.each(codesOf(PacketType.Connack))("[5.0 MQTT-4.13.2-1] CONNACK with %i", (reasonCode) => {
		follows(
			refusing(5, (peer) => peer.line.connack({ reasonCode })),
			reasonCode,
		);
	});

	test.each(codesOf(PacketType.Disconnect))("DISCONNECT with %i", (reasonCode) => {
		const { rig, peer } = met(5, { limits });
		peer.line.send({ cmd: "disconnect", reasonCode });
		follows(rig, reasonCode);
		expect(peer.lines[0].take(), "nothing is said back").toEqual([]);
		expect(peer.lines[0].closed).toBe(true);
	});

	test("DISCONNECT without an error counts as one without a reason", () => {
		const { rig, peer } = met(5, { limits });
		peer.line.send({ cmd: "disconnect", reasonCode: 0 });
		follows(rig, Reason.Unspecified);
	});
});

describe("3.1.1", () => {
	const reasons: Readonly<Record<number, number>> = {
		1: Reason.UnsupportedProtocolVersion,
		2: Reason.ClientIdentifierNotValid,
		3: Reason.ServerUnavailable,
		4: Reason.BadUserNameOrPassword,
		5: Reason.NotAuthorized,
	};

	test.each(Array.from({ length: 255 }, (_, i) => i + 1))("CONNACK with return code %i", (returnCode) => {
		follows(
			refusing(4, (peer) => peer.line.connack({ returnCode })),
			reasons[returnCode] ?? Reason.Unspecified,
		);
	});
});

describe.each([4, 5] as const)("version %i: a link", (version) => {
	test.each(Object.keys(LinkFault) as (keyof typeof LinkFault)[])("that ends for %s", (name) => {
		const { rig } = met(version, { limits });
		const transport = rig.strict.last;
		transport.onError(LinkFault[name]);
		follows(rig, LINK_FAULT_BASE - LinkFault[name]);
	});
});

describe("Taken over by another client of the same identifier", () => {
	function taken(): { rig: Rig; peer: Peer } {
		const both = met(5, { limits });
		both.peer.present = true;
		both.peer.line.send({ cmd: "disconnect", reasonCode: Reason.SessionTakenOver });
		return both;
	}

	test("it does not fight: only `open` brings it back, with its session", () => {
		const { rig, peer } = taken();
		rig.until("offline", () => rig.recorder.count("offline") === 1);
		rig.client.redial();
		expect(rig.publish("kept", 1)).toBeGreaterThan(0);
		expect(rig.publish("not kept", 0)).toBeLessThan(0);
		rig.pass(3_600_000);
		expect(peer.lines.length).toBe(1);
		peer.polite.add("publish");
		rig.online();
		expect(rig.recorder.of("online")).toEqual([[false], [true]]);
		rig.until("settled", () => rig.recorder.count("settled") === 1);
	});

	test("who calls `open` in onOffline fights all the same", () => {
		const { rig, peer } = taken();
		rig.recorder.hook = (note) => {
			if (note[0] === "offline") rig.client.open();
		};
		rig.until("online again", () => rig.recorder.count("online") === 2);
		expect(peer.lines.length).toBe(2);
	});

	test("a flush that waits is told at once, and `close` has nothing to do", () => {
		const { rig, peer } = met(5, { limits });
		rig.publish("x", 1);
		rig.client.flush(60_000);
		peer.line.send({ cmd: "disconnect", reasonCode: Reason.SessionTakenOver });
		rig.until("offline", () => rig.recorder.count("offline") === 1);
		rig.pass(1);
		expect(rig.recorder.of("flushed")).toEqual([[1]]);
		rig.client.close();
		rig.pass(10_000);
		expect(rig.recorder.count("offline")).toBe(1);
	});
});
