// SPDX-License-Identifier: MIT
/** The broker's end of a virtual connection. */

import type { Acceptor, BrokerPeer, BrokerSocket } from "../seams.js";
import type { Pipe, PipeEnd } from "./pipe.js";

/** The board's receive window on the ESP32, in bytes: what is sent and not yet read by the board never exceeds it. */
const windowBytes = 8192;

export class BrokerEnd implements BrokerSocket, PipeEnd {
	readonly address: string;
	readonly #down: Pipe;
	readonly #onDone: () => void;
	#peer: BrokerPeer | undefined;
	#queue: Uint8Array[] = [];
	#backlog = 0;
	/** Sent to the board and not yet read by it. */
	#unread = 0;
	#ending = false;
	/** Never accepted, or gone: no callback any more. */
	#done = true;

	constructor(down: Pipe, address: string, onDone: () => void) {
		this.#down = down;
		this.address = address;
		this.#onDone = onDone;
	}

	get isDone(): boolean {
		return this.#done;
	}

	accept(acceptor: Acceptor): void {
		this.#done = false;
		this.#peer = acceptor.accept(this);
	}

	get backlog(): number {
		return this.#backlog;
	}

	send(chunk: Uint8Array): void {
		if (this.#done || this.#ending || chunk.length === 0) return;
		this.#queue.push(chunk);
		this.#backlog += chunk.length;
		this.#pump();
	}

	end(): void {
		if (this.#done || this.#ending) return;
		this.#ending = true;
		if (this.#backlog === 0) this.#down.finish("end");
	}

	destroy(): void {
		if (this.#done) return;
		this.#down.finish("reset");
		this.#finish();
	}

	onBytes(bytes: Uint8Array): void {
		if (this.#done) return;
		this.#down.taken(bytes.length);
		this.#peer?.onData(bytes);
	}

	onTaken(count: number): void {
		if (this.#done) return;
		this.#unread -= count;
		if (this.#backlog === 0) return;
		this.#pump();
		if (this.#backlog > 0) return;
		if (this.#ending) this.#down.finish("end");
		else this.#peer?.onDrain();
	}

	onEnd(): void {
		this.onReset();
	}

	onReset(): void {
		if (this.#done) return;
		this.#finish();
		this.#peer?.onClose();
	}

	#finish(): void {
		this.#done = true;
		this.#queue = [];
		this.#backlog = 0;
		this.#onDone();
	}

	/** Puts as much on the wire as the board's window takes. */
	#pump(): void {
		while (this.#backlog > 0 && this.#unread < windowBytes) {
			const chunk = this.#queue[0];
			const count = Math.min(chunk.length, windowBytes - this.#unread);
			if (count === chunk.length) this.#queue.shift();
			else this.#queue[0] = chunk.subarray(count);
			this.#down.send(count === chunk.length ? chunk : chunk.subarray(0, count));
			this.#backlog -= count;
			this.#unread += count;
		}
	}
}
