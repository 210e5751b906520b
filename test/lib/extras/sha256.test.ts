// SPDX-License-Identifier: MIT
/** SHA-256, HMAC and PBKDF2: vectors of RFC 6234, RFC 4231 and RFC 7914, and Node's own over random lengths. */
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { SHA256_BYTES, Sha256 } from "../../../lib/extras/sha256.js";

const OUT = SHA256_BYTES;
const KEY = OUT + 64;
const DATA = KEY + 64;

function made() {
	const bytes = new Uint8Array(DATA + 300);
	const sha = new Sha256({ bytes, view: new DataView(bytes.buffer) }, 0);
	const out = (): string => Buffer.from(bytes.subarray(OUT, OUT + 32)).toString("hex");
	return { bytes, sha, out };
}

function hash(data: Uint8Array, times = 1): string {
	const { sha, out } = made();
	sha.begin();
	for (let i = 0; i < times; i++) sha.add(data, 0, data.length);
	sha.end(OUT);
	return out();
}

function mac(key: Uint8Array, data: Uint8Array): string {
	const { bytes, sha, out } = made();
	bytes.set(key, DATA);
	sha.key(DATA, DATA + key.length, KEY);
	sha.beginMac(KEY);
	sha.add(data, 0, data.length);
	sha.endMac(KEY, OUT);
	return out();
}

const ascii = (text: string): Uint8Array => Buffer.from(text, "latin1");
const hex = (text: string): Uint8Array => Buffer.from(text, "hex");

describe("SHA-256", () => {
	test.each([
		["abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
		[
			"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			1,
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
		],
		[
			"0123456701234567012345670123456701234567012345670123456701234567",
			10,
			"594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5",
		],
		["", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
		["\x19", 1, "68aa2e2ee5dff96e3355e6c7ee373e3d6a4e17f75f9518d843709c0c9bc3e3d4"],
	])("[RFC 6234, 8.5] %s, %i times", (text, times, expected) => {
		expect(hash(ascii(text), times)).toBe(expected);
	});

	test("every length to 260, as Node has it", () => {
		for (let length = 0; length <= 260; length++) {
			const data = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 0xff);
			expect(hash(data), `${length}`).toBe(createHash("sha256").update(data).digest("hex"));
		}
	});
});

describe("HMAC-SHA-256", () => {
	test.each([
		[
			"0b".repeat(20),
			Buffer.from("Hi There").toString("hex"),
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
		],
		[
			Buffer.from("Jefe").toString("hex"),
			Buffer.from("what do ya want for nothing?").toString("hex"),
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
		],
		["aa".repeat(20), "dd".repeat(50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"],
		[
			"0102030405060708090a0b0c0d0e0f10111213141516171819",
			"cd".repeat(50),
			"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
		],
	])("[RFC 4231] key %s", (key, data, expected) => {
		expect(mac(hex(key), hex(data))).toBe(expected);
	});

	test("keys of every length to 64, as Node has it", () => {
		for (let length = 0; length <= 64; length++) {
			const key = Uint8Array.from({ length }, (_, i) => i ^ length);
			const data = Buffer.from(`message ${length}`);
			expect(mac(key, data), `${length}`).toBe(createHmac("sha256", key).update(data).digest("hex"));
		}
	});
});

describe("PBKDF2", () => {
	test.each([
		["passwd", "salt", 1],
		["Password", "NaCl", 80],
		["pencil", "salt of twenty bytes", 4096],
		["", "", 2],
	])("[RFC 7914, 11] as Node has it: %s, %s, %i", (password, salt, iterations) => {
		const { bytes, sha, out } = made();
		bytes.set(ascii(password), DATA);
		sha.key(DATA, DATA + password.length, KEY);
		bytes.set(ascii(salt), DATA);
		sha.derive(KEY, DATA, DATA + salt.length, iterations, OUT);
		expect(out()).toBe(pbkdf2Sync(password, salt, iterations, 32, "sha256").toString("hex"));
		if (password === "passwd")
			expect(out()).toBe("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
	});
});
