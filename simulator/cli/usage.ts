// SPDX-License-Identifier: MIT
/** A command line that cannot be understood. Its message is for the person who typed it. */
export class UsageError extends Error {
	override readonly name = "UsageError";
}

/** A run could not begin; the message says why and what to do. */
export class RunError extends Error {
	override readonly name = "RunError";
}
