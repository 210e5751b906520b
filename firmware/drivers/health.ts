// SPDX-License-Identifier: MIT
/** How a device is doing: what the SDK can tell of it, and what its last life has left. */
import { Ending, type Health, Reset } from "../ports.js";
import type { Ledger } from "./ledger.js";

/** The SDK's module "instrumentation"; both return undefined in a release build (`modules/base/instrumentation`). */
export interface Instrumentation {
	map(name: InstrumentationName): number | undefined;
	get(index: number): number | undefined;
}

export type InstrumentationName = "System Free Memory" | "XS Slot Heap Used" | "XS Chunk Heap Used";

export interface HealthOptions {
	readonly ledger: Ledger;
	/** `esp_reset_reason()`, which the SDK's module "resetReason" gives. */
	readonly resetReason: number;
	readonly instrumentation: Instrumentation;
	readonly network?: { readonly signal: number } | undefined;
	/** Hears why connections end: the lifeline. */
	readonly lifeline: { reason: number };
}

/** `esp_reset_reason_t` of ESP-IDF → Reset. */
// biome-ignore format: a list
const RESETS: readonly Reset[] = Object.freeze([
	Reset.Unknown, Reset.Power, Reset.Pin, Reset.Software, Reset.Panic, Reset.Watchdog, Reset.Watchdog, Reset.Watchdog,
	Reset.Sleep, Reset.Brownout, Reset.Unknown, Reset.Pin, Reset.Pin,
]);

/** A `Reset` from the number of ESP-IDF. */
export function resetOf(resetReason: number): Reset {
	return RESETS[resetReason] ?? Reset.Unknown;
}

/** True when nobody has switched the power, pressed a button or let it sleep: the board came here by itself. */
export function isAbrupt(reset: Reset): boolean {
	return reset === Reset.Software || reset === Reset.Panic || reset === Reset.Watchdog;
}

export class DeviceHealth implements Health {
	readonly reset: Reset;
	readonly ending: Ending;
	readonly lastWords: Uint8Array;
	readonly lastReason: number;
	readonly starts: number;
	freeBytes = Number.NaN;
	slotBytes = Number.NaN;
	chunkBytes = Number.NaN;
	signal = Number.NaN;
	readonly #instrumentation: Instrumentation;
	readonly #free: number;
	readonly #slots: number;
	readonly #chunks: number;
	readonly #network: { readonly signal: number } | undefined;
	readonly #lifeline: { reason: number };
	readonly #garbage = new GarbageWatch();

	constructor(options: HealthOptions) {
		const { ledger, instrumentation } = options;
		const asleep = ledger.ending === Ending.Asleep;
		const reset = resetOf(options.resetReason);
		// Without deep sleep a board rests, and restarts.
		this.reset = asleep && reset === Reset.Software ? Reset.Sleep : reset;
		this.ending = ledger.ending;
		this.lastWords = ledger.words;
		this.lastReason = ledger.reason;
		this.starts = ledger.starts;
		this.#instrumentation = instrumentation;
		this.#free = instrumentation.map("System Free Memory") ?? -1;
		this.#slots = instrumentation.map("XS Slot Heap Used") ?? -1;
		this.#chunks = instrumentation.map("XS Chunk Heap Used") ?? -1;
		this.#network = options.network;
		this.#lifeline = options.lifeline;
	}

	sample(): void {
		this.freeBytes = this.#read(this.#free);
		this.slotBytes = this.#read(this.#slots);
		this.chunkBytes = this.#read(this.#chunks);
		if (this.#network !== undefined) this.signal = this.#network.signal;
	}

	get collections(): number {
		return this.#garbage.collections;
	}

	offline(reason: number): void {
		this.#lifeline.reason = reason;
	}

	#read(index: number): number {
		return index < 0 ? Number.NaN : (this.#instrumentation.get(index) ?? Number.NaN);
	}
}

/**
 * Counts the engine's collections of garbage, which the SDK counts only in instrumented builds, and there begins anew each
 * second: an object that nobody holds is gone with the next collection, and the engine says so. A collection costs the few
 * slots that the next object takes; without one, nothing.
 */
class GarbageWatch {
	collections = 0;
	readonly #registry: FinalizationRegistry<undefined>;

	constructor() {
		this.#registry = new FinalizationRegistry(() => {
			this.collections++;
			this.#registry.register({}, undefined);
		});
		this.#registry.register({}, undefined);
	}
}
