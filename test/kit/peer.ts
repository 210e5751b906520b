// SPDX-License-Identifier: MIT
/** A broker's end that does what the test says: hears packets with another codec, answers by hand, in both versions. */
import mqttPacket, { type Packet } from "mqtt-packet";
import type { Acceptor, BrokerPeer, BrokerSocket } from "../../simulator/seams.js";
import type { World } from "../../simulator/world.js";
import { Rig, type RigOptions } from "./rig.js";

export type Version = 4 | 5;
export const VERSIONS: readonly Version[] = [4, 5];
export type Fields = Record<string, unknown>;

/** One packet of the client: when it came and what it says, in short ({@link describe}). */
export interface Heard {
	readonly time: number;
	readonly text: string;
	readonly packet: Packet;
}

/** What is answered without being told. Acknowledgements of messages are not. */
const DEFAULT_POLITENESS = ["connect", "subscribe", "unsubscribe", "pingreq"];
const ALL = [...DEFAULT_POLITENESS, "publish", "pubrec", "pubrel"];

/** Accepts every connection; the latest is `line`. */
export class Peer implements Acceptor {
	readonly lines: Line[] = [];
	/** Which packets are answered as a good broker does. */
	readonly polite = new Set(DEFAULT_POLITENESS);
	/** Session Present of the answers to CONNECT: a value, or what to say for the n-th connection (1, 2, ...). */
	present: boolean | ((nth: number) => boolean) = false;
	/** Properties of CONNACK (5.0). */
	properties: Fields = {};
	/** Called for every packet, before the polite answer. */
	onPacket: ((packet: Packet, line: Line) => void) | undefined;

	constructor(
		readonly world: World,
		readonly version: Version,
	) {}

	/** The latest connection. */
	get line(): Line {
		return this.lines[this.lines.length - 1];
	}

	/** Answers everything from now on. */
	answerAll(): this {
		for (const one of ALL) this.polite.add(one);
		return this;
	}

	accept(socket: BrokerSocket): BrokerPeer {
		const line = new Line(this, socket);
		this.lines.push(line);
		return line;
	}

	/** Every packet of every connection of one kind. */
	all(cmd: string): Heard[] {
		return this.lines.flatMap((line) => line.heard.filter((one) => one.packet.cmd === cmd));
	}
}

/** One connection. */
export class Line implements BrokerPeer {
	readonly heard: Heard[] = [];
	/** The client closed it, or the network did. */
	closed = false;
	bytesIn = 0;
	bytesOut = 0;
	readonly nth: number;
	readonly #peer: Peer;
	readonly #socket: BrokerSocket;
	readonly #parser;
	#taken = 0;

	constructor(peer: Peer, socket: BrokerSocket) {
		this.#peer = peer;
		this.#socket = socket;
		this.nth = peer.lines.length + 1;
		this.#parser = mqttPacket.parser({ protocolVersion: peer.version });
		this.#parser.on("packet", (packet) => this.#hear(packet));
		this.#parser.on("error", (error) => {
			throw error;
		});
	}

	onData(chunk: Uint8Array): void {
		this.bytesIn += chunk.length;
		this.#parser.parse(Buffer.from(chunk));
	}

	onDrain(): void {}

	onClose(): void {
		this.closed = true;
	}

	/** What came since the last call, in short. */
	take(): string[] {
		const news = this.heard.slice(this.#taken).map((one) => one.text);
		this.#taken = this.heard.length;
		return news;
	}

	/** Every packet so far, in short. */
	get texts(): string[] {
		return this.heard.map((one) => one.text);
	}

	send(fields: Fields): this {
		return this.raw(encode(fields, this.#peer.version));
	}

	/** Bytes as they are; a string is taken for hexadecimal, blanks are passed over. */
	raw(bytes: Uint8Array | string): this {
		const chunk = typeof bytes === "string" ? unhex(bytes) : Uint8Array.from(bytes);
		this.bytesOut += chunk.length;
		this.#socket.send(chunk);
		return this;
	}

	/** CONNACK with the peer's Session Present and properties, or others. */
	connack(fields: Fields = {}): this {
		const { present, properties } = this.#peer;
		const sessionPresent = typeof present === "function" ? present(this.nth) : present;
		return this.send({ cmd: "connack", sessionPresent, returnCode: 0, reasonCode: 0, properties, ...fields });
	}

	publish(
		topic: string,
		payload: string | Uint8Array,
		qos: number,
		messageId?: number,
		more: Fields = {},
	): this {
		return this.send({ cmd: "publish", topic, payload: asBuffer(payload), qos, messageId, ...more });
	}

	/** PUBACK, PUBREC, PUBREL, PUBCOMP. */
	ack(cmd: "puback" | "pubrec" | "pubrel" | "pubcomp", messageId: number, reasonCode = 0): this {
		return this.send({ cmd, messageId, reasonCode });
	}

	end(): void {
		this.#socket.end();
	}

	destroy(): void {
		this.#socket.destroy();
	}

	#hear(packet: Packet): void {
		this.heard.push({ time: this.#peer.world.now, text: describe(packet), packet });
		this.#peer.onPacket?.(packet, this);
		if (this.#peer.polite.has(packet.cmd)) this.#answer(packet);
	}

	#answer(packet: Packet): void {
		const messageId = packet.messageId;
		switch (packet.cmd) {
			case "connect":
				this.connack();
				break;
			case "subscribe": {
				const granted = packet.subscriptions.map((one) => one.qos);
				this.send({ cmd: "suback", messageId, granted });
				break;
			}
			case "unsubscribe": {
				const granted = this.#peer.version === 5 ? packet.unsubscriptions.map(() => 0) : undefined;
				this.send({ cmd: "unsuback", messageId, granted });
				break;
			}
			case "pingreq":
				this.send({ cmd: "pingresp" });
				break;
			case "publish":
				if (packet.qos > 0) this.ack(packet.qos === 1 ? "puback" : "pubrec", messageId!);
				break;
			case "pubrec":
				this.ack("pubrel", messageId!);
				break;
			case "pubrel":
				this.ack("pubcomp", messageId!);
				break;
		}
	}
}

/** The bytes of a packet. */
export function encode(fields: Fields, version: Version): Uint8Array {
	const packet = { dup: false, retain: false, ...fields };
	return Uint8Array.from(mqttPacket.generate(packet as unknown as Packet, { protocolVersion: version }));
}

export function unhex(text: string): Uint8Array {
	return Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));
}

/**
 * A packet in a few words: `publish a/b=text q1 #2 dup retain`, `puback #2`, `pubrel #2 0x92`, `subscribe #65281 a/# q1`,
 * `disconnect 0x04`, `pingreq`.
 */
export function describe(packet: Packet): string {
	const words: string[] = [packet.cmd];
	if (packet.cmd === "publish") {
		words.push(`${packet.topic}=${packet.payload}`, `q${packet.qos}`);
		if (packet.qos > 0) words.push(`#${packet.messageId}`);
		if (packet.dup) words.push("dup");
		if (packet.retain) words.push("retain");
		return words.join(" ");
	}
	if (packet.messageId !== undefined) words.push(`#${packet.messageId}`);
	if (packet.cmd === "subscribe")
		for (const one of packet.subscriptions) words.push(one.topic, `q${one.qos}`);
	if (packet.cmd === "unsubscribe") words.push(...packet.unsubscriptions);
	const { reasonCode } = packet as { reasonCode?: number };
	if (reasonCode) words.push(`0x${reasonCode.toString(16).padStart(2, "0")}`);
	return words.join(" ");
}

function asBuffer(payload: string | Uint8Array): Buffer {
	return typeof payload === "string" ? Buffer.from(payload) : Buffer.from(payload);
}

/** A rig whose broker is a peer. */
export function meet(version: Version, options: RigOptions = {}, world?: World): { rig: Rig; peer: Peer } {
	const rig = new Rig({ version, ...options }, world);
	const peer = new Peer(rig.world, version);
	rig.network.listen(peer);
	return { rig, peer };
}

/** The same, online, with CONNECT taken. */
export function met(version: Version, options: RigOptions = {}): { rig: Rig; peer: Peer } {
	const both = meet(version, options);
	both.rig.online();
	both.peer.line.take();
	return both;
}
