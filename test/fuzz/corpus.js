// SPDX-License-Identifier: MIT
/**
 * The corpus: one input for each thing that the decoder was seen to do. A line is the version, what `decode` says of it, and the
 * bytes. `npm run fuzz -- --collect` adds what is new; a test holds the decoder to all of it.
 */
import { readFileSync, writeFileSync } from "node:fs";

const FILE = new URL("corpus.txt", import.meta.url);
const HEAD = "# version, what decode says, bytes; made by npm run fuzz -- --collect\n";
/** Longer inputs are not worth a line. */
const BYTES_MAX = 96;

/** @returns {{ version5: boolean, result: number, bytes: Uint8Array }[]} */
export function loadCorpus() {
	const lines = readFileSync(FILE, "utf8").split("\n");
	return lines
		.filter((line) => line !== "" && !line.startsWith("#"))
		.map((line) => {
			const [version, result, hex] = line.split(" ");
			return {
				version5: version === "5.0",
				result: Number(result),
				bytes: Uint8Array.from(Buffer.from(hex, "hex")),
			};
		});
}

/** What the decoder says of the first packet of an input: 0 or a reason; 1 where it is not whole. */
export function judge(lib) {
	const arena = new lib.Arena({ allocate: (bytes) => new Uint8Array(bytes) }, 16 + BYTES_MAX);
	const decoder = new lib.Decoder(new lib.Packet(arena));
	decoder.aliases = { inboundMaximum: 5, inbound: () => 0 };
	return ({ bytes, version5 }) => {
		arena.bytes.set(bytes, 16);
		decoder.version5 = version5;
		const size = decoder.frame(16, 16 + bytes.length);
		if (size < 0) return -size;
		return size === 0 || size > bytes.length ? 1 : decoder.decode(16, 16 + size);
	};
}

/** What is new about an input is what its signature says that no other did. */
function signatureOf({ bytes, version5, result, defect = "" }) {
	const length = bytes.length < 8 ? bytes.length : bytes.length < 128 ? "short" : "long";
	return `${version5} ${bytes[0] >> 4} ${(bytes[0] >> 1) & 3} ${result} ${length} ${defect}`;
}

export class Corpus {
	/** How many lines were added. */
	added = 0;
	#seen = new Set();
	#lines;
	#judge;

	constructor(lib) {
		this.#judge = judge(lib);
		const all = loadCorpus();
		for (const one of all) this.#seen.add(signatureOf(one));
		this.#lines = all.map(lineOf);
	}

	offer({ bytes, version5, defect }) {
		if (bytes.length > BYTES_MAX || bytes.length === 0) return;
		const input = { bytes, version5, defect, result: this.#judge({ bytes, version5 }) };
		const signature = signatureOf(input);
		if (this.#seen.has(signature)) return;
		this.#seen.add(signature);
		this.#seen.add(signatureOf({ ...input, defect: "" }));
		this.#lines.push(lineOf(input));
		this.added++;
	}

	save() {
		writeFileSync(FILE, `${HEAD}${[...new Set(this.#lines)].sort().join("\n")}\n`);
	}
}

function lineOf({ version5, result, bytes }) {
	return `${version5 ? "5.0" : "3.1.1"} ${result} ${Buffer.from(bytes).toString("hex")}`;
}
