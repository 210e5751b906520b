// SPDX-License-Identifier: MIT
/** What the round trips against mqtt-packet share: how packets are made at random, and one arena. */
import fc from "fast-check";
import { newArena } from "./bytes.js";

/** Packets for each property; ten thousand are decoded in all, and twelve thousand encoded. */
const RUNS = 2000;
const SEED = Number(process.env.SEED ?? Date.now() & 0x7fff_ffff);
export const options = { numRuns: RUNS, seed: SEED };
console.log(`peer: seed ${SEED} (SEED=${SEED} repeats it), ${RUNS} packets per property`);

/** What is encoded stands below, packets from here on. */
export const SEND = 20_000;
export const arena = newArena(60_000);

/** A string that MQTT takes. */
export const text = (minLength: number, maxLength = 40) =>
	fc.string({ unit: "binary", minLength, maxLength }).filter((s) => !s.includes("\0"));
export const topic = text(1).filter((s) => !/[+#]/.test(s));
export const id = fc.integer({ min: 1, max: 65_535 });
export const qos = fc.constantFrom(0, 1, 2) as fc.Arbitrary<0 | 1 | 2>;
export const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
export const data = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
export const u16 = fc.integer({ min: 0, max: 65_535 });
export const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
export const userProperties = fc.dictionary(text(1, 10), text(0, 10), {
	minKeys: 1,
	maxKeys: 3,
	noNullPrototype: true,
});
export const some = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
	fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
export const version5 = fc.boolean();
