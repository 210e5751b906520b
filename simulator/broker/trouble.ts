// SPDX-License-Identifier: MIT
/** What the deeds of `chaos.ts` do to the packets of a connection; nobody comes here as long as no rule acts. */

import type { Packet } from "mqtt-packet";
import type { Deed, Substitute } from "./chaos.js";
import type { Connection } from "./connection.js";
import { Type } from "./protocol.js";

/** To a packet that came: `bytes[start]` to `bytes[end - 1]`, its body at `body`. False: the connection has ended. */
export function befallIn(
	connection: Connection,
	deed: Deed,
	packet: Packet,
	bytes: Buffer,
	start: number,
	body: number,
	end: number,
): boolean {
	if (deed === "drop") return true;
	if (deed === "cut") {
		connection.cut();
		return false;
	}
	if (deed === "duplicate") {
		connection.handle(packet, bytes);
		return connection.receive(bytes, start, body, end, true);
	}
	const frame = Buffer.from(bytes.subarray(start, end));
	if ("delayMs" in deed) {
		connection.hub.alarm(() => connection.hear(frame, body - start)).set(deed.delayMs);
		return true;
	}
	if ("bytes" in deed) {
		connection.write(bytesOf(deed, frame));
		return true;
	}
	connection.fail(deed.disconnect, deed);
	return false;
}

/** To a packet that was to be sent, and is not unless it is written again. */
export function befallOut(connection: Connection, deed: Deed, packet: Buffer): void {
	if (deed === "drop") return;
	if (deed === "cut") {
		connection.flush();
		connection.cut();
	} else if (deed === "duplicate") {
		connection.write(packet);
		connection.write(packet);
	} else if ("delayMs" in deed) connection.hub.alarm(() => connection.write(packet)).set(deed.delayMs);
	else if ("bytes" in deed) connection.write(bytesOf(deed, packet));
	else if (packet[0] >> 4 === Type.Disconnect)
		connection.write(packet); // it is ending already
	else connection.fail(deed.disconnect, deed);
}

function bytesOf({ bytes }: Substitute, packet: Buffer): Uint8Array {
	return typeof bytes === "function" ? bytes(packet) : bytes;
}
