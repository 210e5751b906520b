// SPDX-License-Identifier: MIT
/** What an observer of a virtual network sees. */

import type { Direction } from "./pipe.js";

export interface TraceEntry {
	/** Virtual milliseconds at which it arrived. */
	readonly time: number;
	/** The link: the dialler's name, "#", and the number of the dial. */
	readonly link: string;
	readonly direction: Direction;
	/** `open` the link is up; `data` a piece arrived; `end` the sender closed in order; `reset` it did not. */
	readonly event: "open" | "data" | "end" | "reset";
	/** The bytes that arrived; empty but for `data`. May be kept, not changed. */
	readonly bytes: Uint8Array;
}

export type Tracer = (entry: TraceEntry) => void;
