// SPDX-License-Identifier: MIT
/** How many sockets this process may open, and what to type when it wants more. */

import { readFileSync } from "node:fs";

/** For files, the terminal, and what Node keeps for itself. */
const BESIDES = 64;

/** Open files and sockets that this process may have; undefined: this system does not say, or knows no limit. */
export function descriptorLimit(): number | undefined {
	try {
		// Node has raised the soft limit to the hard one by now.
		const found = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
		return found === null ? undefined : Number(found[1]);
	} catch {
		const report = process.report?.getReport() as
			| { userLimits?: Record<string, { soft: unknown }> }
			| undefined;
		const soft = report?.userLimits?.["open_files"]?.soft;
		return typeof soft === "number" ? soft : undefined;
	}
}

/** What is in the way of so many sockets, and what to type; undefined: nothing is. */
export function shortage(sockets: number, limit: number | undefined, boards: number): string | undefined {
	const wanted = sockets + BESIDES;
	if (limit === undefined || wanted <= limit) return undefined;
	const fitting = Math.max(0, Math.floor(((limit - BESIDES) * boards) / sockets));
	return [
		`${boards} boards need ${wanted} open files, and this process may have ${limit}. In this shell, type`,
		`  ulimit -n ${wanted}`,
		"and run it again. Where that is not permitted:",
		`  sudo prlimit --pid $$ --nofile=${wanted}       this shell`,
		`  docker run --ulimit nofile=${wanted} ...       a container`,
		`  * hard nofile ${wanted}                        in /etc/security/limits.conf, for good`,
		`Or take fewer: --boards ${fitting} fit; or several processes with --shard. The broker needs as many.`,
	].join("\n");
}
