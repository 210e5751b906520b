// SPDX-License-Identifier: MIT
import { DEFAULT_LIMITS, type Limits, limitsFrom, Row } from "../limits.js";
import { Outbox } from "../memory/outbox.js";
import { type Block, type Content, type Store, StoreFault } from "../ports.js";
import { MessageState, Record, Trait } from "../wire/record.js";
import { Refusal } from "../wire/refusal.js";

/**
 * The store that forgets when power goes: an outbox and a table of inbound identifiers in the client's arena.
 * Everything it is told is "durable" at once, so `commit` has nothing to do; and all of its messages are volatile.
 */
export class RamStore implements Store {
	established = false;
	loadedEnd = 0;
	inboundCount = 0;
	subscribed = 0;
	remembered = Number.NaN;
	private outbox!: Outbox;
	private inboundAt = 0;
	private reserved = -1;
	private identity = 0;
	private limits: Limits;

	/** `limits` must be those of the client. */
	constructor(limits: Partial<Limits> = DEFAULT_LIMITS) {
		this.limits = limitsFrom(limits);
	}

	get bytes(): number {
		const { outboxMessages, outboxBytes, receiveMaximum } = this.limits;
		return Outbox.bytes(outboxMessages, outboxBytes) + receiveMaximum * Row.Inbound;
	}

	attach(block: Block, start: number): void {
		const { outboxMessages, outboxBytes } = this.limits;
		this.outbox = new Outbox(block, start, outboxMessages, outboxBytes);
		this.inboundAt = start + Outbox.bytes(outboxMessages, outboxBytes);
	}

	open(identity: number): number {
		if (identity === this.identity) return 0;
		this.identity = identity;
		this.established = false;
		this.subscribed = 0;
		return 1;
	}

	get unclean(): boolean {
		return false;
	}

	get count(): number {
		return this.outbox.count;
	}

	get used(): number {
		return this.outbox.used;
	}

	get low(): number {
		return this.outbox.low;
	}

	reserve(bytes: number): number {
		const outbox = this.outbox;
		if (this.reserved >= 0) return Refusal.Busy;
		if (!outbox.fits(bytes)) return Refusal.TooLong;
		if (!outbox.hasRoom(bytes)) return Refusal.Full;
		this.reserved = outbox.reserve(bytes);
		return this.reserved;
	}

	seal(end: number): number {
		const start = this.reserved;
		if (start < 0) return Refusal.NothingComposed;
		this.reserved = -1;
		const qos = (this.outbox.view.getUint8(start + Record.Flags) >> 1) & 3;
		const state = qos === 0 ? MessageState.DueOnce : MessageState.DuePublish;
		return this.outbox.append(
			start,
			end,
			state,
			this.outbox.view.getUint8(start + Record.Traits) | Trait.Volatile,
		);
	}

	discard(): void {
		this.reserved = -1;
	}

	next(after: number): number {
		return this.outbox.after(after);
	}

	state(number: number): number {
		return this.outbox.state(number);
	}

	traits(number: number): number {
		return this.outbox.traits(number);
	}

	waiting(trait: number): number {
		return this.waitingAfter(0, trait);
	}

	latest(topicStart: number, topicEnd: number): number {
		let number = this.waitingAfter(0, Trait.KeepLatest);
		while (number !== 0 && !this.isAbout(number, topicStart, topicEnd))
			number = this.waitingAfter(number, Trait.KeepLatest);
		return number;
	}

	load(number: number): number {
		const start = this.outbox.start(number);
		this.loadedEnd = start + this.outbox.length(number);
		return start;
	}

	mark(number: number, state: number): void {
		this.outbox.mark(number, state);
	}

	inbound(id: number): boolean {
		return this.find(id) >= 0;
	}

	/** Identifiers live as long as what they are compared with: none is an earlier life's. */
	stale(_id: number, _content: Content): boolean {
		return false;
	}

	hashOf(_content: Content): number {
		return 0;
	}

	openInbound(id: number): number {
		if (this.find(id) >= 0) return 0;
		if (this.inboundCount === this.limits.receiveMaximum) return Refusal.Full;
		this.outbox.view.setUint16(this.inboundAt + this.inboundCount++ * Row.Inbound, id);
		return 0;
	}

	closeInbound(id: number): void {
		const at = this.find(id);
		if (at < 0) return;
		const last = --this.inboundCount * Row.Inbound;
		this.outbox.view.setUint16(at, this.outbox.view.getUint16(this.inboundAt + last));
	}

	get anyInbound(): number {
		return this.inboundCount === 0 ? 0 : this.outbox.view.getUint16(this.inboundAt);
	}

	remember(value: number): void {
		this.remembered = value;
	}

	/** Its only reader would be a later life; the client of this one has the identifier in its CONNECT. */
	assign(): void {}

	assigned(): number {
		return 0;
	}

	clear(established: boolean): void {
		this.inboundCount = 0;
		this.established = established;
		const outbox = this.outbox;
		for (let number = outbox.after(0); number !== 0; number = outbox.after(number)) {
			const state = outbox.state(number);
			if (state === MessageState.AwaitComp) outbox.mark(number, MessageState.Done);
			else if (state !== MessageState.DueOnce) outbox.mark(number, MessageState.DuePublish);
		}
	}

	commit(): number {
		return 0;
	}

	get untidy(): boolean {
		return false;
	}

	maintain(): void {}

	flush(): void {}

	takeFault(): StoreFault {
		return StoreFault.None;
	}

	/** The next message after `after` that was never sent and has all bits of `trait`, or 0. */
	private waitingAfter(after: number, trait: number): number {
		const outbox = this.outbox;
		for (let number = outbox.after(after); number !== 0; number = outbox.after(number)) {
			const state = outbox.state(number);
			const fresh = state === MessageState.DuePublish || state === MessageState.DueOnce;
			if (fresh && (this.traits(number) & trait) === trait) return number;
		}
		return 0;
	}

	/** True when the message has the topic that stands from `start` to `end`. */
	private isAbout(number: number, start: number, end: number): boolean {
		const view = this.outbox.view;
		const at = this.outbox.start(number);
		if (view.getUint16(at + Record.TopicLength) !== end - start) return false;
		const shift = at + Record.Topic - start;
		for (let same = start; same < end; same++)
			if (view.getUint8(same) !== view.getUint8(same + shift)) return false;
		return true;
	}

	/** Where the identifier stands in the table, or -1. Few stand there at once, so a walk is quicker than an index. */
	private find(id: number): number {
		const view = this.outbox.view;
		const end = this.inboundAt + this.inboundCount * Row.Inbound;
		for (let at = this.inboundAt; at < end; at += Row.Inbound) if (view.getUint16(at) === id) return at;
		return -1;
	}
}
