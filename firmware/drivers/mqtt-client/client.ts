// SPDX-License-Identifier: MIT
/**
 * A drop-in for the MQTT client of the Moddable SDK (`embedded:network/mqtt/client`), for programs written against it: same
 * options, methods, callbacks and constants. `manifests/ecma419/README.md` says what differs.
 *
 * It is not built on `Client`, and here is why. This interface shows packets where `Client` shows messages: the application
 * picks identifiers, hears of PUBREC and PUBCOMP, sends PINGREQ itself, has payloads of any length in fragments both ways,
 * and a message is acknowledged when its last byte has been read, maybe much later. `Client` owns all of that, on purpose:
 * its memory holds whole messages, it picks the identifiers, it acknowledges when the handler returns, and a payload longer
 * than its memory does not exist; the SDK's own example, which sends 16 KiB to itself, would not run. Nor is there anything
 * for its store to do: this client is one connection, and what outlives a connection is what the store is for. The
 * decoder and the encoder of the core work on whole packets in an arena and would have to be given one just for heads. So
 * the packets are read and written here, straight from and to the socket, by the core's rules: decide before a byte goes,
 * check every byte that comes, let nothing but heads into memory, count any byte as a sign of life, end with a reason.
 *
 * The interface makes objects: one per message that comes (its head), one per control packet, and the application makes one
 * per message that goes. Beyond these nothing is allocated per message.
 */
import { Connection } from "./connection.js";
import type { Bytes, MqttClientOptions, Platform, WriteOptions } from "./types.js";

export type { MqttClientOptions, Platform } from "./types.js";

export class MqttClient {
	readonly #connection: Connection;

	/** Throws for options that cannot work; what happens later is told by callbacks. */
	constructor(options: MqttClientOptions, platform: Platform) {
		if (options.format !== undefined) this.format = options.format;
		const { target } = options;
		if (target !== undefined) (this as { target?: unknown }).target = target;
		this.#connection = new Connection(this, options, platform);
	}

	/** Always "buffer". */
	get format(): string {
		return "buffer";
	}

	set format(format: string) {
		if (format !== "buffer") throw new RangeError();
	}

	/** See `WriteOptions`. Throws when there is no room for it, or it is not possible now. Returns what `onWritable` would tell. */
	write(data: Bytes | null | undefined, options?: WriteOptions): number {
		return this.#connection.write(data, options);
	}

	/**
	 * A number, or none for all that was announced: a new ArrayBuffer. A buffer is filled, and the count returned. Undefined when
	 * there is nothing to read.
	 */
	read(count?: number): ArrayBuffer | undefined;
	read(buffer: Bytes): number | undefined;
	read(what?: number | Bytes): ArrayBuffer | number | undefined {
		return this.#connection.read(what);
	}

	/** At any time, more than once, in every callback. No callback comes after it. */
	close(): void {
		this.#connection.close();
	}

	static readonly CONNECT = 1;
	static readonly CONNACK = 2;
	static readonly PUBLISH = 3;
	static readonly PUBACK = 4;
	static readonly PUBREC = 5;
	static readonly PUBREL = 6;
	static readonly PUBCOMP = 7;
	static readonly SUBSCRIBE = 8;
	static readonly SUBACK = 9;
	static readonly UNSUBSCRIBE = 10;
	static readonly UNSUBACK = 11;
	static readonly PINGREQ = 12;
	static readonly PINGRESP = 13;
	static readonly DISCONNECT = 14;
}
