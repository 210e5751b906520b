// SPDX-License-Identifier: MIT
/**
 * A clock and a dialler of real time that lose their power with a scope, as those of a world do: timers never fire, links
 * fall silent, and nobody is told. Code of the dead board that is still under way, such as a turn that was torn apart in a
 * flash command, finds them without effect.
 */

import type { Alarm, Clock, Dialler, Link, LinkFault, Timer, Transport } from "../../lib/ports.js";
import type { Mortal, Scope } from "../world/scope.js";

export class MortalClock implements Clock {
	readonly #clock: Clock;
	readonly #scope: Scope;

	constructor(clock: Clock, scope: Scope) {
		this.#clock = clock;
		this.#scope = scope;
	}

	get ticks(): number {
		return this.#clock.ticks;
	}

	get seconds(): number {
		return this.#clock.seconds;
	}

	get epochSeconds(): number {
		return this.#clock.epochSeconds;
	}

	timer(wake: Alarm): Timer {
		return new MortalTimer(this.#clock, wake, this.#scope);
	}
}

class MortalTimer implements Timer, Alarm, Mortal {
	readonly #timer: Timer;
	readonly #wake: Alarm;
	readonly #scope: Scope;

	constructor(clock: Clock, wake: Alarm, scope: Scope) {
		this.#timer = clock.timer(this);
		this.#wake = wake;
		this.#scope = scope;
	}

	arm(ms: number): void {
		if (!this.#scope.alive) return;
		this.#scope.add(this);
		this.#timer.arm(ms);
	}

	disarm(): void {
		this.#timer.disarm();
		this.#scope.delete(this);
	}

	onAlarm(): void {
		this.#scope.delete(this);
		this.#wake.onAlarm();
	}

	vanish(): void {
		this.#timer.disarm();
	}
}

/** Connections whose board has lost its power: open, as nobody has closed them, until the broker does. */
export class Orphans {
	readonly #transports = new Set<Transport>();

	add(transport: Transport): void {
		this.#transports.add(transport);
	}

	delete(transport: Transport): void {
		this.#transports.delete(transport);
	}

	/** Closes those that are left. */
	close(): void {
		for (const transport of this.#transports) transport.close();
		this.#transports.clear();
	}
}

export class MortalDialler implements Dialler {
	readonly #dialler: Dialler & { readonly lastError?: string };
	readonly #scope: Scope;
	readonly #orphans: Orphans;

	constructor(dialler: Dialler & { readonly lastError?: string }, scope: Scope, orphans: Orphans) {
		this.#dialler = dialler;
		this.#scope = scope;
		this.#orphans = orphans;
	}

	/** What happened last, in words; empty when the dialler has none. */
	get lastError(): string {
		return this.#dialler.lastError ?? "";
	}

	dial(link: Link): Transport {
		return new MortalLink(this.#dialler, link, this.#scope, this.#orphans);
	}
}

const sink = new Uint8Array(1024);

/** Both ends of a connection: what the client holds, and what the transport tells. */
class MortalLink implements Transport, Link, Mortal {
	readonly #transport: Transport;
	readonly #link: Link;
	readonly #scope: Scope;
	readonly #orphans: Orphans;
	#dead = false;

	constructor(dialler: Dialler, link: Link, scope: Scope, orphans: Orphans) {
		this.#link = link;
		this.#scope = scope;
		this.#orphans = orphans;
		this.#transport = dialler.dial(this);
		if (scope.alive) scope.add(this);
		else this.vanish();
	}

	get room(): number {
		return this.#dead ? 0 : this.#transport.room;
	}

	read(bytes: Uint8Array, start: number, limit: number): number {
		return this.#dead ? 0 : this.#transport.read(bytes, start, limit);
	}

	write(bytes: Uint8Array, start: number, end: number): number {
		return this.#dead ? 0 : this.#transport.write(bytes, start, end);
	}

	close(): void {
		if (this.#dead) return;
		this.#dead = true;
		this.#scope.delete(this);
		this.#transport.close();
	}

	/** Nobody answers any more, and nobody closes: to the broker the board has just become silent. */
	vanish(): void {
		this.#dead = true;
		this.#orphans.add(this.#transport);
		this.#drain();
	}

	onReadable(count: number): void {
		if (this.#dead) this.#drain();
		else this.#link.onReadable(count);
	}

	onWritable(room: number): void {
		if (!this.#dead) this.#link.onWritable(room);
	}

	onError(fault: LinkFault): void {
		this.#orphans.delete(this.#transport);
		if (this.#dead) return;
		this.#dead = true;
		this.#scope.delete(this);
		this.#link.onError(fault);
	}

	/** What arrives is lost; but the transport tells of the end only when all of it was read. */
	#drain(): void {
		while (this.#transport.read(sink, 0, sink.length) > 0);
	}
}
