// SPDX-License-Identifier: MIT
/**
 * Puts a whole graph of objects back to how it was. A client allocates nothing and hides nothing, so what it is made of is
 * known once it is made: fields, arrays of numbers, and the arena. That saves to replay each path from its beginning.
 */
export interface Snapshot {
	readonly fields: readonly unknown[];
	/** Arrays, each with its length before it. */
	readonly numbers: readonly number[];
	readonly blocks: Uint8Array[];
}

interface Holder {
	[field: string]: unknown;
}

export class Snapshots {
	private readonly holders: Holder[] = [];
	private readonly names: string[][] = [];
	private readonly arrays: number[][] = [];
	private readonly blocks: Uint8Array[] = [];
	private readonly count: number;
	private readonly outside: readonly object[];
	/** Fields that hold an object, and which: they stay as they are. */
	private readonly parts: [holder: Holder, name: string, part: object][] = [];

	/** All that can be reached from `root`, but not through `outside`. */
	constructor(
		private readonly root: object,
		outside: readonly object[],
	) {
		this.outside = [this, ...outside];
		const found = reach(root, this.outside);
		this.count = found.size;
		for (const one of found) {
			if (one instanceof ArrayBuffer) this.blocks.push(new Uint8Array(one));
			else if (Array.isArray(one)) this.arrays.push(one as number[]);
			else this.hold(one as Holder);
		}
	}

	private hold(holder: Holder): void {
		const names: string[] = [];
		for (const name of Object.keys(holder)) {
			if (!isField(holder, name)) continue;
			const value = holder[name];
			if (typeof value === "object" && value !== null) this.parts.push([holder, name, value]);
			else names.push(name);
		}
		if (names.length === 0) return;
		this.holders.push(holder);
		this.names.push(names);
	}

	take(): Snapshot {
		const fields: unknown[] = [];
		for (let index = 0; index < this.holders.length; index++) {
			const holder = this.holders[index];
			const names = this.names[index];
			for (let which = 0; which < names.length; which++) fields.push(holder[names[which]]);
		}
		const numbers: number[] = [];
		for (let index = 0; index < this.arrays.length; index++) {
			const array = this.arrays[index];
			numbers.push(array.length);
			for (let place = 0; place < array.length; place++) numbers.push(array[place]);
		}
		return { fields, numbers, blocks: this.blocks.map((block) => block.slice()) };
	}

	restore({ fields, numbers, blocks }: Snapshot): void {
		let at = 0;
		for (let index = 0; index < this.holders.length; index++) {
			const holder = this.holders[index];
			const names = this.names[index];
			for (let which = 0; which < names.length; which++) {
				const value = fields[at++];
				if (holder[names[which]] !== value) holder[names[which]] = value;
			}
		}
		at = 0;
		for (let index = 0; index < this.arrays.length; index++) {
			const array = this.arrays[index];
			array.length = numbers[at++];
			for (let place = 0; place < array.length; place++) array[place] = numbers[at++];
		}
		for (let index = 0; index < blocks.length; index++) this.blocks[index].set(blocks[index]);
	}

	/** Throws when there is something by now that was not there, or is elsewhere. */
	check(): void {
		for (const [holder, name, part] of this.parts)
			if (holder[name] !== part) throw new Error(`${name} is another object by now, and cannot be put back`);
		if (reach(this.root, this.outside).size !== this.count)
			throw new Error("an object is new, and cannot be put back");
	}
}

/** What can change: no methods, and nothing that is only computed. */
function isField(holder: object, name: string): boolean {
	const property = Object.getOwnPropertyDescriptor(holder, name);
	return property?.writable === true && typeof property.value !== "function";
}

/** Every object that can be reached; views count as the buffer that they are of. */
export function reach(root: object, outside: readonly object[]): Set<object> {
	const seen = new Set<object>(outside);
	const found = new Set<object>();
	const visit = (value: unknown): void => {
		if (typeof value !== "object" || value === null) return;
		const one = ArrayBuffer.isView(value) ? value.buffer : value;
		if (seen.has(one)) return;
		seen.add(one);
		found.add(one);
		if (one instanceof ArrayBuffer) return;
		if (one instanceof Map || one instanceof Set) throw new Error("a Map or a Set cannot be put back");
		for (const name of Object.keys(one)) if (isField(one, name)) visit((one as Holder)[name]);
	};
	visit(root);
	return found;
}
