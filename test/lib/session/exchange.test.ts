// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { acknowledged, ILLEGAL, published, STRAY } from "../../../lib/session/exchange.js";
import { PacketType as P } from "../../../lib/wire/protocol.js";
import { MessageState as S } from "../../../lib/wire/record.js";

describe("exchange tables", () => {
	test.each([
		[S.AwaitAck, P.Puback, 0, S.Done],
		[S.AwaitAck, P.Puback, 0x97, S.Done],
		[S.AwaitAck, P.Pubrec, 0, ILLEGAL],
		[S.AwaitAck, P.Pubcomp, 0, ILLEGAL],
		[S.AwaitRec, P.Puback, 0, ILLEGAL],
		[S.AwaitRec, P.Pubrec, 0, S.AwaitComp],
		[S.AwaitRec, P.Pubrec, 0x10, S.AwaitComp],
		[S.AwaitRec, P.Pubrec, 0x80, S.Done],
		[S.AwaitRec, P.Pubcomp, 0, ILLEGAL],
		[S.AwaitComp, P.Puback, 0, ILLEGAL],
		[S.AwaitComp, P.Pubrec, 0, S.AwaitComp],
		[S.AwaitComp, P.Pubrec, 0x97, S.Done],
		[S.AwaitComp, P.Pubcomp, 0x92, S.Done],
		[S.Done, P.Puback, 0, STRAY],
		[S.Done, P.Pubrec, 0, STRAY],
		[S.Done, P.Pubcomp, 0, STRAY],
		[S.DuePublish, P.Puback, 0, STRAY],
		[S.DueOnce, P.Pubcomp, 0, STRAY],
	])("[MQTT-4.3.2, MQTT-4.3.3] state %i, packet %i, reason %i: %i", (state, type, reason, next) => {
		expect(acknowledged(state, type, reason)).toBe(next);
	});

	test("every state and acknowledgement has an entry, and none leads to a state that does not exist", () => {
		for (let state = S.Done; state <= S.AwaitComp; state++)
			for (let type = P.Puback; type <= P.Pubcomp; type++) {
				const next = acknowledged(state, type, 0);
				expect(next === STRAY || next === ILLEGAL || (next >= S.Done && next <= S.AwaitComp)).toBe(true);
			}
	});

	test("PUBLISH leads to the state whose answer is awaited", () => {
		expect([published(0), published(1), published(2)]).toEqual([S.Done, S.AwaitAck, S.AwaitRec]);
	});
});
