// SPDX-License-Identifier: MIT
/** `ringbuoy/firmware/main/network` of a board with a cable. */
import Ethernet from "embedded:network/interface/ethernet";
import { EthernetPort } from "../drivers/ethernet.js";
import type { Uplink } from "../drivers/network.js";
import type { NetworkParts } from "./parts.js";

export function openNetwork({ settings, clock, random }: NetworkParts): Uplink {
	return new EthernetPort({ io: Ethernet, clock, random, ...hostnameOf(settings.name) });
}

function hostnameOf(name: string): { hostname?: string } {
	return name === "" ? {} : { hostname: name };
}
