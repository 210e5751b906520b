// SPDX-License-Identifier: MIT
export interface Vector {
	readonly file: string;
	readonly title: string;
	readonly versions: readonly string[];
	readonly bytes: Uint8Array;
	/** 0 for a legal packet. */
	readonly fault: number;
	readonly expect: Readonly<Record<string, number | Uint8Array>>;
}
export function parseBytes(text: string): Uint8Array;
export function loadVectors(): Vector[];
