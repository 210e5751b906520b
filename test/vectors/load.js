// SPDX-License-Identifier: MIT
/** Reads the packets of this folder. See README.md for how they are written. */
import { readdirSync, readFileSync } from "node:fs";

/** `00 ff "text"` → bytes. */
export function parseBytes(text) {
	const bytes = [];
	let at = 0;
	for (const match of text.matchAll(/\s*(?:"([^"]*)"|([0-9a-f]{2})(?![0-9a-z]))\s*/gy)) {
		at = match.index + match[0].length;
		if (match[1] === undefined) bytes.push(Number.parseInt(match[2], 16));
		else bytes.push(...new TextEncoder().encode(match[1]));
	}
	if (at !== text.length) throw new Error(`not bytes: ${text.slice(at)}`);
	return Uint8Array.from(bytes);
}

/** One heading and its list. */
function parseVector(file, block) {
	const [title, ...lines] = block.split("\n");
	const vector = { file, title: title.trim(), versions: [], bytes: undefined, fault: 0, expect: {} };
	for (const line of lines) {
		const item = /^- ([^:]+):(.*)$/.exec(line);
		if (!item) {
			if (line.trim() !== "") throw new Error(`${file}, ${title}: cannot read: ${line}`);
			continue;
		}
		const name = item[1];
		const value = item[2].trim();
		if (name === "versions") vector.versions = value.split(" ");
		else if (name === "hex") vector.bytes = parseBytes(value);
		else if (name === "fault") vector.fault = Number(value);
		else if (["id", "reason", "flags", "sessionPresent"].includes(name)) vector.expect[name] = Number(value);
		else if (name === "topic" || name === "payload") vector.expect[name] = parseBytes(value);
		else if (name.startsWith("property 0x"))
			vector.expect[name] = /^(\d+|0x[0-9a-f]+)$/.test(value) ? Number(value) : parseBytes(value);
		else throw new Error(`${file}, ${title}: what is ${name}?`);
	}
	if (!vector.bytes || vector.versions.length === 0)
		throw new Error(`${file}, ${title}: no hex or no versions`);
	return vector;
}

/** All vectors of the folder. */
export function loadVectors() {
	const vectors = [];
	for (const file of readdirSync(new URL(".", import.meta.url)).sort()) {
		if (!file.endsWith(".md") || file === "README.md") continue;
		const text = readFileSync(new URL(file, import.meta.url), "utf8").replaceAll("\r\n", "\n");
		for (const block of text.split(/^### /m).slice(1)) vectors.push(parseVector(file, block));
	}
	return vectors;
}
