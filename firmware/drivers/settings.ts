// SPDX-License-Identifier: MIT
/**
 * What the owner of a board decided, from wherever it was written down. For each key the first source counts that has a
 * value which makes sense:
 *
 * 1. key-value storage (NVS): written on the board, survives a new firmware;
 * 2. `mc/config`: `mcconfig key=value`, or `config` in a manifest;
 * 3. `settings` in the `board.json` of its board: what suits boards of this kind;
 * 4. the default.
 *
 * Of a name and its password (`wifi_ssid` and `wifi_password`, `mqtt_user` and `mqtt_password`) the password counts from the same
 * source as the name or from one before it.
 *
 * A value that makes no sense is passed over and told in {@link DeviceSettings.problems}: a board with a typing error runs, and
 * says what is wrong. Secrets are in none of these words.
 */

import type { Settings } from "../ports.js";
import { type BrokerAddress, parseAddress } from "./address.js";
import type { TextStorage } from "./credentials.js";
import { check, KEYS, type Key, NETWORKS_MOST, type Setting } from "./keys.js";
import { wordsOf } from "./network.js";
import { entranceOf, misfits, profileOf, type Visitor } from "./profiles.js";
import type { Credentials } from "./wifi.js";

export interface DeviceSettings extends Settings {
	/** "" where nobody gave one: then it is {@link boardName} of the hardware address. */
	readonly name: string;
	/** The broker as it was written; "" where nobody named one. */
	readonly url: string;
	/** The same in parts. */
	readonly address: BrokerAddress | undefined;
	/** The protocol to offer by ALPN: as written, or as the service of that host wants it; "": none. */
	readonly alpn: string;
	readonly wifi: readonly Credentials[];
	/** Restart after so many minutes without a broker; 0: never. */
	readonly rebootMinutes: number;
	readonly sntpServers: readonly string[];
	readonly sntpHours: number;
	readonly failoverSeconds: number;
	readonly returnSeconds: number;
	/** What is wrong, a line each, for the console: which key, why, what to do, what is used instead. */
	readonly problems: readonly string[];
}

export interface SettingsSources {
	/** Of the module `mc/config`; whatever else is in there does not matter. */
	readonly config: Readonly<Record<string, unknown>>;
	/** As {@link openStorage} returns it. */
	readonly storage?: TextStorage | undefined;
	/** Of `board.json`. */
	readonly board?: Readonly<Record<string, unknown>> | undefined;
}

/** Reads everything once, at the start. Never throws. */
export function readSettings(sources: SettingsSources): DeviceSettings {
	const reader = new Reader(sources);
	const url = reader.text("mqtt_url");
	const address = parseAddress(url).address;
	if (address === undefined) reader.missing("mqtt_url", "no broker is known: set it to mqtt://host:1883");
	const wifi: Credentials[] = [];
	for (let i = 1; i <= NETWORKS_MOST; i++) {
		const suffix = i === 1 ? "" : `_${i}`;
		const ssid = reader.text(`wifi_ssid${suffix}` as Key);
		const password = reader.text(`wifi_password${suffix}` as Key, reader.found);
		if (ssid !== "") wifi.push(Object.freeze({ ssid, password }));
		else if (password !== "") reader.missing(`wifi_password${suffix}`, `it needs wifi_ssid${suffix}, too`);
	}
	const spoken = reader.text("mqtt_version");
	const version = spoken === "auto" ? "auto" : spoken === "5" ? 5 : 4;
	const user = reader.text("mqtt_user");
	let password = reader.text("mqtt_password", reader.found);
	if (version !== 5 && password !== "" && user === "") {
		reader.missing("mqtt_password", "MQTT 3.1.1 has no password without mqtt_user: none is sent");
		password = "";
	}
	const broker = reader.text("mqtt_broker");
	const name = reader.text("name");
	const root = reader.text("mqtt_root");
	const qos = reader.number("mqtt_qos") as 0 | 1 | 2;
	const intervalSeconds = reader.number("interval_secs");
	const keepAliveSeconds = reader.number("keep_alive_secs");
	const sessionExpirySeconds = reader.number("session_secs");
	let alpn = reader.text("mqtt_alpn");
	const service = address === undefined ? undefined : profileOf(address.host);
	if (address !== undefined && service !== undefined) {
		const { secure, websocket, port } = address;
		const visitor: Visitor = {
			...{ secure, websocket, port, user: user !== "", clientId: name, root, qos },
			...{ keepAliveSeconds, sessionSeconds: sessionExpirySeconds },
		};
		for (const sentence of misfits(service, visitor)) reader.missing("mqtt_url", sentence);
		if (alpn === "") alpn = entranceOf(service, visitor)?.alpn ?? "";
	}
	return Object.freeze({
		...{ name, url, address, alpn, version, wifi: Object.freeze(wifi) },
		broker: broker !== "" ? broker : address === undefined ? "" : `${address.host}:${address.port}`,
		user: user === "" ? undefined : user,
		password: password === "" ? undefined : password,
		...{ root, qos, intervalSeconds, keepAliveSeconds, sessionExpirySeconds },
		rebootMinutes: reader.number("reboot_minutes"),
		sntpServers: Object.freeze(listOf(reader.text("sntp_servers"))),
		sntpHours: reader.number("sntp_hours"),
		failoverSeconds: reader.number("failover_secs"),
		returnSeconds: reader.number("return_secs"),
		problems: reader.problems,
	});
}

/** A name that stays the same for the life of the board: "ringbuoy-c3d4e5" for the address "a0:b1:c2:c3:d4:e5". */
export function boardName(mac: string): string {
	const digits = mac.split(":").join("").toLowerCase();
	return digits.length === 12 ? `ringbuoy-${digits.slice(6)}` : "ringbuoy";
}

/** Of a list with commas. */
function listOf(text: string): string[] {
	const items: string[] = [];
	for (const item of text.split(",")) if (item.trim() !== "") items.push(item.trim());
	return items;
}

const enum Source {
	Storage = 0,
	Config = 1,
	Board = 2,
}

const NAMES: readonly string[] = Object.freeze(["the key-value storage", "the build's config", "board.json"]);

class Reader {
	readonly problems: string[] = [];
	/** Where the last text came from. */
	found = Source.Board;
	readonly #sources: SettingsSources;

	constructor(sources: SettingsSources) {
		this.#sources = sources;
		this.#lookForUnknown();
	}

	/**
	 * The first value that makes sense, as its key wants it written; the default when there is none. Sources after `last` do
	 * not count: the build's password is not one for a name that the owner has written into the storage.
	 */
	text(key: Key, last = Source.Board): string {
		const { secret, otherwise }: Setting = KEYS[key];
		this.found = Source.Board;
		let wrong = "";
		for (let source = Source.Storage; source <= last; source++) {
			const text = this.#read(source, key);
			if (text === undefined) continue;
			const fault = check(key, text);
			if (fault === "") {
				this.found = source;
				if (wrong !== "") this.problems.push(`${wrong}; used instead: that of ${NAMES[source]}`);
				return text;
			}
			const shown = secret || text.indexOf("@") >= 0 ? "" : `, not "${text.slice(0, 40)}"`;
			if (wrong !== "") this.problems.push(wrong);
			wrong = `${key} in ${NAMES[source]} must be ${fault}${shown}`;
		}
		if (wrong !== "") this.problems.push(`${wrong}; used instead: ${otherwise === "" ? "none" : otherwise}`);
		return otherwise;
	}

	number(key: Key): number {
		return Number(this.text(key));
	}

	missing(key: string, words: string): void {
		this.problems.push(`${key}: ${words}`);
	}

	/** A value as text; undefined and "" are none. A manifest may have numbers. */
	#read(source: Source, key: Key): string | undefined {
		let value: unknown;
		try {
			if (source === Source.Storage) value = this.#sources.storage?.read(key);
			else value = (source === Source.Config ? this.#sources.config : this.#sources.board)?.[key];
		} catch (thrown) {
			this.problems.push(
				`${key} in ${NAMES[source]} cannot be read (${wordsOf(thrown)}): write it as a string`,
			);
		}
		if (typeof value === "number") return String(value);
		return typeof value === "string" && value !== "" ? value : undefined;
	}

	/** In the storage everything is ours, so a name that is not known is a typing error. */
	#lookForUnknown(): void {
		const { storage } = this.#sources;
		if (storage === undefined) return;
		try {
			for (const key of storage) {
				if (!Object.hasOwn(KEYS, key))
					this.missing(key, "no such setting; the names are in firmware/README.md");
			}
		} catch (thrown) {
			this.missing(NAMES[Source.Storage], `its keys cannot be listed (${wordsOf(thrown)})`);
		}
	}
}
