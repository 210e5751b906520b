// SPDX-License-Identifier: MIT
/** Flash images in files: opened only when what is in them is a store, or nothing; never formatted unasked. */

import { existsSync, readFileSync, statSync } from "node:fs";
import { parse } from "node:path";
import { type Limits, limitsFrom } from "../../lib/index.js";
import { StoreFault } from "../../lib/ports.js";
import { FlashStore } from "../../lib/store/index.js";
import { flashBlockBytes, NodeClock, NodeFlash, SeededRandom } from "../node/index.js";
import { Lock, LockedError } from "./lock.js";
import { FAULTS } from "./reasons.js";
import { RunError, UsageError } from "./usage.js";

/** Of a partition that is made. */
export const FLASH_BYTES = 65_536;
const BLOCKS_MIN = 6;
const BLOCKS_MAX = 255;

/** The file of the board with this index: "a/b.bin", "a/b-2.bin", "a/b-3.bin" and so on. */
export function fileOf(path: string, index: number): string {
	if (index === 0) return path;
	const { dir, name, ext } = parse(path);
	return `${dir === "" ? "" : dir.endsWith("/") ? dir : `${dir}/`}${name}-${index + 1}${ext}`;
}

/** Bytes of the partition in that file, or of the one that will be made. Throws a {@link UsageError}. */
function flashBytesOf(path: string): number {
	if (!existsSync(path)) return FLASH_BYTES;
	const stat = statSync(path);
	if (stat.isDirectory()) throw new UsageError(`--flash ${path}: this is a folder; give it a file`);
	const { size } = stat;
	if (size === 0) return FLASH_BYTES;
	const blocks = size / flashBlockBytes;
	if (Number.isInteger(blocks) && blocks >= BLOCKS_MIN && blocks <= BLOCKS_MAX) return size;
	throw new UsageError(
		`--flash ${path}: this is no flash image: it has ${size} bytes, and an image is ${BLOCKS_MIN} to ${BLOCKS_MAX} ` +
			`sectors of ${flashBlockBytes}; name a file that does not exist, and one is made`,
	);
}

/** A partition in a file that is ours alone. */
export interface FlashFile {
	readonly flash: NodeFlash;
	readonly lock: Lock;
}

/**
 * Opens the file, made when it is missing, and keeps others from it. Throws a {@link RunError} when another run has it, and a
 * {@link UsageError} when it cannot be opened, or when what is in it is no store and `format` is false; then nothing was written.
 */
export function openFlash(path: string, limits: Limits, format: boolean): FlashFile {
	const bytes = flashBytesOf(path);
	let lock: Lock | undefined;
	try {
		lock = new Lock(path);
		if (!format && existsSync(path) && statSync(path).size > 0)
			refuseForeign(path, readFileSync(path), limits);
		const flash = new NodeFlash({ file: path, size: bytes });
		if (format) flash.eraseBlock(0, bytes / flashBlockBytes);
		return { flash, lock };
	} catch (error) {
		lock?.release();
		if (error instanceof UsageError) throw error;
		if (error instanceof LockedError)
			throw new RunError(
				`--flash ${path}: another run has it (process ${error.pid}), and two at once would spoil it; ` +
					"stop that one, or name another file",
			);
		const { code, message } = error as NodeJS.ErrnoException;
		const why =
			code === "ENOENT" ? "there is no such folder" : code === "EACCES" ? "it may not be written" : message;
		throw new UsageError(`--flash ${path}: ${why}`);
	}
}

/** Tries it on a copy. */
function refuseForeign(path: string, image: Buffer, limits: Limits): void {
	const copy = new NodeFlash({ size: image.length });
	copy.write(image, 0);
	const store = new FlashStore(copy, limitsFrom(limits));
	const bytes = new Uint8Array(store.bytes);
	const block = { bytes, view: new DataView(bytes.buffer) };
	store.attach(block, 0, new NodeClock(), new SeededRandom(1));
	store.open(1, 0);
	const fault = store.takeFault();
	if (fault === StoreFault.None || fault === StoreFault.RecordLost) return;
	throw new UsageError(
		`--flash ${path}: ${FAULTS[fault]}; nothing was changed. To erase it and begin anew, add --format; ` +
			`ringbuoy inspect ${path} shows what is in it`,
	);
}
