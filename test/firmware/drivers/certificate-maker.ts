// SPDX-License-Identifier: MIT
/** Makes certificates that no honest authority would: each part can be had as one likes. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";

export function element(tag: number, ...parts: ArrayLike<number>[]): number[] {
	const content = parts.flatMap((part) => Array.from(part));
	const { length } = content;
	const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
	return [tag, ...size, ...content];
}

const text = (words: string): number[] => [...Buffer.from(words, "latin1")];
const named = (name: string): number[] =>
	element(0x30, element(0x31, element(0x30, [6, 3, 0x55, 4, 3], element(12, text(name)))));

/** An extension below 2.5.29. */
export const extension = (which: number, value: ArrayLike<number>, critical = false): number[] =>
	element(0x30, [6, 3, 0x55, 0x1d, which], critical ? [1, 1, 0xff] : [], element(4, value));
export const names = (...list: string[]): number[] =>
	extension(17, element(0x30, ...list.map((name) => element(0x82, text(name)))));
export const authority = (depth?: number): number[] =>
	extension(19, element(0x30, [1, 1, 0xff], depth === undefined ? [] : [2, 1, depth]), true);
export const usage = (bits: number): number[] => extension(15, [3, 2, 0, bits], true);
/** 1.3.6.1.5.5.7.3.x. */
export const purpose = (which: number): number[] =>
	extension(37, element(0x30, [6, 8, 0x2b, 6, 1, 5, 5, 7, 3, which]));

export interface Recipe {
	readonly subject?: string;
	readonly issuer?: string;
	readonly extensions?: readonly (readonly number[])[];
	/** Its own key. */
	readonly key?: KeyObject;
	/** What signs. */
	readonly by?: KeyObject;
	readonly hash?: "sha1" | "sha256";
	/** In place of the signature. */
	readonly signature?: readonly number[];
	/** In place of the public key. */
	readonly info?: readonly number[];
	readonly version?: readonly number[];
}

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
export const keys = Object.freeze({ ec: ec.privateKey, publicEc: ec.publicKey });

export function certificate(recipe: Recipe): Uint8Array {
	const { subject = "broker", issuer = "root", extensions = [], by = keys.ec, hash = "sha256" } = recipe;
	const info = recipe.info ?? (recipe.key ?? keys.publicEc).export({ format: "der", type: "spki" });
	const rsa = by.asymmetricKeyType === "rsa";
	const last = hash === "sha1" ? (rsa ? 5 : 1) : rsa ? 11 : 2;
	const id = rsa
		? [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, last]
		: [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, ...(hash === "sha1" ? [1] : [3, 2])];
	const algorithm = element(0x30, element(6, id), rsa ? [5, 0] : []);
	const dates = element(0x30, element(23, text("200101000000Z")), element(23, text("400101000000Z")));
	const body = element(
		0x30,
		recipe.version ?? [0xa0, 3, 2, 1, 2],
		[2, 1, 1],
		algorithm,
		named(issuer),
		dates,
		named(subject),
		info,
		extensions.length > 0 ? element(0xa3, element(0x30, ...extensions)) : [],
	);
	const signature = recipe.signature ?? sign(hash, Buffer.from(body), by);
	return Uint8Array.from(element(0x30, body, algorithm, element(3, [0], signature)));
}
