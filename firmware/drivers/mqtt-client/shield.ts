// SPDX-License-Identifier: MIT
import type { Bytes, Socket, SocketChoice, SocketClass, SocketOptions } from "./types.js";

/** What hears of a shielded socket; never from inside TLSSocket's code. */
export interface Shielded {
	readable(count: number): void;
	roomFor(room: number): void;
	ended(): void;
	/** TLSSocket has thrown: it does so for a certificate that does not please it, an alert, a bad record. */
	threw(error: unknown): void;
}

/**
 * The SDK's `TLSSocket`, whose exceptions do not restart the device. It does its work in callbacks of the TCP socket below it
 * and throws out of them; so it gets a TCP class of ours, which calls these in a `try`. What TLSSocket tells us meanwhile is
 * only noted, and passed on when its code has returned: an exception of the application is then no exception of TLS, and
 * a close from inside a callback meets it at rest.
 *
 * TLSSocket also reads on from a timer of its own. It sets that timer when `readable` of the TCP socket says that more waits
 * after it was read from; it is told that nothing does, and {@link resume} lets it look again.
 */
export class Shield {
	readonly socket: Socket;
	readonly #owner: Shielded;
	#below: Below | undefined;
	#readable = 0;
	#room = -1;
	#ended = false;
	#over = false;

	/** Throws what the constructors throw. */
	constructor(
		choice: SocketChoice,
		options: Pick<SocketOptions, "address" | "host" | "port">,
		owner: Shielded,
	) {
		const shield = this;
		const TCP = choice.TCP as { readonly io: SocketClass };
		this.#owner = owner;
		this.socket = new choice.io({
			...choice,
			...options,
			TCP: {
				...TCP,
				io: class extends Below {
					constructor(below: SocketOptions) {
						super(TCP.io, below, shield);
						shield.#below = this;
					}
				},
			},
			onReadable: (count) => {
				this.#readable = count;
			},
			onWritable: (room) => {
				this.#room = room;
			},
			onError: () => {
				this.#ended = true;
			},
		} as SocketOptions);
	}

	/** Runs TLSSocket's code; false when that has thrown. */
	run(action: () => void): boolean {
		if (this.#over) return false;
		try {
			action();
		} catch (error) {
			this.#over = true;
			this.#owner.threw(error);
		}
		return !this.#over;
	}

	/** Passes on what was noted, and lets TLSSocket look at what else waits; not from inside its code. */
	pass(): void {
		while (!this.#over) {
			const room = this.#room;
			const count = this.#readable;
			this.#room = -1;
			this.#readable = 0;
			if (room >= 0) this.#owner.roomFor(room);
			else if (count > 0) {
				this.#owner.readable(count);
				this.#below?.refresh();
			} else if (this.#below?.more) this.#below.look();
			else break;
		}
		if (this.#ended && !this.#over) this.#owner.ended();
	}

	/** Something was read, so TLSSocket may have room for its next record. */
	resume(): void {
		this.#below?.refresh();
		this.pass();
	}

	/** Nothing is passed on any more. */
	close(): void {
		this.#over = true;
	}
}

/** The TCP socket below. TLSSocket keeps in `readable` and `writable` how much it may read and write. */
class Below implements Socket {
	writable = 0;
	#waiting = 0;
	/** Of it, what TLSSocket has looked at without reading it. */
	#seen = -1;
	readonly #shield: Shield;
	readonly #options: SocketOptions;
	readonly #tcp: Socket;
	/** TLSSocket runs because of a callback of ours, and sees what waits. */
	#inside = false;

	constructor(io: SocketClass, options: SocketOptions, shield: Shield) {
		this.#options = options;
		this.#shield = shield;
		this.#tcp = new io({
			...options,
			onReadable: (count) => {
				this.#waiting = count;
				this.look();
				shield.pass();
			},
			onWritable: (room) => {
				this.call(() => options.onWritable(room));
				shield.pass();
			},
			onError: () => {
				this.call(() => options.onError());
				shield.pass();
			},
		});
	}

	get readable(): number {
		return this.#inside ? this.#waiting : 0;
	}

	set readable(count: number) {
		this.#waiting = count;
	}

	/** Something waits that TLSSocket has not looked at. */
	get more(): boolean {
		return this.#waiting > 0 && this.#waiting !== this.#seen;
	}

	refresh(): void {
		this.#seen = -1;
	}

	/** Lets TLSSocket look at what waits. */
	look(): void {
		const count = this.#waiting;
		this.call(() => this.#options.onReadable(count));
		this.#seen = this.#waiting === count ? count : -1;
	}

	private call(action: () => void): void {
		this.#inside = true;
		this.#shield.run(action);
		this.#inside = false;
	}

	read(what: number | Bytes): ArrayBuffer | number | undefined {
		return this.#tcp.read(what);
	}

	write(bytes: Bytes): number | undefined {
		return this.#tcp.write(bytes);
	}

	close(): void {
		this.#tcp.close();
	}
}
