// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Credentials } from "../../../lib/session/credentials.js";
import {
	ConnectAt,
	type ConnectFields,
	type ConnectProperties,
	encodeConnect,
	type Password,
	sayConnect,
	type UserName,
} from "../../../lib/wire/connect.js";
import { Encoder } from "../../../lib/wire/encoder.js";
import { Reason } from "../../../lib/wire/protocol.js";
import { ascii, fromHex, newArena, toHex } from "./bytes.js";

/** Where what is kept of CONNECT stands, and where the region of the encoder lies. */
const KEPT = 16;
const START = 1024;
const SIZE = 1024;
const POISON = 0xa5;

const defaults: ConnectFields = {
	clientId: "",
	keepAliveSeconds: 0,
	sessionExpirySeconds: 0,
	receiveMaximum: 0,
	maximumPacketSize: 0,
};

interface Said {
	readonly clean?: boolean;
	/** It may be said in 5.0. Default true, whatever it is said in. */
	readonly kept5?: boolean;
	readonly properties?: ConnectProperties;
}

/** Says CONNECT into `room` bytes: the packet, or the reason why not, with nothing written beyond. */
function said(
	version5: boolean,
	fields: Partial<ConnectFields>,
	{ clean = true, kept5 = true, properties }: Said = {},
	room = SIZE,
): string | number {
	const arena = newArena(START + SIZE);
	arena.bytes.fill(POISON, START);
	const encoder = new Encoder(arena, START, START + room);
	encoder.version5 = version5;
	const end = encodeConnect(arena, KEPT, START, kept5, { ...defaults, ...fields });
	if (!clean) arena.bytes[KEPT + ConnectAt.Flags] &= ~2;
	const { user, password } = fields;
	const asked = typeof user === "function" || typeof password === "function";
	const credentials = asked ? new Credentials(user, password) : null;
	credentials?.attach(arena);
	const fault = sayConnect(encoder, KEPT, end, properties ?? null, credentials);
	const touched = arena.bytes.findIndex((byte, at) => at >= START + room && byte !== POISON);
	expect(touched).toBe(-1);
	if (fault === 0) return toHex(arena.bytes, encoder.start, encoder.position);
	expect(encoder.position).toBe(START);
	return fault;
}

/** The packet, which needs all of its size: less room gives `fault`. */
function needed(version5: boolean, fields: Partial<ConnectFields>, fault: number, how: Said = {}): string {
	const packet = said(version5, fields, how);
	if (typeof packet !== "string") throw new Error(`not said: ${packet}`);
	const size = fromHex(packet).length;
	for (let room = size - 1; room >= 0; room -= room > 60 ? 11 : 1)
		expect(said(version5, fields, how, room), `in ${room} bytes`).toSatisfy(
			(result) => result === fault || result === Reason.PacketTooLarge,
		);
	expect(said(version5, fields, how, size - 1)).toBe(fault);
	expect(said(version5, fields, how, size)).toBe(packet);
	return packet;
}

describe("CONNECT", () => {
	const full = (version5: boolean, fields: Partial<ConnectFields>, how: Said = {}): string =>
		needed(version5, fields, Reason.PacketTooLarge, how);

	test("nothing but defaults: a clean session of a nameless client [3.1.1: MQTT-3.1.2-1, MQTT-3.1.3-6]", () => {
		expect(full(false, {})).toBe("10 0c 00 04 4d 51 54 54 04 02 00 00 00 00");
		expect(full(true, {})).toBe("10 0d 00 04 4d 51 54 54 05 02 00 00 00 00 00");
	});

	const everything: Partial<ConnectFields> = {
		keepAliveSeconds: 60,
		sessionExpirySeconds: 0xffff_ffff,
		receiveMaximum: 16,
		maximumPacketSize: 1024,
		will: { topic: "w", payload: "", qos: 2, retain: true, delaySeconds: 5 },
		clientId: "id",
		user: "me",
		password: ascii("pw"),
	};
	const everything311 =
		"10 1b 00 04 4d 51 54 54 04 f4 00 3c 00 02 69 64 00 01 77 00 00 00 02 6d 65 00 02 70 77";

	test("everything, in order [3.1.1: MQTT-3.1.3-1] [5.0: MQTT-3.1.3-1]", () => {
		expect(full(false, everything, { clean: false })).toBe(everything311);
		expect(full(true, everything, { clean: false })).toBe(
			"10 2f 00 04 4d 51 54 54 05 f4 00 3c 0d 11 ff ff ff ff 21 00 10 27 00 00 04 00 00 02 69 64 " +
				"05 18 00 00 00 05 00 01 77 00 00 00 02 6d 65 00 02 70 77",
		);
	});

	test("3.1.1 has no properties, whether 5.0 could be said or not [3.1.1: 3.1.2]", () => {
		for (const kept5 of [false, true])
			expect(full(false, everything, { clean: false, kept5 })).toBe(everything311);
	});

	test("a password alone is for 5.0 [5.0: 3.1.2.9]", () => {
		expect(full(true, { password: "pw" })).toBe("10 11 00 04 4d 51 54 54 05 42 00 00 00 00 00 00 02 70 77");
	});

	test("the kept part needs all of its size, and nothing is written beyond", () => {
		const fields = {
			...defaults,
			will: { topic: "w", payload: ascii("data") },
			user: "me",
			password: ascii("pw"),
		};
		for (const version5 of [false, true]) {
			const end = encodeConnect(newArena(128), 0, 128, version5, fields);
			for (let limit = 0; limit < end; limit++) {
				const arena = newArena(128);
				expect(() => encodeConnect(arena, 0, limit, version5, fields)).toThrow(/region for text is full/);
				expect(arena.bytes.subarray(limit).every((byte) => byte === 0)).toBe(true);
			}
			expect(encodeConnect(newArena(end), 0, end, version5, fields)).toBe(end);
		}
	});

	test("a will goes to a topic", () => {
		const will = { topic: "a/+", payload: "" };
		expect(() => encodeConnect(newArena(64), 0, 64, true, { ...defaults, will })).toThrow(
			/"a\/\+": .*wildcards/,
		);
	});

	test("properties that are made anew come behind those that are kept, and only in 5.0", () => {
		const added = (size: number, fault = 0): ConnectProperties => ({
			begin: () => fault,
			size,
			put() {},
		});
		const [plain, more] = [0, 4].map((size) =>
			said(true, { receiveMaximum: 16 }, { properties: added(size) }),
		);
		expect(plain).toBe("10 10 00 04 4d 51 54 54 05 02 00 00 03 21 00 10 00 00");
		expect(more).toBe("10 14 00 04 4d 51 54 54 05 02 00 00 07 21 00 10 a5 a5 a5 a5 00 00");
		expect(said(false, {}, { properties: added(4, 0x8c) })).toBe("10 0c 00 04 4d 51 54 54 04 02 00 00 00 00");
		expect(said(true, {}, { properties: added(4, 0x8c) })).toBe(0x8c);
		// Their length, and that of the packet, may become longer by a byte.
		expect(needed(true, {}, Reason.PacketTooLarge, { properties: added(125) })).toMatch(
			/^10 8a 01 .{29} 7d a5/,
		);
		expect(needed(true, {}, Reason.PacketTooLarge, { properties: added(128) })).toMatch(
			/^10 8e 01 .{29} 80 01 a5/,
		);
	});
});

describe("user and password that are asked for", () => {
	const FAULT = Reason.CredentialsFailed;
	const will = { topic: "w", payload: "x" };

	const kinds: [string, UserName, Password][] = [
		["both", () => "me", () => ascii("pw")],
		["the user", () => "me", "pw"],
		["the password, text", "me", () => "pw"],
	];

	test.each(kinds)("%s: the same bytes as when they are given", (_what, user, password) => {
		for (const version5 of [false, true]) {
			const fields = { clientId: "id", will, receiveMaximum: 16 };
			expect(needed(version5, { ...fields, user, password }, FAULT)).toBe(
				said(version5, { ...fields, user: "me", password: "pw" }),
			);
		}
	});

	test("one alone: a user, and in 5.0 a password", () => {
		expect(said(false, { user: () => "me" })).toBe(said(false, { user: "me" }));
		expect(said(true, { password: () => "" })).toBe(said(true, { password: "" }));
	});

	test.each([111, 112, 113, 126, 127, 128, 129, 900])(
		"of %i bytes, at the edges of the packet's length",
		(length) => {
			const password = "p".repeat(length);
			expect(needed(true, { password: () => password }, FAULT)).toBe(said(true, { password }));
		},
	);

	test.each([
		[
			"throws",
			() => {
				throw new Error("no token");
			},
		],
		["is no text", () => 42],
		["is nothing", () => undefined],
		["is a promise", () => Promise.resolve("token")],
		["has U+0000", () => "a\0b"],
		["has half a surrogate pair", () => "a\ud800"],
		["does not fit", () => "x".repeat(1100)],
		["is longer than its length can say", () => new Uint8Array(65_536)],
	])("one that %s fails the attempt, and nothing is thrown [5.0: MQTT-3.1.3-12]", (what, give) => {
		const fn = give as () => string;
		expect(said(true, { user: "me", password: fn })).toBe(FAULT);
		if (!what.startsWith("is longer")) expect(said(true, { user: fn, password: "pw" })).toBe(FAULT);
		expect(said(true, { user: fn })).toBe(FAULT);
	});
});
