// SPDX-License-Identifier: MIT
/** `ringbuoy/firmware/main/network` of a board with a cable that falls back to Wi-Fi. */
import Ethernet from "embedded:network/interface/ethernet";
import WiFi from "embedded:network/interface/wifi";
import { EthernetPort } from "../drivers/ethernet.js";
import type { Uplink } from "../drivers/network.js";
import { Networks } from "../drivers/networks.js";
import { WifiStation } from "../drivers/wifi.js";
import type { NetworkParts } from "./parts.js";

/** The cable comes first: in the other order ESP-IDF would send everything over Wi-Fi all the same (`Networks`). */
export function openNetwork({ settings, clock, random }: NetworkParts): Uplink {
	const { name, wifi, failoverSeconds, returnSeconds } = settings;
	const hostname = name === "" ? {} : { hostname: name };
	const cable = new EthernetPort({ io: Ethernet, clock, random, ...hostname });
	if (wifi.length === 0) return cable;
	const radio = new WifiStation({ io: WiFi, clock, random, networks: wifi, ...hostname });
	return new Networks({ networks: [cable, radio], clock, failoverSeconds, returnSeconds });
}
