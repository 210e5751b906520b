// SPDX-License-Identifier: MIT
import type { Exchanges } from "./exchanges.js";
import { Found, type Inlet } from "./inlet.js";
import { Fault, Operation } from "./packet.js";
import type { Bytes, Callbacks, ControlMessage, Platform, ReadableOptions, Socket } from "./types.js";

/** Options of all fragments but the first. */
const MORE: ReadableOptions = Object.freeze({ more: true });
const LAST: ReadableOptions = Object.freeze({ more: false });

/** What {@link Receiving.take} did; a negative number is `-Fault`. */
export const enum Took {
	/** Nothing: not enough has come, or the application has to read first. */
	Nothing = 0,
	Something = 1,
	/** CONNACK with return code 0 was read. */
	Welcome = 2,
}

/**
 * What the broker sends, as the application hears of it.
 *
 *     PUBLISH ─▶ head ─▶ onReadable for each fragment ─▶ the last byte was read ─▶ PUBACK or PUBREC owed
 *     PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, PINGRESP ─▶ what they do to the exchanges ─▶ onControl
 */
export class Receiving {
	/** What went wrong in {@link read}: the connection has to end. */
	fault = 0;
	readonly #owner: object;
	readonly #on: Callbacks;
	readonly #platform: Platform;
	readonly #inlet: Inlet;
	readonly #exchanges: Exchanges;
	/** The head of a message has been read, and not all of its payload; its options, until they are told. */
	#receiving = false;
	#first: ReadableOptions | undefined;
	/** Nobody wants the payload. */
	#skipping = false;

	constructor(owner: object, on: Callbacks, platform: Platform, inlet: Inlet, exchanges: Exchanges) {
		this.#owner = owner;
		this.#on = on;
		this.#platform = platform;
		this.#inlet = inlet;
		this.#exchanges = exchanges;
	}

	/** Takes one thing of what came. `login`: CONNACK has to be the first [MQTT-3.2.0-1]. */
	take(login: boolean): number {
		const inlet = this.#inlet;
		if (this.fault !== 0) return -this.fault;
		if (inlet.announced > 0 || !this.#exchanges.canOwe) return Took.Nothing;
		if (this.#receiving) return this.fragment();
		const found = inlet.next();
		if (found <= Found.Nothing) return found;
		const { operation } = inlet;
		if ((operation === Operation.Connack) !== login) return -Fault.Unexpected;
		if (found === Found.Message) return this.message();
		if (operation === Operation.Connack) return inlet.returnCode === 0 ? Took.Welcome : -Fault.Refused;
		return this.control();
	}

	/** The head of a PUBLISH. */
	private message(): number {
		const inlet = this.#inlet;
		const QoS = (inlet.flags >> 1) & 3;
		this.#receiving = true;
		// It is the application's already, and the broker does not know [MQTT-4.3.3-2].
		const known = QoS === 2 && this.#exchanges.hasInbound(inlet.id);
		this.#skipping = known || this.#on.onReadable === undefined;
		if (this.#skipping) return Took.Something;
		try {
			const { start, end } = inlet;
			const topic = this.#platform.decode(inlet.head.buffer, start, end - start);
			this.#first = { topic, byteLength: inlet.remaining, QoS, more: false };
		} catch {
			return -Fault.Malformed; // [MQTT-1.5.3-1]
		}
		return Took.Something;
	}

	/** What there is of a payload. */
	private fragment(): number {
		const inlet = this.#inlet;
		if (this.#skipping) {
			inlet.skip();
			if (inlet.remaining > 0) return Took.Nothing;
			this.received();
			return Took.Something;
		}
		const empty = inlet.remaining === 0;
		const count = inlet.announce();
		if (count === 0 && !empty) return Took.Nothing;
		const more = inlet.remaining > 0;
		const options = this.#first ?? (more ? MORE : LAST);
		if (this.#first !== undefined) options.more = more;
		this.#first = undefined;
		this.#on.onReadable?.call(this.#owner, count, options);
		if (empty && this.#receiving) this.received();
		return Took.Something;
	}

	/** The application has all of the message: now it may be acknowledged. */
	private received(): void {
		const { id, flags } = this.#inlet;
		const exchanges = this.#exchanges;
		this.#receiving = false;
		const qos = (flags >> 1) & 3;
		if (qos === 1) exchanges.owe(Operation.Puback, id);
		else if (qos === 2) {
			if (exchanges.hasInbound(id) || exchanges.openInbound(id)) exchanges.owe(Operation.Pubrec, id);
			else this.fault = Fault.TooMany;
		}
	}

	private control(): number {
		const inlet = this.#inlet;
		const exchanges = this.#exchanges;
		const { operation, id } = inlet;
		let name = id;
		if (operation === Operation.Pubrel) {
			exchanges.closeInbound(id);
			exchanges.owe(Operation.Pubcomp, id);
		} else if (operation !== Operation.Pingresp) {
			name = exchanges.answered(operation, id);
			if (operation === Operation.Pubrec) exchanges.owe(Operation.Pubrel, id);
		}
		const { onControl } = this.#on;
		if (onControl === undefined) return Took.Something;
		let message: ControlMessage;
		if (operation === Operation.Pingresp) message = { operation };
		else if (operation !== Operation.Suback) message = { operation, id: name };
		else message = { operation, id: name, payload: Array.from(inlet.head.subarray(inlet.start, inlet.end)) };
		onControl.call(this.#owner, message);
		return Took.Something;
	}

	/** As `MqttClient.read`. */
	read(what: number | Bytes | undefined, socket: Socket | undefined): ArrayBuffer | number | undefined {
		const { announced } = this.#inlet;
		if (typeof what !== "object") {
			const wanted = what ?? announced;
			const count = wanted < announced ? wanted : announced;
			if (count > 0) return this.took(count, socket?.read(count));
			return this.#receiving || what === 0 ? new ArrayBuffer(0) : undefined;
		}
		// Of views the SDK's client takes those whose elements are bytes.
		if ("BYTES_PER_ELEMENT" in what && (what.BYTES_PER_ELEMENT as number) > 1)
			throw new Error("invalid buffer");
		const wanted = what.byteLength;
		const count = wanted < announced ? wanted : announced;
		if (count === 0) return this.#receiving || wanted === 0 ? 0 : undefined;
		if (!ArrayBuffer.isView(what))
			what = new Uint8Array(what, 0, count); // a TLS socket wants a view
		else if (count < wanted) what = new Uint8Array(what.buffer, what.byteOffset, count);
		return this.took(count, socket?.read(what));
	}

	private took<T>(count: number, result: T): T {
		const inlet = this.#inlet;
		inlet.taken(count);
		if (inlet.announced === 0 && inlet.remaining === 0) this.received();
		return result;
	}

	/** The connection is over. */
	close(): void {
		this.#receiving = false;
		this.#first = undefined;
		this.#inlet.announced = 0;
	}
}
