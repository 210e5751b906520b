// SPDX-License-Identifier: MIT
import { expect } from "vitest";
import { DeviceClock } from "../../../firmware/drivers/clock.js";
import { DeviceMemory } from "../../../firmware/drivers/memory.js";
import { type SecureOptions, TlsDialler } from "../../../firmware/drivers/tls-dialler.js";
import type { LinkFault } from "../../../lib/ports.js";
import { Recorder } from "../../contract/ends.js";
import { tcpHost } from "../../kit/ecma419/tcp.js";
import { VirtualTime } from "../../kit/ecma419/timer.js";
import {
	certificateMessage,
	certificates,
	keyExchange,
	message,
	record,
	serverHello,
	tlsHost,
	x509,
} from "../../kit/ecma419/tls.js";
import type { Network, Wire, WireEvents } from "../../kit/ecma419/wire.js";
import { der } from "./tls-rig.js";

export const finished = [record(20, [1]), record(22, message(20, new Uint8Array(12)))];
export const good = [
	record(22, serverHello),
	record(22, certificateMessage([der("server"), der("ca")])),
	record(22, keyExchange()),
	record(22, message(14)),
];

/** A board in virtual time, at the near end of a wire whose far end the test is. */
export class Bench {
	readonly time = new VirtualTime();
	readonly tcp;
	readonly host = tlsHost();
	readonly dialler: TlsDialler;
	readonly link = new Recorder();
	readonly sent: number[] = [];
	events!: WireEvents;
	ended = 0;
	readonly #queue: (() => void)[] = [];

	constructor(secure: SecureOptions = { ca: der("ca") }, onException?: (error: unknown) => void) {
		const network: Network = {
			post: (action) => void this.#queue.push(action),
			connect: (_address, _port, events): Wire => {
				this.events = events;
				return {
					send: (bytes) => {
						this.sent.push(...bytes);
						this.#queue.push(() => events.onSent(bytes.length));
					},
					hold: () => {},
					end: () => void this.ended++,
					reset: () => void this.ended++,
				};
			},
		};
		this.tcp = tcpHost(network);
		const clock = new DeviceClock({ Timer: this.time, Time: this.time });
		this.dialler = new TlsDialler({
			io: this.tcp.io,
			tls: this.host.tls,
			x509,
			certificates,
			secure: { serverName: "localhost", ...secure },
			memory: new DeviceMemory(64),
			clock,
			host: "10.0.0.1",
			resolver: { lastError: "", resolve: (_, answer) => answer.onResolved("10.0.0.1"), cancel() {} },
			...(onException === undefined ? {} : { onException }),
		});
	}

	/** Everything that is on its way. */
	run(): this {
		for (let i = 0; i < 1000 && this.#queue.length > 0; i++) this.#queue.shift()!();
		this.time.advance(1);
		while (this.#queue.length > 0) this.#queue.shift()!();
		return this;
	}

	dial(): this {
		this.link.dial(this.dialler);
		this.events?.onConnect();
		return this.run();
	}

	arrive(...records: Uint8Array[]): this {
		for (const one of records) this.events.onData(one);
		return this.run();
	}

	up(): this {
		this.dial()
			.arrive(...good)
			.arrive(...finished);
		expect(this.link.calls).toEqual(["writable"]);
		return this;
	}

	/** Types of the records that were sent; forgets them. */
	types(): number[] {
		const types: number[] = [];
		for (let at = 0; at < this.sent.length; at += 5 + this.sent[at + 3] * 256 + this.sent[at + 4])
			types.push(this.sent[at]);
		this.sent.length = 0;
		return types;
	}

	/** The one fault that was told, and its words. */
	get outcome(): [LinkFault[], string] {
		expect(this.ended).toBeGreaterThan(0);
		return [this.link.faults, this.dialler.lastError];
	}
}
