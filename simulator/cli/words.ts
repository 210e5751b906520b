// SPDX-License-Identifier: MIT
/** Small words for a display: durations, sizes, near misses, colours. */

export type Style = "dim" | "bold" | "green" | "yellow" | "cyan" | "red";
/** Colours a text, or leaves it. */
export type Paint = (style: Style, text: string) => string;

/** "850 ms", "1.2 s", "4 min 20 s", "2 h 5 min". */
export function duration(ms: number): string {
	if (ms < 1000) return `${Math.round(ms)} ms`;
	if (ms < 60_000) return `${(ms / 1000).toFixed(1).replace(/\.0$/, "")} s`;
	const seconds = Math.round(ms / 1000);
	const [big, small, units] =
		seconds < 3600
			? [Math.floor(seconds / 60), seconds % 60, ["min", "s"]]
			: [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), ["h", "min"]];
	return small === 0 ? `${big} ${units[0]}` : `${big} ${units[0]} ${small} ${units[1]}`;
}

/** "1,024". */
export function grouped(n: number): string {
	return String(Math.trunc(n)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** "1 reading", "2 readings". */
export function counted(n: number, word: string): string {
	return `${grouped(n)} ${word}${n === 1 ? "" : "s"}`;
}

/** An integer in units of 10^-digits: `decimal(-5, 2)` is "-0.05". */
export function decimal(n: number, digits: number): string {
	return (n / 10 ** digits).toFixed(digits);
}

/** Edits (insert, delete, replace, swap of neighbours) from one word to the other. */
export function distance(a: string, b: string): number {
	let before: number[] = [];
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const same = a[i - 1] === b[j - 1];
			next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0 : 1));
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
				next[j] = Math.min(next[j], before[j - 2] + 1);
		}
		before = row;
		row = next;
	}
	return row[b.length];
}

/** The one of `words` that was probably meant, or undefined. */
export function nearest(word: string, words: readonly string[]): string | undefined {
	let best: string | undefined;
	let least = Math.max(1, Math.min(3, word.length >> 1)) + 1;
	for (const candidate of words) {
		const edits = distance(word.toLowerCase(), candidate);
		// "--inter" and "--pass" are beginnings, not typing errors.
		const cost = word.length >= 3 && candidate.startsWith(word) ? Math.min(edits, 1) : edits;
		if (cost < least) {
			least = cost;
			best = candidate;
		}
	}
	return best;
}

/** Breaks text into lines of at most `width` characters, at spaces; a longer word gets a line of its own. */
export function wrapped(text: string, width: number): string[] {
	const lines: string[] = [];
	let line = "";
	for (const word of text.split(" ")) {
		if (line !== "" && line.length + 1 + word.length > width) {
			lines.push(line);
			line = word;
		} else line = line === "" ? word : `${line} ${word}`;
	}
	lines.push(line);
	return lines;
}
