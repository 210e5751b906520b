// SPDX-License-Identifier: MIT
import type { Network } from "../../../firmware/drivers/network.js";
import { type Credentials, WifiStation } from "../../../firmware/drivers/wifi.js";
import { VirtualClock, World } from "../../../simulator/world.js";
import { Radio } from "../../kit/ecma419/wifi.js";

export const HOME: Credentials = { ssid: "home", password: "correct horse" };
export const SHED: Credentials = { ssid: "shed", password: "battery staple" };
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** A station, its radio, and what it told. */
export class Scene {
	readonly world: World;
	readonly radio: Radio;
	readonly clock: VirtualClock;
	readonly wifi: WifiStation;
	/** Whether it was up, when it told; and why not. */
	readonly told: (true | string)[] = [];
	/** When it came up. */
	readonly ups: number[] = [];

	constructor(networks: readonly Credentials[] = [HOME], seed = 1, ticks = 0) {
		this.world = new World({ seed });
		this.radio = new Radio(this.world);
		this.clock = new VirtualClock(this.world, { ticks });
		const { clock } = this;
		const random = this.world.random.fork("backoff");
		this.wifi = new WifiStation({ io: this.radio.WiFi, clock, random, networks, hostname: "board-1" });
		this.wifi.onChange = (network: Network) => {
			this.told.push(network.up || this.wifi.lastError);
			if (network.up) this.ups.push(this.world.now);
		};
	}

	pass(ms: number): void {
		this.world.run(this.world.now + ms);
	}

	/** Lets time pass until it is up; how long that took. */
	untilUp(limitMs = 5 * MINUTE): number {
		const from = this.world.now;
		if (!this.world.runUntil(() => this.wifi.up, from + limitMs))
			throw this.world.error("it did not come up");
		return this.world.now - from;
	}

	get joined(): string | undefined {
		return this.radio.associated?.ssid;
	}

	/** Milliseconds between one attempt and the next. */
	get gaps(): number[] {
		return this.radio.attempts.slice(1).map(({ at }, i) => at - this.radio.attempts[i].at);
	}
}
