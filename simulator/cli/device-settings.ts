// SPDX-License-Identifier: MIT
/** `--set key=value`: the settings of a firmware, by the names that it knows and within its limits (`firmware/drivers/keys.ts`). */

import { check, KEYS, type Key, type Setting } from "../../firmware/drivers/keys.js";
import { UsageError } from "./usage.js";
import { nearest } from "./words.js";

/** With what they are for. */
export const SETTINGS: Readonly<Record<Key, string>> = {
	name: "client identifier and topic level; default: from the board's MAC address",
	wifi_ssid: "name of the Wi-Fi; further ones: wifi_ssid_2 to wifi_ssid_4",
	wifi_password: "its password; further ones: wifi_password_2 to wifi_password_4",
	wifi_ssid_2: "",
	wifi_password_2: "",
	wifi_ssid_3: "",
	wifi_password_3: "",
	wifi_ssid_4: "",
	wifi_password_4: "",
	mqtt_url: "mqtt://host:1883, or mqtts://, ws://, wss://",
	mqtt_user: "who the board is for the broker",
	mqtt_password: "its password there",
	mqtt_version: "5, 4 for MQTT 3.1.1, or auto",
	mqtt_alpn: "protocol to offer in the TLS handshake; known for AWS IoT Core by its host",
	mqtt_root: "where the topics begin; default ringbuoy",
	mqtt_broker: "a name for the broker: a session in flash is not taken to another one",
	mqtt_qos: "of readings, 0 to 2",
	interval_secs: "between readings",
	keep_alive_secs: "between signs of life to the broker; 0: off",
	session_secs: "how long the broker keeps the session while the board is away",
	reboot_minutes: "without a broker, until the board restarts; 0: never",
	sntp_servers: "for the time of day, with commas between",
	sntp_hours: "between two looks at them",
	failover_secs: "until another network is tried",
	return_secs: "until the preferred network is trusted again",
};

/**
 * Takes `--set` and what follows it, up to the next option, out of the arguments: `--set a=1 --set b=2` and `--set a=1 b=2`. A key
 * without "=" has its value in the environment, `wifi_password` in RINGBUOY_WIFI_PASSWORD. Throws a {@link UsageError}, also for
 * a value that the board would pass over.
 */
export function takeSettings(
	args: readonly string[],
	env: Readonly<Record<string, string | undefined>>,
): { settings: Map<string, string>; rest: string[] } {
	const settings = new Map<string, string>();
	const rest: string[] = [];
	let taking = false;
	for (let i = 0; i < args.length; i++) {
		const arg = args[i];
		if (arg === "--set") {
			const next = args[i + 1];
			if (next === undefined || next.startsWith("--"))
				throw new UsageError("--set needs a setting: --set mqtt_url=mqtt://host");
			take(settings, next, env);
			i++;
			taking = true;
		} else if (arg.startsWith("--set=")) {
			take(settings, arg.slice(6), env);
			taking = true;
		} else if (taking && !arg.startsWith("-")) take(settings, arg, env);
		else {
			rest.push(arg);
			taking = false;
		}
	}
	return { settings, rest };
}

function take(
	settings: Map<string, string>,
	text: string,
	env: Readonly<Record<string, string | undefined>>,
): void {
	const equals = text.indexOf("=");
	const key = equals < 0 ? text : text.slice(0, equals);
	if (!isKey(key)) {
		const meant = nearest(key, Object.keys(SETTINGS));
		const advice = meant ? `did you mean ${meant}?` : `there are ${Object.keys(SETTINGS).join(", ")}`;
		throw new UsageError(`--set: the firmware has no setting "${key}"; ${advice}`);
	}
	const variable = `RINGBUOY_${key.toUpperCase()}`;
	const value = equals < 0 ? env[variable] : text.slice(equals + 1);
	if (value === undefined)
		throw new UsageError(`--set ${key} has no value: write --set ${key}=..., or set ${variable}`);
	// Without a value it is as if nobody had said anything.
	const wrong = value === "" ? "" : check(key, value);
	// The value is not repeated: it may be a password, or an address with one in it.
	if (wrong !== "") throw new UsageError(`--set: ${key} must be ${wrong}`);
	settings.set(key, value);
}

function isKey(text: string): text is Key {
	return Object.hasOwn(SETTINGS, text);
}

function isSecret(key: string): boolean {
	return isKey(key) && (KEYS[key] as Setting).secret === true;
}

/** For a display: what is secret is not in it. */
export function shown(settings: ReadonlyMap<string, string>): string[] {
	return [...settings].map(([key, value]) => `${key}=${isSecret(key) && value !== "" ? "..." : value}`);
}

/** Whether these settings need a firmware with TLS. */
export function wantsTls(settings: ReadonlyMap<string, string>): boolean {
	return /^(?:mqtts|wss):/i.test(settings.get("mqtt_url") ?? "");
}
