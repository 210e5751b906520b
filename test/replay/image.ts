// SPDX-License-Identifier: MIT
/** A partition that does what commands say: writing clears bits, erasing sets them. */
export class Image {
	readonly bytes: Uint8Array;
	static readonly blockBytes = 4096;
	readonly blockBytes = Image.blockBytes;

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
}

/** FNV-1a. */
export function hashOf(bytes: Uint8Array): number {
	let hash = 0x811c9dc5 | 0;
	const { length } = bytes;
	for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
	return hash >>> 0;
}
