// SPDX-License-Identifier: MIT
/** What a method of enhanced authentication is. Types only, and none of the codec: scenarios of users see them. */

import type { Credentials } from "./broker.js";
import type { Beside } from "./protocol.js";

/** A method, such as SCRAM; looked up by its name in CONNECT. */
export interface AuthMethod {
	/** A new exchange with this client. */
	begin(who: Credentials): AuthExchange;
}

export interface AuthExchange {
	/** Data of the client (the first comes with CONNECT, or with AUTH 0x19); answers with what happens next. */
	step(data: Uint8Array | undefined): AuthStep;
}

export interface AuthStep extends Beside {
	/** 0: it is who it says. 0x18: one more round. From 0x80 on: refused, with that reason code. */
	readonly reason: number;
	readonly data?: Uint8Array;
	/** With reason 0: who it is, if the method knows; the user of CONNECT if not. */
	readonly user?: string;
}
