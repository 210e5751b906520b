// SPDX-License-Identifier: MIT
/**
 * A file for one process at a time: beside it stands a lock file that says which. It goes when the process ends; one that
 * a killed process has left is taken over, because the process in it is not there any more.
 */

import {
	constants,
	copyFileSync,
	linkSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/** Somebody else has the file. */
export class LockedError extends Error {
	override readonly name = "LockedError";
	readonly pid: number;

	constructor(pid: number) {
		super(`process ${pid} has it`);
		this.pid = pid;
	}
}

/** How often it is tried again when others come and go meanwhile. */
const ATTEMPTS = 10;

export class Lock {
	readonly #path: string;
	readonly #release = () => this.release();
	#held = true;

	/** Throws a {@link LockedError}, or what the file system says. */
	constructor(file: string) {
		// Two names of one file have one lock.
		const folder = realpathSync(dirname(file));
		this.#path = `${real(join(folder, basename(file)))}.lock`;
		take(this.#path);
		process.on("exit", this.#release);
	}

	/** Harmless when it is called again. */
	release(): void {
		if (!this.#held) return;
		this.#held = false;
		process.off("exit", this.#release);
		rmSync(this.#path, { force: true });
	}
}

function real(file: string): string {
	try {
		return realpathSync(file);
	} catch {
		return file; // it is yet to be made
	}
}

let made = 0;

function take(path: string): void {
	const own = `${process.pid} ${born(process.pid) ?? ""}\n`;
	const draft = `${path}.${process.pid}.${made++}`;
	writeFileSync(draft, own);
	try {
		for (let attempt = 1; ; attempt++) {
			if (linked(draft, path)) return;
			const other = read(path);
			const [pid, since = ""] = other.split(/\s+/);
			if (attempt === ATTEMPTS || alive(Number(pid), since)) throw new LockedError(Number(pid));
			remove(path, other);
		}
	} finally {
		rmSync(draft, { force: true });
	}
}

/** Makes `path` with all that is in `draft` at once, or not at all: false, when it is there. */
function linked(draft: string, path: string): boolean {
	try {
		linkSync(draft, path);
		return true;
	} catch (error) {
		if (codeOf(error) === "EEXIST") return false;
	}
	// A file system without links, as on a memory card: nearly as good.
	try {
		copyFileSync(draft, path, constants.COPYFILE_EXCL);
		return true;
	} catch (error) {
		if (codeOf(error) === "EEXIST") return false;
		throw error;
	}
}

/** Empty: it has just gone. */
function read(path: string): string {
	try {
		return readFileSync(path, "utf8");
	} catch (error) {
		if (codeOf(error) === "ENOENT") return "";
		throw error;
	}
}

function codeOf(error: unknown): string | undefined {
	return (error as NodeJS.ErrnoException).code;
}

/** Removes a lock that was left behind; whoever was quicker with it may have made his own meanwhile: that is put back. */
function remove(path: string, stale: string): void {
	const aside = `${path}.${process.pid}.${made++}`;
	try {
		renameSync(path, aside);
	} catch (error) {
		if (codeOf(error) === "ENOENT") return;
		throw error;
	}
	if (read(aside) !== stale) linked(aside, path);
	rmSync(aside, { force: true });
}

/** The process that has written it is there, and not another one that got its number later. */
function alive(pid: number, since: string): boolean {
	if (!(Number.isInteger(pid) && pid > 0)) return false;
	try {
		process.kill(pid, 0);
	} catch (error) {
		if (codeOf(error) !== "EPERM") return false;
	}
	const now = born(pid);
	return now === undefined ? pid !== process.pid : now !== "" && (since === "" || now === since);
}

/** When a process began, in ticks since the machine did: on Linux. Empty: it is dead. Undefined: not known. */
function born(pid: number): string | undefined {
	try {
		// pid (comm) state ... starttime: comm may contain anything but ")".
		const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop()!.split(" ");
		return fields[0] === "Z" || fields[0] === "X" ? "" : fields[19];
	} catch {
		return undefined;
	}
}
