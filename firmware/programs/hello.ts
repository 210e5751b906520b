// SPDX-License-Identifier: MIT
/** The smallest useful program: it greets, and whoever answers makes the board show itself. */
import { Client, RETAIN } from "../../lib/index.js";
import type { Board, Program } from "../ports.js";

const GREETING = "Hello from "; // a literal in a function would be copied to the heap each time
export function start(board: Board): Program {
	const { name, memory, dialler, clock, random, store, limits, indicator, settings } = board;
	const { root, version, user, password } = settings;
	const listener = {
		onOnline() {
			// Digits and letters go straight into the outbox; undefined would mean that it is full.
			const body = client.compose(greeting, 1, RETAIN);
			body?.text(GREETING);
			body?.text(name);
			if (body) client.commit();
		},
		onMessage() {
			indicator?.identify(); // returning acknowledges the message
		},
	};
	const options = { memory, dialler, clock, random, store, limits, version, user, password };
	const client = new Client({ ...options, clientId: name, listener });
	// Topics and filters become bytes once, here: nothing is allocated after `open`.
	const greeting = client.topic(`${root}/${name}/hello`);
	client.subscribe(client.filter(`${root}/${name}/answer`), 1);
	client.open();
	return { client, stop: () => client.close() };
}
