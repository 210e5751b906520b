// SPDX-License-Identifier: MIT
export interface Requirement {
	readonly key: string;
	readonly version: string;
	readonly id: string;
	readonly binds: "both" | "client" | "server";
	readonly words: string;
}
export interface Row {
	readonly version: string;
	readonly id: string;
	readonly binds: string;
	readonly words: string;
	readonly tests: readonly string[];
	readonly reason: string;
}
export const VERSIONS: readonly string[];
export function loadRequirements(): Map<string, Requirement>;
export function loadReasons(requirements: Map<string, Requirement>): Map<string, string>;
export function identifiersOf(title: string): { keys: string[]; loose: string[] };
export function survey(): { rows: Row[]; faults: string[]; loose: number };
