// SPDX-License-Identifier: MIT
/**
 * How a gate module reports: one JSON line each, which run.js collects. Runs on XS only.
 *
 * Reporting allocates; measuring does not, and a measure is complete before it is reported.
 */

/** What a gate demands. Counts are per call and exact; `stack` and `mallocs` are limits, unchecked when left out. */
export interface Demand {
	/** Heap slots per call. Default 0. */
	slots?: number;
	/** New and grown chunks per call. Default 0. */
	chunks?: number;
	/** Bytes of these chunks per call; unchecked when left out, 0 when `chunks` is 0. */
	chunkBytes?: number;
	/** At most so many native mallocs per call. */
	mallocs?: number;
	/** At most so many slots of JavaScript stack. */
	stack?: number;
	/** Calls that are counted. Default 1000. */
	n?: number;
	/** Calls before. Default 43. */
	warmUp?: number;
}

type Values = Record<string, number | string | boolean>;

const emit = (line: object): void => xs.print(JSON.stringify(line));

/** Counts `n` calls of `f` and demands exactly what `demand` says: by default no slot and no chunk. */
export function gate(name: string, f: () => unknown, demand: Demand = {}): void {
	const n = demand.n ?? 1000;
	const r = xs.alloc(f, n, demand.warmUp ?? 43);
	const want = { slots: demand.slots ?? 0, chunks: demand.chunks ?? 0 };
	const chunks = r.chunks + r.grown;
	const bytes = r.chunkBytes + r.grownBytes;
	const faults: string[] = [];
	if (r.collections !== 0) faults.push(`${r.collections} collections inside: slots unknown`);
	if (r.slots !== want.slots * n) faults.push(`${r.slots / n} slots per call, not ${want.slots}`);
	if (chunks !== want.chunks * n) faults.push(`${chunks / n} chunks per call, not ${want.chunks}`);
	if (demand.chunkBytes !== undefined && bytes !== demand.chunkBytes * n)
		faults.push(`${bytes / n} chunk bytes per call, not ${demand.chunkBytes}`);
	if (demand.mallocs !== undefined && r.mallocs > demand.mallocs * n)
		faults.push(`${r.mallocs / n} mallocs per call, more than ${demand.mallocs}`);
	if (demand.stack !== undefined && r.stack > demand.stack)
		faults.push(`${r.stack} slots of stack, more than ${demand.stack}`);
	emit({
		gate: name,
		pass: faults.length === 0,
		fault: faults.join("; "),
		values: {
			calls: n,
			slots: r.slots / n,
			chunks: chunks / n,
			bytes: bytes / n,
			mallocs: r.mallocs / n,
			stack: r.stack,
		},
	});
}

/** A line of the table that is no verdict. */
export function row(name: string, values: Values): void {
	emit({ row: name, values });
}

/** A verdict of another kind than a count. `values` are shown beside it. */
export function check(name: string, pass: boolean, fault = "does not hold", values: Values = {}): void {
	emit({ gate: name, pass, fault: pass ? "" : fault, values });
}

/**
 * Does something `n` times that may allocate, and demands that nothing of it stays: live slots and live chunk bytes
 * after a full collection are the same before and after. For reconnects.
 */
export function steady(name: string, f: () => unknown, n = 1000): void {
	xs.repeat(f, 3);
	xs.collect();
	const slots = xs.slots();
	const bytes = xs.chunkBytes();
	xs.repeat(f, n);
	xs.collect();
	const moreSlots = xs.slots() - slots;
	const moreBytes = xs.chunkBytes() - bytes;
	check(name, moreSlots === 0 && moreBytes === 0, `${moreSlots} slots, ${moreBytes} chunk bytes more`, {
		calls: n,
		slots,
		bytes,
	});
}

/** Calls `f` n times and demands that the engine never collected: the gate for a fixed heap. */
export function noCollection(name: string, f: () => unknown, n: number): void {
	xs.collect();
	const before = xs.collections();
	const free = xs.freeHeap();
	xs.repeat(f, n);
	const collections = xs.collections() - before;
	const used = free - xs.freeHeap();
	check(name, collections === 0 && used === 0, `${collections} collections, ${used} bytes used`, {
		calls: n,
		collections,
		free,
	});
}

/** What live objects cost: slots and chunk bytes of what `make` returns, over the heap as it was. */
export interface Cost {
	slots: number;
	chunkBytes: number;
	/** Both, in bytes of this engine. */
	bytes: number;
}

/**
 * Measures what `make` leaves alive: its result and all that hangs on it. At most `limit` bytes on 32 bit, if given.
 *
 * `make` is called twice and the second result is measured while the first is held: so what the engine makes only once
 * does not count, nor that a class with private methods keeps the instance alive that was made last (the methods' home).
 */
export function cost<T>(name: string, make: () => T, limit = 0): { made: T; cost: Cost } {
	const results: T[] = [make(), undefined as T];
	xs.collect();
	const slots = xs.slots();
	const chunkBytes = xs.chunkBytes();
	results[1] = make();
	xs.collect();
	const cost = { slots: xs.slots() - slots, chunkBytes: xs.chunkBytes() - chunkBytes, bytes: 0 };
	cost.bytes = cost.slots * xs.slotBytes + cost.chunkBytes;
	const values = { slots: cost.slots, chunkBytes: cost.chunkBytes, total: cost.bytes };
	if (limit > 0 && xs.bits === 32) check(name, cost.bytes <= limit, `more than ${limit} bytes`, values);
	else row(name, values);
	return { made: results[1], cost };
}
