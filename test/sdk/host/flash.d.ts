// SPDX-License-Identifier: MIT
/** A flash partition of 64 KiB in C memory, which is not of the XS heap, as flash is not. Blank at the start. */
import type { Flash } from "../../../lib/ports.js";

export default class HostFlash implements Flash {
	read(view: Uint8Array, offset: number): number;
	write(view: Uint8Array, offset: number): void;
	eraseBlock(first: number, end?: number): void;
	status(): { readonly size: number; readonly blockLength: number };
}
