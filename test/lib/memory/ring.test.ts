// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Arena } from "../../../lib/memory/arena.js";
import { OwedRing } from "../../../lib/memory/ring.js";
import { PacketType } from "../../../lib/wire/protocol.js";

describe("ring of owed packets", () => {
	test("[MQTT-4.6.0-2] first in, first out, around the end, with every bit of a row", () => {
		const ring = new OwedRing(new Arena({ allocate: (n) => new Uint8Array(n) }, 12), 3);
		for (let round = 0; round < 7; round++) {
			ring.push(PacketType.Puback, 65_535, 0);
			ring.push(PacketType.Pubcomp, round, 0x92);
			expect([ring.count, ring.room]).toEqual([2, 1]);
			expect([ring.first >>> 24, (ring.first >>> 16) & 255, ring.first & 65_535]).toEqual([4, 0, 65_535]);
			ring.shift();
			expect([ring.first >>> 24, (ring.first >>> 16) & 255, ring.first & 65_535]).toEqual([7, 0x92, round]);
			ring.shift();
		}
	});
});
