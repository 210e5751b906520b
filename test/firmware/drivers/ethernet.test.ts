// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EthernetPort } from "../../../firmware/drivers/ethernet.js";
import { VirtualClock, World } from "../../../simulator/world.js";
import { Port } from "../../kit/ecma419/ethernet.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

class Scene {
	readonly world: World;
	readonly port: Port;
	readonly ethernet: EthernetPort;
	readonly told: (true | string)[] = [];

	constructor(seed = 1, ticks = 0) {
		this.world = new World({ seed });
		this.port = new Port(this.world);
		const clock = new VirtualClock(this.world, { ticks });
		const random = this.world.random.fork("backoff");
		const hostname = "ä name that is much longer than DHCP takes it";
		this.ethernet = new EthernetPort({ io: this.port.Ethernet, clock, random, hostname });
		this.ethernet.onChange = (network) => this.told.push(network.up || this.ethernet.lastError);
	}

	pass(ms: number): void {
		this.world.run(this.world.now + ms);
	}
}

describe("An Ethernet port", () => {
	it("comes up with the cable, goes down without it, and up again by itself", () => {
		const scene = new Scene();
		scene.port.plug();
		scene.ethernet.open();
		scene.ethernet.open();
		scene.pass(10_000);
		expect(scene.ethernet).toMatchObject({ up: true, kind: "ethernet", address: "10.0.0.7", lastError: "" });
		expect(scene.ethernet).toMatchObject({ signal: Number.NaN, mac: "a0:b1:c2:d3:e4:f8" });
		expect(scene.port.hostname).toBe("--name-that-is-much-longer-than-");
		scene.port.unplug();
		scene.pass(10);
		expect(scene.ethernet).toMatchObject({ up: false, address: "" });
		scene.pass(HOUR);
		scene.port.plug();
		scene.pass(10_000);
		expect(scene.told).toEqual([true, "no cable, or nothing at its other end", true]);
		expect(scene.port).toMatchObject({ instances: 1, connects: 0 });
	});

	it("says once that there is no cable", () => {
		const scene = new Scene();
		scene.ethernet.open();
		scene.pass(HOUR);
		expect(scene.told).toEqual(["no cable, or nothing at its other end"]);
		scene.port.plug();
		scene.pass(10_000);
		expect(scene.ethernet.up).toBe(true);
	});

	it("starts DHCP where nobody does, once, and says when no address comes", () => {
		const scene = new Scene();
		scene.port.startsDhcp = false;
		scene.port.plug();
		scene.ethernet.open();
		scene.pass(15_000);
		expect(scene.told).toEqual([true]);
		expect(scene.port.connects).toBe(1);
		scene.port.unplug();
		scene.port.gives = "ipv6";
		scene.pass(1000);
		scene.port.plug();
		scene.pass(HOUR);
		expect(scene.told.slice(1)).toEqual([
			"no cable, or nothing at its other end",
			"the cable is in, but no IPv4 address comes: look at the DHCP server",
		]);
		expect(scene.port.connects).toBe(2);
	});

	it("does with IPv4 alone", () => {
		const scene = new Scene();
		scene.port.gives = "ipv4";
		scene.port.plug();
		scene.ethernet.open();
		scene.pass(15_000);
		expect(scene.ethernet).toMatchObject({ up: true, address: "10.0.0.7" });
		scene.pass(HOUR);
		expect(scene.told).toEqual([true]);
		scene.port.unplug();
		scene.pass(10);
		expect(scene.ethernet.up).toBe(false);
	});

	it("starts the driver again and again while the PHY does not answer, less and less often", () => {
		const scene = new Scene();
		scene.port.phy = false;
		scene.port.plug();
		scene.ethernet.open();
		scene.pass(HOUR);
		expect(scene.told[0]).toBe(
			'the Ethernet driver did not start ("not initialized"): do PHY and pins of the build fit this board?',
		);
		expect(scene.told.length).toBeLessThan(140);
		expect(scene.port.instances).toBe(0);
		scene.port.phy = true;
		scene.pass(70_000);
		expect(scene.ethernet.up).toBe(true);
		expect(scene.port.instances).toBe(1);
	});

	it("does not mind that it is connecting already", () => {
		const scene = new Scene();
		scene.port.startsDhcp = false;
		scene.port.plug();
		scene.ethernet.open();
		scene.pass(15_000);
		// The address is gone, the link is not.
		scene.port.ip = 0;
		scene.port.post({ event: "connected" });
		scene.pass(10_000);
		expect(scene.told).toEqual([true, ""]);
		scene.port.post({ event: "got ip" });
		scene.pass(10);
		expect(scene.told).toEqual([true, "", true]);
	});

	it("does not notice when the ticks wrap in the midst of a rest", () => {
		for (let before = 500; before < 60_000; before += 2500) {
			const [plain, wrapped] = [0, 2 ** 31 - before].map((ticks) => {
				const scene = new Scene(before, ticks);
				const times: number[] = [];
				scene.ethernet.onChange = () => times.push(scene.world.now);
				scene.port.phy = false;
				scene.port.plug();
				scene.ethernet.open();
				scene.pass(before + 2 * MINUTE);
				scene.port.phy = true;
				scene.pass(70_000);
				expect(scene.ethernet.up).toBe(true);
				return times;
			});
			expect(wrapped).toEqual(plain);
		}
	});

	it("finds a link that is up already, closes, and opens again", () => {
		const scene = new Scene();
		scene.port.plug();
		new scene.port.Ethernet({}).configure({});
		scene.pass(10_000);
		scene.ethernet.open();
		scene.pass(1);
		expect(scene.told).toEqual([true]);
		scene.ethernet.close();
		scene.ethernet.close();
		expect(scene.ethernet).toMatchObject({ up: false, mac: "" });
		scene.pass(HOUR);
		expect(scene.world.pending).toBe(0);
		scene.ethernet.open();
		scene.pass(1);
		expect(scene.told).toEqual([true, true]);
		scene.ethernet.renew();
		scene.pass(1);
		expect(scene.told).toEqual([true, true, true]);
		expect(scene.port.instances).toBe(2);
		// A loss that nobody was told.
		scene.port.linked = false;
		scene.port.ip = 0;
		scene.ethernet.renew();
		scene.pass(1);
		expect(scene.told.at(-1)).toBe("");
	});
});

describe.each([21, 22, 23, 24])("A loose plug (seed %i)", (seed) => {
	it("is up whenever it is in, and nothing grows", () => {
		const scene = new Scene(seed, 2 ** 31 - HOUR);
		const random = scene.world.random.fork("plug");
		scene.ethernet.open();
		for (let i = 0; i < 300; i++) {
			if (random.below(2) === 0) scene.port.unplug();
			else scene.port.plug();
			if (random.below(8) === 0) scene.ethernet.renew();
			scene.port.gives = (["both", "ipv4", "none"] as const)[random.below(3)];
			scene.pass(random.below(random.below(4) === 0 ? 10 * MINUTE : 5000));
			if (i % 20 !== 19) continue;
			scene.port.gives = "both";
			scene.port.unplug();
			scene.pass(100);
			scene.port.plug();
			scene.pass(20_000);
			expect(scene.ethernet.up, `seed ${seed}, round ${i}`).toBe(true);
			expect(scene.port.instances).toBe(1);
			expect(scene.world.pending).toBeLessThan(8);
		}
	});
});
