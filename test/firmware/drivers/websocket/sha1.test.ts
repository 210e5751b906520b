// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { base64, sha1 } from "../../../../firmware/drivers/websocket/sha1.js";
import { patterned } from "../../../contract/ends.js";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");

test("the example of RFC 6455, section 1.3", () => {
	const proof = Buffer.from("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
	expect(text(base64(sha1(proof)))).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("digests and Base64 of every length up to 200 are OpenSSL's", () => {
	for (let length = 0; length <= 200; length++) {
		const bytes = patterned(length, length);
		expect(sha1(bytes)).toEqual(new Uint8Array(createHash("sha1").update(bytes).digest()));
		expect(text(base64(bytes))).toBe(Buffer.from(bytes).toString("base64"));
	}
});
