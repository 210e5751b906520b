// SPDX-License-Identifier: MIT
/**
 * The TCP class of an ESP32, as the SDK's `modules/io/socket/lwip/tcp.c` has it: throws where it throws, tells when it
 * tells. Below it is Node, or a simulated network.
 */
import type { Socket, SocketClass, SocketOptions } from "../../../firmware/drivers/socket.js";
import { type Network, nodeNetwork, type Wire } from "./wire.js";

const enum Trigger {
	Output = 1,
	Readable = 2,
	Writable = 4,
	Error = 8,
}

/** `TCP_SND_BUF` and `TCP_WND` of the SDK's sdkconfig for the ESP32. */
const SEND_BUFFER = 8192;
const WINDOW = 8192;

/** What a test does to all sockets of a class. */
export interface TcpHost {
	readonly io: SocketClass;
	/** The sockets that were made. */
	readonly sockets: LwipSocket[];
	/** Thrown by the next constructor: "no network", "no socket", "no memory", "bind failed". */
	throwsNext: string;
	/** Options of the latest constructor. */
	latest: SocketOptions | undefined;
}

/** What tests may do to one of them. */
export interface LwipSocket extends Socket {
	/** As `xs_tcp_read` takes it: a view, a buffer, a number of bytes, or nothing for all that waits. */
	read(view: Uint8Array): number | undefined;
	read(buffer: ArrayBuffer): number | undefined;
	read(count?: number): ArrayBuffer | undefined;
	/** `tcp_write` fails: it returns undefined, `onError` follows. */
	failWrites: boolean;
	/** Bytes that wait to be read. */
	readonly unread: number;
	readonly closed: boolean;
	/** Calls back what the C code would not after a close; the Linux one does. */
	late(): void;
}

/** Makes a class like the default export of `embedded:io/socket/tcp`. */
export function tcpHost(network: Network = nodeNetwork): TcpHost {
	const host: { -readonly [K in keyof TcpHost]: TcpHost[K] } = {
		io: undefined as unknown as SocketClass,
		sockets: [],
		throwsNext: "",
		latest: undefined,
	};
	host.io = class extends Tcp {
		constructor(options: SocketOptions) {
			const message = host.throwsNext;
			host.throwsNext = "";
			host.latest = { ...options };
			if (message !== "") throw new Error(message);
			super(options, network);
			host.sockets.push(this);
		}
	};
	return host;
}

class Tcp implements LwipSocket {
	failWrites = false;
	closed = false;
	readonly #network: Network;
	readonly #options: SocketOptions;
	/** Null after `tcpError`: "pcb is already freed". */
	#wire: Wire | null;
	#buffers: Uint8Array[] = [];
	#triggered = 0;
	#triggerable = 0;
	#error = false;
	#ready = false;
	#unsent = 0;

	constructor(options: SocketOptions, network: Network) {
		// Stored natively at construction: later changes of the options object are not seen.
		this.#options = { ...options };
		this.#network = network;
		for (const name of ["onReadable", "onWritable", "onError"] as const)
			if (options[name] !== undefined && typeof options[name] !== "function") throw new TypeError("callback");
		if (options.onReadable) this.#triggerable |= Trigger.Readable;
		if (options.onWritable) this.#triggerable |= Trigger.Writable;
		if (options.onError) this.#triggerable |= Trigger.Error;
		if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(options.address)) throw new Error("invalid address");
		if (!(options.port >= 0 && options.port <= 65535)) throw new RangeError("invalid port");
		this.#wire = network.connect(options.address, options.port, {
			onConnect: () => {
				this.#ready = true;
				this.#trigger(Trigger.Writable);
			},
			onData: (bytes) => {
				this.#buffers.push(bytes.slice());
				if (this.unread >= WINDOW) this.#wire?.hold(true);
				if (this.#triggerable & Trigger.Readable) this.#trigger(Trigger.Readable);
			},
			onSent: (count) => {
				this.#unsent -= count;
				if (this.#triggerable & Trigger.Writable) this.#trigger(Trigger.Writable);
			},
			onEnd: () => {
				this.#triggerable &= ~Trigger.Writable;
				this.#trigger(Trigger.Error);
			},
			onReset: () => {
				this.#triggerable &= ~Trigger.Writable;
				this.#wire = null;
				if (this.#triggerable & Trigger.Error) this.#trigger(Trigger.Error);
			},
		});
	}

	get unread(): number {
		return this.#buffers.reduce((sum, one) => sum + one.length, 0);
	}

	read(view: Uint8Array | ArrayBuffer): number | undefined;
	read(count?: number): ArrayBuffer | undefined;
	read(wanted?: Uint8Array | ArrayBuffer | number): number | ArrayBuffer | undefined {
		this.#validate();
		if (this.#buffers.length === 0) return undefined;
		const view = typeof wanted === "object" ? bytesOf(wanted) : new Uint8Array(wanted ?? this.unread);
		const requested = view.length;
		if (requested <= 0 || requested > this.unread) throw new Error("invalid");
		for (let at = 0; at < requested; ) {
			const [first] = this.#buffers;
			const use = Math.min(requested - at, first.length);
			view.set(first.subarray(0, use), at);
			at += use;
			if (use < first.length) this.#buffers[0] = first.subarray(use);
			else this.#buffers.shift();
		}
		if (this.unread < WINDOW) this.#wire?.hold(false);
		if (this.#buffers.length === 0 && this.#error) this.#trigger(Trigger.Error);
		return typeof wanted === "object" ? requested : (view.buffer as ArrayBuffer);
	}

	write(buffer: Uint8Array | ArrayBuffer): number | undefined {
		const view = bytesOf(buffer);
		this.#validate();
		if (!this.#ready) throw new Error("not ready");
		if (this.#error || this.#wire === null) return undefined;
		if (view.length > SEND_BUFFER - this.#unsent) throw new Error("would block");
		if (this.failWrites) {
			this.#trigger(Trigger.Error);
			return undefined;
		}
		this.#unsent += view.length;
		this.#wire.send(view);
		this.#trigger(Trigger.Output);
		return SEND_BUFFER - this.#unsent;
	}

	close(): void {
		if (this.closed) return;
		this.closed = true;
		this.#triggerable = 0;
		this.#triggered = 0;
		this.#ready = false;
		const unread = this.unread > 0;
		this.#buffers = [];
		if (unread) this.#wire?.reset();
		else this.#wire?.end();
		this.#wire = null;
	}

	late(): void {
		const { onReadable, onWritable, onError } = this.#options;
		onReadable?.call(this, 5);
		onWritable?.call(this, 5);
		onError?.call(this);
	}

	/** `xsmcGetHostDataValidate`: the native part is gone after a close. */
	#validate(): void {
		if (this.closed) throw new SyntaxError("invalid host data");
	}

	#trigger(trigger: Trigger): void {
		const triggered = this.#triggered;
		this.#triggered |= trigger;
		if (triggered === 0) this.#network.post(() => this.#deliver());
	}

	/** `tcpDeliver`: one message for all that happened; readable first, then writable or error. */
	#deliver(): void {
		let triggered = this.#triggered;
		this.#triggered = 0;
		if (triggered & Trigger.Error) {
			triggered &= ~(Trigger.Output | Trigger.Writable);
			this.#error = true;
			this.#ready = false;
		}
		const { onReadable, onWritable, onError } = this.#options;
		if (triggered & this.#triggerable & Trigger.Readable && this.#buffers.length > 0)
			onReadable?.call(this, this.unread);
		if (this.#buffers.length > 0 && this.#error) return; // told when they are read
		if (!this.#error) {
			if (triggered & this.#triggerable & Trigger.Writable && this.#wire !== null)
				onWritable?.call(this, SEND_BUFFER - this.#unsent);
		} else if (this.#triggerable & Trigger.Error) onError?.call(this);
	}
}

function bytesOf(buffer: Uint8Array | ArrayBuffer): Uint8Array {
	return buffer instanceof ArrayBuffer ? new Uint8Array(buffer) : buffer;
}
