// SPDX-License-Identifier: MIT
/**
 * What a message in flash takes when it is done the obvious way, for the store bench: a line of JSON for each message, another when
 * it is done, in a ring of the same flash. There is no client for Node that keeps messages in flash, so this is the peer. It promises
 * less than ours: nothing is read back, nothing has a check, and a cut in the middle of a line or of an erase is not looked for.
 */
const BLOCK_BYTES = 4096;

export class JsonLines {
	bytes = 0;
	#flash;
	#size;
	#at = 0;
	#next = 1;
	/** What is not done, as the client needs it to send it again. @type {Map<number, object>} */
	#open = new Map();

	/** @param {import("../../dist/js/lib/index.js").Flash} flash */
	constructor(flash) {
		this.#flash = flash;
		this.#size = flash.status().size;
	}

	/** Keeps a message. Returns its number. @param {string} topic @param {Uint8Array} payload @param {number} qos */
	put(topic, payload, qos) {
		const number = this.#next++;
		const message = { n: number, topic, qos, payload: Buffer.from(payload).toString("base64") };
		this.#open.set(number, message);
		this.#append(message);
		return number;
	}

	/** The message is sent; with QoS 2 `released` is told, too. @param {number} number @param {"sent" | "released" | "done"} what */
	mark(number, what) {
		if (what === "done") this.#open.delete(number);
		this.#append({ n: number, [what]: 1 });
	}

	/** @param {object} line */
	#append(line) {
		const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
		for (let from = 0; from < bytes.length; ) {
			if (this.#at % BLOCK_BYTES === 0) this.#flash.eraseBlock(this.#at / BLOCK_BYTES);
			const room = BLOCK_BYTES - (this.#at % BLOCK_BYTES);
			const piece = bytes.subarray(from, from + room);
			this.#flash.write(piece, this.#at);
			from += piece.length;
			this.#at = (this.#at + piece.length) % this.#size;
			this.bytes += piece.length;
		}
	}
}
