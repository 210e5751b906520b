// SPDX-License-Identifier: MIT
import type { BudgetTerm } from "../limits.js";
import type { Arena } from "../memory/arena.js";
import type { ConnectCredentials, Password, UserName } from "../wire/connect.js";
import { Reason } from "../wire/protocol.js";
import { checkText } from "../wire/topic.js";
import { Writer } from "../wire/writer.js";

/**
 * User and password that the application is asked for with each CONNECT. Nothing of them is kept: what it answers is written
 * straight into the packet. An answer that is no good fails that attempt, and is never thrown on.
 */
export class Credentials implements ConnectCredentials {
	private readonly user: UserName | undefined;
	private readonly password: Password | undefined;
	private writer!: Writer;

	constructor(user: UserName | undefined, password: Password | undefined) {
		this.user = user;
		this.password = password;
	}

	term(): BudgetTerm {
		return { name: "credentials", bytes: 0, reason: "user and password, asked for with each CONNECT" };
	}

	attach(arena: Arena): void {
		this.writer = new Writer(arena);
	}

	put(at: number, limit: number): number {
		const writer = this.writer;
		writer.begin(at, limit);
		let good = false;
		try {
			const user = typeof this.user === "function" ? this.user() : this.user;
			const password = typeof this.password === "function" ? this.password() : this.password;
			// In this order [MQTT-3.1.3-1].
			good =
				(this.user === undefined || putText(writer, user)) &&
				(this.password === undefined || putData(writer, password));
		} catch {
			// The application's fault: an attempt that failed.
		}
		return good && !writer.overflowed ? writer.position : Reason.CredentialsFailed;
	}
}

/** Writes what ought to be bytes or text. Returns false when it is neither. */
function putData(writer: Writer, data: unknown): boolean {
	if (!(data instanceof Uint8Array)) return putText(writer, data);
	writer.uint16(data.length);
	writer.bytes(data);
	return data.length <= 0xffff;
}

/** Writes what ought to be text, its length first [MQTT-3.1.3-12]. False: it is none. Throws when MQTT has no such text. */
function putText(writer: Writer, text: unknown): boolean {
	if (typeof text !== "string") return false;
	checkText(text);
	const at = writer.position;
	writer.uint16(0);
	writer.text(text);
	const end = writer.position;
	writer.position = at;
	writer.uint16(end - at - 2);
	writer.position = end;
	return end - at - 2 <= 0xffff;
}
