// SPDX-License-Identifier: MIT
/**
 * The firmware of a board: the module that the SDK starts. It is preloaded, so its body does nothing; the SDK calls what it
 * exports once the machine runs (`setStepDone` in `xs/platforms/mc/xsHosts.c`).
 */

import getResetReason from "resetReason";
import Digital from "embedded:io/digital";
import flash from "embedded:storage/flash";
import storage from "embedded:storage/key-value";
import instrumentation from "instrumentation";
import config from "mc/config";
import facts from "ringbuoy/board";
import { openDialler } from "ringbuoy/firmware/main/dialler";
import { openNetwork } from "ringbuoy/firmware/main/network";
import { openSensors } from "ringbuoy/firmware/main/sensors";
import { start } from "ringbuoy/program";
import SNTP from "sntp";
import Time from "time";
import Timer from "timer";
import type { SntpClass } from "../drivers/sntp.js";
import { Device } from "./device.js";

/** Milliseconds between two attempts of a firmware that cannot even be put together. */
const AGAIN_MS = 60_000;

export default function main(): void {
	try {
		assemble().boot();
	} catch (error) {
		// Before there is a lifeline: without this pause the board would restart over and over, in a rush.
		trace("the firmware cannot start: ", String(error), "; once more in a minute\n");
		Timer.set(() => System.restart(), AGAIN_MS, 0);
	}
}

function assemble(): Device {
	const device = new Device(
		{
			...{ flash, storage, Digital, Timer, Time, config, instrumentation },
			// The SDK's typings leave `close` out.
			SNTP: SNTP as unknown as SntpClass,
			resetReason: getResetReason().reason,
			system: System,
			log: (words) => trace(words, "\n"),
		},
		{ facts, openDialler, openNetwork, openSensors, start },
	);
	// With "defines": {"xs": {"abortHook": 1}} the engine calls it before it restarts the board.
	(globalThis as { abort?: (message: string, exception: unknown) => void }).abort = device.lifeline.abort;
	return device;
}
