// SPDX-License-Identifier: MIT
/** The settings of a board: their names, what they may be, and what they are when nobody says. */

import { isHost, parseAddress, wholeNumber } from "./address.js";

/** How many Wi-Fi networks a board can know. */
export const NETWORKS_MOST = 4;

const SERVERS_MOST = 4;

/** A name has at most 15 characters: NVS has no longer ones. */
export type Key = keyof typeof KEYS;

/** One of them. */
export interface Setting {
	/** What it is when nobody says; "": nothing. */
	readonly otherwise: string;
	/** Never to be shown. */
	readonly secret?: boolean;
	/** Of a whole number. */
	readonly least?: number;
	readonly most?: number;
	/** Of a text: what is wrong with it, "" when nothing is. */
	readonly fault?: (text: string) => string;
}

const ssid: Setting = Object.freeze({ otherwise: "", fault: ssidFault });
const secret: Setting = Object.freeze({ otherwise: "", secret: true, fault: wifiPasswordFault });

function whole(otherwise: number, least: number, most: number): Setting {
	return Object.freeze({ otherwise: String(otherwise), least, most });
}

function text(otherwise: string, fault: (text: string) => string): Setting {
	return Object.freeze({ otherwise, fault });
}

export const KEYS = Object.freeze({
	name: text("", nameFault),
	wifi_ssid: ssid,
	wifi_password: secret,
	wifi_ssid_2: ssid,
	wifi_password_2: secret,
	wifi_ssid_3: ssid,
	wifi_password_3: secret,
	wifi_ssid_4: ssid,
	wifi_password_4: secret,
	mqtt_url: text("", (url) => parseAddress(url).fault),
	mqtt_user: text("", textFault),
	mqtt_password: Object.freeze({ otherwise: "", secret: true, fault: textFault }) as Setting,
	mqtt_version: text("5", versionFault),
	mqtt_alpn: text("", alpnFault),
	mqtt_root: text("ringbuoy", rootFault),
	mqtt_broker: text("", textFault),
	mqtt_qos: whole(1, 0, 2),
	interval_secs: whole(60, 1, 86_400),
	keep_alive_secs: whole(60, 0, 65_535),
	session_secs: whole(86_400, 0, 4_294_967_295),
	reboot_minutes: whole(15, 0, 10_080),
	sntp_servers: text("pool.ntp.org,time.google.com,time.cloudflare.com", serversFault),
	sntp_hours: whole(6, 1, 168),
	failover_secs: whole(10, 1, 3600),
	return_secs: whole(60, 1, 3600),
});

/** What a value would have to be, in words that go on after "must be"; "" when it is. */
export function check(key: Key, value: string): string {
	const { least, most, fault } = KEYS[key] as Setting;
	if (fault !== undefined) return fault(value);
	if (least === undefined || most === undefined) return "";
	const number = wholeNumber(value);
	return number >= least && number <= most ? "" : `a whole number from ${least} to ${most}`;
}

/** UTF-8, as the driver of the radio and the broker count. */
function bytesOf(text: string): number {
	let bytes = 0;
	for (let i = 0; i < text.length; i++) {
		const c = text.charCodeAt(i);
		if (c < 0x80) bytes += 1;
		// On Node two surrogates make four bytes; XS gives the whole character.
		else if (c < 0x800 || (c >= 0xd800 && c < 0xe000)) bytes += 2;
		else bytes += c < 0x10000 ? 3 : 4;
	}
	return bytes;
}

function alpnFault(name: string): string {
	return name.length <= 64 && !has(name, " ,") ? "" : "the name of one protocol, such as mqtt";
}

function versionFault(version: string): string {
	return version === "5" || version === "4" || version === "auto" ? "" : "5, 4 for MQTT 3.1.1, or auto";
}

function has(text: string, unwanted: string): boolean {
	for (let i = 0; i < text.length; i++) {
		if (text.charCodeAt(i) < 32 || unwanted.indexOf(text[i]) >= 0) return true;
	}
	return false;
}

function nameFault(name: string): string {
	const fits = name !== "" && bytesOf(name) <= 64 && !has(name, " /+#");
	return fits ? "" : '1 to 64 bytes without space, "/", "+" and "#"';
}

function rootFault(root: string): string {
	const fits = bytesOf(root) <= 128 && !has(root, "+#") && root[0] !== "$" && !root.endsWith("/");
	return fits ? "" : 'at most 128 bytes of a topic without "+", "#", a "$" in front and a "/" at the end';
}

function textFault(text: string): string {
	return bytesOf(text) <= 256 && !has(text, "") ? "" : "at most 256 bytes without control characters";
}

function ssidFault(ssid: string): string {
	return bytesOf(ssid) <= 32 ? "" : "at most 32 bytes";
}

function wifiPasswordFault(password: string): string {
	const bytes = bytesOf(password);
	const key = bytes === 64 && isHexadecimal(password);
	return (bytes >= 8 && bytes <= 63) || key ? "" : "8 to 63 characters, or a key of 64 hexadecimal digits";
}

function isHexadecimal(text: string): boolean {
	for (let i = 0; i < text.length; i++) if ("0123456789abcdefABCDEF".indexOf(text[i]) < 0) return false;
	return true;
}

function serversFault(list: string): string {
	let count = 0;
	for (const item of list.split(",")) {
		const server = item.trim();
		if (server === "") continue;
		count++;
		if (!isHost(server)) count = SERVERS_MOST + 1;
	}
	return count >= 1 && count <= SERVERS_MOST ? "" : "one to four names of SNTP servers with commas between";
}
