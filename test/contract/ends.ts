// SPDX-License-Identifier: MIT
/** The two ends that the contract of the diallers watches. */

import type { Dialler, Link, LinkFault, Transport } from "../../lib/ports.js";
import type { BrokerPeer, BrokerSocket } from "../../simulator/seams.js";

/** The far end: keeps what it gets, and answers as told. */
export class Peer implements BrokerPeer {
	readonly socket: BrokerSocket;
	readonly received: Uint8Array[] = [];
	bytes = 0;
	closed = 0;
	echo = false;

	constructor(socket: BrokerSocket) {
		this.socket = socket;
	}

	onData(chunk: Uint8Array): void {
		this.bytes += chunk.length;
		if (this.echo) this.socket.send(new Uint8Array(chunk));
		else this.received.push(new Uint8Array(chunk)); // of a Buffer `slice` is a view
	}

	onDrain(): void {}

	onClose(): void {
		this.closed++;
	}
}

/** The client's end: notes every callback, and whether it came from inside a call. */
export class Recorder implements Link {
	readonly calls: string[] = [];
	transport: Transport | undefined;
	readable = 0;
	writables = 0;
	room = 0;
	readonly faults: LinkFault[] = [];
	/** Set while a method of the transport runs: no callback may come then. */
	inside = true;
	onEach: ((name: string) => void) | undefined;

	dial(dialler: Dialler): this {
		this.inside = true;
		this.transport = dialler.dial(this);
		this.inside = false;
		return this;
	}

	onReadable(count: number): void {
		this.readable = count;
		this.#note("readable");
	}

	onWritable(room: number): void {
		this.room = room;
		this.writables++;
		this.#note("writable");
	}

	onError(fault: LinkFault): void {
		this.faults.push(fault);
		this.#note("error");
	}

	write(bytes: Uint8Array, start = 0, end = bytes.length): number {
		this.inside = true;
		const room = this.transport!.write(bytes, start, end);
		this.inside = false;
		return room;
	}

	read(bytes: Uint8Array, start: number, limit: number): number {
		this.inside = true;
		const count = this.transport!.read(bytes, start, limit);
		this.inside = false;
		return count;
	}

	close(): void {
		this.inside = true;
		this.transport!.close();
		this.inside = false;
	}

	#note(name: string): void {
		this.calls.push(this.inside ? `${name} from inside` : name);
		this.onEach?.(name);
	}
}

/** Bytes that tell their place in the stream. */
export function pattern(at: number): number {
	return (Math.imul(at, 2654435761) >>> 13) & 0xff;
}

export function patterned(length: number, from = 0): Uint8Array {
	return Uint8Array.from({ length }, (_, i) => pattern(from + i));
}
