// SPDX-License-Identifier: MIT
/** SCRAM-SHA-256: the exchange of RFC 7677, what a false server may say, and both sides over the world's link. */
import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { Authentication, type ScramOptions, ScramSha256, saltedPassword } from "../../../lib/extras/index.js";
import { Reason } from "../../../lib/index.js";
import { Writer } from "../../../lib/wire/writer.js";
import { Broker, SCRAM_SHA_256, scramSha256 } from "../../../simulator/broker/index.js";
import { Rig, type RigOptions } from "../../kit/rig.js";

const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Draws what makes this nonce. */
const drawing = (nonce: string) => {
	let at = 0;
	return { below: () => BASE64.indexOf(nonce[at++ % nonce.length]) };
};
const NONCE = "rOprNGfwEbeRWgbNEkqO";
/** Ours have 24 characters. */
const OURS = `${NONCE}ABCD`;

/** A method with a block of its own, spoken to in text. */
class Talk {
	readonly method: ScramSha256;
	readonly #bytes = new Uint8Array(2048);
	readonly #writer = new Writer({ bytes: this.#bytes, view: new DataView(this.#bytes.buffer) });

	constructor(options: Partial<ScramOptions> = {}) {
		const secret = options.saltedPassword ? {} : { password: "pencil" };
		this.method = new ScramSha256({ user: "user", random: drawing(OURS), ...secret, ...options });
	}
	begin(): string {
		this.#writer.begin(1024, 2048);
		this.method.begin(this.#writer);
		return this.#said();
	}
	/** The answer, or false. */
	answer(challenge: string | Uint8Array, dataBytes = 1024): string | false {
		const data = Buffer.from(challenge as string);
		this.#bytes.set(data, 17);
		this.#writer.begin(1024, 1024 + dataBytes);
		const good = this.method.answer(this.#bytes, 17, 17 + data.length, this.#writer);
		return good && !this.#writer.overflowed && this.#said();
	}
	finish(text: string): boolean {
		const data = Buffer.from(text);
		this.#bytes.set(data, 17);
		return this.method.finish(this.#bytes, 17, 17 + data.length);
	}
	#said(): string {
		return Buffer.from(this.#bytes.subarray(1024, this.#writer.position)).toString();
	}
}

/** What both sides have to say, by Node's own functions. */
function reference(first: string, challenge: string, password: string | Uint8Array) {
	const bare = first.slice(3);
	const [, nonce, salt, iterations] = /^r=([^,]*),s=([^,]*),i=(\d+)/.exec(challenge)!;
	const hmac = (key: Buffer, text: string) => createHmac("sha256", key).update(text).digest();
	const salted = pbkdf2Sync(password, Buffer.from(salt, "base64"), Number(iterations), 32, "sha256");
	const all = `${bare},${challenge},c=biws,r=${nonce}`;
	const proof = hmac(salted, "Client Key");
	const signature = hmac(createHash("sha256").update(proof).digest(), all);
	for (let at = 0; at < 32; at++) proof[at] ^= signature[at];
	const verifier = hmac(hmac(salted, "Server Key"), all).toString("base64");
	return { answer: `c=biws,r=${nonce},p=${proof.toString("base64")}`, verifier: `v=${verifier}` };
}

const SALT = "W22ZaJ0SNY7soEsUEjb6gQ==";
const SERVER = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const CHALLENGE = `r=${OURS}${SERVER},s=${SALT},i=4096`;

describe("SCRAM-SHA-256", () => {
	test("[RFC 7677, 3] the key of its example gives proof and signature of its example", () => {
		// The RFC's nonce is shorter than ours, so the last step is checked against its numbers with Node's functions first.
		const theirs = reference(`n,,n=user,r=${NONCE}`, `r=${NONCE}${SERVER},s=${SALT},i=4096`, "pencil");
		expect(theirs.answer).toBe(`c=biws,r=${NONCE}${SERVER},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`);
		expect(theirs.verifier).toBe("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
		const talk = new Talk();
		expect(talk.begin()).toBe(`n,,n=user,r=${OURS}`);
		const ours = reference(`n,,n=user,r=${OURS}`, CHALLENGE, "pencil");
		expect(talk.answer(CHALLENGE)).toBe(ours.answer);
		expect(talk.finish(ours.verifier)).toBe(true);
	});

	test("a salt in all characters of base64", () => {
		const challenge = `r=${OURS}${SERVER},s=${BASE64},i=4096`;
		const talk = new Talk();
		const { answer, verifier } = reference(talk.begin(), challenge, "pencil");
		expect(talk.answer(challenge)).toBe(answer);
		expect(talk.finish(verifier)).toBe(true);
	});

	test.each([
		["short", "p", "x"],
		["of 64 bytes", "p".repeat(64), "name"],
		["of 65 bytes, which are hashed", "p".repeat(65), "a,b=c"],
		["in UTF-8", "pässwörd 🌡", "Jürgen"],
		["of bytes", Uint8Array.of(0, 255, 128), "x".repeat(255)],
	])("a password %s", (_what, password, user) => {
		const talk = new Talk({ user, password });
		const first = talk.begin();
		expect(first).toBe(`n,,n=${user.replace("=", "=3D").replace(",", "=2C")},r=${OURS}`);
		for (const salt of ["YQ==", "YWI=", "YWJj", Buffer.alloc(64, 7).toString("base64")]) {
			const challenge = `r=${OURS}x,s=${salt},i=4096`;
			talk.begin();
			const { answer, verifier } = reference(first, challenge, password);
			expect(talk.answer(challenge)).toBe(answer);
			expect(talk.finish(verifier)).toBe(true);
		}
	});

	test("a salted password in place of one, and how it is made", () => {
		const salt = Buffer.from(SALT, "base64");
		const salted = saltedPassword("pencil", salt, 4096);
		expect(Buffer.from(salted)).toEqual(pbkdf2Sync("pencil", salt, 4096, 32, "sha256"));
		const talk = new Talk({ saltedPassword: salted });
		const { answer, verifier } = reference(talk.begin(), CHALLENGE, "pencil");
		expect(talk.answer(CHALLENGE)).toBe(answer);
		expect(talk.finish(verifier)).toBe(true);
	});

	test("a nonce is new each time", () => {
		let n = 0;
		const talk = new Talk({ random: { below: (limit) => (n += 7) % limit } });
		expect(talk.begin()).not.toBe(talk.begin());
	});

	test("extensions behind are passed over", () => {
		const talk = new Talk();
		const challenge = `${CHALLENGE},x=y,z`;
		const { answer, verifier } = reference(talk.begin(), challenge, "pencil");
		expect(talk.answer(challenge)).toBe(answer);
		expect(talk.finish(`${verifier},x=y`)).toBe(true);
	});
});

describe("A server that is not to be trusted", () => {
	const FEW = { leastIterations: 1 };
	const good = `r=${OURS}x,s=YWJj,i=2`;

	test.each([
		["nothing", ""],
		["another nonce", good.replace("OprN", "0prN")],
		["our nonce alone", good.replace("x,", ",")],
		["a nonce that is cut", "r=rOprNGfwEbeRWgbNEkqOABC"],
		["a blank in its nonce", good.replace("x,", " x,")],
		["a byte above ASCII in its nonce", good.replace("x,", "ä,")],
		["no salt", `r=${OURS}x,i=2`],
		["an empty salt", `r=${OURS}x,s=,i=2`],
		["a salt that is no base64", good.replace("YWJj", "YW*j")],
		["a salt of three characters", good.replace("YWJj", "YWJ")],
		["a salt that is filled up in the middle", good.replace("YWJj", "YQ==YQ==")],
		["a salt that is filled up too much", good.replace("YWJj", "Y===")],
		["a salt of 65 bytes", good.replace("YWJj", Buffer.alloc(65).toString("base64"))],
		["a salt of 96 bytes", good.replace("YWJj", "YWJj".repeat(32))],
		["no iterations", `r=${OURS}x,s=YWJj`],
		["empty iterations", `r=${OURS}x,s=YWJj,i=`],
		["none", good.replace("i=2", "i=0")],
		["iterations that are no number", good.replace("i=2", "i=2x")],
		["iterations below none", good.replace("i=2", "i=-2")],
		["too many", good.replace("i=2", "i=65537")],
		["far too many", good.replace("i=2", "i=99999999999999999999")],
		["an extension that is mandatory", `m=x,${good}`],
		["an error", "e=unknown-user"],
	])("says %s", (_what, challenge) => {
		const talk = new Talk(FEW);
		talk.begin();
		expect(talk.answer(challenge)).toBe(false);
		// It is over: not even the right one is taken now.
		expect(talk.answer(good)).toBe(false);
	});

	test("asks for fewer iterations than 4096", () => {
		for (const [iterations, taken] of [
			[4095, false],
			[4096, true],
		] as const) {
			// biome-ignore format: a table
			const talk = new Talk();
			talk.begin();
			expect(talk.answer(good.replace("i=2", `i=${iterations}`)) !== false).toBe(taken);
		}
	});

	test("is cut short anywhere", () => {
		for (let length = 0; length < good.length - 1; length++) {
			const talk = new Talk(FEW);
			talk.begin();
			expect(talk.answer(good.slice(0, length)), good.slice(0, length)).toBe(false);
		}
	});

	test("does not prove that it has the password", () => {
		const { verifier } = reference(`n,,n=user,r=${OURS}`, good, "pencil");
		const wrong = reference(`n,,n=user,r=${OURS}`, good, "pencils").verifier;
		const changed = Array.from(
			verifier,
			(c, i) => verifier.slice(0, i) + (c === "x" ? "y" : "x") + verifier.slice(i + 1),
		);
		const cut = Array.from(verifier, (_, i) => verifier.slice(0, i));
		for (const final of [wrong, "", "e=other-error", `${verifier}x`, ...changed, ...cut]) {
			const talk = new Talk(FEW);
			talk.begin();
			expect(talk.answer(good)).not.toBe(false);
			expect(talk.finish(final), final).toBe(false);
			expect(talk.finish(verifier)).toBe(false);
		}
	});

	test("leaves out a step, or takes one twice", () => {
		const { verifier } = reference(`n,,n=user,r=${OURS}`, good, "pencil");
		const talk = new Talk(FEW);
		expect(talk.answer(good)).toBe(false);
		expect(talk.finish(verifier)).toBe(false);
		talk.begin();
		expect(talk.finish(verifier)).toBe(false);
		talk.begin();
		talk.answer(good);
		expect(talk.answer(good)).toBe(false);
		expect(talk.finish(verifier)).toBe(false);
		talk.begin();
		talk.answer(good);
		talk.begin();
		expect(talk.finish(verifier)).toBe(false);
	});
});

test("What the options cannot be", () => {
	const password = "p";
	const random = drawing(OURS);
	for (const options of [
		{ user: "u" },
		{ user: "u", password, saltedPassword: new Uint8Array(32) },
		{ user: "u", saltedPassword: new Uint8Array(31) },
		{ user: "", password },
		{ user: "x".repeat(256), password },
		{ user: "=".repeat(86), password },
		{ user: "a\0", password },
		{ user: "u", password: "\ud800" },
		{ user: "u", password, leastIterations: 0 },
		{ user: "u", password, leastIterations: 1.5 },
		{ user: "u", password, leastIterations: 5000, mostIterations: 4999 },
	])
		expect(() => new ScramSha256({ ...options, random }), JSON.stringify(options)).toThrow(RangeError);
});

describe("With our broker, over the world's link", () => {
	const users = { board: "pencil", "a,b=c": "x" };

	/** A client, and a broker that knows its users. */
	function scene(secret: Partial<ScramOptions> = {}, options: RigOptions = {}) {
		const method = new ScramSha256({
			user: "board",
			...(secret.saltedPassword ? {} : { password: "pencil" }),
			random: { below: (limit) => rig.world.random.fork("nonce").below(limit) },
			...secret,
		});
		const rig: Rig = new Rig({ authentication: new Authentication(method), ...options });
		const random = (count: number) =>
			Uint8Array.from({ length: count }, () => rig.world.random.fork("salt").below(256));
		const broker = new Broker({
			schedule: rig.world,
			authMethods: { [SCRAM_SHA_256]: scramSha256({ users, random }) },
		});
		rig.network.listen(broker);
		return { rig, broker };
	}

	test("both sides are content, again and again, with messages in between", () => {
		const { rig } = scene();
		rig.online();
		rig.client.subscribe(rig.client.filter("a/#"), 2);
		for (let i = 1; i <= 3; i++) {
			expect(rig.client.reauthenticate()).toBe(0);
			for (const qos of [0, 1, 2] as const) rig.publish(`${i}`, qos);
			rig.until("the end of it", () => rig.recorder.count("reauthenticated") === i);
		}
		rig.pass(1000);
		expect(rig.recorder.count("message")).toBe(9);
		expect(rig.recorder.count("offline")).toBe(0);
		rig.drop();
		rig.until("online again", () => rig.recorder.count("online") === 2);
	});

	test("a wrong password, a name that is not known", () => {
		for (const secret of [{ password: "pencils" }, { user: "nobody" }]) {
			const { rig } = scene(secret);
			rig.client.open();
			rig.until("a refusal", () => rig.recorder.count("offline") === 1);
			expect(rig.recorder.of("offline")[0][0]).toBe(Reason.NotAuthorized);
		}
	});

	test("a name with a comma and an equals sign", () => {
		const { rig } = scene({ user: "a,b=c", password: "x" });
		rig.online();
	});
});
