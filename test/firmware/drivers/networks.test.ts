// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { EthernetPort } from "../../../firmware/drivers/ethernet.js";
import type { Network, Uplink } from "../../../firmware/drivers/network.js";
import { Networks } from "../../../firmware/drivers/networks.js";
import { WifiStation } from "../../../firmware/drivers/wifi.js";
import { VirtualClock, World } from "../../../simulator/world.js";
import { Port } from "../../kit/ecma419/ethernet.js";
import { type Point, Radio } from "../../kit/ecma419/wifi.js";

const SECOND = 1000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A board with a cable and an access point. */
class Scene {
	readonly world: World;
	readonly port: Port;
	readonly radio: Radio;
	readonly point: Point;
	readonly networks: Networks;
	readonly ethernet: EthernetPort;
	readonly wifi: WifiStation;
	/** Which one carried, each time that it told; "" for none. */
	readonly told: string[] = [];
	readonly errors: string[] = [];

	constructor(seed = 1, ticks = 0, order: "cable first" | "radio first" = "cable first") {
		this.world = new World({ seed });
		this.port = new Port(this.world);
		this.radio = new Radio(this.world);
		this.point = this.radio.point("home", "correct horse", -61);
		const clock = new VirtualClock(this.world, { ticks });
		const random = this.world.random.fork("backoff");
		this.ethernet = new EthernetPort({ io: this.port.Ethernet, clock, random });
		const networks = [{ ssid: "home", password: "correct horse" }];
		this.wifi = new WifiStation({ io: this.radio.WiFi, clock, random, networks });
		const list: Uplink[] = [this.ethernet, this.wifi];
		if (order === "radio first") list.reverse();
		this.networks = new Networks({ networks: list, clock, failoverSeconds: 10, returnSeconds: 60 });
		this.networks.onChange = (network: Network) => {
			this.told.push(network.kind);
			if (!network.up) this.errors.push(this.networks.lastError);
		};
	}

	pass(ms: number): void {
		this.world.run(this.world.now + ms);
	}

	/** Where lwIP's default route leads: to Wi-Fi, with priority 100, before Ethernet, with 50. */
	get route(): string {
		return this.radio.associated !== undefined ? "wifi" : this.port.linked ? "ethernet" : "";
	}

	until(kind: string, limitMs: number): number {
		const from = this.world.now;
		if (!this.world.runUntil(() => this.networks.kind === kind, from + limitMs))
			throw this.world.error(`not ${kind}`);
		return this.world.now - from;
	}
}

describe("Ethernet before Wi-Fi", () => {
	it("uses the cable, and leaves the radio alone", () => {
		const scene = new Scene();
		scene.port.plug();
		expect(scene.networks).toMatchObject({
			up: false,
			kind: "",
			signal: Number.NaN,
			address: "",
			lastError: "",
		});
		scene.networks.open();
		scene.networks.open();
		scene.pass(HOUR);
		expect(scene.told).toEqual(["ethernet"]);
		expect(scene.networks).toMatchObject({ up: true, address: "10.0.0.7", signal: Number.NaN });
		expect(scene.networks.mac).toBe("a0:b1:c2:d3:e4:f8");
		expect(scene.radio.attempts).toEqual([]);
	});

	it("takes Wi-Fi when the cable is out, after ten seconds, and returns when it has been in for a minute", () => {
		const scene = new Scene();
		scene.port.plug();
		scene.networks.open();
		scene.pass(MINUTE);
		scene.port.unplug();
		scene.pass(9 * SECOND);
		expect(scene.radio.attempts).toEqual([]);
		expect(scene.told).toEqual(["ethernet", ""]);
		expect(scene.errors).toEqual(["ethernet: no cable, or nothing at its other end"]);
		expect(scene.until("wifi", 20 * SECOND)).toBeLessThan(12 * SECOND);
		expect(scene.networks).toMatchObject({ up: true, address: "192.168.4.20", signal: -61 });
		scene.pass(HOUR);
		scene.port.plug();
		const took = scene.until("ethernet", 2 * MINUTE);
		expect(took).toBeGreaterThan(60 * SECOND);
		expect(took).toBeLessThan(70 * SECOND);
		expect(scene.told).toEqual(["ethernet", "", "wifi", "", "ethernet"]);
		// Were the radio still joined, the default route would lead there.
		expect(scene.route).toBe("ethernet");
		expect(scene.wifi.up).toBe(false);
	});

	it("starts with Wi-Fi when there is no cable", () => {
		const scene = new Scene();
		scene.networks.open();
		expect(scene.until("wifi", MINUTE)).toBeLessThan(25 * SECOND);
		scene.pass(HOUR);
		expect(scene.told).toEqual(["", "wifi"]);
	});

	it("takes the cable at once when Wi-Fi is lost during the hold", () => {
		const scene = new Scene();
		scene.networks.open();
		scene.until("wifi", MINUTE);
		scene.port.plug();
		scene.pass(20 * SECOND);
		expect(scene.networks.kind).toBe("wifi");
		scene.radio.kick();
		scene.pass(SECOND);
		expect(scene.networks.kind).toBe("ethernet");
	});

	it("does not follow a plug that is out for seconds, or in for seconds", () => {
		const scene = new Scene();
		scene.port.plug();
		scene.networks.open();
		scene.pass(MINUTE);
		for (let i = 0; i < 20; i++) {
			scene.port.unplug();
			scene.pass(3 * SECOND);
			scene.port.plug();
			scene.pass(20 * SECOND);
		}
		expect(scene.told).not.toContain("wifi");
		scene.port.unplug();
		scene.until("wifi", MINUTE);
		const told = scene.told.length;
		for (let i = 0; i < 50; i++) {
			scene.port.plug();
			scene.pass(40 * SECOND);
			scene.port.unplug();
			scene.pass(3 * SECOND);
		}
		expect(scene.told).toHaveLength(told);
	});

	it("returns less and less often to a cable that does not last, and forgets that when it does", () => {
		const scene = new Scene();
		scene.networks.open();
		scene.until("wifi", MINUTE);
		const holds: number[] = [];
		for (let i = 0; i < 9; i++) {
			scene.port.plug();
			holds.push(Math.round(scene.until("ethernet", 2 * HOUR) / SECOND));
			scene.pass(30 * SECOND);
			scene.port.unplug();
			scene.until("wifi", MINUTE);
		}
		// A link takes some seconds to get its address.
		const expected = [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600];
		holds.forEach((hold, i) => {
			expect(hold).toBeGreaterThanOrEqual(expected[i]);
			expect(hold).toBeLessThan(expected[i] + 10);
		});
		scene.port.plug();
		scene.until("ethernet", 2 * HOUR);
		scene.pass(11 * MINUTE);
		scene.port.unplug();
		scene.until("wifi", MINUTE);
		scene.port.plug();
		expect(scene.until("ethernet", 2 * HOUR)).toBeLessThan(70 * SECOND);
	});

	it("renew tries the other network, and comes back after the hold", () => {
		const scene = new Scene();
		scene.port.plug();
		scene.networks.open();
		scene.pass(MINUTE);
		scene.networks.renew();
		expect(scene.networks.up).toBe(false);
		expect(scene.until("wifi", MINUTE)).toBeLessThan(15 * SECOND);
		expect(scene.told).toEqual(["ethernet", "", "wifi"]);
		expect(scene.until("ethernet", 5 * MINUTE)).toBeGreaterThan(50 * SECOND);
	});

	it("renew without another network to go to is back on the cable after the hold", () => {
		const scene = new Scene();
		scene.point.on = false;
		scene.port.plug();
		scene.networks.open();
		scene.pass(MINUTE);
		scene.networks.renew();
		scene.pass(62 * SECOND);
		expect(scene.networks.kind).toBe("ethernet");
		expect(scene.route).toBe("ethernet");
		scene.networks.renew();
		scene.networks.renew();
		scene.pass(3 * MINUTE);
		expect(scene.networks.kind).toBe("ethernet");
	});

	it("renew on Wi-Fi joins anew", () => {
		const scene = new Scene();
		scene.networks.open();
		scene.until("wifi", MINUTE);
		scene.networks.renew();
		scene.pass(100);
		expect(scene.networks.up).toBe(false);
		scene.until("wifi", 20 * SECOND);
	});

	it("tells the reasons of all of them while none is up, and not more often than they try", () => {
		const scene = new Scene();
		scene.point.password = "changed";
		scene.networks.open();
		scene.pass(HOUR);
		expect(scene.errors.at(-1)).toMatch(
			/^ethernet: no cable, or nothing at its other end; wifi: "home" .*wifi_password$/,
		);
		expect(scene.errors.length).toBeLessThan(130);
	});

	it("stays closed after close", () => {
		const scene = new Scene();
		scene.networks.open();
		scene.until("wifi", MINUTE);
		scene.networks.close();
		scene.networks.renew();
		expect(scene.networks).toMatchObject({ up: false, kind: "" });
		scene.port.plug();
		scene.pass(HOUR);
		expect(scene.told).toEqual(["", "wifi"]);
		expect(scene.world.pending).toBe(0);
		scene.networks.open();
		scene.until("ethernet", MINUTE);
	});

	it.each([17, 18, 19, 20])(
		"leaves all in order when its listener renews, and closes it at call %i",
		(last) => {
			const scene = new Scene();
			scene.port.plug();
			scene.networks.onChange = (network) => {
				scene.told.push(network.kind);
				if (network.up) scene.networks.renew();
				if (scene.told.length === last) scene.networks.close();
			};
			scene.networks.open();
			scene.pass(HOUR);
			expect(scene.told).toHaveLength(last);
			expect(scene.networks).toMatchObject({ up: false, kind: "" });
			expect(scene.world.pending).toBe(0);
		},
	);
});

it("Wi-Fi before Ethernet works, too, but the route goes its own way", () => {
	const scene = new Scene(1, 0, "radio first");
	scene.port.plug();
	scene.point.on = false;
	scene.networks.open();
	scene.until("ethernet", MINUTE);
	scene.point.on = true;
	scene.pass(50 * SECOND);
	expect([scene.networks.kind, scene.route]).toEqual(["ethernet", "wifi"]);
	scene.until("wifi", 5 * MINUTE);
	expect(scene.networks.mac).toBe("a0:b1:c2:d3:e4:f5");
});

/** A network that does what it is told. */
class Plain implements Uplink {
	onChange: ((network: Network) => void) | undefined;
	readonly signal = Number.NaN;
	readonly address = "";
	readonly mac = "";
	readonly lastError = "";
	up = false;
	opened = false;
	readonly kind: string;
	constructor(kind: string) {
		this.kind = kind;
	}
	open(): void {
		this.opened = true;
	}
	close(): void {
		this.opened = false;
		this.up = false;
	}
	renew(): void {}
	/** It comes up, or goes down. */
	turn(up: boolean): void {
		this.up = up;
		this.onChange?.(this);
	}
}

it("of three networks each gets its own hold", () => {
	const world = new World();
	const [first, second, third] = [new Plain("first"), new Plain("second"), new Plain("third")];
	const networks = new Networks({ networks: [first, second, third], clock: new VirtualClock(world) });
	const pass = (seconds: number): void => world.run(world.now + seconds * SECOND);
	networks.open();
	pass(9);
	expect(second.opened).toBe(false);
	pass(2);
	expect([second.opened, third.opened]).toEqual([true, false]);
	pass(10);
	third.turn(true);
	pass(1);
	expect(networks.kind).toBe("third");
	second.turn(true);
	pass(50);
	first.turn(true);
	pass(50);
	expect(networks.kind).toBe("third");
	pass(15);
	expect(networks.kind).toBe("first");
	expect([second.opened, third.opened]).toEqual([false, false]);
});

it.each(["close", "renew"] as const)("a listener that calls %s between down and up is heard", (method) => {
	const world = new World();
	const [first, second] = [new Plain("first"), new Plain("second")];
	const networks = new Networks({ networks: [first, second], clock: new VirtualClock(world) });
	const pass = (seconds: number): void => world.run(world.now + seconds * SECOND);
	networks.open();
	pass(11);
	second.turn(true);
	pass(1);
	first.turn(true);
	first.renew = () => first.turn(false);
	networks.onChange = ({ up }) => {
		if (!up) networks[method]();
	};
	pass(62);
	expect(networks).toMatchObject({ up: method === "renew", kind: method === "renew" ? "second" : "" });
});

describe.each([31, 32, 33, 34, 35, 36])("Cable and radio come and go (seed %i)", (seed) => {
	it("is on the cable whenever that lasts, down before it is up, and nothing grows", () => {
		const scene = new Scene(seed, 2 ** 31 - 2 * HOUR);
		const random = scene.world.random.fork("weather");
		scene.networks.open();
		for (let i = 0; i < 400; i++) {
			const dice = random.below(12);
			if (dice < 3) scene.port.plug();
			else if (dice < 5) scene.port.unplug();
			else if (dice < 7) scene.radio.off(scene.point);
			else if (dice < 9) scene.point.on = true;
			else if (dice === 9) scene.radio.kick();
			else if (dice === 10) scene.networks.renew();
			else if (random.below(4) === 0) {
				scene.networks.close();
				scene.told.push(""); // whoever closes knows
				scene.networks.open();
			}
			scene.pass(random.below(random.below(3) === 0 ? 10 * MINUTE : 30 * SECOND));
			if (scene.networks.up) expect(["ethernet", "wifi"]).toContain(scene.networks.kind);
			if (scene.networks.kind === "ethernet") expect(scene.wifi.up).toBe(false);
			if (i % 20 !== 19) continue;
			scene.point.on = true;
			scene.pass(3 * MINUTE);
			expect(scene.networks.up, `seed ${seed}, round ${i}: something carries`).toBe(true);
			scene.port.plug();
			scene.pass(2 * HOUR + MINUTE);
			expect(scene.networks.kind, `seed ${seed}, round ${i}`).toBe("ethernet");
			expect(scene.route).toBe("ethernet");
			expect(scene.radio.instances + scene.port.instances).toBeLessThan(3);
			expect(scene.world.pending).toBeLessThan(8);
		}
		// Two networks never carry one after the other without a word between.
		for (let i = 1; i < scene.told.length; i++) {
			if (scene.told[i] !== "")
				expect(scene.told[i - 1]).not.toBe(scene.told[i] === "wifi" ? "ethernet" : "wifi");
		}
	});
});
