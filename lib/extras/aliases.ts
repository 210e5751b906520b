// SPDX-License-Identifier: MIT
import type { BudgetTerm } from "../limits.js";
import type { Arena } from "../memory/arena.js";
import type { TopicAliases } from "../session/extras.js";
import type { Packet } from "../wire/packet.js";
import { Reason } from "../wire/protocol.js";

/** How many aliases, and how long a topic may be that has one. Costs 192 bytes on 32 bit, and `topicBytes` + 4 for each. */
export interface AliasOptions {
	/** Topics of ours that may have an alias at once; the broker may allow fewer. 0 to 255, default 8. */
	readonly outbound?: number;
	/** Topics of the broker's, announced as Topic Alias Maximum. 0 to 255, default 0: it may use none. */
	readonly inbound?: number;
	/** Bytes of the longest topic that is kept in either table, 16 to 1024, default 64. */
	readonly topicBytes?: number;
}

/** A row of the outbound table: uses u16, length u16, topic. One of the inbound table begins with its length. */
const enum Row {
	Uses = 0,
	Length = 2,
	Topic = 4,
	/** As a length: the topic was longer than what is kept. No topic is as long. */
	NotKept = 0xffff,
}

/** Uses that are counted at most: so many messages without an alias drive out one that is used no more. */
const USES_MAX = 16;
/** A topic gains nothing by its alias unless it is longer than the property: three bytes. */
const GAINS = 4;

/**
 * Topic aliases of 5.0 in both directions [3.3.2.3.4]: a topic goes over the wire once per connection, then two bytes stand for
 * it. Both tables die with the connection, and what is sent again has its topic. 3.1.1 has none.
 *
 * When all outbound aliases are taken, a message whose topic has none takes one use from each of them, and has the alias of one
 * that had none left: topics that are used often keep theirs, however many others come by once; those that are used no more
 * have lost them after sixteen such messages.
 *
 * A topic of the broker's that is longer than `topicBytes` is delivered when it comes with its name. When only its alias comes
 * the connection ends with `Reason.ImplementationSpecific`, and from the next one on no alias is asked for.
 */
export class Aliases implements TopicAliases {
	inboundMaximum: number;
	private readonly outboundRows: number;
	private readonly inboundRows: number;
	private readonly stride: number;
	private readonly topicBytes: number;
	private start = 0;
	private bytes!: Uint8Array;
	private view!: DataView;
	/** How many of the outbound rows this broker allows, and how many are taken. */
	private allowed = 0;
	private taken = 0;

	constructor(options: AliasOptions = {}) {
		const { outbound = 8, inbound = 0, topicBytes = 64 } = options;
		for (const [name, value] of [["outbound", outbound], ["inbound", inbound]] as const) // biome-ignore format: a list
			if (!(Number.isInteger(value) && value >= 0 && value <= 255))
				throw new RangeError(`aliases: ${name} must be 0 to 255, not ${value}`);
		if (!(Number.isInteger(topicBytes) && topicBytes >= 16 && topicBytes <= 1024))
			throw new RangeError(`aliases: topicBytes must be 16 to 1024, not ${topicBytes}`);
		this.inboundMaximum = this.inboundRows = inbound;
		this.outboundRows = outbound;
		this.topicBytes = topicBytes;
		this.stride = Row.Topic + topicBytes;
	}

	term(): BudgetTerm {
		const bytes = (this.outboundRows + this.inboundRows) * this.stride;
		return { name: "aliases", bytes, reason: "topics that have an alias on this connection" };
	}

	attach(arena: Arena): void {
		this.bytes = arena.bytes;
		this.view = arena.view;
		this.start = arena.region(this.term().bytes);
	}

	reset(outboundMaximum: number): void {
		this.allowed = outboundMaximum < this.outboundRows ? outboundMaximum : this.outboundRows;
		this.taken = 0;
		const first = this.start + this.outboundRows * this.stride;
		for (let row = 0; row < this.inboundRows; row++)
			this.view.setUint16(first + row * this.stride + Row.Length, 0);
	}

	outbound(start: number, end: number): number {
		const length = end - start;
		const { view, taken } = this;
		if (length > this.topicBytes || length < GAINS || this.allowed === 0) return 0;
		let free = -1;
		for (let row = 0; row < taken; row++) {
			const at = this.start + row * this.stride;
			const uses = view.getUint16(at + Row.Uses);
			if (view.getUint16(at + Row.Length) === length && this.same(start, end, at + Row.Topic)) {
				if (uses < USES_MAX) view.setUint16(at + Row.Uses, uses + 1);
				return row + 1;
			}
			if (uses === 0) free = row;
		}
		if (taken < this.allowed) free = this.taken++;
		if (free < 0) {
			this.wear();
			return 0;
		}
		const at = this.start + free * this.stride;
		view.setUint16(at + Row.Uses, 1);
		view.setUint16(at + Row.Length, length);
		this.bytes.copyWithin(at + Row.Topic, start, end);
		return -1 - free;
	}

	inbound(packet: Packet, alias: number): number {
		const view = this.view;
		const at = this.start + (this.outboundRows + alias - 1) * this.stride;
		const length = packet.topicEnd - packet.topicStart;
		if (length > 0) {
			const kept = length <= this.topicBytes;
			view.setUint16(at + Row.Length, kept ? length : Row.NotKept);
			if (kept) this.bytes.copyWithin(at + Row.Topic, packet.topicStart, packet.topicEnd);
			return 0;
		}
		const kept = view.getUint16(at + Row.Length);
		if (kept === 0) return Reason.ProtocolError; // nothing was said of it [5.0, 3.3.2.3.4]
		if (kept === Row.NotKept) {
			this.inboundMaximum = 0;
			return Reason.ImplementationSpecific;
		}
		packet.topicStart = at + Row.Topic;
		packet.topicEnd = at + Row.Topic + kept;
		return 0;
	}

	/** A message did without: one use less for each. */
	private wear(): void {
		const view = this.view;
		for (let row = 0; row < this.taken; row++) {
			const at = this.start + row * this.stride + Row.Uses;
			view.setUint16(at, view.getUint16(at) - 1);
		}
	}

	/** True when the topic is the one that is kept at `at`; four bytes at a time. */
	private same(start: number, end: number, at: number): boolean {
		const view = this.view;
		for (; start + 4 <= end; start += 4, at += 4)
			if (view.getInt32(start) !== view.getInt32(at)) return false;
		for (; start < end; start++, at++) if (view.getUint8(start) !== view.getUint8(at)) return false;
		return true;
	}
}
