// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { HOME, MINUTE, Scene, SHED } from "./wifi-scene.js";

describe("Several known networks", () => {
	it("takes the strongest of them", () => {
		const scene = new Scene([HOME, SHED]);
		scene.radio.point("home", "correct horse", -69);
		scene.radio.point("home", "correct horse", -88);
		scene.radio.point("shed", "battery staple", -70);
		scene.radio.point("neighbour", "secret 12345", -40);
		scene.wifi.open();
		scene.untilUp();
		expect(scene.joined).toBe("home");
		scene.wifi.close();
		scene.radio.points[0].rssi = -71;
		scene.wifi.open();
		scene.untilUp();
		expect(scene.joined).toBe("shed");
		expect(scene.radio.scans).toBe(2);
	});

	it("takes the first of two that are equally strong", () => {
		const scene = new Scene([HOME, SHED]);
		scene.radio.point("shed", "battery staple", -70);
		scene.radio.point("home", "correct horse", -70);
		scene.wifi.open();
		scene.untilUp();
		expect(scene.joined).toBe("home");
	});

	it("goes on to the weak one when the strong one does not let it in", () => {
		const scene = new Scene([HOME, SHED]);
		scene.radio.point("home", "changed", -50);
		scene.radio.point("shed", "battery staple", -85);
		scene.wifi.open();
		expect(scene.untilUp()).toBeLessThan(25_000);
		expect(scene.joined).toBe("shed");
		expect(scene.told).toEqual([true]);
	});

	it("finds one that is hidden", () => {
		const scene = new Scene([HOME, SHED]);
		scene.radio.point("shed", "battery staple", -60, { hidden: true });
		scene.wifi.open();
		scene.untilUp();
		expect(scene.joined).toBe("shed");
	});

	it("moves to the other one when the first is switched off, and tells the most telling trouble", () => {
		const scene = new Scene([HOME, SHED]);
		const home = scene.radio.point("home", "correct horse", -50);
		const shed = scene.radio.point("shed", "battery staple", -80);
		scene.wifi.open();
		scene.untilUp();
		scene.pass(MINUTE);
		scene.radio.off(home);
		scene.pass(MINUTE);
		expect(scene.joined).toBe("shed");
		shed.password = "changed";
		scene.radio.kick();
		scene.pass(5 * MINUTE);
		expect(scene.told.at(-1)).toBe(
			'"shed" is in sight (-80 dBm), but does not let us in: look at wifi_password',
		);
	});

	it("renew tries the other one first", () => {
		const scene = new Scene([HOME, SHED]);
		scene.radio.point("home", "correct horse", -50);
		scene.radio.point("shed", "battery staple", -80);
		scene.wifi.open();
		scene.untilUp();
		expect(scene.joined).toBe("home");
		scene.wifi.renew();
		scene.pass(10);
		expect(scene.told).toEqual([true, ""]);
		scene.untilUp();
		expect(scene.joined).toBe("shed");
		expect(scene.told).toEqual([true, "", true]);
		scene.wifi.renew();
		scene.pass(10);
		scene.untilUp();
		expect(scene.joined).toBe("home");
	});

	it("scans in vain while somebody else does, and joins all the same", () => {
		const scene = new Scene([HOME, SHED]);
		scene.radio.point("shed", "battery staple");
		const other = new scene.radio.WiFi({});
		scene.wifi.open();
		other.scan({ onFound: () => {} });
		scene.pass(500);
		expect(scene.radio.attempts).toHaveLength(1);
		scene.untilUp();
		expect(scene.joined).toBe("shed");
		// And does not take it for the reason when that fails.
		scene.radio.points[0].password = "changed";
		scene.radio.kick();
		scene.told.length = 0;
		scene.world.runUntil(() => scene.told.length > 0, scene.world.now + MINUTE);
		other.scan({ onFound: () => {} });
		scene.world.runUntil(() => scene.told.length > 1, scene.world.now + MINUTE);
		expect(scene.told).toEqual([
			'the link to "shed" was lost',
			'"shed" does not answer, or does not let us in: look at wifi_ssid and wifi_password',
		]);
	});
});
