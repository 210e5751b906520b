// SPDX-License-Identifier: MIT
import { PacketType } from "../wire/protocol.js";
import { MessageState as S } from "../wire/record.js";

/**
 * The conversation about one outbound message, as tables.
 *
 *               written                       PUBACK
 *     DueOnce ─────────▶ Done ◀───────────────────────────────┐
 *                                                             │
 *                  PUBLISH sent, QoS 1                        │
 *     DuePublish ─────────────────────────▶ AwaitAck ─────────┤
 *         │                                                   │
 *         │        PUBLISH sent, QoS 2               PUBREC ≥ 0x80
 *         └───────────────────────────────▶ AwaitRec ─────────┤
 *                                              │ PUBREC       │ PUBCOMP
 *                                              ▼              │
 *                              ┌─ PUBREC ─▶ AwaitComp ────────┘
 *                              └───────────────┘
 *
 * The odd one is AwaitComp on PUBREC: a broker that restarted between writing PUBREC and seeing our PUBREL repeats
 * itself; the answer is PUBREL once more [MQTT-4.3.3-1].
 *
 * A link that resumes the session sends PUBLISH with DUP again for AwaitAck and AwaitRec, PUBREL for AwaitComp. When the
 * broker lost the session, {@link Store.clear} puts AwaitAck and AwaitRec back to DuePublish and ends AwaitComp.
 */

/** No exchange has that identifier: an answer to something of another life. */
export const STRAY = 0xfe;
/** The packet does not belong to an exchange in this state: a protocol error. */
export const ILLEGAL = 0xff;

// Rows: the state. Columns: PUBACK, PUBREC, PUBREL, PUBCOMP. A PUBREL never belongs to an outbound message.
// biome-ignore format: a table
const NEXT: Readonly<Uint8Array> = Uint8Array.of(
	/* Done       */ STRAY, STRAY, ILLEGAL, STRAY,
	/* DueOnce    */ STRAY, STRAY, ILLEGAL, STRAY,
	/* DuePublish */ STRAY, STRAY, ILLEGAL, STRAY,
	/* AwaitAck   */ S.Done, ILLEGAL, ILLEGAL, ILLEGAL,
	/* AwaitRec   */ ILLEGAL, S.AwaitComp, ILLEGAL, ILLEGAL,
	/* AwaitComp  */ ILLEGAL, S.AwaitComp, ILLEGAL, S.Done,
);

/** The state after an acknowledgement of `type` (PUBACK to PUBCOMP) with `reason`; or {@link STRAY}, {@link ILLEGAL}. */
export function acknowledged(state: number, type: number, reason: number): number {
	const next = NEXT[(state << 2) + type - PacketType.Puback];
	// A PUBREC with an error ends the exchange: no PUBREL follows [MQTT-4.3.3-4].
	return next === S.AwaitComp && reason >= 0x80 ? S.Done : next;
}

/** The state after PUBLISH was written, for QoS 0, 1, 2. */
export function published(qos: number): number {
	return qos === 0 ? S.Done : qos === 1 ? S.AwaitAck : S.AwaitRec;
}
