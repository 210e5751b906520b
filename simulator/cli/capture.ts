// SPDX-License-Identifier: MIT
/** Files of `--pcap`: what goes wrong with them, said for people. */

import type { Capture } from "../pcap/index.js";
import { RunError } from "./usage.js";

/** Begins one. Throws a {@link RunError} when the file cannot be made. */
export function begun(file: string, begin: (file: string) => Capture): Capture {
	try {
		return begin(file);
	} catch (error) {
		throw new RunError(`${file} cannot be written: ${(error as Error).message}`);
	}
}

/** Ends it. Throws a {@link RunError} when not all of it could be written. */
export function ended(file: string, capture: Capture): void {
	try {
		capture.close();
	} catch (error) {
		throw new RunError(`${file} is not complete: ${(error as Error).message}`);
	}
}
