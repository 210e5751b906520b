// SPDX-License-Identifier: MIT
/**
 * One network connection: its phase, its deadlines, what it may send and what it has to answer for.
 *
 *   Awaiting ──CONNECT──▶ Open ──fault, takeover, DISCONNECT──▶ Ending ──closed or lingered──▶ Gone
 *
 * It ends exactly once for its session ({@link Connection.finish}), however many reasons come together. What
 * packets mean stands in `handshake.ts` and `requests.ts`.
 */

import type { Packet } from "mqtt-packet";
import type { BrokerPeer, BrokerSocket } from "../seams.js";
import type { AliasesOut } from "./aliases.js";
import type { Authentication } from "./authentication.js";
import type { AnswerRule } from "./chaos.js";
import type { Due } from "./deadlines.js";
import { Framer } from "./framer.js";
import { onConnect, refuseVersion } from "./handshake.js";
import type { Hub } from "./hub.js";
import type { Delivery } from "./message.js";
import { encodeWithin, FULL_BYTES, Output, publishBytes } from "./output.js";
import { type Beside, Code, KINDS, returnCodeOf, Type, type Version, wordsFor } from "./protocol.js";
import { Quota } from "./quota.js";
import { onRequest } from "./requests.js";
import type { Link, Session } from "./session.js";
import { befallIn, befallOut } from "./trouble.js";

/** Times have fractions: what a sum of them is wrong by is no second of its own. */
const A_MICROSECOND = 1e-6;

export const enum Phase {
	Awaiting,
	Open,
	Ending,
	Gone,
}

export class Connection implements BrokerPeer, Link, Due {
	readonly hub: Hub;
	readonly socket: BrokerSocket;
	readonly #framer: Framer;
	readonly #output: Output;
	readonly #gone: (connection: Connection) => void;
	phase = Phase.Awaiting;
	version: Version = 4;
	clientId = "";
	session: Session | undefined;
	/** What the client takes; its Receive Maximum already held against our own limit. */
	window = 0;
	maximumPacketSize = Infinity;
	/** Whether it wants reason strings. */
	problemInformation = true;
	/** Topic aliases of the client, and those that it allows us; undefined: none. */
	aliasesIn: Map<number, string> | undefined;
	aliasesOut: AliasesOut | undefined;
	/** Of a client that named a method in its CONNECT. */
	authentication: Authentication | undefined;
	/** Told of every PUBLISH of QoS 1 and 2; what it says concerns 5.0 only. */
	readonly quota: Quota;
	/** Silence that ends the connection, in ms; 0: none. */
	#patienceMs: number;
	#heardAt: number;
	#dirty = false;
	/** Of its deadline: for CONNECT, the next packet, or the closing. */
	place = -1;

	constructor(hub: Hub, socket: BrokerSocket, gone: (connection: Connection) => void) {
		this.hub = hub;
		this.socket = socket;
		this.#gone = gone;
		this.#output = new Output(hub.buffers);
		this.quota = new Quota(hub.limits.receiveMaximum);
		this.#framer = new Framer(hub.limits.maximumPacketSize, this);
		this.#heardAt = hub.now;
		this.#patienceMs = hub.limits.connectTimeoutMs;
		hub.deadlines.set(this, this.#heardAt + this.#patienceMs);
	}

	get v5(): boolean {
		return this.version === 5;
	}

	get writable(): boolean {
		if (this.phase !== Phase.Open) return false;
		return this.socket.backlog + this.#output.length <= this.hub.limits.sendBacklogBytes;
	}

	// From the socket

	onData(chunk: Uint8Array): void {
		const hub = this.hub;
		hub.counters.bytesIn += chunk.length;
		if (this.phase >= Phase.Ending || this.#silent) return;
		hub.enter();
		try {
			const before = hub.counters.packetsIn;
			const fault = this.#framer.feed(chunk);
			if (hub.counters.packetsIn > before) this.#heardAt = hub.now;
			if (fault) this.fail(fault);
		} finally {
			hub.leave();
		}
	}

	onDrain(): void {
		this.hub.turn(() => this.session?.pump());
	}

	onClose(): void {
		this.hub.turn(() => {
			this.finish(Code.Unspecified, "network", true);
			this.#vanish();
		});
	}

	/** One whole packet, `late`: chaos has seen it before. False: the connection has ended, read no further. */
	receive(bytes: Buffer, start: number, body: number, end: number, late = false): boolean {
		const { hub } = this;
		const type = bytes[start] >> 4;
		hub.counters.packetsIn++;
		const first = this.authentication ? Type.Auth : Type.Connect;
		const brokenOff = this.authentication !== undefined && type === Type.Disconnect; // [5.0 MQTT-3.1.2-30]
		if (this.phase === Phase.Awaiting ? type !== first && !brokenOff : type === Type.Connect) {
			this.fail(type === 0 ? Code.Malformed : Code.ProtocolError); // [MQTT-3.1.0-1] [MQTT-3.1.0-2]
			return false;
		}
		if (type === Type.Connect && refuseVersion(this, bytes, body, end)) return false;
		const fault = hub.strict.check(type, bytes[start] & 15, bytes, body, end, this.v5);
		if (fault) {
			this.fail(fault);
			return false;
		}
		const packet = hub.decoder.decode(bytes, start, end, this.version);
		if (!packet) {
			this.fail(Code.Malformed);
			return false;
		}
		if (hub.chaos.armed && !late) {
			const client = packet.cmd === "connect" ? packet.clientId : this.clientId;
			const deed = hub.chaos.judge("in", KINDS[type], client);
			if (deed) return befallIn(this, deed, packet, bytes, start, body, end);
		}
		return this.handle(packet, bytes);
	}

	/** The client named a topic by an alias. */
	learn(alias: number, topic: string): void {
		this.aliasesIn ??= new Map();
		this.aliasesIn.set(alias, topic);
	}

	/** Does what the packet says. False: the connection has ended. */
	handle(packet: Packet, bytes: Buffer): boolean {
		if (packet.cmd === "connect") onConnect(this, packet, bytes);
		else if (packet.cmd === "auth" && this.authentication) this.authentication.onAuth(packet);
		else onRequest(this, packet, bytes);
		return this.phase < Phase.Ending;
	}

	/** A packet that chaos held up: whole, its body begins at `body`. */
	hear(frame: Buffer, body: number): void {
		if (this.phase >= Phase.Ending) return;
		this.#heardAt = this.hub.now;
		this.receive(frame, 0, body, frame.length, true);
	}

	// What it sends

	/**
	 * Any packet but PUBLISH and its acknowledgements. One that the client does not take is shortened, or left
	 * out: false.
	 */
	send(packet: Packet): boolean {
		const encoded = encodeWithin(packet, this.version, this.maximumPacketSize);
		if (!encoded) return false;
		const start = this.#output.length;
		this.#output.append(encoded);
		this.#wrote(start, encoded[0] >> 4);
		return true;
	}

	/** PUBACK, PUBREC, PUBREL or PUBCOMP; `reason` is left out where the version has none. */
	acknowledge(type: number, id: number, reason: number, beside?: Beside): void {
		const start = this.#output.length;
		const properties = this.words(reason, beside);
		if (!properties) {
			this.#output.acknowledgement(type, id, this.v5 ? reason : 0);
			this.#wrote(start, type);
			return;
		}
		this.send({ cmd: KINDS[type], messageId: id, reasonCode: reason, properties } as Packet);
	}

	/** Reason string and user properties; undefined: none, or the client wants none [5.0 MQTT-3.1.2-29]. */
	words(reason: number, beside?: Beside): ReturnType<typeof wordsFor> {
		return this.v5 && this.problemInformation ? wordsFor(reason, beside) : undefined;
	}

	release(id: number, reason: number): void {
		this.acknowledge(Type.Pubrel, id, reason);
	}

	publish(delivery: Delivery, dup: boolean): boolean {
		const { hub } = this;
		const { message, qos, retain, id } = delivery;
		const { expiresAt } = message;
		const sending = hub.sending;
		sending.v5 = this.v5;
		sending.qos = qos;
		sending.retain = retain;
		sending.dup = dup;
		sending.id = id;
		sending.identifiers = delivery.identifiers;
		const left = (expiresAt - hub.now) / 1000 - A_MICROSECOND;
		sending.expirySeconds = left === Infinity ? -1 : Math.max(0, Math.ceil(left)); // [MQTT-3.3.2-6]
		sending.alias = 0;
		sending.named = true;
		if (this.maximumPacketSize !== Infinity && publishBytes(message, sending) + 3 > this.maximumPacketSize) {
			if (publishBytes(message, sending) > this.maximumPacketSize) return false; // [MQTT-3.1.2-24]
		} else if (this.aliasesOut && !hub.chaos.armed) {
			Object.assign(sending, this.aliasesOut.pick(message.topic));
		}
		const start = this.#output.length;
		this.#output.publish(message, sending);
		hub.counters.messagesOut++;
		if (hub.onEvent) {
			const { topic, payload } = message;
			hub.onEvent({ kind: "deliver", clientId: this.clientId, topic, qos, id, dup, payload });
		}
		this.#wrote(start, Type.Publish);
		return true;
	}

	/** The packet from `start` on is complete: it counts, and chaos may have its way with it. */
	#wrote(start: number, type: number): void {
		const { hub } = this;
		hub.counters.packetsOut++;
		if (hub.chaos.armed) {
			const deed = hub.chaos.judge("out", KINDS[type], this.clientId);
			if (deed) befallOut(this, deed, this.#output.cut(start));
		}
		this.#touch();
	}

	/** Sends bytes as they are, behind the packets that are written. */
	write(bytes: Uint8Array): void {
		if (this.phase >= Phase.Ending) return;
		this.#output.append(bytes);
		this.#touch();
	}

	#touch(): void {
		if (this.#output.length > FULL_BYTES) this.flush();
		else if (!this.#dirty) {
			this.#dirty = true;
			this.hub.touch(this);
		}
	}

	/** Hands everything to the socket. */
	flush(): void {
		this.#dirty = false;
		this.quota.flushed();
		if (this.phase === Phase.Gone || this.#silent) {
			this.#output.discard();
			return;
		}
		const chunk = this.#output.take();
		if (!chunk) return;
		this.hub.counters.bytesOut += chunk.length;
		this.socket.send(chunk);
		if (this.phase !== Phase.Open) return;
		if (this.socket.backlog > this.hub.limits.stalledBytes) this.cut(Code.QuotaExceeded);
		else if (this.session && this.session.waiting > 0) this.session.pump();
	}

	// The end

	/** The answer that chaos chose, for packets that have one. */
	chosen(packet: AnswerRule["packet"]): AnswerRule | undefined {
		return this.hub.chaos.armed ? this.hub.chaos.chosen(packet, this.clientId) : undefined;
	}

	/** From now on `keepAliveSeconds` are enforced, half as long again [MQTT-3.1.2-22]. */
	open(keepAliveSeconds: number): void {
		this.phase = Phase.Open;
		this.#patienceMs = keepAliveSeconds * 1500;
		const { deadlines, now } = this.hub;
		if (this.#patienceMs > 0) deadlines.set(this, now + this.#patienceMs);
		else deadlines.clear(this);
	}

	/** Ends it because of what the client did, or on the broker's own account. 5.0 is told why. */
	fail(reason: number, beside: Beside = {}): void {
		if (this.phase >= Phase.Ending) return;
		const { hub } = this;
		if (reason === Code.TakenOver) hub.counters.takeovers++;
		else hub.counters.faults++;
		if (this.phase === Phase.Awaiting && this.v5) {
			this.refuse(reason, beside);
			return;
		}
		if (this.phase === Phase.Open && this.v5) {
			const properties = { serverReference: beside.serverReference, ...this.words(reason, beside) };
			this.send({ cmd: "disconnect", reasonCode: reason, properties });
		}
		this.finish(reason, "broker", true);
		this.hangUp();
	}

	/** Answers a CONNECT with a refusal and closes. */
	refuse(reason: number, beside: Beside = {}): void {
		this.hub.counters.refused++;
		const { clientId } = this;
		this.hub.onEvent?.({ kind: "refuse", clientId, address: this.socket.address, reason });
		const properties = { serverReference: beside.serverReference, ...wordsFor(reason, beside) };
		const returnCode = returnCodeOf(reason);
		// [MQTT-3.2.2-6]
		this.send({ cmd: "connack", sessionPresent: false, returnCode, reasonCode: reason, properties });
		this.hangUp();
	}

	/** The session loses its connection; once. */
	finish(reason: number, by: "client" | "broker" | "network", willed: boolean): void {
		const session = this.session;
		if (!session) return;
		this.session = undefined;
		const { clientId, hub } = this;
		hub.onEvent?.({ kind: "disconnect", clientId, address: this.socket.address, reason, by });
		hub.linkLost(session, willed);
	}

	/** Sends what is written, then closes; cuts if the peer does not read it in time. */
	hangUp(): void {
		if (this.phase >= Phase.Ending) return;
		this.phase = Phase.Ending;
		this.#framer.reset();
		this.flush();
		this.hub.deadlines.set(this, this.hub.now + this.hub.limits.lingerMs);
		this.socket.end();
	}

	/** Destroys the network connection at once. */
	cut(reason: number = Code.Unspecified): void {
		if (this.phase === Phase.Gone) return;
		this.finish(reason, "broker", true);
		this.#vanish();
		this.socket.destroy();
	}

	#vanish(): void {
		if (this.phase === Phase.Gone) return;
		this.phase = Phase.Gone;
		this.hub.deadlines.clear(this);
		this.#output.discard();
		this.#framer.reset();
		this.#gone(this);
	}

	onDue(): void {
		const { hub } = this;
		const end = this.#heardAt + this.#patienceMs;
		if (this.phase === Phase.Ending) hub.turn(() => this.cut());
		else if (this.#silent) hub.deadlines.set(this, hub.now + this.#patienceMs);
		else if (this.phase === Phase.Open && end > hub.now) hub.deadlines.set(this, end);
		else hub.turn(() => this.fail(Code.KeepAliveTimeout));
	}

	get #silent(): boolean {
		return this.hub.chaos.silent && this.hub.chaos.isSilent(this.clientId);
	}
}
