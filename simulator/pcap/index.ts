// SPDX-License-Identifier: MIT
/** Captures for Wireshark: of a virtual network, and of a board on a real one. */

import type { Dialler, Link, Transport } from "../../lib/ports.js";
import { type Tap, TappedDialler } from "../stage/tap.js";
import type { TraceEntry, VirtualNetwork } from "../world.js";
import { Capture, type Connection } from "./capture.js";

export { Capture } from "./capture.js";

/** Connections that nobody has ended are looked through when there are so many more of them than there are links. */
const SLACK = 256;

/** Writes all that arrives in a network to a file, until it is closed. Throws when the file cannot be made. */
export function pcapOf(network: VirtualNetwork, file: string): Capture {
	const capture = new Capture(file, () => network.world.epochMs);
	const recorder = new Recorder(capture, network.links);
	const before = network.trace;
	network.trace = (entry) => {
		before?.(entry);
		recorder.record(entry);
	};
	return capture;
}

/** Knows which connection of a capture a link of a network is. */
export class Recorder {
	/** By the names of their links. */
	readonly connections = new Map<string, Connection>();
	readonly #capture: Capture;
	readonly #links: ReadonlySet<{ readonly name: string }>;

	/** `links`: those that are there, at any time. */
	constructor(capture: Capture, links: ReadonlySet<{ readonly name: string }>) {
		this.#capture = capture;
		this.#links = links;
	}

	record({ link, event, direction, bytes }: TraceEntry): void {
		const { connections } = this;
		if (event === "open") {
			if (connections.size >= this.#links.size + SLACK) this.#forget();
			// "board/life#dial"
			connections.set(link, this.#capture.connection(/^[^/#]+/.exec(link)?.[0] ?? link));
			return;
		}
		const connection = connections.get(link);
		if (connection === undefined) return;
		if (event === "data") connection.data(direction, bytes);
		else if (event === "end") connection.end(direction);
		else connection.reset(direction);
		if (connection.over) connections.delete(link);
	}

	/** Of links that were cut, or whose board lost its power, no end is ever seen. */
	#forget(): void {
		const there = new Set(Array.from(this.#links, ({ name }) => name));
		for (const name of this.connections.keys()) if (!there.has(name)) this.connections.delete(name);
	}
}

/** Writes what a board says and hears over this dialler, beneath TLS and WebSocket if there are any: the bytes of MQTT. */
export class CapturedDialler implements Dialler {
	readonly #dialler: Dialler & { readonly lastError?: string };
	readonly #capture: Capture;
	readonly #board: string;

	constructor(dialler: Dialler & { readonly lastError?: string }, capture: Capture, board: string) {
		this.#dialler = dialler;
		this.#capture = capture;
		this.#board = board;
	}

	/** What happened last, in words; empty when the dialler has none. */
	get lastError(): string {
		return this.#dialler.lastError ?? "";
	}

	/** Each connection has a tap of its own: after a power cut the old one is still open when the new one is dialled. */
	dial(link: Link): Transport {
		return new TappedDialler(this.#dialler, [tapOf(this.#capture, this.#board)]).dial(link);
	}
}

function tapOf(capture: Capture, board: string): Tap {
	let connection: Connection | undefined;
	return {
		onDial() {},
		onUp() {
			connection = capture.connection(board);
		},
		onSent: (bytes, start, end) => connection?.data("up", bytes.subarray(start, end)),
		onReceived: (bytes, start, end) => connection?.data("down", bytes.subarray(start, end)),
		onGone: () => connection?.end("up"),
	};
}
