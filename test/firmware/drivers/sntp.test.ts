// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import type { Network } from "../../../firmware/drivers/network.js";
import { EARLIEST, Sntp, type SntpOptions } from "../../../firmware/drivers/sntp.js";
import { VirtualClock, World } from "../../../simulator/world.js";
import { type Server, TimeServers } from "../../kit/ecma419/sntp.js";

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** In seconds. */
const DAY = 86_400;
const START = Date.UTC(2027, 2, 1);

class Scene {
	readonly world: World;
	readonly servers: TimeServers;
	readonly clock: VirtualClock;
	readonly sntp: Sntp;
	readonly network = { up: true } as Network & { up: boolean };
	/** What the clock was set to. */
	readonly sets: number[] = [];
	firsts = 0;

	constructor(
		servers: Record<string, Server>,
		options: Partial<SntpOptions> & { ticks?: number } = {},
		seed = 1,
	) {
		this.world = new World({ seed, epochMs: START });
		this.servers = new TimeServers(this.world);
		for (const [name, server] of Object.entries(servers)) this.servers.servers.set(name, server);
		this.clock = new VirtualClock(this.world, { ticks: options.ticks ?? 0 });
		this.sntp = new Sntp({
			io: this.servers.SNTP,
			Time: { set: (seconds) => this.set(seconds) },
			clock: this.clock,
			random: this.world.random.fork("backoff"),
			network: this.network,
			servers: Object.keys(servers),
			onSet: () => this.firsts++,
			...options,
		});
	}

	set(seconds: number): void {
		this.sets.push(seconds);
		this.clock.synchronise();
		this.clock.epochOffsetMs = seconds * 1000 - this.world.epochMs;
	}

	pass(ms: number): void {
		this.world.run(this.world.now + ms);
	}

	get hosts(): string[] {
		return this.servers.asked.map(({ host }) => host);
	}
}

describe("Sntp", () => {
	it("sets the clock, tells once, and looks again every six hours", () => {
		const scene = new Scene({ one: 0 });
		scene.sntp.open();
		scene.sntp.open();
		expect(scene.clock.epochSeconds).toBe(0);
		scene.pass(SECOND);
		// Whole seconds: it is late by up to one.
		expect(scene.clock.epochSeconds).toBe(START / 1000);
		expect(scene.sntp).toMatchObject({ set: true, lastError: "" });
		scene.pass(25 * HOUR);
		expect(scene.servers.asked).toHaveLength(5);
		expect(scene.firsts).toBe(1);
		// A clock that is right is let alone: an answer has whole seconds only.
		expect(scene.sets).toHaveLength(1);
		scene.clock.epochOffsetMs -= 90_000;
		scene.pass(6 * HOUR);
		expect(scene.sets).toHaveLength(2);
		expect(scene.sntp.correction).toBe(90);
		expect(scene.firsts).toBe(1);
		expect(scene.servers.open).toBe(0);
	});

	it("waits for the network, and asks as soon as it is woken", () => {
		const scene = new Scene({ one: 0 });
		scene.network.up = false;
		scene.sntp.open();
		scene.pass(HOUR);
		expect(scene.hosts).toEqual([]);
		scene.network.up = true;
		scene.sntp.wake();
		scene.pass(100);
		expect(scene.sntp.set).toBe(true);
		scene.sntp.wake();
		scene.pass(100);
		expect(scene.hosts).toEqual(["one"]);
	});

	it("asks within seconds when nobody wakes it", () => {
		const scene = new Scene({ one: 0 });
		scene.network.up = false;
		scene.sntp.open();
		scene.pass(HOUR);
		scene.network.up = true;
		scene.pass(6 * SECOND);
		expect(scene.sntp.set).toBe(true);
	});

	it.each<[Server, string]>([
		["silent", "bad: no response from SNTP server"],
		["kiss", "bad: no response from SNTP server"],
		["unknown", "bad: cannot resolve bad"],
		["short", "bad: unexpected SNTP packet length"],
		["zero", "bad says that it is 2085978496 s after 1970: that is not believed"],
		[EARLIEST - START / 1000 - DAY, "bad says that it is 17671"],
		[-START / 1000, "s after 1970: that is not believed"],
		["deaf resolver", "bad: no response from SNTP server"],
	])("goes on to the next server after one that is %s, and rests when it was the last", (bad, words) => {
		const scene = new Scene({ bad, good: 0 });
		scene.sntp.open();
		scene.pass(61 * SECOND);
		expect(scene.sntp.set).toBe(true);
		expect(scene.hosts).toEqual(["bad", "good"]);
		const alone = new Scene({ bad });
		alone.sntp.open();
		alone.pass(61 * SECOND);
		expect(alone.sntp.lastError).toContain(words);
		alone.pass(6 * HOUR);
		expect(alone.sntp.set).toBe(false);
		expect(alone.sets).toEqual([]);
		// 300 to 600 s between attempts at last.
		expect(alone.hosts.length).toBeGreaterThan(30);
		expect(alone.hosts.length).toBeLessThan(90);
		expect(alone.servers.open).toBeLessThan(2);
		expect(alone.world.pending).toBeLessThan(5);
		alone.servers.servers.set("bad", 0);
		alone.sntp.wake();
		alone.pass(61 * SECOND);
		expect(alone.sntp).toMatchObject({ set: true, lastError: "" });
	});

	it("stays with a server that is good", () => {
		const scene = new Scene({ bad: "unknown", good: 0 }, { hours: 1 });
		scene.sntp.open();
		scene.pass(5 * HOUR);
		expect(scene.hosts).toEqual(["bad", "good", "good", "good", "good", "good"]);
		// Its first failure is no reason to rest: the other one may be good by now.
		scene.servers.servers.set("bad", 0).set("good", "unknown");
		scene.pass(HOUR);
		const [, , , , , , failed, next] = scene.servers.asked;
		expect([failed.host, next.host]).toEqual(["good", "bad"]);
		expect(next.at - failed.at).toBeLessThan(SECOND);
	});

	it("survives what the SDK throws", () => {
		const scene = new Scene({ one: 0 });
		scene.servers.network = false;
		scene.sntp.open();
		scene.pass(MINUTE);
		expect(scene.sntp.lastError).toBe("no network");
		scene.servers.network = true;
		scene.sntp.wake();
		scene.pass(SECOND);
		expect(scene.sntp.set).toBe(true);
		const other = new Scene({ one: 0 }, { Time: { set: () => { throw new Error("no clock"); } } }); // biome-ignore format: short
		other.sntp.open();
		other.pass(MINUTE);
		expect(other.sntp).toMatchObject({ set: false, lastError: "no clock" });
	});

	it("understands the times after 2038, which the SDK gives as negative numbers", () => {
		const ahead = Date.UTC(2040, 0, 1) / 1000 - START / 1000;
		const scene = new Scene({ one: ahead });
		scene.sntp.open();
		scene.pass(SECOND);
		expect(scene.sets).toEqual([Date.UTC(2040, 0, 1) / 1000]);
	});

	it("ends a request that says nothing at all, and ignores what it says later", () => {
		let late: ((message: number, value?: number) => void) | undefined;
		class Mute {
			static readonly time = 1;
			static readonly error = -1;
			closed = false;
			constructor(_options: { host: string }, callback: (message: number, value?: number) => undefined) {
				late ??= callback;
			}
			close(): void {
				this.closed = true;
			}
		}
		const scene = new Scene({ one: 0, two: 0 }, { io: Mute as unknown as SntpOptions["io"] });
		scene.sntp.open();
		scene.pass(61 * SECOND);
		expect(scene.sntp.lastError).toBe("one did not answer in time");
		// Now two is asked; what one says comes a minute late.
		late?.(1, START / 1000);
		scene.pass(SECOND);
		expect(scene.sets).toEqual([]);
	});

	it("stops when it is closed, also in the midst of a request, and has nothing to do without servers", () => {
		const scene = new Scene({ one: "silent" });
		scene.sntp.open();
		scene.pass(3 * SECOND);
		scene.sntp.close();
		expect(scene.servers.open).toBe(0);
		scene.sntp.wake();
		scene.pass(HOUR);
		expect(scene.hosts).toEqual(["one"]);
		expect(scene.world.pending).toBe(0);
		const none = new Scene({});
		none.sntp.open();
		none.pass(HOUR);
		expect(none.world.pending).toBe(0);
	});
});

describe.each([41, 42, 43])("Servers and network come and go (seed %i)", (seed) => {
	it("is set whenever it can be, and nothing grows", () => {
		const ticks = 2 ** 31 - 3 * HOUR;
		const scene = new Scene({ one: 0, two: 0, three: 0 }, { hours: 1, ticks }, seed);
		const random = scene.world.random.fork("weather");
		const kinds: Server[] = ["silent", "unknown", "zero", "short", "kiss", "deaf resolver", 0, 5, -400];
		scene.sntp.open();
		for (let i = 0; i < 200; i++) {
			const name = ["one", "two", "three"][random.below(3)];
			scene.servers.servers.set(name, kinds[random.below(kinds.length)]);
			scene.network.up = random.below(3) > 0;
			scene.servers.network = scene.network.up || random.below(2) === 0;
			if (scene.network.up) scene.sntp.wake();
			scene.pass(random.below(30 * MINUTE));
			expect(scene.servers.open).toBeLessThan(2);
		}
		for (const name of ["one", "two", "three"]) scene.servers.servers.set(name, 0);
		scene.network.up = true;
		scene.servers.network = true;
		scene.pass(2 * HOUR);
		expect(Math.abs(scene.clock.epochSeconds - scene.world.epochMs / 1000), `seed ${seed}`).toBeLessThan(3);
		expect(scene.world.pending).toBeLessThan(6);
	});
});
