// SPDX-License-Identifier: MIT
/** Ports that behave as badly as they may: alarms that come late or for nothing, a store that cannot commit. */
import { describe, expect, test } from "vitest";
import { type Alarm, type Clock, Counter, Reason, type Timer } from "../../../lib/index.js";
import { RamStore } from "../../../lib/store/index.js";
import { VirtualClock, World } from "../../../simulator/world.js";
import { meet, met, VERSIONS } from "../../kit/peer.js";

/** Alarms come up to 200 ms late, and sometimes for nothing. */
class SloppyClock implements Clock {
	readonly #clock: VirtualClock;
	constructor(readonly world: World) {
		this.#clock = new VirtualClock(world, { ticks: 0x7fff_ffff - 20_000 });
	}
	get ticks(): number {
		return this.#clock.ticks;
	}
	get seconds(): number {
		return this.#clock.seconds;
	}
	get epochSeconds(): number {
		return this.#clock.epochSeconds;
	}
	timer(wake: Alarm): Timer {
		const random = this.world.random.fork("sloppy");
		const timer = this.#clock.timer(wake);
		const beat = () => {
			wake.onAlarm();
			this.world.after(1 + random.below(900), beat);
		};
		this.world.after(1, beat);
		return { arm: (ms) => timer.arm(ms + random.below(200)), disarm: () => timer.disarm() };
	}
}

class FailingStore extends RamStore {
	failures = 0;
	override commit(): number {
		if (this.failures === 0) return 0;
		this.failures--;
		return -7;
	}
}

describe.each(VERSIONS)("version %i", (version) => {
	test("late and spurious alarms are harmless", () => {
		const world = new World({ seed: 5 });
		const { rig, peer } = meet(version, { clock: new SloppyClock(world), keepAliveSeconds: 4 }, world);
		peer.answerAll();
		rig.client.subscribe(rig.filter, 1);
		rig.online();
		for (let i = 0; i < 50; i++) {
			rig.publish(`${i}`, (i % 3) as 0 | 1 | 2);
			rig.pass(2000);
		}
		expect(rig.recorder.count("offline")).toBe(0);
		expect(rig.recorder.count("settled")).toBe(50);
		rig.pass(60_000);
		const times = peer.all("pingreq").map((one) => one.time);
		for (let i = 1; i < times.length; i++)
			if (times[i - 1] > 101_000) expect(times[i] - times[i - 1]).toBeLessThanOrEqual(4000);
		peer.present = true;
		rig.dialler.fault = "refuse";
		rig.drop();
		rig.pass(10_000);
		const told = rig.recorder.retries.length;
		expect(rig.dialler.dials).toBeLessThanOrEqual(1 + told);
		rig.dialler.fault = "none";
		rig.until("online", () => rig.client.online);
	});

	test("a store that cannot commit: nothing leaves that depends on it, and it is tried again", () => {
		const store = new FailingStore();
		const { rig, peer } = met(version, { store });
		peer.present = true;
		peer.answerAll();
		store.failures = 1;
		const ticket = rig.publish("x", 2);
		expect(ticket).toBeGreaterThan(0);
		expect(rig.recorder.of("offline")).toEqual([[Reason.StoreFault, true]]);
		rig.pass(10);
		expect(peer.lines[0].take()).toEqual([]);
		rig.until("settled", () => rig.recorder.settled.has(ticket));
		store.failures = 1;
		peer.line.publish("in/x", "y", 2, 9);
		rig.until("offline", () => rig.recorder.count("offline") === 2);
		expect(peer.lines[1].texts).not.toContain("pubrec #9");
		rig.until("online", () => rig.client.online);
		peer.line.publish("in/x", "y", 2, 9, { dup: true });
		rig.pass(10);
		expect(rig.recorder.count("message")).toBe(1);
		expect(rig.client.counters[Counter.Duplicates]).toBe(1);
	});

	test("a store that cannot be opened refuses the call", () => {
		const store = new RamStore();
		store.open = () => -7;
		const { rig } = meet(version, { store });
		expect(rig.client.open()).toBe(-7);
		rig.pass(1000);
		expect(rig.dialler.dials).toBe(0);
	});
});
