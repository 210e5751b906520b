// SPDX-License-Identifier: MIT
import { Counter } from "../counters.js";
import type { BudgetTerm } from "../limits.js";
import type { Arena } from "../memory/arena.js";
import type { Transport } from "../ports.js";
import type { PayloadFragments } from "../session/extras.js";
import { Found, Intake } from "../session/intake.js";
import { hand, leave, mayRepeat, passes, takePublish } from "../session/receiver.js";
import type { Session } from "../session/session.js";
import { Packet } from "../wire/packet.js";
import { PacketType, Protocol, PublishFlag, Reason } from "../wire/protocol.js";
import { putVarint, Varint, varintAt, varintSize } from "../wire/varint.js";

/** How long a packet may be. */
export interface FragmentOptions {
	/**
	 * Bytes of the longest packet that is taken, fixed header included; `limits.packetBytes` at least. Announced as Maximum
	 * Packet Size in 5.0; in 3.1.1 what is longer is passed over, see `Listener.onOversize`. Default: 268,435,460, all that the
	 * protocol can say, and nothing is announced.
	 */
	readonly maximumPacketBytes?: number;
}

/** The longest packet of the protocol: a byte, four bytes of length, and what they can say. */
const PACKET_MAX = Protocol.LengthMax + 5;
/** Each piece but the last is a multiple of this, where the region has room for it: flash is programmed in such units. */
const UNIT = 16;

/**
 * Payloads of any legal size through the packet region, which may then be small: a PUBLISH that is longer is handed to
 * `onMessage` in pieces, as the region fills.
 *
 *     region   ┌──────────────────────────────┬─────────────────────────────────────────┐
 *              │ head: topic, id, properties  │ payload ─▶ onMessage ─▶ the next of it  │
 *              └──────────────────────────────┴─────────────────────────────────────────┘
 *                stays until the last piece     always filled to its end, but for the last piece
 *
 * So topic and properties can be read with every piece, and the pieces do not depend on how the network cut the stream. The
 * packet is acknowledged, and an identifier of QoS 2 noted, with the last piece: a link that breaks before it leaves nothing
 * behind, and the broker sends the message from its beginning. Topic, identifier and properties must fit the region and leave
 * at least a byte, and so must every other packet: else the link ends with 0x95. Takes nothing of the client's block.
 */
export class Fragments implements PayloadFragments {
	readonly maximumPacketSize: number;

	constructor(options: FragmentOptions = {}) {
		const { maximumPacketBytes = PACKET_MAX } = options;
		if (!(Number.isInteger(maximumPacketBytes) && maximumPacketBytes > 0 && maximumPacketBytes <= PACKET_MAX))
			throw new RangeError(
				`fragments: maximumPacketBytes must be 1 to ${PACKET_MAX}, not ${maximumPacketBytes}`,
			);
		this.maximumPacketSize = maximumPacketBytes === PACKET_MAX ? 0 : maximumPacketBytes;
	}

	term(): BudgetTerm {
		return { name: "fragments", bytes: 0, reason: "payloads flow through the packet region" };
	}

	attach(_arena: Arena, session: Session): void {
		const { packetBytes } = session.limits;
		if (this.maximumPacketSize !== 0 && this.maximumPacketSize < packetBytes)
			throw new RangeError(
				`fragments: maximumPacketBytes must not be below limits.packetBytes, ${packetBytes}`,
			);
	}

	intake(arena: Arena, start: number, size: number): Intake {
		return new FragmentIntake(new Piece(arena), start, size, this.maximumPacketSize || PACKET_MAX);
	}
}

/** The packet, or the head of one with a piece of its payload. */
class Piece extends Packet {
	/** Bytes of the payload before this piece. */
	before = 0;
	/** Bytes of the whole payload; -1: the packet came whole. */
	whole = -1;
	/** See `Content.hash`; undefined before the first piece. */
	hash: number | undefined = undefined;

	override get first(): boolean {
		return this.before === 0;
	}

	override get last(): boolean {
		return this.whole < 0 || this.before + this.length === this.whole;
	}

	override get offset(): number {
		return this.before;
	}

	override get totalLength(): number {
		return this.whole < 0 ? this.length : this.whole;
	}
}

/** An {@link Intake} that cuts a PUBLISH which is longer than the region into pieces. */
class FragmentIntake extends Intake {
	declare readonly packet: Piece;
	/** Bytes of the payload under way that were not handed on; 0: none is under way. */
	private left = 0;
	/** Where the payload under way begins in the region: behind its head. */
	private payloadAt = 0;
	/** The message under way is not given to the application, decided at its beginning. */
	private passing = false;
	private readonly maximum: number;

	constructor(packet: Piece, start: number, size: number, maximum: number) {
		super(packet, start, size);
		this.maximum = maximum;
	}

	override reset(): void {
		super.reset();
		this.left = 0;
	}

	override fill(transport: Transport): number {
		if (this.left === 0) return super.fill(transport);
		const { bytes } = this.packet;
		const { payloadAt, from } = this;
		if (from > payloadAt) {
			bytes.copyWithin(payloadAt, from, this.to);
			this.to -= from - payloadAt;
			this.from = payloadAt;
		}
		const count = transport.read(bytes, this.to, this.end);
		this.to += count;
		return count;
	}

	override next(): number {
		if (this.left > 0) return this.piece();
		const { packet } = this;
		packet.before = 0;
		packet.whole = -1;
		packet.hash = undefined;
		return super.next();
	}

	override take(session: Session): number {
		const { packet } = this;
		const { id, qos } = packet;
		if (packet.before === 0) {
			packet.mayRepeat = mayRepeat(session);
			this.passing = passes(session, qos, id);
		}
		if (this.passing && packet.last) {
			session.counters[Counter.PacketsIn + PacketType.Publish]++;
			session.counters[Counter.BytesIn + PacketType.Publish] += this.size;
			if (passes(session, qos, id)) return takePublish(session, 0);
			// What was known at its beginning is void by now, so nobody has taken this one.
			leave(session);
			return 0;
		}
		if (qos === 2) packet.hash = session.store.hashOf(packet);
		if (!this.passing) hand(session);
		return 0;
	}

	/** The region holds the beginning of a packet that is longer. It is cut when the head is at the front and the region is full. */
	protected override oversize(size: number): number {
		const { from, to, end } = this;
		const { view } = this.packet;
		const first = view.getUint8(from);
		if (first >> 4 !== PacketType.Publish || size > this.maximum) return super.oversize(size);
		if (from !== this.start || to !== end) return Found.Nothing;
		let body = from + 1;
		while (view.getUint8(body++) >= 0x80);
		const payloadAt = this.headEnd(first, body, from + size);
		if (payloadAt < 0) return payloadAt;
		if (payloadAt >= end) return -Reason.PacketTooLarge;
		const count = inUnits(end - payloadAt);
		// The head and this much of the payload become a PUBLISH of their own, in place.
		const length = payloadAt + count - body;
		const start = body - 1 - varintSize(length);
		view.setUint8(start, first);
		putVarint(this.packet.bytes, start + 1, length);
		const fault = this.decode(start, payloadAt + count);
		if (fault !== 0) return -fault;
		this.size = size;
		this.payloadAt = payloadAt;
		this.from = payloadAt + count;
		this.packet.whole = from + size - payloadAt;
		this.left = this.packet.whole - count;
		return Found.Fragment;
	}

	/** Where the payload begins of the PUBLISH whose body is from `at` to `end`; `-Reason` when that cannot be known. */
	private headEnd(first: number, at: number, end: number): number {
		const { view } = this.packet;
		const { to } = this;
		if (at + 2 > to) return -Reason.PacketTooLarge;
		at += 2 + view.getUint16(at) + ((first & PublishFlag.QosMask) === 0 ? 0 : 2);
		if (at > end) return -Reason.MalformedPacket;
		if (!this.version5) return at;
		if (at >= to) return -Reason.PacketTooLarge;
		const length = varintAt(view, at, to, true);
		if (length < 0) return length === Varint.Incomplete ? -Reason.PacketTooLarge : -Reason.MalformedPacket;
		at += varintSize(length) + length;
		return at > end ? -Reason.MalformedPacket : at;
	}

	/** The next piece of the payload, once it fills the region or is the last. */
	private piece(): number {
		const { packet, from, left } = this;
		const here = this.to - from;
		const last = here >= left;
		if (!last && (this.to < this.end || from > this.payloadAt)) return Found.Nothing;
		const count = last ? left : inUnits(here);
		packet.before += packet.payloadEnd - packet.payloadStart;
		packet.payloadStart = from;
		packet.payloadEnd = from + count;
		this.from = from + count;
		this.left = left - count;
		return last && !this.passing ? Found.Packet : Found.Fragment;
	}
}

/** As many bytes of `room` as are handed on at once. */
function inUnits(room: number): number {
	return room < UNIT ? room : room & -UNIT;
}
