// SPDX-License-Identifier: MIT
/** Bytes of byte code that the SDK's compiler made, by part: the CODE atoms of the modules, without their symbols. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Aims of issue and design: bytes. */
const AIMS = { core: 34 * 1024, store: 13 * 1024 };

/** @param {string} file @returns {number} */
function codeOf(file) {
	const bytes = readFileSync(file);
	// atoms: length and type, big-endian; the outermost holds the others
	for (let at = 8; at + 8 <= bytes.length; ) {
		const length = bytes.readUInt32BE(at);
		if (bytes.toString("latin1", at + 4, at + 8) === "CODE") return length - 8;
		if (length < 8) break;
		at += length;
	}
	throw new Error(`${file} holds no byte code`);
}

/** @param {string} folder @param {(path: string) => boolean} takes */
function sum(folder, takes) {
	if (!existsSync(folder)) return 0;
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.filter((path) => path.endsWith(".xsb") && takes(path))
		.reduce((total, path) => total + codeOf(join(folder, path)), 0);
}

/**
 * @param {string} modules the folder of an image's compiled modules
 * @returns {import("./perform.js").Line[]}
 */
export function sizesOf(modules) {
	const lib = join(modules, "ringbuoy", "lib");
	const isRam = (/** @type {string} */ path) => path.endsWith("ram-store.xsb");
	const values = {
		core: sum(lib, (path) => !path.startsWith("store/") || isRam(path)),
		store: sum(join(lib, "store"), (path) => !isRam(path)),
		drivers: sum(join(modules, "ringbuoy", "firmware", "drivers"), () => true),
		programs: sum(join(modules, "ringbuoy", "firmware", "programs"), () => true),
	};
	return [
		{
			row: "byte code: core with both versions and the RAM store, flash store, drivers, programs",
			values: { ...values, coreAim: AIMS.core, storeAim: AIMS.store },
		},
	];
}
