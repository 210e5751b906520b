// SPDX-License-Identifier: MIT
import type { BudgetTerm } from "../limits.js";
import type { Arena } from "../memory/arena.js";
import type { EnhancedAuthentication } from "../session/extras.js";
import type { Session } from "../session/session.js";
import type { Encoder } from "../wire/encoder.js";
import type { Packet } from "../wire/packet.js";
import { PacketType, Property, Protocol, Reason } from "../wire/protocol.js";
import { Refusal } from "../wire/refusal.js";
import { encodeText } from "../wire/topic.js";
import { putVarint, varintSize } from "../wire/varint.js";
import { Writer } from "../wire/writer.js";

/**
 * What is said in an exchange, and what is made of the answers: SCRAM, or one of your own. It is called inside the client's
 * turn, and every call on the client is legal in it. What it throws counts as no.
 */
export interface AuthenticationMethod {
	/** Authentication Method, the same in all packets of a connection [MQTT-4.12.0-5]. At most 64 bytes in UTF-8. */
	readonly name: string;
	/**
	 * An exchange begins, with CONNECT or anew: writes the first Authentication Data. Nothing written is none. An exchange
	 * that was under way is void.
	 */
	begin(out: Writer): void;
	/**
	 * The server goes on: its data are `bytes[start]` to `bytes[end - 1]`, valid until this returns; none at all when both are
	 * equal. Writes the answer. False: it is not to be trusted, the connection ends.
	 */
	answer(bytes: Uint8Array, start: number, end: number, out: Writer): boolean;
	/** The server is content, and these are its last data. False: it has not shown who it is, the connection ends. */
	finish(bytes: Uint8Array, start: number, end: number): boolean;
}

export interface AuthenticationOptions {
	/** Bytes of the longest data of ours, 16 to 4096, default 256. */
	readonly dataBytes?: number;
}

/** Whose turn it is. A state that is due is one above that in which it has been sent. */
const enum State {
	/** No exchange. */
	None = 0,
	/** CONNECT, or an answer before CONNACK, was sent. */
	First = 1,
	FirstDue = 2,
	/** The same when online. */
	Again = 3,
	AgainDue = 4,
	/** Re-authentication is to begin. */
	BeginDue = 5,
}

/** The most packets AUTH of the server in an exchange: it shall not go on for ever. */
const ROUNDS_MOST = 32;
const NAME_MOST = 64;
/** An identifier and the two bytes of a length. */
const HEAD = 3;

/**
 * Enhanced authentication of 5.0 [3.15, 4.12]: both sides prove who they are, in as many steps as the method takes, with
 * CONNECT and again whenever {@link Client.reauthenticate} is called. What is said is the method's own business.
 *
 *     CONNECT ─▶ First ──AUTH 0x18──▶ FirstDue ──AUTH 0x18──▶ First ──CONNACK 0──▶ None
 *     None ──reauthenticate──▶ BeginDue ──AUTH 0x19──▶ Again ──AUTH 0x18──▶ AgainDue ──AUTH 0x18──▶ Again ──AUTH 0──▶ None
 *
 * Everything else the server says of it is a protocol error. While the server is silent, `limits.connackMs` runs.
 */
export class Authentication implements EnhancedAuthentication {
	private readonly method: AuthenticationMethod;
	private readonly dataBytes: number;
	private state: State = State.None;
	private rounds = 0;
	/** Where the properties stand, method first, and where they end. */
	private start = 0;
	private end = 0;
	/** Where the data begin, if any: their identifier and length are before. */
	private dataAt = 0;
	private session!: Session;
	private writer!: Writer;

	constructor(method: AuthenticationMethod, options: AuthenticationOptions = {}) {
		const { dataBytes = 256 } = options;
		if (!(Number.isInteger(dataBytes) && dataBytes >= 16 && dataBytes <= 4096))
			throw new RangeError(`authentication: dataBytes must be 16 to 4096, not ${dataBytes}`);
		this.method = method;
		this.dataBytes = dataBytes;
	}

	term(): BudgetTerm {
		const bytes = HEAD + NAME_MOST + HEAD + this.dataBytes;
		return { name: "authentication", bytes, reason: "method and data of ours" };
	}

	attach(arena: Arena, session: Session): void {
		this.session = session;
		this.writer = new Writer(arena);
		this.start = arena.region(this.term().bytes);
		const { name } = this.method;
		if (name === "" || name.length > NAME_MOST)
			throw new RangeError(`authentication: the name of the method must have 1 to ${NAME_MOST} bytes`);
		this.dataAt = HEAD + encodeText(arena, this.start + 1, this.start + HEAD + NAME_MOST, name);
		arena.bytes[this.start] = Property.AuthenticationMethod;
		arena.bytes[this.dataAt - HEAD] = Property.AuthenticationData;
		this.end = this.dataAt - HEAD;
	}

	get most(): number {
		return this.dataAt + this.dataBytes - this.start;
	}

	get isOpen(): boolean {
		return this.state !== State.None;
	}

	// ── with CONNECT ─────────────────────────────────────────────────────────────────────────────────────────────

	begin(): number {
		this.state = State.None;
		if (!this.first()) return Reason.CredentialsFailed;
		this.state = State.First;
		return 0;
	}

	get size(): number {
		return this.end - this.start;
	}

	put(at: number): void {
		this.session.packet.bytes.copyWithin(at, this.start, this.end);
	}

	// ── what the server says ─────────────────────────────────────────────────────────────────────────────────────

	accept(packet: Packet): number {
		if (this.state !== State.First || !this.isOurs(packet)) return Reason.ProtocolError; // [MQTT-4.12.0-5]
		this.state = State.None;
		return this.finish(packet) ? 0 : Reason.NotAuthorized;
	}

	receive(packet: Packet): number {
		const state = this.state;
		const waited = state === State.First || state === State.Again;
		if (!waited || !this.isOurs(packet)) return Reason.ProtocolError; // [MQTT-4.12.0-5, MQTT-4.12.1-1]
		if (packet.reason === Reason.Success) {
			if (state === State.First) return Reason.ProtocolError; // CONNACK says that [5.0, 4.12]
			this.state = State.None;
			if (!this.finish(packet)) return Reason.NotAuthorized;
			this.session.listener.onReauthenticated?.();
			return 0;
		}
		if (++this.rounds > ROUNDS_MOST) return Reason.ImplementationSpecific;
		if (!this.answer(packet)) return Reason.NotAuthorized;
		const fits = this.keep();
		this.state = state + 1;
		// What the server takes is known from CONNACK on [MQTT-3.2.2-15].
		const most = state === State.Again ? this.session.link.maximumPacketSize : Protocol.LengthMax;
		return fits && this.packetSize <= most ? 0 : Reason.ImplementationSpecific;
	}

	// ── what we say ──────────────────────────────────────────────────────────────────────────────────────────────

	again(): number {
		if (this.state !== State.None) return Refusal.Busy;
		this.state = State.BeginDue;
		if (this.first() && this.packetSize <= this.session.link.maximumPacketSize) return 0;
		this.state = State.None;
		return Refusal.TooLong;
	}

	gather(encoder: Encoder): boolean {
		const state = this.state;
		if (state !== State.FirstDue && state < State.AgainDue) return false;
		const { bytes, position } = encoder;
		if (position + this.packetSize > encoder.limit) return true;
		const size = this.size;
		bytes[position] = PacketType.Auth << 4; // [MQTT-3.15.1-1]
		let to = putVarint(bytes, position + 1, 1 + varintSize(size) + size);
		bytes[to++] = state === State.BeginDue ? Reason.Reauthenticate : Reason.ContinueAuthentication; // [MQTT-4.12.0-3]
		to = putVarint(bytes, to, size);
		this.put(to);
		encoder.done(PacketType.Auth, to + size);
		this.state = state === State.FirstDue ? State.First : State.Again;
		return false;
	}

	/** How long the whole AUTH with our data is. */
	private get packetSize(): number {
		const size = this.size;
		const length = 1 + varintSize(size) + size;
		return 1 + varintSize(length) + length;
	}

	// ── the method ───────────────────────────────────────────────────────────────────────────────────────────────

	/** True when the packet names our method. */
	private isOurs(packet: Packet): boolean {
		const { view } = packet;
		const at = packet.property(Property.AuthenticationMethod, 0);
		const ours = this.start + 1;
		const length = view.getUint16(ours);
		if (at === 0 || view.getUint16(at) !== length) return false;
		for (let i = 2; i < length + 2; i++) if (view.getUint8(at + i) !== view.getUint8(ours + i)) return false;
		return true;
	}

	/** Lets the method begin. False: it has nothing to say, or it is too long. */
	private first(): boolean {
		this.rounds = 0;
		let good = false;
		this.open();
		try {
			this.method.begin(this.writer);
			good = true;
		} catch {
			// The application's fault: there is nothing to say.
		}
		return this.keep() && good;
	}

	private answer(packet: Packet): boolean {
		const at = packet.property(Property.AuthenticationData, 0);
		const start = at + 2;
		this.open();
		try {
			return this.method.answer(
				packet.bytes,
				start,
				at > 0 ? start + packet.view.getUint16(at) : start,
				this.writer,
			);
		} catch {
			return false;
		}
	}

	private finish(packet: Packet): boolean {
		const at = packet.property(Property.AuthenticationData, 0);
		const start = at + 2;
		try {
			return this.method.finish(packet.bytes, start, at > 0 ? start + packet.view.getUint16(at) : start);
		} catch {
			return false;
		}
	}

	private open(): void {
		this.writer.begin(this.dataAt, this.dataAt + this.dataBytes);
	}

	/** What was written are our data, and no more can be. False: they did not fit. */
	private keep(): boolean {
		const { writer, dataAt } = this;
		const fits = !writer.overflowed;
		const length = writer.position - dataAt;
		this.session.packet.view.setUint16(dataAt - 2, length);
		this.end = length > 0 ? dataAt + length : dataAt - HEAD;
		writer.begin(dataAt, dataAt);
		return fits;
	}
}
