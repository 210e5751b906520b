// SPDX-License-Identifier: MIT
import fc from "fast-check";
import { expect, test } from "vitest";
import { BlockPool, ByteRing } from "../../../simulator/node/byte-ring.js";

test("A ring gives back what was put in, in order, whatever the sizes; it holds a block only while it is not empty", () => {
	const step = fc.tuple(fc.constantFrom("put", "take", "peek"), fc.nat(64));
	fc.assert(
		fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
			const pool = new BlockPool(64);
			const ring = new ByteRing(pool);
			let put = 0;
			let got = 0;
			for (const [what, size] of steps) {
				if (what === "put") {
					const count = Math.min(size, ring.room);
					const bytes = Uint8Array.from({ length: count + 3 }, (_, i) => put + i - 1);
					ring.put(bytes, 1, count + 1);
					put += count;
				} else if (what === "take") {
					const bytes = new Uint8Array(70);
					const count = ring.take(bytes, 2, 2 + size);
					expect(count).toBe(Math.min(size, put - got));
					for (let i = 0; i < count; i++) expect(bytes[2 + i]).toBe((got + i) & 255);
					got += count;
				} else if (ring.used > 0) {
					const bytes = ring.peek(ring.straight);
					for (let i = 0; i < bytes.length; i++) expect(bytes[i]).toBe((got + i) & 255);
					ring.drop(bytes.length);
					got += bytes.length;
				}
				expect([ring.used, ring.room]).toEqual([put - got, 64 - put + got]);
			}
			ring.clear();
			const block = pool.take();
			if (put > 0) expect(pool.take()).not.toBe(block);
		}),
	);
});
