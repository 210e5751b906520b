// SPDX-License-Identifier: MIT
import type { Operation } from "./packet.js";

const enum Size {
	/** Rows at the start; they double when they do not suffice. */
	Rows = 16,
	RowsMax = 512,
	InboundMax = 1024,
	/** Acknowledgements that can be owed at once: while one cannot be, nothing more is read. */
	Owed = 32,
}

/**
 * Packet identifiers of this connection: those of our requests until they are answered, those of QoS 2 messages from the
 * broker until PUBREL, and the acknowledgements that are owed.
 *
 * An identifier that the application gives is a name: it comes back with the answer. On the wire stands the same number
 * when that is possible, and a free one when it is taken, 0, or above 65,535.
 */
export class Exchanges {
	/** The identifier of the latest request, as the application knows it. */
	last = 0;
	/** Rows of our requests: identifier, the answer that ends it, and the application's name for it. */
	#ids: Uint16Array = new Uint16Array(Size.Rows);
	#ends: Uint8Array = new Uint8Array(Size.Rows);
	#names: Float64Array = new Float64Array(Size.Rows);
	#count = 0;
	#next = 0;
	/** Identifiers of the broker's QoS 2 messages. */
	#inbound: Uint16Array = new Uint16Array(Size.Rows);
	#inboundCount = 0;
	/** A ring of `operation << 16 | id`. */
	readonly #owed: Uint32Array = new Uint32Array(Size.Owed);
	#owedFirst = 0;
	/** Acknowledgements that are owed. */
	owed = 0;

	/** No further request until one is answered. */
	get full(): boolean {
		return this.#count === Size.RowsMax;
	}

	/** Room for one more acknowledgement. */
	get canOwe(): boolean {
		return this.owed < Size.Owed;
	}

	/**
	 * The identifier for a request that `answer` ends; 0 when there are too many. `again`: it may be a request that is
	 * under way, which is sent once more.
	 */
	open(answer: Operation, name: number | undefined, again: boolean): number {
		if (again && name !== undefined) {
			const row = this.named(name);
			if (row >= 0 && this.#ends[row] === answer) return this.#ids[row];
		}
		if (this.#count === this.#ids.length && !this.grow()) return 0;
		let id = name === undefined ? 0 : name;
		if (id > 0xffff || id === 0 || this.row(id) >= 0) id = this.free();
		const row = this.#count++;
		this.#ids[row] = id;
		this.#ends[row] = answer;
		this.last = this.#names[row] = name ?? id;
		return id;
	}

	/** A free identifier, never 0 [MQTT-2.3.1-1, MQTT-2.3.1-2]. */
	private free(): number {
		do this.#next = this.#next === 0xffff ? 1 : this.#next + 1;
		while (this.row(this.#next) >= 0);
		return this.#next;
	}

	/** What was opened is not sent: forgets it. */
	cancel(id: number): void {
		const row = this.row(id);
		if (row >= 0) this.remove(row);
	}

	/** The application's name for the request that this answers; the identifier itself when it is none of ours. Ends the request. */
	answered(operation: Operation, id: number): number {
		const row = this.row(id);
		if (row < 0) return id;
		const name = this.#names[row];
		if (this.#ends[row] === operation) this.remove(row);
		return name;
	}

	/** The identifier of what the application calls `name`. */
	idOf(name: number): number {
		const row = this.named(name);
		return row < 0 ? name & 0xffff : this.#ids[row];
	}

	hasInbound(id: number): boolean {
		const ids = this.#inbound;
		for (let i = 0; i < this.#inboundCount; i++) if (ids[i] === id) return true;
		return false;
	}

	/** False: there are too many. */
	openInbound(id: number): boolean {
		const count = this.#inboundCount;
		if (count === this.#inbound.length) {
			if (count === Size.InboundMax) return false;
			const more = new Uint16Array(count * 2);
			more.set(this.#inbound);
			this.#inbound = more;
		}
		this.#inbound[count] = id;
		this.#inboundCount = count + 1;
		return true;
	}

	closeInbound(id: number): void {
		const ids = this.#inbound;
		for (let i = 0; i < this.#inboundCount; i++) {
			if (ids[i] !== id) continue;
			ids[i] = ids[--this.#inboundCount];
			return;
		}
	}

	/** The caller has looked at {@link canOwe}. */
	owe(operation: Operation, id: number): void {
		this.#owed[(this.#owedFirst + this.owed) % Size.Owed] = (operation << 16) | id;
		this.owed++;
	}

	/** `operation << 16 | id` of the oldest one, which is owed no longer. */
	pay(): number {
		const one = this.#owed[this.#owedFirst];
		this.#owedFirst = (this.#owedFirst + 1) % Size.Owed;
		this.owed--;
		return one;
	}

	private row(id: number): number {
		const ids = this.#ids;
		for (let row = 0; row < this.#count; row++) if (ids[row] === id) return row;
		return -1;
	}

	private named(name: number): number {
		const names = this.#names;
		for (let row = 0; row < this.#count; row++) if (names[row] === name) return row;
		return -1;
	}

	private remove(row: number): void {
		const last = --this.#count;
		this.#ids[row] = this.#ids[last];
		this.#ends[row] = this.#ends[last];
		this.#names[row] = this.#names[last];
	}

	private grow(): boolean {
		const rows = this.#ids.length * 2;
		if (rows > Size.RowsMax) return false;
		const ids = new Uint16Array(rows);
		const ends = new Uint8Array(rows);
		const names = new Float64Array(rows);
		ids.set(this.#ids);
		ends.set(this.#ends);
		names.set(this.#names);
		this.#ids = ids;
		this.#ends = ends;
		this.#names = names;
		return true;
	}
}
