// SPDX-License-Identifier: MIT
/** MQTT over WebSocket on a device, through any other dialler: TCP for ws://, TLS for wss://. */

import type { Clock, Dialler, Link, Random, Transport } from "../../lib/index.js";
import type { Leading } from "./elsewhere.js";
import { WebSocketTransport } from "./websocket/transport.js";
import { Upgrade } from "./websocket/upgrade.js";

export interface WebSocketOptions {
	/** Leads to the server's port; one that can be led elsewhere, for {@link WebSocketDialler.leadTo}. */
	readonly dialler: (Dialler | Leading) & { readonly lastError: string };
	readonly clock: Clock;
	readonly random: Random;
	/** As the server knows itself: its name, with ":port" where that is not 80 (with TLS 443). */
	readonly host: string;
	/** Default "/mqtt", which HiveMQ, EMQX and others listen at; mosquitto takes any. */
	readonly path?: string;
	/** More lines of the request, such as "Authorization: Bearer …". */
	readonly headers?: readonly string[];
	/** The port that need not stand behind a host: 80, or with TLS 443. Default 80; for {@link WebSocketDialler.leadTo}. */
	readonly usualPort?: number;
}

export class WebSocketDialler implements Leading {
	readonly #transport: WebSocketTransport;
	readonly #options: WebSocketOptions;

	/** Throws when host, path or headers would make no request. */
	constructor(options: WebSocketOptions) {
		const { dialler, clock, random, host, path = "/mqtt", headers = [] } = options;
		const upgrade = new Upgrade({ host, path, headers });
		this.#options = options;
		this.#transport = new WebSocketTransport({ dialler, clock, random, upgrade, place: host });
	}

	/** To the same path there, with the same headers. Throws when the dialler below cannot be led. */
	leadTo(host: string, port: number): void {
		const { dialler, path = "/mqtt", headers = [], usualPort = 80 } = this.#options;
		if (!("leadTo" in dialler)) throw new TypeError("the dialler below leads to one place only");
		dialler.leadTo(host, port);
		const name = port === usualPort ? host : `${host}:${port}`;
		this.#transport.address(new Upgrade({ host: name, path, headers }), name);
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
