// SPDX-License-Identifier: MIT

/** What a hash begins with. */
export const HASH_SEED = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

/** FNV-1a of the bytes from `start` to `end - 1`, an int32; `hash` is {@link HASH_SEED} or the hash of what stood before. */
export function hashOf(bytes: Uint8Array, start: number, end: number, hash: number): number {
	for (let at = start; at < end; at++) hash = hashWith(hash, bytes[at]);
	return hash;
}

/** The same with one more number behind it. */
export function hashWith(hash: number, value: number): number {
	return Math.imul(hash ^ value, PRIME);
}
