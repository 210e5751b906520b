// SPDX-License-Identifier: MIT
import { Message } from "./message.js";

/**
 * One decoded packet, as numbers and offsets into the arena; a PUBLISH among them is the {@link Message} that applications see.
 * There is one instance, which the decoder fills again and again; what it says is valid until the next packet is decoded or
 * more bytes are read. The payload of SUBACK and UNSUBACK are the reason codes, a byte per filter; UNSUBACK of 3.1.1 has none.
 */
export class Packet extends Message {
	/** PacketType. */
	type = 0;
	/** Packet identifier, or 0 where the packet has none. */
	id = 0;
	/** Reason code of CONNACK (3.1.1 codes already translated), acknowledgements, DISCONNECT, AUTH. */
	reason = 0;
	/** CONNACK: 1 when the server has the session. */
	sessionPresent = 0;

	/** Its properties are no longer to be seen. */
	forget(): void {
		this.propertiesEnd = this.propertiesStart;
	}
}
