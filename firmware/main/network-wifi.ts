// SPDX-License-Identifier: MIT
/** `ringbuoy/firmware/main/network` of a board with Wi-Fi. */
import WiFi from "embedded:network/interface/wifi";
import type { Uplink } from "../drivers/network.js";
import { WifiStation } from "../drivers/wifi.js";
import type { NetworkParts } from "./parts.js";

export function openNetwork({ settings, clock, random }: NetworkParts): Uplink {
	return new WifiStation({ io: WiFi, clock, random, networks: settings.wifi, ...hostnameOf(settings.name) });
}

function hostnameOf(name: string): { hostname?: string } {
	return name === "" ? {} : { hostname: name };
}
