// SPDX-License-Identifier: MIT
/** The client's side of SCRAM-SHA-256, as short as it goes, to hold the broker's side against. */

import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

const hmac = (key: Buffer, text: string) => createHmac("sha256", key).update(text).digest();

export class ScramClient {
	readonly first: string;
	readonly #bare: string;
	readonly #password: string;
	readonly #header: string;
	/** What the server's last word has to be; empty before {@link final}. */
	signature = "";

	constructor(user: string, password: string, nonce: string, header = "n,,") {
		this.#password = password;
		this.#header = header;
		this.#bare = `n=${user},r=${nonce}`;
		this.first = header + this.#bare;
	}

	/** The answer to the server's first message. */
	final(challenge: string): string {
		const [, nonces, salt, rounds] = /^r=([^,]*),s=([^,]*),i=(\d+)$/.exec(challenge)!;
		const salted = pbkdf2Sync(this.#password, Buffer.from(salt, "base64"), Number(rounds), 32, "sha256");
		const withoutProof = `c=${Buffer.from(this.#header).toString("base64")},r=${nonces}`;
		const all = `${this.#bare},${challenge},${withoutProof}`;
		const proof = hmac(salted, "Client Key");
		const signature = hmac(createHash("sha256").update(proof).digest(), all);
		for (let at = 0; at < proof.length; at++) proof[at] ^= signature[at];
		this.signature = `v=${hmac(hmac(salted, "Server Key"), all).toString("base64")}`;
		return `${withoutProof},p=${proof.toString("base64")}`;
	}
}
