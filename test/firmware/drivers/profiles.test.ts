// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import {
	AWS_IOT,
	entranceOf,
	misfits,
	PROFILES,
	profileOf,
	type Visitor,
} from "../../../firmware/drivers/profiles.js";
import { readSettings } from "../../../firmware/drivers/settings.js";

const visitor: Visitor = {
	...{ secure: true, websocket: false, port: 8883, user: false, clientId: "board", root: "ringbuoy" },
	...{ qos: 1, keepAliveSeconds: 60, sessionSeconds: 3600 },
};

describe("A service", () => {
	test.each([
		["abc-ats.iot.eu-central-1.amazonaws.com", "aws"],
		["ABC.IOT.cn-north-1.amazonaws.com.cn", "aws"],
		["x.s1.eu.hivemq.cloud", "hivemq-cloud"],
		["ec2-1-2-3-4.compute.amazonaws.com", undefined],
		["amazonaws.com.example", undefined],
		["10.0.0.1", undefined],
		["broker.hivemq.com", undefined],
	])("%s is %s", (host, id) => {
		expect(profileOf(host)?.id).toBe(id);
	});

	test("is data that nobody changes", () => {
		for (const profile of PROFILES) {
			for (const part of [profile, profile.hosts, profile.entrances, profile.notes, ...profile.entrances])
				expect(Object.isFrozen(part)).toBe(true);
		}
	});

	test.each([
		[{ certificate: true, port: 443 }, "x-amzn-mqtt-ca"],
		[{ user: true, port: 443 }, "mqtt"],
		[{ certificate: true, user: true, port: 443 }, "x-amzn-mqtt-ca"],
		[{ certificate: true }, ""],
		[{ certificate: true, port: 1883 }, undefined],
	])("AWS IoT Core wants of %o by ALPN: %s", (changes, alpn) => {
		expect(entranceOf(AWS_IOT, { ...visitor, ...changes })?.alpn).toBe(alpn);
	});

	test.each([
		[{ qos: 2 }, /has no QoS 2: use 1/],
		[{ clientId: "ä".repeat(65) }, /names of 128 bytes, this has 130/],
		[{ root: "a/b/c/d/e/f" }, /topics of 8 levels, ours have 9/],
		[{ keepAliveSeconds: 10 }, /takes a keep alive of 10 s for 30/],
		[{ keepAliveSeconds: 0 }, /closes after 1200 s/],
		[{ keepAliveSeconds: 1201 }, /closes after 1200 s/],
		[{ sessionSeconds: 86_400 }, /keeps a session for 3600 s/],
		[{ secure: false }, /listens at mqtts/],
		[{ certificate: false }, /wants a client certificate/],
	])("AWS IoT Core does not fit %o", (changes, words) => {
		expect(misfits(AWS_IOT, visitor)).toEqual([]);
		const said = misfits(AWS_IOT, { ...visitor, ...changes });
		expect(said).toHaveLength(1);
		expect(said[0]).toMatch(words);
	});
});

describe("A board whose broker is a known service", () => {
	const at = (mqtt_url: string, more: Record<string, unknown> = {}) =>
		readSettings({ config: { mqtt_url, session_secs: 3600, ...more } });
	const aws = "mqtts://abc-ats.iot.eu-central-1.amazonaws.com";

	test("offers what it wants on the port that is shared, or what its owner wrote", () => {
		expect(at(aws)).toMatchObject({ alpn: "", problems: [] });
		expect(at(`${aws}:443`)).toMatchObject({ alpn: "x-amzn-mqtt-ca", problems: [] });
		expect(at(`${aws}:443`, { mqtt_user: "u" })).toMatchObject({ alpn: "mqtt", problems: [] });
		expect(at(`${aws}:443`, { mqtt_alpn: "other" })).toMatchObject({ alpn: "other" });
		expect(at("mqtts://broker:443", { mqtt_alpn: "mqtt" })).toMatchObject({ alpn: "mqtt" });
	});

	test("is told what it will not get", () => {
		expect(at(aws, { mqtt_qos: 2 }).problems).toEqual(["mqtt_url: AWS IoT Core has no QoS 2: use 1"]);
		expect(at("mqtts://x.s1.eu.hivemq.cloud").problems).toEqual([
			"mqtt_url: HiveMQ Cloud wants user and password",
		]);
	});
});
