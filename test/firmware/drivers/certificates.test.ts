// SPDX-License-Identifier: MIT
import { X509Certificate } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
	certificateOf,
	certificatesIn,
	dayOf,
	isRsaKey,
	named,
} from "../../../firmware/drivers/certificates.js";
import { SeededRandom } from "../../../simulator/node/index.js";
import { certificateMessage } from "../../kit/ecma419/tls.js";
import { pem } from "../../simulator/node/loopback.js";
import { der, keyOf } from "./tls-rig.js";

describe("A certificate is read as OpenSSL reads it", () => {
	test.each(["ca", "server", "expired", "other", "self-signed", "client-rsa", "intermediate", "below"])(
		"%s",
		(name) => {
			const theirs = new X509Certificate(pem(`${name}.pem`));
			const ours = certificateOf(der(name))!;
			expect(ours.from).toBe(Date.parse(theirs.validFrom) / 1000);
			expect(ours.until).toBe(Date.parse(theirs.validTo) / 1000);
			expect(ours.authority).toBe(theirs.ca);
			const names = (theirs.subjectAltName ?? "")
				.split(", ")
				.filter((one) => /^DNS|IP Address:\d+\./.test(one));
			expect(ours.names).toEqual(names.map((one) => one.replace(/^(?:DNS|IP Address):/, "")));
			expect(Buffer.from(ours.issuer).includes(theirs.issuer.replace("CN=", ""))).toBe(true);
			expect(Buffer.from(ours.subject).includes(theirs.subject.replace("CN=", ""))).toBe(true);
		},
	);
});

test("cut at any byte it is none; changed anywhere, nothing is thrown", () => {
	const whole = der("server");
	for (let length = 0; length < whole.length; length++)
		expect(certificateOf(whole.slice(0, length))).toBe(undefined);
	const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9));
	console.log(`seed ${seed} (repeat with SEED=${seed})`);
	const random = new SeededRandom(seed);
	for (let round = 0; round < 5000; round++) {
		const bytes = whole.slice();
		for (let i = 0; i < 3; i++) bytes[random.below(bytes.length)] = random.below(256);
		const names = certificateOf(bytes)?.names ?? [];
		expect(names.length).toBeLessThan(50);
	}
});

test("the list of a message, and what is no list", () => {
	const message = certificateMessage([der("server"), der("ca")]);
	expect(certificatesIn(message, 7, message.length)?.map(({ names }) => names.length)).toEqual([3, 0]);
	expect(certificatesIn(message, 7, message.length - 1)).toBe(undefined);
	expect(certificatesIn(Uint8Array.of(0, 0, 0), 0, 3)).toBe(undefined);
	expect(certificatesIn(Uint8Array.of(), 0, 0)).toEqual([]);
});

test.each([
	["broker.example", ["broker.example"], true],
	["BROKER.example", ["broker.example"], true],
	["broker.example", ["*.example"], true],
	["a.broker.example", ["*.example"], false],
	["example", ["*.example"], false],
	["broker.example", ["*"], false],
	["broker.example", ["*roker.example"], false],
	["broker.example", ["broker.*"], false],
	["broker.example", [], false],
	["", [""], false],
	["10.0.0.1", ["10.0.0.1"], true],
])("%j is named by %j: %s", (server, names, expected) => {
	expect(named(names, server)).toBe(expected);
});

test("keys of RSA are told from others", () => {
	expect(isRsaKey(keyOf("client-rsa"))).toBe(true);
	expect(isRsaKey(keyOf("client"))).toBe(false);
	expect(isRsaKey(der("server"))).toBe(false);
	expect(isRsaKey(Uint8Array.of(0x30, 0x80))).toBe(false);
	expect(isRsaKey(Uint8Array.of())).toBe(false);
});

test("a day", () => {
	expect(dayOf(Date.UTC(2026, 0, 31, 23) / 1000)).toBe("2026-01-31");
});
