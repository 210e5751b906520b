// SPDX-License-Identifier: MIT
/** One dial, or several, and what became of each: `--fault`, a `LinkFault` or -1 for none, and `--words`, a part of the cause. */

import type { Alarm, Link, Timer, Transport } from "../../../../lib/index.js";
import Host from "../../host/host.js";
import { check } from "../../host/report.js";
import type { Ports } from "../tcp/board.js";

/** How long it is watched after its end, in milliseconds: nothing may come, least of all an abort. */
const AFTERWARDS_MS = 300;

export class Outcome implements Link, Alarm {
	readonly #ports: Ports;
	readonly #name: string;
	readonly #timer: Timer;
	#transport: Transport | undefined;
	#dials = Number(Host.argument("dials") ?? 1);
	/** A `LinkFault`, -1 for a link that came up, -2 for nothing yet. */
	#fault = -2;
	#calls = 0;

	constructor(ports: Ports, name: string) {
		this.#ports = ports;
		this.#name = name;
		this.#timer = ports.clock.timer(this);
		this.#transport = ports.dialler.dial(this);
	}

	onWritable(): void {
		if (this.#fault === -2) this.#end(-1);
	}

	onReadable(): void {}

	onError(fault: number): void {
		this.#calls++;
		this.#end(fault);
	}

	onAlarm(): void {
		this.#transport?.close();
		const { lastError } = this.#ports.dialler;
		const expected = Number(Host.argument("fault"));
		const words = Host.argument("words") ?? "";
		const good = this.#fault === expected && lastError.indexOf(words) >= 0 && this.#calls <= 1;
		if (good && --this.#dials > 0) {
			this.#fault = -2;
			this.#calls = 0;
			this.#transport = this.#ports.dialler.dial(this);
			return;
		}
		check(this.#name, good, `fault ${this.#fault}, ${this.#calls} calls: ${lastError}`, {
			fault: this.#fault,
			words: lastError,
		});
		Host.exit(0);
	}

	#end(fault: number): void {
		this.#fault = fault;
		this.#timer.arm(AFTERWARDS_MS);
	}
}
