// SPDX-License-Identifier: MIT
/** The sensor firmware, whole, in whatever heap it was given: it lives if its readings are acknowledged, also after a broken link. */
import type { Board, Report, Settings } from "../../../../firmware/ports.js";
import { start } from "../../../../firmware/programs/sensor.js";
import Host, { What } from "../../host/host.js";
import { ask, check } from "../../host/report.js";
import { type Ports, version } from "./board.js";

/** Readings before the broker is restarted, and after. */
const READINGS = 8;

class Watch implements Report {
	readonly #name: string;
	#acknowledged = 0;
	#onlines = 0;

	constructor(name: string) {
		this.#name = name;
	}

	online(): void {
		this.#onlines++;
	}

	offline(): void {}
	sampled(): void {}
	queued(): void {}
	subscribed(): void {}
	command(): void {}
	interval(): void {}

	settled(): void {
		this.#acknowledged++;
		if (this.#acknowledged === READINGS) ask("restart");
		if (this.#acknowledged < 2 * READINGS || this.#onlines < 2) return;
		const slots = Host.count(What.PeakSlots);
		const chunkBytes = Host.count(What.PeakChunkBytes);
		const stack = Host.count(What.Stack);
		const collections = Host.count(What.Collections);
		Host.collect();
		const values = {
			liveSlots: Host.count(What.LiveSlots),
			liveChunkBytes: Host.count(What.LiveChunkBytes),
			slots,
			chunkBytes,
			stack,
			collections,
		};
		check(this.#name, true, "", values);
		Host.exit(0);
	}
}

export function runSensor(ports: Ports, name: string): void {
	const settings: Settings = {
		root: "ringbuoy",
		version: version(),
		qos: 1,
		intervalSeconds: 1,
		keepAliveSeconds: 60,
		sessionExpirySeconds: 3600,
	};
	const sensors = { temperature: 2153, humidity: 4520, battery: 3712, signal: -61, sample() {} };
	const board: Board = {
		...ports,
		name: `board-${Host.argument("port")}`,
		settings,
		sensors,
		indicator: { identify() {} },
		report: new Watch(name),
	};
	start(board);
}
