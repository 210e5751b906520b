// SPDX-License-Identifier: MIT
/** Settings on XS, where strings are UTF-8 and `charCodeAt` gives whole characters; and what keeping them costs. */
import { parseAddress } from "../../../firmware/drivers/address.js";
import { check as fault } from "../../../firmware/drivers/keys.js";
import { boardName, readSettings } from "../../../firmware/drivers/settings.js";
import { check, cost } from "../gate.js";

check("8 life buoys are 32 bytes", fault("wifi_ssid", "🛟🛟🛟🛟🛟🛟🛟🛟") === "");
check("and one letter more is too much", fault("wifi_ssid", "🛟🛟🛟🛟🛟🛟🛟🛟a") !== "");
check("16 umlauts are 32 bytes", fault("wifi_ssid", "üüüüüüüüüüüüüüüü") === "");
check("and one more is too much", fault("wifi_ssid", "üüüüüüüüüüüüüüüüü") !== "");
check("10 signs are 30 bytes", fault("wifi_ssid", "雨雨雨雨雨雨雨雨雨雨") === "");
check("and one more is too much", fault("wifi_ssid", "雨雨雨雨雨雨雨雨雨雨雨") !== "");
check("a name", boardName("a0:b1:c2:C3:D4:E5") === "ringbuoy-c3d4e5");

const { address } = parseAddress("WSS://broker.example/x");
check("a URL", address?.secure === true && address.port === 443 && address.path === "/x");
check("and none", parseAddress("mqtt://a@b").fault !== "" && parseAddress("mqtt://h:0").fault !== "");

const entries: Record<string, string> = { interval_secs: "soon", wifi_ssid_2: "shed", qos: "1" };
const storage = {
	read: (key: string): unknown => entries[key],
	write(): void {},
	delete(): void {},
	close(): void {},
	[Symbol.iterator]: (): IterableIterator<string> => Object.keys(entries)[Symbol.iterator](),
};
const config = {
	wifi_ssid: "home",
	wifi_password: "correct horse",
	mqtt_url: "mqtt://h",
	interval_secs: "30",
};
const settings = readSettings({ config, storage });
check("two networks", settings.wifi.length === 2 && settings.wifi[1].ssid === "shed");
check("the build's interval", settings.intervalSeconds === 30 && settings.problems.length === 2);
check("frozen", Object.isFrozen(settings) && Object.isFrozen(settings.wifi));
cost("the settings of a board", () => readSettings({ config }), 2048);
