// SPDX-License-Identifier: MIT
import { Next } from "../ports.js";
import { Reason } from "../wire/protocol.js";

/*
 * Every reason code of CONNACK and DISCONNECT in 5.0 [table 2-6], the return codes of 3.1.1 among them, which the decoder
 * translates: 1 is 0x84, 2 0x85, 3 0x88, 4 0x86, 5 0x87, others 0x80. And every reason of our own, every `LinkFault`.
 *
 * - Slow: who we are, how we authenticate, our will or a subscription is not accepted; a quota is used up, or somebody at
 *   the broker ended the connection: what heals that takes minutes at least.
 * - Retry also where the word is ours as often as the broker's, about a packet that broke a rule: 0x90, 0x95, 0x99.
 * - Stop: somebody else has our client identifier now. Coming back would throw that one out, who would come back.
 */
// biome-ignore format: eight a line
const OF_BROKER: Readonly<Uint8Array> = Uint8Array.of(
	/* 0x80 */ Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Slow, Next.Slow, Next.Slow, Next.Slow,
	/* 0x88 */ Next.Retry, Next.Retry, Next.Slow, Next.Retry, Next.Slow, Next.Retry, Next.Stop, Next.Slow,
	/* 0x90 */ Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Slow,
	/* 0x98 */ Next.Slow, Next.Retry, Next.Slow, Next.Slow, Next.Elsewhere, Next.Elsewhere, Next.Slow, Next.Retry,
	/* 0xa0 */ Next.Retry, Next.Slow, Next.Slow,
);

/** By the reason, negated; from 16 on by `LinkFault`: certificate, host name and dates stay wrong. */
// biome-ignore format: eight a line
const OF_OUR_OWN: Readonly<Uint8Array> = Uint8Array.of(
	/*  0 */ Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.AtOnce, Next.Retry,
	/*  8 */ Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Retry,
	/* 16 */ Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Retry, Next.Slow,
	/* 24 */ Next.Slow, Next.Slow,
);

/** What follows when a connection, or an attempt at one, ended for `reason`. */
export function next(reason: number): Next {
	return (reason < 0 ? OF_OUR_OWN[-reason] : OF_BROKER[reason - Reason.Unspecified]) ?? Next.Retry;
}
