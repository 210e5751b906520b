// SPDX-License-Identifier: MIT
/** Memory that is in use: of the engine's heap and of buffers beside it, after everything that is not needed has gone. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** A collection that can be asked for, whether or not the process was started with `--expose-gc`. */
function collector(): () => void {
	const given = (globalThis as { gc?: () => void }).gc;
	if (given !== undefined) return given;
	setFlagsFromString("--expose-gc");
	return runInNewContext("gc") as () => void;
}

let collect: (() => void) | undefined;

/** Bytes now, buffers included. Stops the process for as long as a full collection takes. */
export function footprint(): number {
	collect ??= collector();
	collect();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}
