// SPDX-License-Identifier: MIT
/** Masks payloads where they stand (RFC 6455, section 5.3): four bytes at a time, and the same once more unmasks them. */

export class Mask {
	/** The key as a little-endian word, as every machine that XS and Node run on reads it. */
	key = 0;
	/** The block whose bytes were masked last, and the same memory in words. */
	#bytes: Uint8Array | undefined;
	#words: Int32Array = new Int32Array(0);
	/** Bytes before the first word: 0 where the block begins aligned, as all but Node's pooled Buffers do. */
	#skew = 0;

	/** Applies the key to `bytes[start]` to `bytes[end - 1]`. Makes a view once for each block. */
	toggle(bytes: Uint8Array, start: number, end: number): void {
		if (this.#bytes !== bytes) this.#meet(bytes);
		const { key } = this;
		const skew = this.#skew;
		const words = this.#words;
		let at = start;
		while (at < end && ((at - skew) & 3) !== 0) at = this.#one(bytes, start, at);
		// The byte that the word begins with need not be the key's first.
		const turn = ((at - start) & 3) << 3;
		const turned = (key >>> turn) | (key << (32 - turn));
		const last = (end - skew) >> 2;
		let word = (at - skew) >> 2;
		if (word < last) {
			for (; word < last; word++) words[word] ^= turned;
			at = (last << 2) + skew;
		}
		while (at < end) at = this.#one(bytes, start, at);
	}

	#one(bytes: Uint8Array, start: number, at: number): number {
		bytes[at] ^= this.key >>> (((at - start) & 3) << 3);
		return at + 1;
	}

	#meet(bytes: Uint8Array): void {
		const { buffer, byteOffset, length } = bytes;
		this.#skew = -byteOffset & 3;
		this.#bytes = bytes;
		this.#words = new Int32Array(buffer, byteOffset + this.#skew, Math.max(0, length - this.#skew) >> 2);
	}
}
