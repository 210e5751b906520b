// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Answer, Upgrade, type UpgradeOptions } from "../../../../firmware/drivers/websocket/upgrade.js";
import { SeededRandom } from "../../../../simulator/node/index.js";

const options: UpgradeOptions = { host: "broker:8080", path: "/mqtt", headers: [] };

function begun(more: Partial<UpgradeOptions> = {}): {
	upgrade: Upgrade;
	request: string;
	proof: string;
} {
	const upgrade = new Upgrade({ ...options, ...more });
	const block = new Uint8Array(upgrade.bytes + 1);
	upgrade.compose(block, new SeededRandom(1));
	expect(block[upgrade.bytes]).toBe(0);
	const request = Buffer.from(block.subarray(0, upgrade.bytes)).toString("latin1");
	const key = /Sec-WebSocket-Key: (\S+)/.exec(request)![1];
	const proof = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
	return { upgrade, request, proof };
}

/** Feeds an answer; returns the verdict and how many bytes it took. */
function feed(upgrade: Upgrade, answer: string): [Answer, number] {
	for (let at = 0; at < answer.length; at++) {
		const verdict = upgrade.push(answer.charCodeAt(at));
		if (verdict !== Answer.More) return [verdict, at + 1];
	}
	return [Answer.More, answer.length];
}

const good = (proof: string): string[] => [
	"HTTP/1.1 101 Switching Protocols",
	"Upgrade: WebSocket",
	"Connection: keep-alive, Upgrade",
	`Sec-WebSocket-Accept: ${proof}`,
	"Sec-WebSocket-Protocol: mqtt",
];
const lines = (...all: string[]): string => `${all.join("\r\n")}\r\n\r\n`;

test("[3.1.1 MQTT-6.0.0-3] [5.0 MQTT-6.0.0-3] the request", () => {
	const { request } = begun({ headers: ["Authorization: Bearer 1", "X: y"] });
	expect(request.split("\r\n").map((line) => line.replace(/Key: \S{22}==$/, "Key: …"))).toEqual([
		"GET /mqtt HTTP/1.1",
		"Host: broker:8080",
		"Upgrade: websocket",
		"Connection: Upgrade",
		"Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Protocol: mqtt",
		"Sec-WebSocket-Key: …",
		"Authorization: Bearer 1",
		"X: y",
		"",
		"",
	]);
});

test("each connection has another key", () => {
	const upgrade = new Upgrade(options);
	const random = new SeededRandom(1);
	const keys = Array.from({ length: 5 }, () => {
		const block = new Uint8Array(upgrade.bytes);
		upgrade.compose(block, random);
		return /Key: (\S+)/.exec(Buffer.from(block).toString("latin1"))![1];
	});
	expect(new Set(keys).size).toBe(5);
	for (const key of keys) expect(Buffer.from(key, "base64")).toHaveLength(16);
});

test("an answer is accepted at its last byte, in any order and case, among other lines, and again after compose", () => {
	const { upgrade, proof } = begun();
	const [status, ...headers] = good(proof);
	const answer = lines(status, "Set-Cookie: ".padEnd(500, "x"), ...headers.reverse(), "SERVER:\tmosquitto ");
	expect(feed(upgrade, `${answer}\x82`)).toEqual([Answer.Accepted, answer.length]);
	upgrade.compose(new Uint8Array(upgrade.bytes), new SeededRandom(1));
	const other = lines(...good(proof)).replace("Sec-WebSocket-Accept: ", "SEC-WEBSOCKET-ACCEPT:\t ");
	expect(feed(upgrade, other)).toEqual([Answer.Accepted, other.length]);
});

test.each([
	["no Upgrade", 1, "does not switch to WebSocket"],
	["no Connection", 2, "does not switch to WebSocket"],
	["no Sec-WebSocket-Accept", 3, "does not prove that it has read the request"],
	["[MQTT-6.0.0-4] no subprotocol", 4, "does not offer the subprotocol mqtt"],
])("%s", (_what, without, words) => {
	const { upgrade, proof } = begun();
	expect(feed(upgrade, lines(...good(proof).toSpliced(without, 1)))[0]).toBe(Answer.Failed);
	expect(upgrade.words).toBe(words);
});

test.each([
	["another protocol", 1, "Upgrade: h2c", /switch/],
	["a connection that is kept only", 2, "Connection: keep-alive", /switch/],
	["the proof for another key", 3, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", /prove/],
	["a proof and something else", 3, "Sec-WebSocket-Accept: PROOFx", /prove/],
	["a proof behind a long line's end", 3, `Sec-WebSocket-Accept: PROOF${" ".repeat(80)}x`, /prove/],
	["the subprotocol of others", 4, "Sec-WebSocket-Protocol: mqttv3.1", /subprotocol/],
	[
		"a proof, and another that is none",
		4,
		"Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: x",
		/prove/,
	],
	["two subprotocols", 4, "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Protocol: amqp", /subprotocol/],
	["an extension", 4, "Sec-WebSocket-Extensions: permessage-deflate", /extension/],
	["404", 0, "HTTP/1.1 404 Not Found", /answers 404: check the path/],
	["401", 0, "HTTP/1.1 401 Unauthorized", /answers 401: it wants a token/],
	["302", 0, "HTTP/1.1 302 Found", /answers 302: it is somewhere else/],
	["200", 0, "HTTP/1.1 200 OK", /answers 200 instead of becoming/],
	["HTTP/1.0", 0, "HTTP/1.0 101 Switching", /does not speak HTTP\/1\.1/],
	["no number", 0, "HTTP/1.1 abc", /does not speak HTTP\/1\.1/],
	["a CONNACK", 0, "\x20\x02\x00\x00\x00", /does not speak HTTP/],
	["bare line feeds", 0, "HTTP/1.1 101 Switching\n", /carriage return/],
	["an empty line first", 0, "", /does not speak HTTP/],
	["a line feed first", 0, "\n", /carriage return/],
	["endless cookies", 1, "Set-Cookie: ".padEnd(9000, "x"), /too much/],
])("an answer with %s is none", (_what, at, line, words) => {
	const { upgrade, proof } = begun();
	const all = good(proof).with(at, line.replace("PROOF", proof));
	expect(feed(upgrade, lines(...all))[0]).toBe(Answer.Failed);
	expect(upgrade.words).toMatch(words);
});

test("a good answer with any one byte changed is never an exception, and accepted only where the byte is of no account", () => {
	const { upgrade, proof } = begun();
	const answer = lines(...good(proof));
	const matters = answer.indexOf(proof);
	for (let at = 0; at < answer.length; at++) {
		for (const byte of ["\0", "\r", "\n", " ", ":", "z", "\xff"]) {
			upgrade.compose(new Uint8Array(upgrade.bytes), new SeededRandom(1));
			const changed = answer.slice(0, at) + byte + answer.slice(at + 1);
			const [verdict] = feed(upgrade, changed);
			if (at >= matters && at < matters + 28 && byte !== answer[at])
				expect(verdict).not.toBe(Answer.Accepted);
		}
	}
});

test.each([
	["a path without a slash", { path: "mqtt" }],
	["a path with a space", { path: "/a b" }],
	["a path that begins a new line", { path: "/\r\nX: y" }],
	["a host that does", { host: "a\r\nX: y" }],
	["no host", { host: "" }],
	["a header without a colon", { headers: ["X"] }],
	["a header without a name", { headers: [": y"] }],
	["a header of two lines", { headers: ["X: y\r\nZ: z"] }],
	["a header that is no ASCII", { headers: ["X: ü"] }],
])("%s is a mistake", (_what, wrong) => {
	expect(() => new Upgrade({ ...options, ...wrong })).toThrow(RangeError);
});
