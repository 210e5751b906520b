// SPDX-License-Identifier: MIT
/** A broker in a world of its own: time that stands still until told, sockets that are arrays. */

import type { IConnackPacket, IPublishPacket, ISubackPacket, Packet, PacketCmd } from "mqtt-packet";
import mqttPacket from "mqtt-packet";
import { Broker, type BrokerEvent, type BrokerOptions } from "../../../simulator/broker/index.js";
import type { BrokerPeer, BrokerSocket, Schedule, Scheduled } from "../../../simulator/seams.js";

interface Due {
	at: number;
	order: number;
	action: () => void;
}

/** Time by hand. */
export class ManualTime implements Schedule {
	now = 0;
	#due: Due[] = [];
	#order = 0;

	get epochMs(): number {
		return 1_700_000_000_000 + this.now;
	}

	/** How many things wait. */
	get pending(): number {
		return this.#due.length;
	}

	after(delayMs: number, action: () => void): Scheduled {
		if (delayMs > 0x7fffffff) throw new Error("A host's timer would fire at once");
		const due = { at: this.now + delayMs, order: this.#order++, action };
		this.#due.push(due);
		return due;
	}

	cancel(scheduled: Scheduled): void {
		this.#due = this.#due.filter((due) => due !== scheduled);
	}

	/** Lets time pass, and does what falls due in it. */
	pass(ms: number): void {
		const end = this.now + ms;
		for (;;) {
			const next = this.#due
				.filter((due) => due.at <= end)
				.sort((a, b) => a.at - b.at || a.order - b.order)[0];
			if (!next) break;
			this.cancel(next);
			this.now = next.at;
			next.action();
		}
		this.now = end;
	}
}

export type Fields = Record<string, unknown>;

/** One connection to the broker, speaking packets. */
export class Peer implements BrokerSocket {
	readonly address = "memory";
	/** Set by a test that plays a slow reader. */
	backlog = 0;
	/** Bytes of every call of `send`. */
	readonly chunks: Uint8Array[] = [];
	readonly received: Packet[] = [];
	/** How the broker ended it. */
	ended: "no" | "in order" | "cut" = "no";
	readonly #parser;
	#link: BrokerPeer;
	#nextId = 1;

	constructor(
		broker: Broker,
		readonly version: 4 | 5,
	) {
		this.#parser = mqttPacket.parser({ protocolVersion: version });
		this.#parser.on("packet", (packet) => this.received.push(packet));
		this.#parser.on("error", (error) => {
			throw error;
		});
		this.#link = broker.accept(this);
	}

	send(chunk: Uint8Array): void {
		if (this.ended !== "no") throw new Error("The broker writes to a socket that it has ended");
		this.chunks.push(chunk);
		this.#parser.parse(Buffer.from(chunk));
	}

	end(): void {
		this.ended = "in order";
	}

	destroy(): void {
		this.ended = "cut";
	}

	/** Sends bytes as they are. */
	raw(bytes: Uint8Array | number[]): this {
		this.#link.onData(Uint8Array.from(bytes));
		return this;
	}

	/** Sends a packet. */
	write(packet: Fields): this {
		return this.raw(mqttPacket.generate(packet as unknown as Packet, { protocolVersion: this.version }));
	}

	/** The network goes away. */
	drop(): void {
		this.#link.onClose();
	}

	drain(): void {
		this.backlog = 0;
		this.#link.onDrain();
	}

	/** What came since the last call. */
	take(): Packet[] {
		return this.received.splice(0);
	}

	/** The next packet, which has to be of this kind. */
	expect<Kind extends PacketCmd>(kind: Kind): Extract<Packet, { cmd: Kind }> {
		const packet = this.received.shift();
		if (packet?.cmd !== kind)
			throw new Error(`Expected ${kind}, got ${packet ? JSON.stringify(packet) : "nothing"}`);
		return packet as Extract<Packet, { cmd: Kind }>;
	}

	/** Nothing came, and the connection is open. */
	quiet(): void {
		if (this.received.length > 0) throw new Error(`Unexpected: ${JSON.stringify(this.received)}`);
		if (this.ended !== "no") throw new Error(`The broker ended the connection ${this.ended}`);
	}

	/** The broker ended it; 5.0: with this reason. */
	expectEnd(reason: number): void {
		if (this.version === 5) {
			const { reasonCode } = this.expect("disconnect");
			if (reasonCode !== reason)
				throw new Error(`Expected 0x${reason.toString(16)}, got 0x${reasonCode?.toString(16)}`);
		}
		if (this.ended !== "in order") throw new Error(`Ended: ${this.ended}`);
	}

	connect(clientId: string, fields: Fields = {}): IConnackPacket {
		this.write({
			cmd: "connect",
			clientId,
			protocolVersion: this.version,
			clean: true,
			keepalive: 0,
			...fields,
		});
		return this.expect("connack");
	}

	subscribe(topic: string, qos: number, options: Fields = {}, properties?: Fields): ISubackPacket {
		this.write({
			cmd: "subscribe",
			messageId: this.id(),
			subscriptions: [{ topic, qos, ...options }],
			properties,
		});
		return this.expect("suback");
	}

	publish(topic: string, payload: string, fields: Fields = {}): this {
		const messageId = fields.qos ? (fields.messageId ?? this.id()) : undefined;
		return this.write({
			cmd: "publish",
			topic,
			payload,
			qos: 0,
			dup: false,
			retain: false,
			...fields,
			messageId,
		});
	}

	/** The next packet, a PUBLISH, as `topic=payload`, and the packet itself. */
	message(): IPublishPacket & { text: string } {
		const packet = this.expect("publish");
		return Object.assign(packet, { text: `${packet.topic}=${packet.payload}` });
	}

	id(): number {
		return this.#nextId++;
	}
}

export interface Rig {
	time: ManualTime;
	broker: Broker;
	events: BrokerEvent[];
	/** A connection without a CONNECT. */
	peer(version: 4 | 5): Peer;
	/** A connection with one. */
	client(version: 4 | 5, clientId: string, fields?: Fields): Peer;
}

export function rig(options: Partial<BrokerOptions> = {}): Rig {
	const time = new ManualTime();
	const events: BrokerEvent[] = [];
	const broker = new Broker({ schedule: time, onEvent: (event) => events.push(event), ...options });
	const peer = (version: 4 | 5) => new Peer(broker, version);
	const client = (version: 4 | 5, clientId: string, fields: Fields = {}) => {
		const made = peer(version);
		const connack = made.connect(clientId, fields);
		const code = version === 5 ? connack.reasonCode : connack.returnCode;
		if (code !== 0) throw new Error(`Refused with ${code}`);
		return made;
	};
	return { time, broker, events, peer, client };
}

/** CONNECT fields of a session that lasts, in both versions. */
export function lasting(version: 4 | 5, seconds = 1000): Fields {
	return version === 5 ? { clean: false, properties: { sessionExpiryInterval: seconds } } : { clean: false };
}

export const VERSIONS = [4, 5] as const;
