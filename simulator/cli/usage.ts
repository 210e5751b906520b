// SPDX-License-Identifier: MIT
/** A command line that cannot be understood. Its message is for the person who typed it. */
export class UsageError extends Error {
	override readonly name = "UsageError";
}
