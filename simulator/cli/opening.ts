// SPDX-License-Identifier: MIT
/** Why a port could not be had, and what to do. */

import { RunError } from "./usage.js";

export function explainOpening(error: unknown, port: number): RunError {
	const { code, message } = error as NodeJS.ErrnoException;
	if (code === "EADDRINUSE") {
		const use = `--port ${port + 1}, or --broker mqtt://127.0.0.1:${port} to use what listens there`;
		return new RunError(`port ${port} is taken; try ${use}`);
	}
	if (code === "EACCES") return new RunError(`port ${port} is not for ordinary users; choose one above 1023`);
	return new RunError(`the port cannot be opened: ${message}`);
}
