// SPDX-License-Identifier: MIT
/** What must work at any broker: our client at one end, a client that we did not write at the other. */
import { expect } from "vitest";
import { Counter, Settled } from "../../../lib/index.js";
import type { Board, Received } from "./board.js";
import type { Foreign } from "./foreign.js";

const all = [0, 1, 2] as const;

/** One message of each QoS, to each subscription's QoS, in both directions. */
export async function exchangeEach(board: Board, foreign: Foreign): Promise<void> {
	for (const granted of all) {
		await board.subscribe(`to-board/${granted}`, granted);
		await foreign.subscribe(`to-foreign/${granted}`, granted);
	}
	const expected: Received[] = [];
	for (const granted of all) {
		for (const qos of all) {
			const text = `${qos} as ${granted}, grüße 🛟`;
			expected.push({ topic: `to/${granted}`, text, qos: Math.min(qos, granted), retain: false });
			await foreign.publish(`to-board/${granted}`, text, qos);
			const outcome = qos === 0 ? Settled.Sent : Settled.Acknowledged;
			expect(await board.settlement(board.publish(`to-foreign/${granted}`, text, qos))).toEqual([outcome, 0]);
		}
	}
	await board.until("nine at our side", () => board.messages.length === 9);
	await foreign.until("nine at the other side", () => foreign.messages.length === 9);
	expect(sorted(board.messages)).toEqual(sorted(expected));
	expect(sorted(foreign.messages)).toEqual(sorted(expected));
	expect(board.client.pending).toBe(0);
	expect(board.onlines).toEqual([false]);
	expect(board.settledAgain).toEqual([]);
}

/** Between topics there is no order to expect. */
function sorted(messages: readonly Received[]): string[] {
	return messages.map(({ topic, ...rest }) => JSON.stringify([topic.slice(-1), rest])).sort();
}

/** Many messages of one QoS from us: every one of them once, in order, and never more in flight than allowed. */
export async function burstOut(board: Board, foreign: Foreign, count: number, qos: 1 | 2): Promise<void> {
	await foreign.subscribe("burst/out", qos);
	await board.burst("burst/out", count, qos);
	await foreign.until("all at the other side", () => foreign.messages.length >= count);
	expect(foreign.texts).toEqual(upTo(count));
	expect(board.counter(Counter.Acknowledged)).toBe(count);
	expect(board.counter(Counter.Resends)).toBe(0);
	expect(board.settledAgain).toEqual([]);
	expect(board.client.pending).toBe(0);
	expect(board.offlines).toEqual([]);
}

/** Many messages of one QoS to us. */
export async function burstIn(board: Board, foreign: Foreign, count: number, qos: 1 | 2): Promise<void> {
	await board.subscribe("burst/in", qos);
	await foreign.burst("burst/in", count, qos);
	await board.until("all at our side", () => board.messages.length >= count);
	expect(board.texts).toEqual(upTo(count));
}

export function upTo(count: number): string[] {
	return Array.from({ length: count }, (_, i) => String(i));
}
