// SPDX-License-Identifier: MIT
/** A partition that does what commands say: writing clears bits, erasing sets them. */
export class Image {
	readonly bytes: Uint8Array;
	readonly blockBytes = 4096;

	constructor(blocks: number) {
		this.bytes = new Uint8Array(blocks * this.blockBytes).fill(0xff);
	}

	/** True when that is what stands there. */
	says(view: Uint8Array, offset: number): boolean {
		for (let i = 0; i < view.length; i++) if (view[i] !== this.bytes[offset + i]) return false;
		return true;
	}

	program(view: Uint8Array, offset: number): void {
		for (let i = 0; i < view.length; i++) this.bytes[offset + i] &= view[i];
	}

	erase(first: number, end: number): void {
		this.bytes.fill(0xff, first * this.blockBytes, end * this.blockBytes);
	}

	/** FNV-1a of all of it. */
	get hash(): number {
		let hash = 0x811c9dc5 | 0;
		const { bytes } = this;
		const { length } = bytes;
		for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
		return hash >>> 0;
	}
}
