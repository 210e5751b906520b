// SPDX-License-Identifier: MIT
/** What lies under a model of an ECMA-419 TCP class: the lwIP thread, as seen from the SDK's C code. */
import { connect } from "node:net";

/** What the lwIP thread tells (`tcpConnect`, `tcpReceive`, `tcpSent`, `tcpError` of the SDK's `modules/io/socket/lwip/tcp.c`). */
export interface WireEvents {
	onConnect(): void;
	onData(bytes: Uint8Array): void;
	/** So many bytes were acknowledged. */
	onSent(count: number): void;
	/** The peer's FIN. */
	onEnd(): void;
	/** Reset, refused, given up. */
	onReset(): void;
}

export interface Wire {
	send(bytes: Uint8Array): void;
	/** The receive window is full, or open again. */
	hold(full: boolean): void;
	/** Sends what is queued, then FIN. */
	end(): void;
	reset(): void;
}

export interface Network {
	connect(address: string, port: number, events: WireEvents): Wire;
	/** Runs it in a later turn: a message to the machine's queue. */
	post(action: () => void): void;
}

/** Node's sockets. */
export const nodeNetwork: Network = {
	post: (action) => void setImmediate(action),
	connect(address, port, events) {
		const socket = connect({ host: address, port, noDelay: true, allowHalfOpen: true });
		let over = false;
		socket.on("connect", () => !over && events.onConnect());
		socket.on("data", (chunk) => !over && events.onData(chunk));
		socket.on("end", () => !over && events.onEnd());
		socket.on("error", () => {
			if (!over) events.onReset();
		});
		return {
			send(bytes) {
				const copy = bytes.slice();
				socket.write(copy, (error) => {
					if (!over && !error) events.onSent(copy.length);
				});
			},
			hold: (full) => void (full ? socket.pause() : socket.resume()),
			end() {
				over = true;
				socket.resume();
				socket.end();
				setTimeout(() => socket.destroy(), 500).unref();
				socket.on("end", () => socket.destroySoon());
				if (socket.readableEnded) socket.destroySoon();
			},
			reset() {
				over = true;
				socket.resetAndDestroy();
			},
		};
	},
};
