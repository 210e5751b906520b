// SPDX-License-Identifier: MIT
import type { IAuthPacket, IConnackPacket } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { type Action, SCRAM_SHA_256, scramKeys, scramSha256 } from "../../../simulator/broker/index.js";
import { type Fields, type Peer, rig } from "./rig.js";
import { ScramClient } from "./scram-client.js";

/** Few rounds: what is tested is the exchange, and RFC 7677 has one with all 4096. */
const method = scramSha256({ users: { anna: "pencil", "a,b=c": "x" }, rounds: 2 });

const scene = (authorize?: (what: Action) => boolean) =>
	rig({ authMethods: { [SCRAM_SHA_256]: method }, authorize });
const dataOf = ({ properties }: IAuthPacket | IConnackPacket) =>
	Buffer.from(properties?.authenticationData ?? []).toString();
const properties = (text: string): Fields => ({
	authenticationMethod: SCRAM_SHA_256,
	authenticationData: Buffer.from(text),
});
const auth = (peer: Peer, reasonCode: number, text: string) =>
	peer.write({ cmd: "auth", reasonCode, properties: properties(text) });
const begin = (peer: Peer, text: string, fields: Fields = {}) => {
	const base = { cmd: "connect", clientId: "one", protocolVersion: 5, clean: true, keepalive: 0 };
	return peer.write({ ...base, ...fields, properties: properties(text) });
};
/** The CONNACK to the whole exchange. */
const enter = (peer: Peer, client: ScramClient, fields?: Fields) => {
	begin(peer, client.first, fields);
	auth(peer, 0x18, client.final(dataOf(peer.expect("auth"))));
	return peer.expect("connack");
};
/** The refusal of a first message, or of a final one made from the challenge. */
const refusal = (first: string, final?: (challenge: string) => string) => {
	const one = scene().peer(5);
	begin(one, first);
	if (final) auth(one, 0x18, final(dataOf(one.expect("auth"))));
	const { reasonCode, properties: said } = one.expect("connack");
	expect(one.ended).toBe("in order");
	return [reasonCode, said?.reasonString];
};
const anna = (password = "pencil", header?: string) => new ScramClient("anna", password, "abc", header);

describe("SCRAM-SHA-256", () => {
	it("the exchange of RFC 7677, section 3, byte by byte", () => {
		const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
		const exchange = scramSha256({
			users: { user: scramKeys("pencil", salt) },
			nonce: () => "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
		}).begin({
			clientId: "",
			username: undefined,
			password: undefined,
			address: "",
			tls: undefined,
			version: 5,
			clean: true,
		});
		const step = (text: string) => {
			const { reason, data } = exchange.step(Buffer.from(text));
			return [reason, Buffer.from(data ?? []).toString()];
		};
		expect(step("n,,n=user,r=rOprNGfwEbeRWgbNEkqO")).toEqual([
			0x18,
			"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
		]);
		expect(
			step(
				"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0," +
					"p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
			),
		).toEqual([0, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="]);
	});

	it("[5.0 MQTT-4.12.0-2] [5.0 MQTT-4.12.0-5] lets in who has the password, and proves to have it, too", () => {
		const client = anna();
		const connack = enter(scene().peer(5), client);
		expect(connack).toMatchObject({ reasonCode: 0, properties: { authenticationMethod: SCRAM_SHA_256 } });
		expect(dataOf(connack)).toBe(client.signature);
	});

	it("takes a client that would bind channels if we could, an authorization name that is the user's, escapes", () => {
		for (const client of [
			anna("pencil", "y,,"),
			anna("pencil", "n,a=anna,"),
			new ScramClient("a=2Cb=3Dc", "x", "r"),
		])
			expect(enter(scene().peer(5), client).reasonCode).toBe(0);
	});

	it("the user of the exchange is the one that is asked for, not that of CONNECT", () => {
		const asked: string[] = [];
		const { peer } = scene(({ user }) => asked.push(user) > 0);
		const one = peer(5);
		enter(one, anna(), { username: "somebody", will: { topic: "w", payload: "", qos: 0, retain: false } });
		one.publish("a", "x", { qos: 1 }).expect("puback");
		expect(asked).toEqual(["anna", "anna"]);
	});

	it("[5.0 MQTT-4.12.0-4] refuses a wrong password and an unknown user alike", () => {
		const no = [0x87, "SCRAM: invalid-proof"];
		const wrong = anna("pencils");
		expect(refusal(wrong.first, (challenge) => wrong.final(challenge))).toEqual(no);
		const unknown = new ScramClient("bert", "pencil", "abc");
		expect(refusal(unknown.first, (challenge) => unknown.final(challenge))).toEqual(no);
		const salts = [1, 2].map(() => {
			const one = begin(scene().peer(5), unknown.first);
			return /,s=([^,]*)/.exec(dataOf(one.expect("auth")))![1];
		});
		expect(salts[0]).toBe(salts[1]);
	});

	it.each([
		["p=tls-unique,,n=anna,r=abc", "unsupported-channel-binding-type"],
		["n,,m=what,n=anna,r=abc", "extensions-not-supported"],
		["n,,n=an=na,r=abc", "invalid-username-encoding"],
		["n,,n=,r=abc", "invalid-username-encoding"],
		["n,a=bert,n=anna,r=abc", "other-error"],
	])("refuses %s with the word for it", (first, word) => {
		expect(refusal(first)).toEqual([0x87, `SCRAM: ${word}`]);
	});

	it("refuses another header, another nonce, and a proof of another exchange", () => {
		const client = anna();
		const changed = (from: RegExp, to: string) =>
			refusal(client.first, (challenge) => client.final(challenge).replace(from, to));
		expect(changed(/biws/, "eSws")).toEqual([0x87, "SCRAM: channel-bindings-dont-match"]);
		expect(changed(/r=abc/, "r=abd")).toEqual([0x87, "SCRAM: other-error"]);
		expect(changed(/p=..../, "p=AAAA")).toEqual([0x87, "SCRAM: invalid-proof"]);
	});

	it("says what is no SCRAM at all", () => {
		for (const first of ["", "n,", "n,,n=anna", "n,,n=anna,r=", "n,,n=anna,r=\u00e4", "x,,n=anna,r=abc"])
			expect(refusal(first)).toEqual([0x83, "SCRAM: the client's first message is malformed"]);
		for (const final of ["", "c=biws", "c=biws,r=abc", "c=biws,r=abc,p=AAAA", "r=abc,c=biws,p=AAAA"])
			expect(refusal(anna().first, () => final)).toEqual([
				0x83,
				"SCRAM: the client's final message is malformed",
			]);
	});

	it("[5.0 MQTT-4.12.1-1] again at any time, while other packets go on both ways; another user takes over", () => {
		const asked: string[] = [];
		const { peer, broker } = scene(({ user }) => asked.push(user) > 0);
		const one = peer(5);
		enter(one, anna());
		one.subscribe("a", 1);
		const client = new ScramClient("a=2Cb=3Dc", "x", "def");
		auth(one, 0x19, client.first);
		const challenge = dataOf(one.expect("auth"));
		one.publish("b", "mine", { qos: 1 }).expect("puback");
		broker.publish({ topic: "a", payload: "yours", qos: 1 });
		expect(one.message().text).toBe("a=yours");
		expect(asked.splice(0)).toEqual(["anna", "anna"]);
		auth(one, 0x18, client.final(challenge));
		const done = one.expect("auth");
		expect(done.reasonCode).toBe(0);
		expect(dataOf(done)).toBe(client.signature);
		one.publish("b", "x", { qos: 1 }).expect("puback");
		expect(asked).toEqual(["a,b=c"]);
	});

	it("[5.0 MQTT-4.12.1-2] ends the connection when it fails then, and when it begins twice", () => {
		const again = () => {
			const one = scene().peer(5);
			enter(one, anna());
			auth(one, 0x19, anna().first).expect("auth");
			return one;
		};
		auth(again(), 0x18, "nonsense").expectEnd(0x83);
		auth(again(), 0x19, anna().first).expectEnd(0x82);
	});
});
