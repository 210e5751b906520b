// SPDX-License-Identifier: MIT
/** What diallers, sensors and the main program know of a network interface: types only. */

/** A way to the internet protocol: Wi-Fi, Ethernet, or several with a preference. */
export interface Network {
	/** "wifi", "ethernet"; of several: the one that carries now, "" for none. */
	readonly kind: string;
	/** There is a link and an IPv4 address: a dialler may try. */
	readonly up: boolean;
	/** Strength of the radio's signal in dBm, negative; NaN without a radio or a link. Asks the driver; allocates nothing. */
	readonly signal: number;
	/** The IPv4 address, "" for none. Allocates. */
	readonly address: string;
	/** Comes up, and from then on does so by itself whenever it is down. Never throws; a second call does nothing. */
	open(): void;
	/** Goes down and stays there until {@link open}. */
	close(): void;
	/**
	 * Called when {@link up} has changed, and when an attempt to come up has failed; not for a {@link close}. It comes from an
	 * alarm of the clock, never from inside a callback of the SDK or a call of one's own.
	 */
	onChange: ((network: Network) => void) | undefined;
}

/** A network as the main program sees it. */
export interface Uplink extends Network {
	/** The hardware address as "a0:b1:c2:d3:e4:f5"; "" before {@link Network.open}. Allocates. */
	readonly mac: string;
	/** Why the last attempt failed, in words; "" when none has failed since it was up. Allocates. */
	readonly lastError: string;
	/** It says that it is up, but nothing gets through: begins anew, or takes another way. */
	renew(): void;
}

/**
 * `connection` of ECMA-419's network interfaces. The SDK gives these four values only; whatever lies between belongs to
 * the lower one (`modules/io/wifi/esp32/wifi-esp32.c`, `modules/io/ethernet/esp32/ethernet-esp32.c`).
 */
export const enum Connection {
	/** Wi-Fi: also how a failed attempt looks; why it failed is not told. Ethernet: no cable. */
	None = 200,
	/** Wi-Fi: an attempt is under way. Ethernet: also without a cable, once `connect` was called. */
	Trying = 300,
	/** A link, but not both addresses: IPv4 and the link-local one of IPv6. */
	Linked = 400,
	Usable = 500,
}

/**
 * True for an IPv4 address. `connection` stays below 500 until the link-local IPv6 address is there as well, which we do
 * not need; and `address` is an IPv6 one while there is no other.
 */
export function isIpv4(address: string | undefined): boolean {
	return address !== undefined && address.indexOf(".") > 0 && address !== "0.0.0.0";
}

/** A name for DHCP: letters, digits and "-" only, and ESP-IDF refuses more than 32 of them. Allocates. */
export function hostnameOf(name: string | undefined): string {
	let host = "";
	const length = name === undefined ? 0 : Math.min(name.length, 32);
	for (let i = 0; i < length; i++) {
		const c = name!.charCodeAt(i);
		const digit = c >= 48 && c <= 57;
		const letter = (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
		host += digit || letter ? name![i] : "-";
	}
	return host === "" ? "ringbuoy" : host;
}

/** The words of something that was thrown. Allocates. */
export function wordsOf(thrown: unknown): string {
	return thrown instanceof Error ? thrown.message : String(thrown);
}
