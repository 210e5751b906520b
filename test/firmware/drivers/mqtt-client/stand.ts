// SPDX-License-Identifier: MIT
/** A drop-in client on the model of an ESP32's TCP class, in virtual time, with a broker's end that does what the test says. */
import mqttPacket, { type Packet } from "mqtt-packet";
import { MqttClient } from "../../../../firmware/drivers/mqtt-client/client.js";
import type {
	Callbacks,
	ControlMessage,
	MqttClientOptions,
	MqttError,
	Platform,
	ReadableOptions,
	Resolver,
	SocketClass,
} from "../../../../firmware/drivers/mqtt-client/types.js";
import { type LwipSocket, type TcpHost, tcpHost } from "../../../kit/ecma419/tcp.js";
import { VirtualTime } from "../../../kit/ecma419/timer.js";
import type { Network, WireEvents } from "../../../kit/ecma419/wire.js";

/** The two functions that XS has on its constructors. */
export const text: Pick<Platform, "encode" | "decode"> = {
	encode: (string) => new TextEncoder().encode(string).buffer,
	decode: (buffer, start, length) =>
		new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(new Uint8Array(buffer, start, length)),
};

export const utf8 = (string: string): ArrayBuffer => text.encode(string);
export const textOf = (bytes: ArrayBuffer | undefined): string => text.decode(bytes!, 0, bytes!.byteLength);

/** What the application was told, as text, in order. */
export type Note = string;

/** The broker's end of one connection. */
export class BrokerEnd {
	/** What the client sent, each packet in short. */
	readonly heard: string[] = [];
	readonly packets: Packet[] = [];
	/** Every byte of it. */
	bytes: number[] = [];
	ended = false;
	wasReset = false;
	readonly events: WireEvents;
	readonly #parser = mqttPacket.parser({ protocolVersion: 4 });

	constructor(events: WireEvents) {
		this.events = events;
		this.#parser.on("packet", (packet) => {
			this.packets.push(packet);
			this.heard.push(inShort(packet));
		});
		this.#parser.on("error", (error) => {
			throw error;
		});
	}

	hear(bytes: Uint8Array): void {
		this.bytes.push(...bytes);
		this.#parser.parse(Buffer.from(bytes));
	}
}

function inShort(packet: Packet): string {
	const { cmd } = packet;
	if (cmd === "publish") {
		const { qos, topic, payload, dup, retain } = packet;
		const id = qos > 0 ? ` #${packet.messageId}` : "";
		const size = payload.length > 40 ? `${payload.length} bytes` : JSON.stringify(payload.toString());
		return `publish${id} q${qos}${dup ? " dup" : ""}${retain ? " retain" : ""} ${topic} ${size}`;
	}
	if (cmd === "subscribe")
		return `subscribe #${packet.messageId} ${packet.subscriptions.map(({ topic, qos }) => `${topic}:${qos}`)}`;
	if (cmd === "unsubscribe") return `unsubscribe #${packet.messageId} ${packet.unsubscriptions}`;
	return "messageId" in packet && packet.messageId ? `${cmd} #${packet.messageId}` : cmd;
}

/** Asked for names; answers when the test says so. */
export class NameServer {
	readonly questions: Parameters<Resolver["resolve"]>[0][] = [];
	closes = 0;
	throwsNext = false;
	readonly io: new (
		options: object,
	) => Resolver;

	constructor() {
		const server = this;
		this.io = class implements Resolver {
			resolve(question: Parameters<Resolver["resolve"]>[0]): void {
				if (server.throwsNext) throw new Error("no network");
				server.questions.push(question);
			}
			close(): void {
				server.closes++;
			}
		};
	}
}

export class Stand {
	readonly time: VirtualTime;
	readonly host: TcpHost;
	readonly names = new NameServer();
	/** One for each connection. */
	readonly ends: BrokerEnd[] = [];
	readonly notes: Note[] = [];
	/** What `onWritable` told, in order. */
	readonly rooms: number[] = [];
	/** Acknowledges what the client sent (TCP) at once; false: its send buffer fills up. */
	acknowledges = true;
	/** The link comes up by itself. */
	connects = true;
	#unacknowledged = 0;
	readonly #posted: (() => void)[] = [];

	constructor(ms = 0) {
		this.time = new VirtualTime(ms);
		const network: Network = {
			post: (action) => void this.#posted.push(action),
			connect: (_address, _port, events) => {
				const end = new BrokerEnd(events);
				this.ends.push(end);
				if (this.connects) this.#posted.push(() => events.onConnect());
				return {
					send: (bytes) => {
						const copy = bytes.slice();
						this.#posted.push(() => {
							end.hear(copy);
							if (this.acknowledges) events.onSent(copy.length);
							else this.#unacknowledged += copy.length;
						});
					},
					hold: () => {},
					end: () => void this.#posted.push(() => (end.ended = true)),
					reset: () => void (end.wasReset = true),
				};
			},
		};
		this.host = tcpHost(network);
	}

	get platform(): Platform {
		return { Timer: this.time, Time: this.time, ...text };
	}

	/** The latest connection, and its socket. */
	get end(): BrokerEnd {
		return this.ends[this.ends.length - 1];
	}

	get socket(): LwipSocket {
		return this.host.sockets[this.host.sockets.length - 1];
	}

	/** TCP catches up with what it did not acknowledge. */
	acknowledge(): void {
		const count = this.#unacknowledged;
		this.#unacknowledged = 0;
		this.acknowledges = true;
		this.end.events.onSent(count);
		this.settle();
	}

	/** Everything that is posted happens. */
	settle(): void {
		for (let action = this.#posted.shift(); action; action = this.#posted.shift()) action();
	}

	/** Time passes, and what is posted happens at each step. */
	pass(ms: number, stepMs = 100): void {
		this.settle();
		for (let left = ms; left > 0; left -= stepMs) {
			this.time.advance(Math.min(left, stepMs));
			this.settle();
		}
	}

	/** A client whose callbacks write notes and read everything; given ones come after the note. */
	client(options: Partial<MqttClientOptions> = {}, Class: typeof MqttClient = MqttClient): MqttClient {
		const { onReadable, onWritable, onControl, onError, onClose } = options;
		const { notes, rooms } = this;
		const callbacks: Callbacks & ThisType<MqttClient> = {
			onReadable(count: number, told: ReadableOptions) {
				if (onReadable) onReadable.call(this, count, told);
				else
					notes.push(
						`${head(told)} ${JSON.stringify(textOf((this as MqttClient).read(count)))}${told.more ? " more" : ""}`,
					);
			},
			onWritable(room: number) {
				rooms.push(room);
				onWritable?.call(this, room);
			},
			onControl(message: ControlMessage) {
				const { operation, id, returnCode, payload } = message;
				notes.push(
					`control ${operation}${id === undefined ? "" : ` #${id}`}${payload ? ` [${payload}]` : ""}${returnCode === undefined ? "" : ` ${returnCode}`}`,
				);
				onControl?.call(this, message);
			},
			onError(error: MqttError) {
				notes.push(`error ${error.message}`);
				onError?.call(this, error);
			},
		};
		const own = onClose ? { onClose } : {};
		return new Class(
			{
				host: "192.0.2.1",
				id: "drop-in",
				dns: this.names,
				socket: { io: this.host.io as unknown as SocketClass },
				...options,
				...callbacks,
				...own,
			},
			this.platform,
		);
	}

	/** The same, with a CONNACK; what was noted and heard so far is forgotten. */
	online(options: Partial<MqttClientOptions> = {}): MqttClient {
		const client = this.client(options);
		this.pass(10, 10);
		this.send(0x20, 2, 0, 0);
		this.notes.length = this.rooms.length = 0;
		this.end.heard.length = 0;
		return client;
	}

	/** The broker sends bytes, in one segment. */
	send(...bytes: number[]): void {
		this.end.events.onData(Uint8Array.from(bytes));
		this.settle();
	}

	/** The broker sends a PUBLISH. */
	publish(topic: string, payload: string, qos: 0 | 1 | 2 = 0, id = 1, flags: { dup?: boolean } = {}): void {
		this.send(...publishBytes(topic, payload, qos, id, flags));
	}

	/** What the broker has heard since it was asked last. */
	heard(): string[] {
		this.settle();
		return this.end.heard.splice(0);
	}

	/** What the application was told since it was asked last. */
	noted(): Note[] {
		this.settle();
		return this.notes.splice(0);
	}
}

export function publishBytes(
	topic: string,
	payload: string,
	qos: 0 | 1 | 2 = 0,
	id = 1,
	flags: { dup?: boolean } = {},
): number[] {
	return [
		...mqttPacket.generate(
			{ cmd: "publish", topic, payload, qos, messageId: id, dup: flags.dup ?? false, retain: false },
			{ protocolVersion: 4 },
		),
	];
}

function head({ topic, byteLength, QoS }: ReadableOptions): string {
	return topic === undefined ? "..." : `${topic} ${byteLength} q${QoS}`;
}
