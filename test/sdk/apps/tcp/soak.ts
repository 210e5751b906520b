// SPDX-License-Identifier: MIT
/** The soak program, whole: its own judgement counts, and from its second minute on nothing is made any more. */
import {
	type Board,
	Ending,
	type Health,
	type Report,
	Reset,
	type Settings,
} from "../../../../firmware/ports.js";
import { start } from "../../../../firmware/programs/soak.js";
import Host, { What } from "../../host/host.js";
import { check, countsOf } from "../../host/report.js";
import { type Ports, version } from "./board.js";

/** Minutes of the board until it has settled, and until the end. */
const WARM_UP = 1;
const MINUTES = 3;

/** What an instrumented build of the SDK would tell, from the host's own counters. */
class HostHealth implements Health {
	readonly reset = Reset.Power;
	readonly ending = Ending.Unknown;
	readonly lastWords = new Uint8Array(0);
	readonly lastReason = 0;
	readonly starts = 1;
	readonly freeBytes = Number.NaN;
	readonly signal = Number.NaN;
	slotBytes = 0;
	chunkBytes = 0;
	collections = 0;

	sample(): void {
		this.slotBytes = 16 * Host.count(What.LiveSlots);
		this.chunkBytes = Host.count(What.LiveChunkBytes);
		this.collections = Host.count(What.Collections);
	}

	offline(): void {}
}

class Judge implements Report {
	readonly #name: string;
	#before = 0;

	constructor(name: string) {
		this.#name = name;
	}

	soaked(minutes: number, back: number, wrong: number): void {
		if (minutes === WARM_UP) {
			this.#before = back;
			Host.collect();
			Host.mark();
		}
		if (minutes < MINUTES) return;
		const messages = back - this.#before;
		const counts = countsOf(messages);
		const made = counts.slots + counts.chunks + counts.collections;
		const fault =
			wrong > 0
				? `${wrong} messages were lost, doubled or bent`
				: messages < 150 * (MINUTES - WARM_UP)
					? "too few came back"
					: "something was allocated";
		check(this.#name, wrong === 0 && made === 0 && messages >= 150 * (MINUTES - WARM_UP), fault, counts);
		Host.exit(0);
	}

	online(): void {}
	offline(): void {}
	sampled(): void {}
	queued(): void {}
	settled(): void {}
	subscribed(): void {}
	command(): void {}
	interval(): void {}
}

export function runSoak(ports: Ports, name: string): void {
	const settings: Settings = {
		root: "ringbuoy",
		version: version(),
		qos: 1,
		intervalSeconds: 60,
		keepAliveSeconds: 60,
		sessionExpirySeconds: 3600,
	};
	const sensors = { temperature: 2153, humidity: 4520, battery: 3712, signal: -61, sample() {} };
	const board: Board = {
		...ports,
		name: `soak-${Host.argument("port")}`,
		settings,
		sensors,
		health: new HostHealth(),
		report: new Judge(name),
	};
	start(board);
}
