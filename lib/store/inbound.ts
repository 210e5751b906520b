// SPDX-License-Identifier: MIT
import type { Log } from "./log.js";

/** An inbound identifier: id u16, position u16 whose highest bit says that an earlier life took it, hash i32. */
export const INBOUND_ROW = 8;

const enum At {
	Id = 0,
	/** Of the event that tells of it; 0 while that is not written. */
	Position = 2,
	Hash = 4,
}

const RESTORED = 0x8000;

/** Inbound QoS 2 exchanges that are open. Few at once, so a walk is quicker than an index. */
export class Inbound {
	count = 0;
	private log: Log;
	private view: DataView;
	private start: number;
	private rows: number;

	constructor(log: Log, view: DataView, start: number, rows: number) {
		this.log = log;
		this.view = view;
		this.start = start;
		this.rows = rows;
	}

	/** Where the row of an identifier is, or -1. */
	find(id: number): number {
		const end = this.start + this.count * INBOUND_ROW;
		for (let at = this.start; at < end; at += INBOUND_ROW) if (this.view.getUint16(at) === id) return at;
		return -1;
	}

	/** The row with this index, below {@link count}. */
	row(index: number): number {
		return this.start + index * INBOUND_ROW;
	}

	/** Takes an identifier, or gives it another hash. Returns false when the table is full. `restored`: an earlier life took it. */
	open(id: number, hash: number, restored: boolean): boolean {
		const view = this.view;
		let at = this.find(id);
		if (at < 0) {
			if (this.count === this.rows) return false;
			at = this.row(this.count++);
			view.setUint16(at + At.Position, 0);
		}
		view.setUint16(at + At.Id, id);
		view.setUint16(at + At.Position, this.position(at) | (restored ? RESTORED : 0));
		view.setInt32(at + At.Hash, hash);
		return true;
	}

	close(id: number): void {
		const view = this.view;
		const at = this.find(id);
		if (at < 0) return;
		this.release(at);
		const last = this.row(--this.count);
		view.setUint32(at, view.getUint32(last));
		view.setInt32(at + At.Hash, view.getInt32(last + At.Hash));
	}

	/** The event that tells of the identifier is at `position`. */
	place(id: number, position: number): void {
		const at = this.find(id);
		if (at < 0) return;
		this.release(at);
		this.view.setUint16(at + At.Position, position | (this.view.getUint16(at + At.Position) & RESTORED));
		this.log.hold(position, 1);
	}

	/** A record of events was written again. */
	moved(from: number, to: number): void {
		for (let index = 0; index < this.count; index++) {
			const at = this.row(index);
			if (this.position(at) === from) this.place(this.id(at), to);
		}
	}

	id(at: number): number {
		return this.view.getUint16(at);
	}

	position(at: number): number {
		return this.view.getUint16(at + At.Position) & ~RESTORED;
	}

	hash(at: number): number {
		return this.view.getInt32(at + At.Hash);
	}

	isRestored(at: number): boolean {
		return this.view.getUint16(at + At.Position) >= RESTORED;
	}

	/** Forgets all. */
	clear(): void {
		for (let index = 0; index < this.count; index++) this.release(this.row(index));
		this.count = 0;
	}

	private release(at: number): void {
		const position = this.position(at);
		if (position > 0) this.log.release(position, 1);
	}
}
