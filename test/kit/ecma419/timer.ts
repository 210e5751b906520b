// SPDX-License-Identifier: MIT
/** The SDK's modules "timer" and "time": in virtual time that a test moves, and in the host's. */
import type { TimeModule, TimerModule } from "../../../firmware/drivers/clock.js";

interface Entry {
	readonly callback: () => void;
	triggerTime: number;
	repeat: number;
	unscheduled: boolean;
	fire: boolean;
	destroyed: boolean;
}

/** Both modules over one count of milliseconds, as `modules/base/timer/mc/timer.c` and `modules/base/time/esp/modTime.c` are. */
export class VirtualTime implements TimerModule, TimeModule {
	/** Never wraps; what the modules show does. */
	ms: number;
	readonly #timers: Entry[] = [];

	constructor(ms = 0) {
		this.ms = ms;
	}

	/** As `xsmcSetInteger(xsResult, modMilliseconds())`: signed. */
	get ticks(): number {
		return this.ms | 0;
	}

	/** Timers that exist. */
	get timers(): number {
		return this.#timers.length;
	}

	set(callback: () => void, ms = 0, repeat = 0): object {
		const entry: Entry = {
			callback,
			triggerTime: (this.ticks + ms) | 0,
			repeat,
			unscheduled: false,
			fire: false,
			destroyed: false,
		};
		this.#timers.push(entry);
		return entry;
	}

	schedule(timer: object, ms?: number, repeat = 0): void {
		const entry = timer as Entry;
		if (entry.destroyed) throw new SyntaxError("invalid host data");
		if (ms === undefined) {
			entry.unscheduled = true;
			entry.fire = false;
			entry.repeat = -1;
		} else {
			entry.triggerTime = (this.ticks + ms) | 0;
			entry.repeat = repeat;
			entry.unscheduled = false;
		}
	}

	clear(timer?: object): void {
		const entry = timer as Entry | undefined;
		if (entry === undefined || entry.destroyed) return;
		entry.destroyed = true;
		entry.unscheduled = true;
		entry.fire = false;
		this.#timers.splice(this.#timers.indexOf(entry), 1);
	}

	/** Lets `ms` pass, a wake-up of the machine at each time when something is due. */
	advance(ms: number): void {
		for (let left = ms; ; ) {
			this.#execute();
			if (left <= 0) return;
			let next = left;
			for (const entry of this.#timers)
				if (!entry.unscheduled) next = Math.min(next, Math.max((entry.triggerTime - this.ticks) | 0, 1));
			this.ms += next;
			left -= next;
		}
	}

	/** The processor was busy for so long: nothing fired meanwhile. */
	stall(ms: number): void {
		this.ms += ms;
	}

	/** `modTimersExecute`: who is due is decided first, so a timer that is moved meanwhile still fires. */
	#execute(): void {
		for (const entry of this.#timers)
			if (!entry.unscheduled && ((entry.triggerTime - this.ticks) | 0) <= 0) entry.fire = true;
		for (let i = 0; i < this.#timers.length; ) {
			const entry = this.#timers[i];
			if (!entry.fire) {
				i++;
				continue;
			}
			entry.fire = false;
			entry.triggerTime = (entry.triggerTime + entry.repeat) | 0;
			entry.callback();
			if (entry.destroyed) i = 0;
			else if (entry.repeat === 0) {
				entry.destroyed = true;
				this.#timers.splice(this.#timers.indexOf(entry), 1);
				i = 0;
			} else i++;
		}
	}
}

/** Real time, for what talks to real sockets. */
export class RealTime implements TimerModule, TimeModule {
	get ticks(): number {
		return performance.now() | 0;
	}

	set(callback: () => void, ms: number, repeat: number): object {
		const timer = { callback, timeout: undefined as NodeJS.Timeout | undefined };
		this.schedule(timer, ms, repeat);
		return timer;
	}

	schedule(timer: object, ms?: number, repeat = 0): void {
		const entry = timer as { callback: () => void; timeout: NodeJS.Timeout | undefined };
		clearTimeout(entry.timeout);
		if (ms === undefined) return;
		const again = (): void => {
			entry.timeout = setTimeout(again, repeat).unref();
			entry.callback();
		};
		entry.timeout = setTimeout(again, ms).unref();
	}

	clear(timer?: object): void {
		if (timer !== undefined) this.schedule(timer);
	}
}
