// SPDX-License-Identifier: MIT
/** What ECMA-419 MQTT client code gives and gets, as the SDK's `examples/io/tcp/mqttclient/mqttclient.js` has it. Types only. */

/** Elements of a view are bytes, whatever its type. */
export type Bytes = ArrayBuffer | ArrayBufferView;

/** Tells a TLS socket that the record goes on, and how long all of it will be; a TCP socket does not look. */
export interface More {
	more: boolean;
	byteLength: number;
}

/** The part that we use of an ECMA-419 TCP socket, or of one that looks like it. */
export interface Socket {
	/** A number: so many bytes in a new ArrayBuffer. A buffer: fills all of it, and returns the count. Throws for more than waits. */
	read(what: number | Bytes): ArrayBuffer | number | undefined;
	/** All or nothing: throws when there is no room. Returns the room left; nothing when the connection is broken. */
	write(bytes: Bytes, options?: More): number | undefined;
	close(): void;
}

export interface SocketOptions {
	readonly address: string;
	readonly host: string;
	readonly port: number;
	readonly onReadable: (count: number) => void;
	readonly onWritable: (count: number) => void;
	readonly onError: () => void;
}

export type SocketClass = new (options: SocketOptions) => Socket;

/** `embedded:network/dns/resolver/udp`, or another. */
export interface Resolver {
	resolve(question: {
		readonly host: string;
		readonly onResolved: (host: string, address: string) => void;
		readonly onError: (host: string) => void;
	}): void;
	/** Drops its questions without a word. */
	close?(): void;
}

/** `{ io, ... }`: a class and the options for it. */
export interface ResolverChoice {
	readonly io: new (options: object) => Resolver;
}

/** A socket class with options of its own; a TLS socket gets the class of the TCP socket below it as `TCP`. */
export interface SocketChoice {
	readonly io: SocketClass;
	readonly TCP?: { readonly io: SocketClass };
}

export interface WillOptions {
	readonly topic: string | Bytes;
	readonly message?: string | Bytes | undefined;
	readonly QoS?: number | undefined;
	readonly retain?: boolean | number | undefined;
}

/** With the first fragment of a message all of it, with the others `more` only. */
export interface ReadableOptions {
	/** Further fragments follow. */
	more: boolean;
	readonly topic?: string;
	readonly QoS?: number;
	/** Of the whole payload. */
	readonly byteLength?: number;
}

/** A packet that is not PUBLISH. */
export interface ControlMessage {
	readonly operation: number;
	/** As the application gave it, or the packet identifier. */
	readonly id?: number;
	/** CONNACK: 0. A refusal is told by `onError`. */
	readonly returnCode?: number;
	/** CONNACK: whether the broker has our session. */
	readonly sessionPresent?: boolean;
	/** SUBACK: the granted QoS of each item, 128 for a refusal. */
	readonly payload?: number[];
}

/** The application's functions, each called with the client as `this`. */
export interface Callbacks {
	/** `count` bytes of a payload can be read; 0 for an empty payload. Nothing further is told before they are read. */
	readonly onReadable?: ((count: number, options: ReadableOptions) => void) | undefined;
	/** `write` takes a payload of so many bytes, less topic and header. */
	readonly onWritable?: ((count: number) => void) | undefined;
	readonly onControl?: ((message: ControlMessage) => void) | undefined;
	/** Without it the end of the connection after DISCONNECT is told by `onError`. */
	readonly onClose?: (() => void) | undefined;
	/** The client is closed. `returnCode` of the error is that of a CONNACK which refused. */
	readonly onError?: ((error: MqttError) => void) | undefined;
}

export type MqttError = Error & { returnCode?: number };

export interface MqttClientOptions extends Callbacks {
	readonly host: string;
	/** Default 1883. */
	readonly port?: number | string | undefined;
	/** Client identifier. Default: empty, the broker chooses one. */
	readonly id?: string | Bytes | undefined;
	readonly user?: string | Bytes | undefined;
	readonly password?: string | Bytes | undefined;
	/** Milliseconds; default 0, which is off. At most 65,535 seconds. */
	readonly keepAlive?: number | undefined;
	/** The same by its older name. */
	readonly keepalive?: number | undefined;
	/** Clean session. Default true. */
	readonly clean?: boolean | undefined;
	readonly will?: WillOptions | undefined;
	readonly format?: string | undefined;
	readonly target?: unknown;
	/** Not needed when `host` is an IPv4 address. */
	readonly dns?: ResolverChoice | undefined;
	readonly socket: SocketChoice;
}

/** What to do; left out: PUBLISH. */
export interface WriteOptions {
	readonly operation?: number | undefined;
	/** PUBLISH of QoS 1 and 2, SUBSCRIBE, UNSUBSCRIBE: comes back in `onControl`. Left out: one that is free. */
	readonly id?: number | undefined;
	readonly topic?: string | Bytes | undefined;
	readonly QoS?: number | undefined;
	readonly retain?: boolean | number | undefined;
	readonly duplicate?: boolean | undefined;
	/** Of the whole payload; more than `data` has: the rest comes with further calls, without options. */
	readonly byteLength?: number | undefined;
	/** SUBSCRIBE, UNSUBSCRIBE. */
	readonly items?: readonly Item[] | undefined;
}

export interface Item {
	readonly topic: string | Bytes;
	readonly QoS?: number | undefined;
}

/** What the SDK's modules and XS do for us; the entry module and the tests bring them. */
export interface Platform {
	/** The module "timer". */
	readonly Timer: {
		set(callback: () => void, ms: number, repeat: number): object;
		/** Without times: never. */
		schedule(timer: object, ms?: number, repeat?: number): void;
		clear(timer: object): void;
	};
	/** The module "time": milliseconds that wrap. */
	readonly Time: { readonly ticks: number };
	/** `ArrayBuffer.fromString`. */
	encode(text: string): ArrayBuffer;
	/** `String.fromArrayBuffer`: throws when the bytes are not UTF-8. */
	decode(buffer: ArrayBufferLike, start: number, length: number): string;
}
