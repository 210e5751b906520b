// SPDX-License-Identifier: MIT
/** The board tells the client that its network is back. */
import { describe, expect, test } from "vitest";
import { Reason } from "../../../lib/index.js";
import { meet, met } from "../../kit/peer.js";
import type { Rig } from "../../kit/rig.js";

const limits = { backoffMs: 1000, backoffMaxMs: 120_000, slowLaneMs: 300_000 };

/** Lets attempts fail until the wait for the next one is longer than a minute. */
function discourage(rig: Rig): void {
	rig.dialler.fault = "refuse";
	rig.client.open();
	rig.until("a long wait", () => (rig.recorder.retries.at(-1) ?? 0) > 60_000, 600_000);
}

describe("redial", () => {
	test("ends the wait: the attempt is made now, and not from inside the call", () => {
		const { rig } = meet(5, { limits });
		discourage(rig);
		rig.pass(10_000);
		rig.dialler.fault = "none";
		const dials = rig.dialler.dials;
		rig.client.redial();
		expect(rig.dialler.dials).toBe(dials);
		rig.pass(0);
		expect(rig.dialler.dials).toBe(dials + 1);
		rig.until("online", () => rig.client.online, 100);
	});

	test("a network that comes and goes: an attempt each backoffMs, however often it is told", () => {
		const { rig } = meet(5, { limits });
		discourage(rig);
		rig.pass(10_000);
		const dials = rig.dialler.dials;
		for (let i = 0; i < 999; i++) {
			rig.client.redial();
			rig.pass(10);
		}
		expect(rig.dialler.dials - dials).toBe(10); // at 0, 1000, ... 9000 ms
		expect(rig.recorder.retries.at(-1)).toBeGreaterThanOrEqual(60_000); // the doubling goes on as it was
	});

	test("told in onOffline of each failure it is no quicker", () => {
		const { rig } = meet(5, { limits });
		rig.recorder.hook = (note) => {
			if (note[0] === "offline") rig.client.redial();
		};
		rig.dialler.fault = "refuse";
		rig.client.open();
		rig.pass(100_000);
		expect(rig.dialler.dials).toBeGreaterThan(95);
		expect(rig.dialler.dials).toBeLessThan(105);
	});

	test("a first wait, which is as short already, stays as it was told", () => {
		const { rig } = meet(5, { limits });
		rig.dialler.fault = "refuse";
		rig.client.open();
		rig.until("the first failure", () => rig.recorder.retries.length === 1);
		rig.client.redial();
		rig.pass(rig.recorder.retries[0] - 1);
		expect(rig.dialler.dials).toBe(1);
		rig.pass(1);
		expect(rig.dialler.dials).toBe(2);
	});

	test("the slow lane is not hastened", () => {
		const { rig, peer } = met(5, { limits });
		peer.line.send({ cmd: "disconnect", reasonCode: Reason.NotAuthorized });
		rig.until("offline", () => rig.recorder.count("offline") === 1);
		const dials = rig.dialler.dials;
		rig.client.redial();
		rig.pass(149_000);
		expect(rig.dialler.dials).toBe(dials);
		rig.until("the next attempt", () => rig.dialler.dials === dials + 1, 300_000);
	});

	test("nothing happens while online, while connecting, when none is wanted", () => {
		const { rig } = meet(5, { limits });
		rig.client.redial();
		rig.pass(1000);
		expect(rig.dialler.dials).toBe(0);
		rig.client.open();
		rig.client.redial(); // an attempt is under way
		rig.until("online", () => rig.client.online);
		rig.client.redial();
		rig.pass(5000);
		expect(rig.dialler.dials).toBe(1);
		rig.client.close();
		rig.client.redial();
		rig.pass(5000);
		expect(rig.dialler.dials).toBe(1);
		expect(rig.world.pending).toBe(0);
	});

	test("the usual case: no network for minutes, then there is one", () => {
		const { rig } = meet(5, { limits });
		rig.dialler.fault = "no network";
		rig.client.open();
		rig.pass(300_000);
		expect(new Set(rig.recorder.of("offline").map((note) => note[0]))).toEqual(new Set([Reason.DialFailed]));
		rig.dialler.fault = "none";
		rig.client.redial();
		rig.until("online", () => rig.client.online, 1100);
	});
});
