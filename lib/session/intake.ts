// SPDX-License-Identifier: MIT
import type { Transport } from "../ports.js";
import { Decoder } from "../wire/decoder.js";
import type { Packet } from "../wire/packet.js";
import { PacketType, PublishFlag, Reason } from "../wire/protocol.js";
import { putVarint, varintSize } from "../wire/varint.js";
import type { Session } from "./session.js";

/** What {@link Intake.next} found; a negative number is `-Reason`: the stream cannot be understood from here on. */
export const enum Found {
	/** No whole packet: read on. */
	Nothing = 0,
	/** A packet, decoded. */
	Packet = 1,
	/** The head of a PUBLISH that is longer than the region; its payload is being passed over. 3.1.1 only. */
	Oversize = 2,
	/** A piece of a PUBLISH that is longer than the region, for {@link Intake.take}; its last piece is a `Packet`. */
	Fragment = 3,
}

/**
 * The packet region, and the decoder at its end: bytes come in as they come, packets go out whole. As many bytes as there
 * are (and as fit) are taken in one read, and what is left of a packet moves to the front in one copy, so the cost does not
 * depend on how the network cut the stream.
 */
export class Intake extends Decoder {
	/** Bytes of the packet found last, fixed header included; of an oversize one also those that are being passed over. */
	size = 0;
	protected from: number;
	protected to: number;
	/** Bytes of an oversize packet that have not come yet. */
	private skip = 0;
	protected readonly start: number;
	protected readonly end: number;

	constructor(packet: Packet, start: number, size: number) {
		super(packet);
		this.from = this.to = this.start = start;
		this.end = start + size;
	}

	/** A new connection: what the old one left is void. */
	reset(): void {
		this.from = this.to = this.start;
		this.skip = 0;
	}

	/** True when there is nothing that is not a whole packet yet. */
	get empty(): boolean {
		return this.from === this.to;
	}

	/** Reads once. Returns how many bytes came; 0 when none waits. Only after {@link next} has said `Found.Nothing`. */
	fill(transport: Transport): number {
		const { bytes } = this.packet;
		if (this.from === this.to) this.from = this.to = this.start;
		else if (this.from !== this.start) {
			bytes.copyWithin(this.start, this.from, this.to);
			this.to -= this.from - this.start;
			this.from = this.start;
		}
		const count = transport.read(bytes, this.to, this.end);
		this.to += count;
		if (this.skip > 0) {
			const passed = count < this.skip ? count : this.skip;
			this.skip -= passed;
			this.from += passed;
		}
		return count;
	}

	/** Hands on what was found as `Found.Fragment`. Returns 0, or why the link must end. */
	take(_session: Session): number {
		return Reason.PacketTooLarge;
	}

	/** Decodes the next packet. The packet's bytes stay until the next {@link fill}. */
	next(): number {
		const from = this.from;
		const to = this.to;
		if (from === to) return Found.Nothing;
		const size = this.frame(from, to);
		if (size <= 0) return size;
		if (size > this.end - this.start) return this.oversize(size);
		if (from + size > to) return Found.Nothing;
		this.from = from + size;
		this.size = size;
		const fault = this.decode(from, from + size);
		return fault === 0 ? Found.Packet : -fault;
	}

	/**
	 * A broker of 5.0 knows our Maximum Packet Size and is at fault. In 3.1.1 there is none, so the payload is passed
	 * over: the head is made into a PUBLISH of its own, without payload, in place.
	 */
	protected oversize(size: number): number {
		const view = this.packet.view;
		const from = this.from;
		const first = view.getUint8(from);
		if (this.version5 || first >> 4 !== PacketType.Publish) return -Reason.PacketTooLarge;
		let body = from + 1;
		while ((view.getUint8(body++) & 0x80) !== 0);
		const whole = from === this.start && this.to === this.end;
		if (body + 2 > this.to) return whole ? -Reason.PacketTooLarge : Found.Nothing;
		const head = 2 + view.getUint16(body) + ((first & PublishFlag.QosMask) === 0 ? 0 : 2);
		if (body + head > this.to)
			return whole || body + head - from > this.end - this.start ? -Reason.PacketTooLarge : Found.Nothing;
		const start = body - 1 - varintSize(head);
		view.setUint8(start, first);
		putVarint(this.packet.bytes, start + 1, head);
		this.size = size;
		this.skip = size - (this.to - from);
		this.from = this.to;
		const fault = this.decode(start, body + head);
		return fault === 0 ? Found.Oversize : -fault;
	}
}
