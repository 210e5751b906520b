// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { HOME, HOUR, MINUTE, Scene, SHED } from "./wifi-scene.js";

describe("A Wi-Fi station", () => {
	it("joins, and tells once", () => {
		const scene = new Scene();
		scene.radio.point("home", "correct horse", -61);
		expect(scene.wifi).toMatchObject({ kind: "wifi", up: false, signal: Number.NaN, address: "", mac: "" });
		scene.wifi.open();
		scene.wifi.open();
		expect(scene.wifi.mac).toBe("a0:b1:c2:d3:e4:f5");
		expect(scene.untilUp()).toBeLessThan(10_000);
		scene.pass(HOUR);
		expect(scene.told).toEqual([true]);
		expect(scene.wifi).toMatchObject({ up: true, signal: -61, address: "192.168.4.20", lastError: "" });
		expect(scene.radio).toMatchObject({ instances: 1, scans: 0, hostname: "board-1" });
		expect(scene.radio.attempts).toHaveLength(1);
	});

	it("joins an open network without a password", () => {
		const scene = new Scene([{ ssid: "fair", password: "" }]);
		scene.radio.point("fair", "");
		scene.wifi.open();
		scene.untilUp();
	});

	it("finds a link that is up already, although nobody is called for it", () => {
		const scene = new Scene();
		scene.radio.point("home", "correct horse");
		const other = new scene.radio.WiFi({});
		other.connect({ SSID: "home", password: "correct horse" });
		scene.pass(10_000);
		other.close();
		scene.wifi.open();
		scene.pass(1);
		expect(scene.told).toEqual([true]);
		expect(scene.radio.attempts).toHaveLength(1);
		// And what it has not joined itself it joins anew.
		scene.radio.kick();
		scene.pass(10);
		expect(scene.wifi.up).toBe(false);
		scene.untilUp();
	});

	it("bounds its attempts while the password is wrong, for hours, and says what to look at", () => {
		const scene = new Scene();
		const home = scene.radio.point("home", "another one", -61);
		scene.wifi.open();
		scene.pass(6 * HOUR);
		const attempts = scene.radio.attempts.length;
		// A round is an attempt of some seconds and a rest of 30 to 60 s.
		expect(attempts).toBeGreaterThan((6 * HOUR) / 75_000);
		expect(attempts).toBeLessThan((6 * HOUR) / 30_000 + 10);
		expect(Math.min(...scene.gaps.slice(7))).toBeGreaterThan(30_000);
		expect(Math.max(...scene.gaps)).toBeLessThan(75_000);
		expect(scene.told.slice(0, 3)).toEqual(
			Array(3).fill('"home" does not answer, or does not let us in: look at wifi_ssid and wifi_password'),
		);
		expect(scene.told[3]).toBe('"home" is in sight (-61 dBm), but does not let us in: look at wifi_password');
		expect(scene.told).toHaveLength(attempts);
		expect(scene.told.join()).not.toContain("horse");
		expect(scene.radio.instances).toBe(1);
		expect(scene.world.pending).toBeLessThan(4);
		home.password = "correct horse";
		expect(scene.untilUp()).toBeLessThan(75_000);
		expect(scene.wifi.lastError).toBe("");
	});

	it("says when the network is not in sight", () => {
		const scene = new Scene();
		scene.radio.point("neighbour", "secret 12345");
		scene.wifi.open();
		scene.pass(2 * MINUTE);
		expect(scene.told).toContain(
			'"home" is not in sight: out of reach, switched off, hidden, or on 5 GHz only',
		);
	});

	it.each([1, 2, 3, 4, 5, 6, 7, 8])("comes back when the access point does (seed %i)", (seed) => {
		const scene = new Scene([HOME], seed);
		const home = scene.radio.point("home", "correct horse");
		scene.wifi.open();
		scene.untilUp();
		for (const awayMs of [5000, 90_000, 20 * MINUTE, 8 * HOUR]) {
			scene.pass(MINUTE);
			scene.radio.off(home);
			scene.pass(awayMs);
			expect(scene.wifi.up).toBe(awayMs < 7000 ? scene.wifi.up : false);
			home.on = true;
			scene.pass(MINUTE);
			const took = scene.untilUp();
			expect(took).toBeLessThan(30_000);
		}
		expect(scene.radio.instances).toBe(1);
		expect(scene.world.pending).toBeLessThan(6);
	});

	it("does not join once a second at an access point that lets it in and throws it out", () => {
		const scene = new Scene();
		scene.radio.point("home", "correct horse");
		scene.wifi.open();
		for (let i = 0; i < 60; i++) {
			scene.untilUp();
			scene.pass(2000);
			scene.radio.kick();
			scene.pass(10);
		}
		expect(Math.min(...scene.gaps.slice(8))).toBeGreaterThan(30_000);
		expect(scene.told.at(-1)).toBe('the link to "home" was lost');
		// A link that lasts makes up for it.
		scene.untilUp();
		scene.pass(MINUTE);
		scene.radio.kick();
		scene.pass(10);
		expect(scene.wifi.up).toBe(false);
		expect(scene.untilUp()).toBeLessThan(10_000);
	});

	it("does not notice when the ticks wrap in the midst of a rest, an attempt, a scan", () => {
		for (let before = 500; before < 60_000; before += 2500) {
			const [plain, wrapped] = [0, 2 ** 31 - before].map((ticks) => {
				const scene = new Scene([HOME, SHED], before, ticks);
				const home = scene.radio.point("home", "another one");
				scene.wifi.open();
				scene.pass(before + 2 * MINUTE);
				home.password = "correct horse";
				scene.untilUp();
				return scene;
			});
			expect(wrapped.radio.attempts).toEqual(plain.radio.attempts);
			expect(wrapped.ups).toEqual(plain.ups);
		}
	});

	it("does with IPv4 alone, and does not with IPv6 alone", () => {
		const scene = new Scene();
		const home = scene.radio.point("home", "correct horse", -60, { gives: "ipv4" });
		scene.wifi.open();
		expect(scene.untilUp()).toBeLessThan(12_000);
		expect(scene.wifi.address).toBe("192.168.4.20");
		scene.pass(HOUR);
		expect(scene.told).toEqual([true]);
		scene.radio.kick();
		scene.pass(10);
		expect(scene.wifi.up).toBe(false);
		home.gives = "ipv6";
		scene.pass(10 * MINUTE);
		expect(scene.wifi).toMatchObject({ up: false, address: "" });
		expect(scene.told.at(-1)).toBe(
			'"home" lets us in, but gives us no IPv4 address: look at its DHCP server',
		);
		home.gives = "both";
		scene.untilUp();
	});

	it("survives what the driver throws: at construction, at configure, at connect", () => {
		for (const method of ["new", "configure", "connect"] as const) {
			const scene = new Scene();
			scene.radio.point("home", "correct horse");
			scene.radio.refuses = method;
			scene.wifi.open();
			scene.pass(3 * MINUTE);
			if (method !== "configure") {
				expect(scene.told[0]).toMatch(/^the Wi-Fi driver says "(no memory|connect failed)"$/);
				expect(scene.told.length).toBeLessThan(12);
			}
			scene.radio.refuses = "";
			scene.untilUp();
			expect(scene.radio.instances).toBe(1);
		}
	});

	it("takes another instance when somebody has closed its own", () => {
		const scene = new Scene();
		scene.radio.point("home", "correct horse");
		scene.wifi.open();
		scene.untilUp();
		scene.radio.list[0].close();
		scene.pass(6000);
		expect(scene.wifi.up).toBe(false);
		expect(scene.told).toEqual([true, "", 'the Wi-Fi driver says "invalid host data"']);
		scene.untilUp();
		expect(scene.radio.instances).toBe(1);
	});

	it("notices a loss although its message was lost", () => {
		const scene = new Scene();
		scene.radio.point("home", "correct horse");
		scene.wifi.open();
		scene.untilUp();
		scene.radio.loss = 1;
		scene.radio.kick();
		scene.radio.loss = 0;
		scene.pass(6000);
		expect(scene.wifi.up).toBe(false);
		expect(scene.untilUp()).toBeLessThan(10_000);
		expect(new Set(scene.told.slice(1, -1))).toEqual(new Set(['the link to "home" was lost']));
	});

	it("says so when no network is known, and does not hurry", () => {
		const scene = new Scene([]);
		scene.wifi.open();
		scene.pass(HOUR);
		expect(new Set(scene.told)).toEqual(
			new Set(["no Wi-Fi network is known: set wifi_ssid and wifi_password"]),
		);
		expect(scene.told.length).toBeLessThan(130);
		expect(scene.radio.attempts).toEqual([]);
	});

	it("stays down after close, and comes up again after open", () => {
		const scene = new Scene();
		const home = scene.radio.point("home", "correct horse");
		scene.wifi.open();
		scene.untilUp();
		scene.wifi.close();
		scene.wifi.close();
		expect(scene.wifi).toMatchObject({ up: false, address: "", signal: Number.NaN });
		scene.pass(HOUR);
		expect(scene.joined).toBe(undefined);
		expect(scene.world.pending).toBe(0);
		expect(scene.told).toEqual([true]);
		for (let i = 0; i < 20; i++) {
			scene.wifi.open();
			scene.pass(i * 97);
			scene.wifi.close();
		}
		const attempts = scene.radio.attempts.length;
		const from = scene.world.now;
		scene.wifi.open();
		expect(scene.untilUp()).toBeLessThan(10_000);
		// The event of its own disconnect is no failure of the next attempt.
		expect(scene.radio.attempts).toHaveLength(attempts + 1);
		expect(scene.radio.attempts[attempts].at - from).toBeGreaterThanOrEqual(500);
		scene.wifi.renew();
		scene.wifi.close();
		scene.wifi.open();
		expect(scene.told).toEqual([true, true]);
		home.on = false;
		scene.pass(1000);
		expect(scene.told).toEqual([true, true]);
		expect(scene.radio.instances).toBe(1);
	});
});

/** Everything at once, for days. */
describe.each([11, 12, 13, 14, 15, 16])("In bad air (seed %i)", (seed) => {
	it("is up whenever it can be, and nothing grows", () => {
		// The ticks wrap in the midst of it.
		const scene = new Scene([HOME, SHED], seed, 2 ** 31 - 4 * HOUR);
		const random = scene.world.random.fork("weather");
		const points = [
			scene.radio.point("home", "correct horse", -60),
			scene.radio.point("home", "correct horse", -75),
			scene.radio.point("shed", "battery staple", -82),
		];
		scene.wifi.open();
		for (let i = 0; i < 400; i++) {
			const point = points[random.below(points.length)];
			const dice = random.below(10);
			if (dice < 4) scene.radio.off(point);
			else if (dice < 6) point.on = true;
			else if (dice === 6) scene.radio.kick();
			else if (dice === 7) point.gives = (["both", "ipv4", "ipv6", "none"] as const)[random.below(4)];
			else if (dice === 8) scene.wifi.renew();
			else scene.radio.refuses = (["", "connect", "configure"] as const)[random.below(3)];
			scene.pass(random.below(random.below(3) === 0 ? 10 * MINUTE : 20_000));
			if (i % 20 !== 19) continue;
			scene.radio.refuses = "";
			for (const one of points) {
				one.on = true;
				one.gives = "both";
			}
			if (!scene.wifi.up) scene.untilUp(3 * MINUTE);
			scene.pass(2 * MINUTE);
			expect(scene.wifi.up, `seed ${seed}, round ${i}`).toBe(true);
			expect(scene.world.pending).toBeLessThan(12);
			expect(scene.radio.instances).toBe(1);
		}
		expect(scene.wifi.up).toBe(true);
	});
});
