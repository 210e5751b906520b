// SPDX-License-Identifier: MIT
/**
 * What main hands to the modules that a board chooses by its manifest, and what it wants of them: types only.
 *
 * | specifier                        | is one of                                               | exports         |
 * |----------------------------------|---------------------------------------------------------|-----------------|
 * | `ringbuoy/firmware/main/dialler` | `dialler-tcp.ts`, `dialler-tls.ts`                      | `openDialler`   |
 * | `ringbuoy/firmware/main/network` | `network-wifi.ts`, `network-ethernet.ts`, `network-both.ts` | `openNetwork` |
 * | `ringbuoy/firmware/main/sensors` | `sensors-<part>.ts`                                     | `openSensors`   |
 * | `ringbuoy/program`               | a program                                               | `start`         |
 * | `ringbuoy/board`                 | `boards/<board>/board.json`                             | the facts       |
 *
 * So a board links what it has: no TLS where only TCP is wanted, no Wi-Fi on a wired board.
 */

import type { Clock, Dialler, Random } from "../../lib/index.js";
import type { DeviceMemory } from "../drivers/memory.js";
import type { Network, Uplink } from "../drivers/network.js";
import type { DeviceSettings } from "../drivers/settings.js";
import type { ExceptionHandler } from "../drivers/socket.js";
import type { Board, Program, Sensors } from "../ports.js";
import type { Facts } from "./facts.js";

export interface DiallerParts {
	/** With an `address`. */
	readonly settings: DeviceSettings;
	readonly memory: DeviceMemory;
	readonly clock: Clock;
	readonly random: Random;
	readonly network: Network;
	readonly onException: ExceptionHandler;
}

/** Throws when the address has a scheme that it cannot do, in words that say what to do. */
export type OpenDialler = (parts: DiallerParts) => Dialler & { readonly lastError: string };

export interface NetworkParts {
	readonly settings: DeviceSettings;
	readonly clock: Clock;
	readonly random: Random;
}

/** Made, not opened. */
export type OpenNetwork = (parts: NetworkParts) => Uplink;

export interface SensorParts {
	readonly facts: Facts;
	readonly clock: Clock;
	readonly network: Network;
	/** Says something to whoever reads the console. */
	readonly log: (words: string) => void;
}

/** Does not throw: a sensor that is not there gives NaN, and is looked for again. */
export type OpenSensors = (parts: SensorParts) => Sensors;

export type StartProgram = (board: Board) => Program;
