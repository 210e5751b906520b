// SPDX-License-Identifier: MIT
/** What a stranger may try with certificates of their own making, and what an authority must not be good for. */
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { certificateOf, certificatesIn, isFor } from "../../../firmware/drivers/certificates.js";
import { type CertificateManager, Trust } from "../../../firmware/drivers/trust.js";
import { certificates, x509 } from "../../kit/ecma419/tls.js";
import {
	authority,
	certificate,
	element,
	extension,
	names,
	purpose,
	type Recipe,
	usage,
} from "./certificate-maker.js";

const now = Date.UTC(2026, 0, 1) / 1000;
const root = certificate({ subject: "root", extensions: [authority(), usage(0x06)] });
const server: Recipe = { extensions: [names("broker")] };
const between: Recipe = { subject: "between", extensions: [authority()] };
const below: Recipe = { ...server, issuer: "between" };

function judge(chain: readonly Recipe[], trusted: Uint8Array = root, manager = certificates): string {
	const read = chain.map((recipe) => certificateOf(certificate(recipe)));
	if (read.includes(undefined)) return "cannot be read";
	return (
		new Trust(x509, manager, [trusted], "broker").fault(
			read.map((one) => one!),
			now,
		)?.words ?? ""
	);
}

test("what is good", () => {
	expect(judge([server])).toBe("");
	expect(judge([below, between])).toBe("");
	expect(judge([{ extensions: [names("broker"), purpose(1)] }])).toBe("");
	expect(judge([{ extensions: [names("broker"), extension(32, element(0x30), true)] }])).toBe("");
});

const sign = /may not sign/;
test.each([
	[
		"an authority whose key may not sign certificates",
		[below, { subject: "between", extensions: [authority(), usage(0x80)] }],
		sign,
	],
	["the same, said first", [below, { subject: "between", extensions: [usage(0x80), authority()] }], sign],
	[
		"more authorities than one may have below it",
		[
			{ ...server, issuer: "low" },
			{ subject: "low", issuer: "between", extensions: [authority()] },
			{ subject: "between", extensions: [authority(0)] },
		],
		sign,
	],
	["a certificate for clients", [{ extensions: [names("broker"), purpose(2)] }], /not one for servers/],
	[
		"something critical that nobody looks at",
		[{ extensions: [names("broker"), extension(30, element(0x30), true)] }],
		/critical extension/,
	],
	[
		"the same in an authority",
		[below, { subject: "between", extensions: [authority(), extension(30, element(0x30), true)] }],
		/critical extension/,
	],
	["an extension twice", [{ extensions: [names("other"), names("broker")] }], /cannot be read/],
	[
		"SHA-1",
		[
			{
				...server,
				by: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
				hash: "sha1" as const,
			},
		],
		/none of the trusted/,
	],
	["a signature of zeros", [{ ...server, signature: [0x30, 6, 2, 1, 0, 2, 1, 0] }], /none of the trusted/],
	[
		"a signature without end",
		[{ ...server, signature: [...element(0x30, element(2, [1, ...new Uint8Array(400)]), [2, 1, 1])] }],
		/none of the trusted/,
	],
	["an element that the SDK takes for the version", [{ ...server, version: [0x82, 1, 0] }], /cannot be read/],
	["a length that has no end", [{ ...server, info: [0x30, 0x80, 0, 0] }], /cannot be read/],
	["a length beyond 2 GiB", [{ ...server, info: [0x30, 0x84, 0xff, 0xff, 0xff, 0xf0] }], /cannot be read/],
	[
		"an identifier of a key that is longer than its key",
		[{ extensions: [names("broker"), extension(35, [0x30, 6, 0x81, 0x84, 0xff, 0xff, 0xff, 0xf8])] }],
		/^$/,
	],
] as const)("refused: %s", (_what, chain, words) => {
	expect(judge(chain as unknown as Recipe[])).toMatch(words);
});

/** Counts what reaches the SDK. */
function counting(): { calls: number; manager: CertificateManager } {
	const seen = {
		calls: 0,
		manager: class extends (certificates as new (options: object) => InstanceType<CertificateManager>) {
			override _verify(key: object, decoded: object): boolean {
				seen.calls++;
				return super._verify(key, decoded);
			}
		} as CertificateManager,
	};
	return seen;
}

test("a stranger's key is used for nothing", () => {
	const seen = counting();
	const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const own: Recipe = {
		subject: "between",
		issuer: "nobody",
		extensions: [authority()],
		key: stranger.publicKey,
	};
	expect(judge([{ ...below, by: stranger.privateKey }, own], root, seen.manager)).toMatch(/none of/);
	expect(seen.calls).toBe(0);
});

describe("keys of RSA", () => {
	const trusted = (publicExponent: number, modulusLength = 2048): [Recipe, Uint8Array] => {
		const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength, publicExponent });
		const own = certificate({ subject: "root", key: publicKey, by: privateKey, extensions: [authority()] });
		return [{ ...server, by: privateKey }, own];
	};
	test("of 2048 bits", () => {
		const [recipe, own] = trusted(65537);
		expect(judge([recipe], own)).toBe("");
	});
	test.each([
		[3, 2048],
		[65537, 1024],
	])("an exponent of %i, %i bits: anybody could sign", (exponent, bits) => {
		const [recipe, own] = trusted(exponent, bits);
		expect(judge([recipe], own)).toMatch(/none of/);
	});

	test("the SDK's list has such roots, too", () => {
		const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
		const own = certificate({ subject: "root", key: publicKey, by: privateKey, extensions: [authority()] });
		const known = extension(35, element(0x30, [0x80, 1, 7]));
		const chain = [certificateOf(certificate({ by: privateKey, extensions: [names("broker"), known] }))!];
		const judged = (exponent: number, bits: number): string => {
			const listed = class extends (certificates as new (
				options: object,
			) => InstanceType<CertificateManager>) {
				override findCert(): { modulus: bigint; exponent: bigint } {
					return { modulus: 1n << BigInt(bits - 1), exponent: BigInt(exponent), certificate: own } as never;
				}
			};
			return new Trust(x509, listed as CertificateManager, [], "broker").fault(chain, now)?.words ?? "";
		};
		expect(judged(65537, 2048)).toBe("");
		expect(judged(3, 2048)).toMatch(/none of/);
		expect(judged(65537, 1024)).toMatch(/none of/);
	});
});

test("names: no address that pretends to be one, no end of a string in the middle, all of thousands are looked at", () => {
	const isOne = (wanted: string, ...list: string[]): boolean =>
		isFor(certificateOf(certificate({ extensions: [names(...list)] }))!, wanted);
	expect(isOne("10.0.0.1", "10.0.0.1")).toBe(false);
	expect(isOne("10.0.0.1", "*.0.0.1")).toBe(false);
	expect(isOne("broker", "broker\0.evil.example")).toBe(false);
	const many = Array.from({ length: 3000 }, (_, i) => `n${i}`);
	expect(isOne("broker", ...many, "BROKER")).toBe(true);
	const read = certificateOf(certificate({ extensions: [names("\x1b[2J", ...many)] }))!;
	expect(read.names).toEqual(["n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7"]);
});

test("a chain of a hundred is not even read", () => {
	const one = certificate(server);
	const entry = [0, one.length >> 8, one.length & 255, ...one];
	const list = Uint8Array.from(Array.from({ length: 9 }, () => entry).flat());
	expect(certificatesIn(list, 0, 8 * entry.length)).toHaveLength(8);
	expect(certificatesIn(list, 0, list.length)).toBe(undefined);
});

test("any length of any element, wrong: nothing is thrown and nothing loops", () => {
	const whole = certificate({ extensions: [names("broker"), authority(1), usage(4), purpose(1)] });
	for (let at = 0; at < whole.length; at++)
		for (const byte of [0, 0x7f, 0x80, 0x81, 0x84, 0xff]) {
			const bytes = whole.slice();
			bytes[at] = byte;
			const read = certificateOf(bytes);
			expect(read === undefined || read.bytes === bytes).toBe(true);
		}
	expect(certificateOf(Uint8Array.from([...whole, 0]))).toBe(undefined);
});
