// SPDX-License-Identifier: MIT
/** MQTT over WebSocket on a device, through any other dialler: TCP for ws://, TLS for wss://. */

import type { Clock, Dialler, Link, Random, Transport } from "../../lib/index.js";
import { WebSocketTransport } from "./websocket/transport.js";
import { Upgrade } from "./websocket/upgrade.js";

export interface WebSocketOptions {
	/** Leads to the server's port. */
	readonly dialler: Dialler & { readonly lastError: string };
	readonly clock: Clock;
	readonly random: Random;
	/** As the server knows itself: its name, with ":port" where that is not 80 (with TLS 443). */
	readonly host: string;
	/** Default "/mqtt", which HiveMQ, EMQX and others listen at; mosquitto takes any. */
	readonly path?: string;
	/** More lines of the request, such as "Authorization: Bearer …". */
	readonly headers?: readonly string[];
}

export class WebSocketDialler implements Dialler {
	readonly #transport: WebSocketTransport;

	/** Throws when host, path or headers would make no request. */
	constructor({ dialler, clock, random, host, path = "/mqtt", headers = [] }: WebSocketOptions) {
		const upgrade = new Upgrade({ host, path, headers });
		this.#transport = new WebSocketTransport({ dialler, clock, random, upgrade, place: host });
	}

	/** What happened last and what to do about it, in a sentence; empty before the first failure. */
	get lastError(): string {
		return this.#transport.lastError;
	}

	/** The connection before is ended: there is one transport for all. */
	dial(link: Link): Transport {
		this.#transport.open(link);
		return this.#transport;
	}
}
