// SPDX-License-Identifier: MIT
/** A source of bytes that says where each belongs, and what it was asked for. */
import { createHash } from "node:crypto";
import type { Source } from "../../../lib/extras/index.js";
import { patterned } from "./assembler.js";

/** Length and hash, to compare and to print. */
export function sumOf(payload: Uint8Array): string {
	return `${payload.length} ${createHash("sha1").update(payload).digest("hex").slice(0, 12)}`;
}

export class TestSource implements Source {
	/** Offset and count of each reading. */
	readonly asked: [number, number][] = [];
	/** From this byte on it has nothing more. */
	failsAt = Infinity;
	throwsAt = Infinity;
	/** Called with each reading. */
	onRead: (() => void) | undefined;
	readonly payload: Uint8Array;

	constructor(
		readonly length: number,
		seed = 0,
	) {
		this.payload = patterned(length, seed);
	}

	get sum(): string {
		return sumOf(this.payload);
	}

	read(bytes: Uint8Array, start: number, end: number, offset: number): number {
		const count = end - start;
		this.asked.push([offset, count]);
		if (count < 1 || offset + count > this.length) throw new Error(`asked for ${count} from ${offset}`);
		this.onRead?.();
		if (offset + count > this.throwsAt) throw new Error("of the source");
		const can = Math.min(count, Math.max(0, this.failsAt - offset));
		bytes.set(this.payload.subarray(offset, offset + can), start);
		return can;
	}
}
