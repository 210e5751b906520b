// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import {
	brokerAt,
	parseBrokerUrl,
	TcpDialler,
	TlsDialler,
	WebSocketDialler,
} from "../../../simulator/node/index.js";

describe("The address of a broker", () => {
	test.each([
		["mqtt://broker", false, "broker", 1883, undefined, undefined],
		["mqtts://broker", true, "broker", 8883, undefined, undefined],
		["mqtt://broker/", false, "broker", 1883, undefined, undefined],
		["MQTT://broker:1884", false, "broker", 1884, undefined, undefined],
		["mqtt://u:p@10.0.0.1:65535", false, "10.0.0.1", 65535, "u", "p"],
		["mqtt://u@h", false, "h", 1883, "u", undefined],
		["mqtts://a%40b:p%3A%2F%25@h", true, "h", 8883, "a@b", "p:/%"],
		["mqtt://[::1]:99", false, "::1", 99, undefined, undefined],
		["mqtt://[2001:db8::1]", false, "2001:db8::1", 1883, undefined, undefined],
	])("%s", (url, secure, host, port, user, password) => {
		expect(parseBrokerUrl(url)).toEqual({ secure, host, port, path: undefined, user, password });
	});

	test.each([
		["ws://broker", false, "broker", 80, "/mqtt"],
		["wss://broker", true, "broker", 443, "/mqtt"],
		["ws://broker:8080/", false, "broker", 8080, "/"],
		["ws://broker:80/mqtt", false, "broker", 80, "/mqtt"],
		["wss://u:p@broker:8084/a/b?token=x%2Fy", true, "broker", 8084, "/a/b?token=x%2Fy"],
		["WSS://[::1]:99/mqtt", true, "::1", 99, "/mqtt"],
	])("%s is a WebSocket", (url, secure, host, port, path) => {
		expect(parseBrokerUrl(url)).toMatchObject({ secure, host, port, path });
	});

	test.each([
		["", /no scheme; write mqtt:\/\/host/],
		["localhost:1883", /no scheme; write mqtt:\/\/localhost:1883/],
		["u:secret@localhost", /no scheme; write mqtt:\/\/localhost/],
		["wss://u:secret@h/mqtt#x", /goes nowhere/],
		["mqtt://h//", /has no path/],
		["http://h", /scheme http:\/\/ is not known/],
		["mqtt://", /host is missing/],
		["mqtt://:1883", /host is missing/],
		["mqtt://u:secret@", /host is missing/],
		["mqtt://h:0", /1 to 65535/],
		["mqtt://h:65536", /1 to 65535/],
		["mqtt://h:99999", /1 to 65535/],
		["mqtt://h:port", /1 to 65535/],
		["mqtt://u:secret@h:1x", /1 to 65535/],
		["mqtt://[::1", /cannot be read/],
		["mqtt://a b", /cannot be read/],
		["mqtt://u:secret@h/topic", /has no path/],
		["mqtt://h?x=1", /has no path/],
		["mqtt://u:%zzsecret@h", /%25/],
	])("%s is none, and says why", (url, why) => {
		let message = "";
		try {
			parseBrokerUrl(url);
		} catch (error) {
			message = (error as Error).message;
		}
		expect(message).toMatch(why);
		expect(message).not.toContain("secret");
	});

	test("leads to the right dialler", () => {
		const plain = brokerAt("mqtt://u:p@h", { localAddress: "127.0.0.2" });
		expect(plain.dialler).toBeInstanceOf(TcpDialler);
		expect([plain.user, plain.password, plain.port]).toEqual(["u", "p", 1883]);
		expect(brokerAt("mqtts://h", { insecure: true }).dialler).toBeInstanceOf(TlsDialler);
		expect(() => brokerAt("mqtts://h", { key: "x" })).toThrow(/needs its key/);
		expect(brokerAt("ws://u:p@h/mqtt").dialler).toBeInstanceOf(WebSocketDialler);
		expect(brokerAt("wss://h", { insecure: true }).dialler).toBeInstanceOf(WebSocketDialler);
		expect(() => brokerAt("wss://h", { key: "x" })).toThrow(/needs its key/);
	});
});
