// SPDX-License-Identifier: MIT
/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677) as a method of enhanced authentication: what the server says and checks.
 *
 *   CONNECT or AUTH 0x19  ─ n,,n=user,r=nonce ──────────────▶
 *                         ◀─ r=nonce+ours,s=salt,i=rounds ── AUTH 0x18
 *   AUTH 0x18             ─ c=biws,r=nonce+ours,p=proof ────▶
 *                         ◀─ v=signature ─────────────────── CONNACK or AUTH, reason 0
 *
 * The password never travels, and the signature proves that the server has it, too. Without channel binding: a client
 * that demands it ("p=…") is refused. A refusal is 0x87 with the RFC's word for it as reason string, or 0x83 when the
 * message is no SCRAM at all. Who is not known is led as far as a wrong password.
 */

import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import type { AuthExchange, AuthMethod, AuthStep } from "./method.js";
import { Code } from "./protocol.js";

/** What {@link AuthMethod}s of this kind are called in CONNECT. */
export const SCRAM_SHA_256 = "SCRAM-SHA-256";

/** Rounds of PBKDF2, the fewest that RFC 7677 allows. */
const ROUNDS = 4_096;
const NONCE_BYTES = 18;
const SALT_BYTES = 16;

/** What a server keeps of a password, from which it cannot be had back. */
export interface ScramKeys {
	readonly salt: Uint8Array;
	readonly rounds: number;
	readonly storedKey: Uint8Array;
	readonly serverKey: Uint8Array;
}

export interface ScramOptions {
	/** User → password, or what {@link scramKeys} made of it. */
	readonly users: Readonly<Record<string, string | ScramKeys>>;
	/** Rounds for passwords; 4096 unless told. */
	readonly rounds?: number;
	/** `count` bytes that nobody can guess, for nonces and salts; a world gives those of its seed. */
	readonly random?: (count: number) => Uint8Array;
	/** Our part of the nonce, printable ASCII without commas; 18 bytes of `random` in base64 unless told. */
	readonly nonce?: () => string;
}

const hmac = (key: Uint8Array, text: string | Uint8Array) => createHmac("sha256", key).update(text).digest();

/** The keys of a password, which is taken as NFKC, the part of SASLprep that changes letters. */
export function scramKeys(password: string, salt: Uint8Array, rounds = ROUNDS): ScramKeys {
	const salted = pbkdf2Sync(password.normalize("NFKC"), salt, rounds, 32, "sha256");
	const storedKey = createHash("sha256").update(hmac(salted, "Client Key")).digest();
	return { salt, rounds, storedKey, serverKey: hmac(salted, "Server Key") };
}

/** The method, for `authMethods` under the name {@link SCRAM_SHA_256}. Derives the keys of all passwords at once. */
export function scramSha256(options: ScramOptions): AuthMethod {
	const { users, rounds = ROUNDS, random = randomBytes } = options;
	const { nonce = () => Buffer.from(random(NONCE_BYTES)).toString("base64") } = options;
	const keys = new Map<string, ScramKeys>();
	for (const [user, secret] of Object.entries(users))
		keys.set(user, typeof secret === "string" ? scramKeys(secret, random(SALT_BYTES), rounds) : secret);
	const stranger = random(32);
	const keysOf = (user: string): ScramKeys => {
		// The same salt each time, as a real user has, and keys that no proof fits.
		const salt = hmac(stranger, user).subarray(0, SALT_BYTES);
		return keys.get(user) ?? { salt, rounds, storedKey: random(32), serverKey: stranger };
	};
	return { begin: () => new Exchange(keysOf, nonce) };
}

/** What a message has to look like; attributes that we do not know may follow in each but a mandatory one ("m="). */
const FIRST = /^([ny]|p=[^,]*),(?:a=([^,]*))?,((?:m=[^,]*,)?n=([^,]*),r=([!-+\--~]+)(?:,.*)?)$/su;
const FINAL = /^(c=([A-Za-z0-9+/=]*),r=([^,]*)(?:,.*)?),p=([A-Za-z0-9+/]{43}=)$/su;

class Exchange implements AuthExchange {
	readonly #keysOf: (user: string) => ScramKeys;
	readonly #nonce: () => string;
	#user = "";
	#header = "";
	#nonces = "";
	/** Both messages without what only carries them; empty before the client's first. */
	#soFar = "";
	#keys: ScramKeys | undefined;

	constructor(keysOf: (user: string) => ScramKeys, nonce: () => string) {
		this.#keysOf = keysOf;
		this.#nonce = nonce;
	}

	step(data: Uint8Array | undefined): AuthStep {
		const text = Buffer.from(data ?? []).toString();
		return this.#keys ? this.#final(text, this.#keys) : this.#first(text);
	}

	#first(text: string): AuthStep {
		const match = FIRST.exec(text);
		if (!match) return malformed("the client's first message");
		const [, binding, as, bare, encoded, nonce] = match;
		if (binding.startsWith("p")) return refused("unsupported-channel-binding-type");
		if (bare.startsWith("m=")) return refused("extensions-not-supported");
		const user = nameIn(encoded);
		const other = as === undefined ? user : nameIn(as);
		if (!user || other === undefined) return refused("invalid-username-encoding");
		if (other !== user && as !== "") return refused("other-error");
		this.#user = user;
		this.#header = text.slice(0, text.length - bare.length);
		this.#nonces = nonce + this.#nonce();
		this.#keys = this.#keysOf(user);
		const { salt, rounds } = this.#keys;
		const answer = `r=${this.#nonces},s=${Buffer.from(salt).toString("base64")},i=${rounds}`;
		this.#soFar = `${bare},${answer}`;
		return { reason: Code.ContinueAuthentication, data: Buffer.from(answer) };
	}

	#final(text: string, keys: ScramKeys): AuthStep {
		const match = FINAL.exec(text);
		if (!match) return malformed("the client's final message");
		const [, withoutProof, binding, nonces, proof] = match;
		if (Buffer.from(binding, "base64").toString() !== this.#header)
			return refused("channel-bindings-dont-match");
		if (nonces !== this.#nonces) return refused("other-error");
		const all = `${this.#soFar},${withoutProof}`;
		const clientKey = Buffer.from(proof, "base64");
		const signature = hmac(keys.storedKey, all);
		for (let at = 0; at < 32; at++) clientKey[at] ^= signature[at];
		const isRight = timingSafeEqual(createHash("sha256").update(clientKey).digest(), keys.storedKey);
		if (!isRight) return refused("invalid-proof");
		const answer = `v=${hmac(keys.serverKey, all).toString("base64")}`;
		return { reason: Code.Success, data: Buffer.from(answer), user: this.#user };
	}
}

/** A name without its escapes, "=2C" and "=3D"; undefined: there is another "=" in it. */
function nameIn(encoded: string): string | undefined {
	if (/=(?!2C|3D)/.test(encoded)) return undefined;
	return encoded.replace(/=2C/g, ",").replace(/=3D/g, "=");
}

function malformed(what: string): AuthStep {
	return { reason: Code.ImplementationSpecific, reasonString: `SCRAM: ${what} is malformed` };
}

function refused(word: string): AuthStep {
	return { reason: Code.NotAuthorized, reasonString: `SCRAM: ${word}` };
}
