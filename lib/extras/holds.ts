// SPDX-License-Identifier: MIT
import { type BudgetTerm, type Limits, owedRows } from "../limits.js";
import type { Arena } from "../memory/arena.js";
import { OwedRing } from "../memory/ring.js";
import type { HeldMessages } from "../session/extras.js";
import type { Session } from "../session/session.js";
import { isReasonOf } from "../wire/decoder.js";
import { PacketType, Reason } from "../wire/protocol.js";
import { Refusal } from "../wire/refusal.js";
import type { Properties } from "../wire/topic.js";

/** How long a message may be held. */
export interface HoldOptions {
	/**
	 * Milliseconds, 1 to 2³⁰ - 1, from `hold` until a message counts as forgotten, default 30,000. In 5.0 the broker is then told
	 * 0x80, unspecified error; in 3.1.1, which has no error, the connection is closed, and the broker sends the message again.
	 */
	readonly holdMs?: number;
}

/** Bytes of a row, and what stands where in it. */
const enum Row {
	/** 0: its handler has not asked for it. */
	Handle = 0,
	/** Ticks at which it counts as forgotten. */
	Deadline = 4,
	/** The same place, once it is answered: where the properties of the answer start; 0: it has none. */
	Properties = 4,
	/** What the store keeps of a QoS 2 message, see {@link Store.hashOf}. */
	Hash = 8,
	Id = 12,
	/** {@link State}, and the QoS times 8. */
	Word = 14,
	Reason = 15,
	Bytes = 16,
}

/**
 * How far a message is that has not been answered.
 *
 *     its handler runs ──▶ Handled ── it returns ──────────────────▶ Due ── no elder of its QoS is held ──▶ owed
 *                            │  └──── remember, QoS 2 ─▶ Taken ──────▶│
 *                            └─ hold ─▶ Held ── acknowledge, or forgotten
 */
const enum State {
	Handled = 0,
	/** Like Handled; its identifier is in the store, so it cannot be held any more. */
	Taken = 1,
	Held = 2,
	Due = 3,
	Mask = 7,
	QosShift = 3,
}

/** Bytes of a row of {@link OwedWithProperties}. */
const OFFSET_BYTES = 4;

/** Acknowledgements owed, and where the properties start that each of them has. */
class OwedWithProperties extends OwedRing {
	private readonly offsets: number;

	constructor(arena: Arena, rows: number) {
		super(arena, rows);
		this.offsets = arena.region(rows * OFFSET_BYTES);
	}

	override push(type: number, id: number, reason: number, properties = 0): void {
		this.view.setInt32(this.offsets + this.tail * OFFSET_BYTES, properties);
		super.push(type, id, reason);
	}

	override get properties(): number {
		return this.view.getInt32(this.offsets + this.head * OFFSET_BYTES);
	}
}

/**
 * Acknowledging by hand. `message.hold()` inside `onMessage` keeps a QoS 1 or 2 message unanswered, `client.acknowledge(handle)`
 * answers it later. Acknowledgements leave in the order in which the messages came, for each QoS [MQTT-4.6.0-2, MQTT-4.6.0-3]:
 * one that is early waits for its elders, and so does one that was given by returning from `onMessage`.
 *
 * There is a row of 16 bytes for each of `limits.receiveMaximum` messages, and 4 bytes for each acknowledgement that may be owed,
 * for what is said with it. A broker of 5.0 that sends more breaks our Receive
 * Maximum, and is told so (0x93) when what is held is answered. In 3.1.1 it may: what finds no row is neither delivered nor
 * acknowledged, nor is what comes behind it, until all that is held is answered; then a new connection fetches it.
 *
 * A QoS 2 message that is held is not taken: its identifier is in the store from `acknowledge` on, in flash before PUBREC leaves.
 * So if the connection ends before that, the message comes again, whatever its QoS, and its handle is void.
 */
export class Holds implements HeldMessages {
	/** Messages that were not acknowledged in time. */
	forgotten = 0;
	lost = false;
	/** The handler of the youngest message runs, or threw. */
	private handling = false;
	/** QoS 2 messages in the table whose identifiers are not in the store. */
	private untaken = 0;
	private readonly holdMs: number;
	private session!: Session;
	private start = 0;
	private end = 0;
	private lastHandle = 0;

	constructor(options: HoldOptions = {}) {
		const { holdMs = 30_000 } = options;
		if (!(Number.isInteger(holdMs) && holdMs > 0 && holdMs < 0x4000_0000))
			throw new RangeError(`holds: holdMs must be 1 to 2^30 - 1, not ${holdMs}`);
		this.holdMs = holdMs;
	}

	term(limits: Limits): BudgetTerm {
		const bytes = limits.receiveMaximum * Row.Bytes + owedRows(limits) * OFFSET_BYTES;
		return { name: "holds", bytes, reason: "messages that are not acknowledged yet" };
	}

	owed(arena: Arena, rows: number): OwedRing {
		return new OwedWithProperties(arena, rows);
	}

	attach(arena: Arena, session: Session): void {
		this.session = session;
		this.start = this.end = arena.region(session.limits.receiveMaximum * Row.Bytes);
		session.packet.holder = this;
	}

	// ── what the application asks for ────────────────────────────────────────────────────────────────────────────

	hold(): number {
		const { view } = this.session.packet;
		const at = this.end - Row.Bytes;
		const state = this.handling ? this.state(at) : State.Due;
		if (state === State.Held) return view.getInt32(at + Row.Handle);
		if (state !== State.Handled) return Refusal.NothingHeld;
		this.lastHandle = this.lastHandle === 0x7fff_ffff ? 1 : this.lastHandle + 1;
		view.setInt32(at + Row.Handle, this.lastHandle);
		view.setInt32(at + Row.Deadline, (this.session.now + this.holdMs) | 0);
		this.set(at, State.Held);
		return this.lastHandle;
	}

	acknowledge(handle: number, reason: number, properties: Properties | null): number {
		const { view } = this.session.packet;
		if (!isReasonOf(PacketType.Puback, reason)) return Refusal.NotOffered;
		if (properties !== null && ((properties.packets >> PacketType.Puback) & 1) === 0)
			return Refusal.WrongProperty; // those of PUBREC are the same
		let at = this.start;
		while (at < this.end && !(this.state(at) === State.Held && view.getInt32(at + Row.Handle) === handle))
			at += Row.Bytes;
		if (at === this.end) return Refusal.NothingHeld;
		this.answer(at, reason, properties === null ? 0 : properties.start);
		return 0;
	}

	// ── what the session tells ───────────────────────────────────────────────────────────────────────────────────

	get count(): number {
		return (this.end - this.start) / Row.Bytes;
	}

	awaits(id: number): boolean {
		const { view } = this.session.packet;
		for (let at = this.start; at < this.end; at += Row.Bytes)
			if (view.getUint16(at + Row.Id) === id && this.qos(at) === 2) return true;
		return false;
	}

	hasRoom(opens: boolean): boolean {
		const { store, limits } = this.session;
		if (this.handling) this.returned(); // by throwing
		if (this.count === limits.receiveMaximum) this.release(); // maybe there was no room for what is owed
		if (this.count === limits.receiveMaximum) return false;
		return !opens || store.inboundCount + this.untaken < limits.receiveMaximum;
	}

	begin(qos: number, hash: number, known: boolean): void {
		const { packet } = this.session;
		const { view } = packet;
		const at = this.end;
		view.setInt32(at + Row.Handle, 0);
		view.setInt32(at + Row.Hash, hash);
		view.setUint16(at + Row.Id, packet.id);
		view.setUint8(at + Row.Word, (qos << State.QosShift) | (known ? State.Taken : State.Handled));
		if (qos === 2 && !known) this.untaken++;
		this.end = at + Row.Bytes;
		this.handling = true;
	}

	handled(): void {
		this.returned();
		this.release();
	}

	take(): void {
		const at = this.end - Row.Bytes;
		if (!this.handling || this.qos(at) !== 2 || this.state(at) !== State.Handled) return;
		this.open(at);
		this.set(at, State.Taken);
	}

	release(): boolean {
		const { owed, packet } = this.session;
		const { view } = packet;
		let blocked = 0;
		let moved = false;
		for (let at = this.start; at < this.end && owed.room > 0; ) {
			const qos = this.qos(at);
			if (this.state(at) !== State.Due) blocked |= qos;
			if ((blocked & qos) !== 0) {
				at += Row.Bytes;
				continue;
			}
			const type = qos === 1 ? PacketType.Puback : PacketType.Pubrec;
			const properties = view.getInt32(at + Row.Properties);
			owed.push(type, view.getUint16(at + Row.Id), view.getUint8(at + Row.Reason), properties);
			packet.bytes.copyWithin(at, at + Row.Bytes, this.end);
			this.end -= Row.Bytes;
			moved = true;
		}
		return moved;
	}

	tend(now: number): number {
		const { view } = this.session.packet;
		if (this.handling) this.returned(); // by throwing
		for (let at = this.start; at < this.end; at += Row.Bytes) {
			if (this.state(at) !== State.Held || ((view.getInt32(at + Row.Deadline) - now) | 0) > 0) continue;
			this.forgotten++;
			if (!this.session.encoder.version5) return Reason.HoldTimeout;
			this.answer(at, Reason.Unspecified);
		}
		return this.release() ? 1 : 0;
	}

	remaining(now: number): number {
		let at = this.start;
		while (at < this.end && this.state(at) !== State.Held) at += Row.Bytes;
		if (at === this.end) return -1;
		const ms = (this.session.packet.view.getInt32(at + Row.Deadline) - now) | 0;
		return ms > 0 ? ms : 0;
	}

	drop(): void {
		if (this.untaken > 0) this.lost = true;
		this.end = this.start;
		this.untaken = 0;
		this.handling = false;
	}

	// ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────

	/** Returning acknowledges what is not held. */
	private returned(): void {
		const at = this.end - Row.Bytes;
		this.handling = false;
		if (this.state(at) <= State.Taken) this.answer(at, Reason.Success);
	}

	/** The message is done, or refused with a reason from 0x80 on, and then it was not taken [MQTT-4.3.3-9]. */
	private answer(at: number, reason: number, properties = 0): void {
		const untaken = this.qos(at) === 2 && this.state(at) !== State.Taken;
		if (untaken && reason < 0x80) this.open(at);
		else if (untaken) this.untaken--;
		const { view } = this.session.packet;
		view.setUint8(at + Row.Reason, reason);
		view.setInt32(at + Row.Properties, properties);
		this.set(at, State.Due);
	}

	/** Its identifier is in the store from now on: there is room, see {@link hasRoom}. */
	private open(at: number): void {
		const { packet, store } = this.session;
		store.openInbound(packet.view.getUint16(at + Row.Id), packet.view.getInt32(at + Row.Hash));
		this.untaken--;
	}

	private state(at: number): number {
		return this.session.packet.view.getUint8(at + Row.Word) & State.Mask;
	}

	private qos(at: number): number {
		return this.session.packet.view.getUint8(at + Row.Word) >> State.QosShift;
	}

	private set(at: number, state: number): void {
		this.session.packet.view.setUint8(at + Row.Word, (this.qos(at) << State.QosShift) | state);
	}
}
