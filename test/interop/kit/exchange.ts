// SPDX-License-Identifier: MIT
/** What must work at any broker: our client at one end, a client that we did not write at the other. */
import { expect } from "vitest";
import { Counter } from "../../../lib/index.js";
import type { Board } from "./board.js";
import type { Foreign } from "./foreign.js";

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
