// SPDX-License-Identifier: MIT
/** The sensor program on a board with a cable and a radio: what failover is for. */
import { describe, expect, it } from "vitest";
import { EthernetPort } from "../../../firmware/drivers/ethernet.js";
import { Networks } from "../../../firmware/drivers/networks.js";
import { WifiStation } from "../../../firmware/drivers/wifi.js";
import { type Sensor, start } from "../../../firmware/programs/sensor.js";
import { VirtualClock } from "../../../simulator/world.js";
import { Port } from "../../kit/ecma419/ethernet.js";
import { type Point, Radio } from "../../kit/ecma419/wifi.js";
import { Station } from "../station.js";

const SECOND = 1000;
const MINUTE = 60_000;

/** Joined as the main program joins them: whatever the network tells goes to the client. */
class WiredStation extends Station<Sensor> {
	readonly port = new Port(this.world);
	readonly radio = new Radio(this.world);
	readonly point: Point = this.radio.point("home", "correct horse");
	readonly networks: Networks;

	constructor(intervalSeconds: number) {
		super(start, { settings: { intervalSeconds, qos: 1 } });
		const clock = new VirtualClock(this.world);
		const random = this.world.random.fork("backoff");
		const known = [{ ssid: "home", password: "correct horse" }];
		const cable = new EthernetPort({ io: this.port.Ethernet, clock, random });
		const radio = new WifiStation({ io: this.radio.WiFi, clock, random, networks: known });
		this.networks = new Networks({ networks: [cable, radio], clock });
		this.dialler.fault = "no network";
		this.networks.onChange = ({ up }) => {
			this.dialler.fault = up ? "none" : "no network";
			// lwIP aborts the connections of an interface that has gone down.
			if (up) this.program.client.redial();
			else if (this.dialler.link?.isUp) this.dialler.link.cut();
		};
		this.networks.open();
	}

	get online(): boolean {
		return this.program.client.online;
	}

	/** Milliseconds until the client is online, or not. */
	untilOnline(online: boolean, limitMs: number): number {
		const from = this.world.now;
		const done = this.world.runUntil(() => this.online === online, from + limitMs);
		if (!done) throw this.world.error(`online is ${this.online}`);
		return this.world.now - from;
	}
}

describe("A board with a cable and a radio", () => {
	it("is online again a second after the other network is up", () => {
		const station = new WiredStation(10);
		station.port.plug();
		station.untilOnline(true, MINUTE);
		station.pass(60);
		station.port.unplug();
		expect(station.untilOnline(false, SECOND)).toBeLessThan(100);
		expect(station.untilOnline(true, MINUTE)).toBeLessThan(22 * SECOND);
		expect(station.networks.kind).toBe("wifi");
		// The backoff of the client had nothing to do with it.
		station.pass(3600);
		station.port.unplug();
		station.radio.off(station.point);
		station.untilOnline(false, MINUTE);
		station.pass(7200);
		station.point.on = true;
		station.world.runUntil(() => station.networks.up, station.world.now + 2 * MINUTE);
		expect(station.untilOnline(true, MINUTE)).toBeLessThan(1200);
		station.port.plug();
		station.untilOnline(false, 2 * MINUTE);
		expect(station.untilOnline(true, 2 * SECOND)).toBeLessThan(1200);
		expect(station.networks.kind).toBe("ethernet");
	});

	it.each([61, 62, 63])("loses no reading while plug and access point come and go (seed %i)", (seed) => {
		const station = new WiredStation(30);
		const random = station.world.random.fork(`weather ${seed}`);
		for (let i = 0; i < 300; i++) {
			const dice = random.below(6);
			if (dice < 2) station.port.plug();
			else if (dice === 2) station.port.unplug();
			else if (dice === 3) station.radio.off(station.point);
			else if (dice === 4) station.point.on = true;
			else if (station.networks.up) station.networks.renew();
			station.pass(random.below(120));
		}
		station.port.plug();
		station.point.on = true;
		station.pass(3 * 3600);
		expect(station.online).toBe(true);
		expect(station.networks.kind).toBe("ethernet");
		const { refused, readings, client } = station.program;
		expect([refused, client.pending], `seed ${seed}`).toEqual([0, 0]);
		// At least once, and each of them.
		expect(new Set(station.numbers).size).toBe(readings);
		const connects = station.events.filter(({ kind }) => kind === "connect").length;
		expect(connects).toBeGreaterThan(20);
	});
});
