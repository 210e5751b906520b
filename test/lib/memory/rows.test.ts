// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { Arena } from "../../../lib/memory/arena.js";
import { Rows } from "../../../lib/memory/rows.js";

/** Rows with one mark each, to see that what belongs together stays together. */
class Marked extends Rows {
	protected get rowBytes(): number {
		return 6;
	}
	add(mark: number): number {
		const number = this.next;
		this.view.setUint16(this.begin(1) + 4, mark);
		return number;
	}
	put(number: number, mark: number): void {
		this.view.setUint16(this.insert(number, 1) + 4, mark);
	}
	mark(number: number): number {
		return this.view.getUint16(this.find(number) + 4);
	}
	has(number: number): boolean {
		return this.find(number) >= 0 && this.state(number) > 0;
	}
	begins(next: number): void {
		this.restart(next);
	}
}

function marked(rows: number): Marked {
	const arena = new Arena({ allocate: (bytes) => new Uint8Array(bytes) }, rows * 6 + 10);
	arena.region(10);
	return new Marked(arena, arena.region(rows * 6), rows);
}

function numbers(rows: Rows): number[] {
	const found: number[] = [];
	for (let number = rows.after(0); number !== 0; number = rows.after(number)) found.push(number);
	return found;
}

describe("rows", () => {
	test("as many messages as rows, however far the oldest lags behind", () => {
		const rows = marked(4);
		const oldest = rows.add(7);
		for (let i = 0; i < 10_000; i++) {
			const number = rows.add(i & 0xffff);
			expect(rows.mark(number)).toBe(i & 0xffff);
			rows.end(number);
		}
		expect([rows.low, rows.next, rows.count, rows.mark(oldest)]).toEqual([oldest, oldest + 10_001, 1, 7]);
		for (let i = 0; i < 3; i++) rows.add(i);
		expect(rows.hasRow).toBe(false);
		rows.end(oldest);
		expect([rows.hasRow, rows.low]).toEqual([true, oldest + 10_001]);
	});

	test("numbers are told apart within their span, and not given beyond it", () => {
		const rows = marked(4);
		rows.begins(0x1_fff0);
		const oldest = rows.add(1);
		let last = 0;
		while (rows.hasRow) {
			last = rows.add(2);
			rows.end(last);
		}
		expect(last - oldest).toBe(0x7fff - 1);
		expect([rows.has(oldest), rows.has(last), rows.has(oldest + 0x1_0000), rows.after(oldest)]).toEqual([
			true,
			false,
			false,
			0,
		]);
	});

	test("three hundred random histories agree with a model", () => {
		for (let seed = 1; seed <= 300; seed++) {
			let state = seed;
			const below = (limit: number): number => {
				state = (Math.imul(state, 1103515245) + 12345) & 0x7fff_ffff;
				return (state >>> 8) % limit;
			};
			const rows = marked(1 + below(9));
			rows.begins(1 + below(100_000));
			const model = new Map<number, number>();
			for (let step = 0; step < 60; step++) {
				if (rows.hasRow && below(3) > 0) {
					const mark = below(0x1_0000);
					// In order, as a client does; or any number of late, as when a log is read.
					const number = rows.next - 1 - below(6);
					if (below(4) > 0 || number < 1 || model.has(number)) model.set(rows.add(mark), mark);
					else {
						rows.put(number, mark);
						model.set(number, mark);
					}
				} else if (model.size > 0) {
					const number = [...model.keys()][below(model.size)];
					rows.end(number);
					model.delete(number);
				}
				const live = [...model.keys()].sort((a, b) => a - b);
				expect(numbers(rows), `seed ${seed}`).toEqual(live);
				expect(rows.low, `seed ${seed}`).toBe(live[0] ?? rows.next);
				expect(rows.count).toBe(model.size);
				for (const [number, mark] of model) expect(rows.mark(number), `seed ${seed}`).toBe(mark);
			}
		}
	});
});
