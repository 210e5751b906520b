// SPDX-License-Identifier: MIT
/**
 * Enhanced authentication (5.0, section 4.12): the exchange of AUTH packets before CONNACK, and again at any
 * time.
 *
 * What is exchanged is a method's own business; here is only who may say what when. Other packets go on
 * during a re-authentication, and a failure ends the connection.
 */

import type { IAuthPacket } from "mqtt-packet";
import { type Connection, Phase } from "./connection.js";
import type { AuthExchange } from "./method.js";
import { Code } from "./protocol.js";

/** The authentication of one connection whose CONNECT named a method. */
export class Authentication {
	readonly method: string;
	readonly #connection: Connection;
	readonly #begin: () => AuthExchange;
	readonly #welcome: (data: Buffer | undefined, user: string | undefined) => void;
	#exchange: AuthExchange | undefined;

	/** `welcome` is called once, when the client may be let in. */
	constructor(
		connection: Connection,
		method: string,
		begin: () => AuthExchange,
		welcome: (data: Buffer | undefined, user: string | undefined) => void,
	) {
		this.#connection = connection;
		this.method = method;
		this.#begin = begin;
		this.#welcome = welcome;
	}

	/** CONNECT came, with this data. */
	start(data: Uint8Array | undefined): void {
		this.#exchange = this.#begin();
		this.#step(data);
	}

	/** An AUTH packet came [MQTT-4.12.0-3] [MQTT-4.12.0-5] [MQTT-4.12.1-1]. */
	onAuth(packet: IAuthPacket): void {
		const { authenticationMethod, authenticationData } = packet.properties ?? {};
		const isUnderWay = this.#exchange !== undefined;
		const isOpen = this.#connection.phase === Phase.Open;
		const again = packet.reasonCode === Code.ReAuthenticate && isOpen && !isUnderWay;
		const goesOn = packet.reasonCode === Code.ContinueAuthentication && isUnderWay;
		if (authenticationMethod !== this.method || !(again || goesOn)) {
			this.#connection.fail(Code.ProtocolError);
			return;
		}
		if (again) this.#exchange = this.#begin();
		this.#step(authenticationData);
	}

	#step(data: Uint8Array | undefined): void {
		const step = this.#exchange!.step(data);
		const { reason, data: answer, user } = step;
		const authenticationData = answer && Buffer.from(answer);
		if (reason >= 0x80) {
			this.#connection.fail(reason, step); // [MQTT-4.12.1-2]
			return;
		}
		const isDone = reason !== Code.ContinueAuthentication;
		if (isDone) this.#exchange = undefined;
		if (isDone && this.#connection.phase === Phase.Awaiting) {
			this.#welcome(authenticationData, user);
			return;
		}
		const { session } = this.#connection;
		if (isDone && session && user !== undefined) session.user = user;
		const beside = this.#connection.words(reason, step);
		const properties = { authenticationMethod: this.method, authenticationData, ...beside };
		this.#connection.send({ cmd: "auth", reasonCode: reason, properties });
	}
}
