// SPDX-License-Identifier: MIT
/** Captures for Wireshark: of a virtual network, and of a board on a real one. */

import type { Tap } from "../stage/tap.js";
import type { TraceEntry, VirtualNetwork } from "../world.js";
import { Capture, type Connection } from "./capture.js";

export { Capture } from "./capture.js";

/** Connections that nobody has ended are looked through when there are so many more of them than there are links. */
const SLACK = 256;

/** Writes all that arrives in a network to a file, until it is closed. Throws when the file cannot be made. */
export function pcapOf(network: VirtualNetwork, file: string): Capture {
	const capture = new Capture(file, () => network.world.epochMs);
	const connections = new Map<string, Connection>();
	const before = network.trace;
	network.trace = (entry) => {
		before?.(entry);
		record(capture, connections, entry);
		if (connections.size > network.links.size + SLACK) forget(network, connections);
	};
	return capture;
}

function record(capture: Capture, connections: Map<string, Connection>, entry: TraceEntry): void {
	const { link, event, direction, bytes } = entry;
	if (event === "open") {
		// "board/life#dial"
		connections.set(link, capture.connection(/^[^/#]+/.exec(link)?.[0] ?? link));
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
function forget(network: VirtualNetwork, connections: Map<string, Connection>): void {
	const there = new Set(Array.from(network.links, ({ name }) => name));
	for (const name of connections.keys()) if (!there.has(name)) connections.delete(name);
}

/** Writes what a board says and hears, beneath TLS and WebSocket if there are any: the bytes of MQTT. */
export function tapOf(capture: Capture, board: string): Tap {
	let connection: Connection | undefined;
	return {
		onDial() {},
		onUp() {
			connection = capture.connection(board);
		},
		onSent: (bytes, start, end) => connection?.data("up", bytes.subarray(start, end)),
		onReceived: (bytes, start, end) => connection?.data("down", bytes.subarray(start, end)),
		onGone() {
			connection?.end("up");
			connection = undefined;
		},
	};
}
