// SPDX-License-Identifier: MIT
import { expect } from "vitest";
import type { Dialler, Link, Transport } from "../../../../lib/ports.js";

/** The transport below, byte by byte in the hands of the test. */
export class Wire implements Dialler, Transport {
	lastError = "the wire's own words";
	link: Link | undefined;
	room = 4096;
	sent: number[] = [];
	closed = 0;
	readonly #in: number[] = [];

	dial(link: Link): Transport {
		this.link = link;
		this.#in.length = 0;
		this.sent = [];
		return this;
	}

	read(bytes: Uint8Array, start: number, limit: number): number {
		const taken = this.#in.splice(0, limit - start);
		bytes.set(taken, start);
		return taken.length;
	}

	write(bytes: Uint8Array, start: number, end: number): number {
		expect(end - start).toBeLessThanOrEqual(this.room);
		this.sent.push(...bytes.subarray(start, end));
		this.room -= end - start;
		return this.room;
	}

	close(): void {
		this.closed++;
	}

	get unread(): number {
		return this.#in.length;
	}

	/** Bytes arrive, all in one piece or each in its own. */
	arrive(bytes: ArrayLike<number>, piece = bytes.length): void {
		for (let at = 0; at < bytes.length; at += piece) {
			this.#in.push(...Array.from(bytes).slice(at, at + piece));
			if (this.closed === 0) this.link!.onReadable(this.#in.length);
		}
	}

	/** The frames that were sent, unmasked; forgets them. */
	frames(): [opcode: number, payload: string][] {
		const found: [number, string][] = [];
		const { sent } = this;
		let at = 0;
		while (at < sent.length) {
			const opcode = sent[at];
			let length = sent[at + 1] & 127;
			expect(sent[at + 1] & 128).toBe(128);
			at += 2;
			if (length === 126) {
				length = sent[at] * 256 + sent[at + 1];
				at += 2;
			}
			const key = sent.slice(at, at + 4);
			const payload = sent.slice(at + 4, at + 4 + length).map((byte, i) => byte ^ key[i % 4]);
			expect(payload).toHaveLength(length);
			found.push([opcode, Buffer.from(payload).toString("latin1")]);
			at += 4 + length;
		}
		this.sent = [];
		return found;
	}
}
