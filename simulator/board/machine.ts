// SPDX-License-Identifier: MIT
/** The power switch of a virtual board: what lives between power-on and power-off ends at once, and begins anew. */

import type { Program } from "../../firmware/ports.js";
import type { Power } from "../../lib/ports.js";
import type { Schedule, Scheduled } from "../seams.js";
import { Scope } from "../world/scope.js";

/** Why a life began. */
export type Cause = "power" | "wake" | "restart";

export interface MachineOptions {
	/** In which time it sleeps and is without power. */
	readonly schedule: Pick<Schedule, "after" | "cancel">;
	/**
	 * A life begins: makes a board, whose timers and links belong to `scope` and whose power is this machine, and starts its
	 * program. What the machine is to keep (flash, sensors, a clock that goes on) its owner makes once, outside.
	 */
	readonly boot: (scope: Scope, cause: Cause) => Program;
	/** A program goes to sleep, for `ms`. */
	readonly onSleep?: (ms: number) => void;
}

export class Machine implements Power {
	/** Lives begun so far. */
	boots = 0;
	/** Of the life under way; of the last one while there is none. */
	program: Program | undefined;
	readonly #options: MachineOptions;
	#scope: Scope | undefined;
	/** The next life, while it is being waited for. */
	#next: Scheduled | undefined;

	constructor(options: MachineOptions) {
		this.#options = options;
	}

	/** A program is running. */
	get running(): boolean {
		return this.#scope !== undefined;
	}

	/** Harmless when it is on; ends a sleep. */
	powerOn(): void {
		if (!this.running) this.#boot("power");
	}

	/** Power is gone, at once: nobody is told. It comes back after `offMs`; without that, with {@link powerOn}. */
	cutPower(offMs?: number): void {
		this.#end();
		if (offMs !== undefined) this.#bootAfter(offMs, "power");
	}

	/** As on a board, what the program does after this call is done by nobody: it must be its last one. */
	deepSleep(ms: number): void {
		this.#options.onSleep?.(ms);
		this.#end();
		this.#bootAfter(ms, "wake");
	}

	restart(): void {
		this.#end();
		this.#bootAfter(0, "restart");
	}

	#end(): void {
		if (this.#next !== undefined) this.#options.schedule.cancel(this.#next);
		this.#next = undefined;
		this.#scope?.dispose();
		this.#scope = undefined;
	}

	#bootAfter(ms: number, cause: Cause): void {
		this.#next = this.#options.schedule.after(ms, () => this.#boot(cause));
	}

	#boot(cause: Cause): void {
		this.#end();
		this.boots++;
		this.#scope = new Scope();
		this.program = this.#options.boot(this.#scope, cause);
	}
}
