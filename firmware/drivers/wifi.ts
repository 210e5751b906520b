// SPDX-License-Identifier: MIT
/**
 * A Wi-Fi station that stays joined: joins, and joins again, for ever.
 *
 *                    ┌────────────────────────────────────────────────────────────────┐
 *      open          ▼ several known       done            link           address     │ lost
 *     ──────▶ Resting ─────▶ Scanning ─────▶ Joining ─────▶ Addressing ─────▶ Up ─────┤
 *                    ▲                      ▲   │ refused     │ lost                  │
 *                    │    another is known  │   ▼             ▼                       │
 *                    │◀── all have failed ──┴── next ◀────────┴──── Leaving ◀─ too late
 *
 * What the SDK's class leaves to its user (`modules/io/wifi/esp32/wifi-esp32.c`), and is done here:
 *
 * - It attempts once. A failed attempt, a wrong password, an access point out of reach and a lost link look all the same:
 *   `connection` is back at 200. The reason is not told.
 * - A new instance on a link that is up says so by `connection` only, no callback comes.
 * - `connection` is what the instance was told by messages, and one may be lost for want of memory. `RSSI` asks the driver, and is
 *   undefined without a link: so it is read every few seconds.
 * - After `disconnect` the event of that disconnect is still under way. It would look like the failure of the next attempt:
 *   hence the pause in Leaving.
 * - A lease that has run out is not told at all: `connection` stays 500. Nothing gets through then, and {@link renew} is for it.
 *
 * Of several known networks it scans for the strongest, because an attempt at one that is not there takes as long as a scan of
 * all channels. Those that the scan did not see come last, not never: hidden ones are never seen. Each round tries all of
 * them, so a strong one with a wrong password keeps nobody from a weak one. With a single network there is nothing to choose,
 * and the driver takes the strongest access point of that name by itself; then the scan is made at every fourth failure
 * only, to find words for it.
 */

import type { Alarm, Clock, Random, Timer } from "../../lib/index.js";
import { Backoff } from "./backoff.js";
import { Connection, hostnameOf, isIpv4, type Network, type Uplink } from "./network.js";
import { Round, Trouble } from "./wifi-round.js";

/** What a scan finds. */
export interface AccessPoint {
	readonly SSID: string;
	readonly RSSI: number;
}

/** As much as is used here of the class of `embedded:network/interface/wifi`. */
export interface WifiInterface {
	readonly connection: number;
	readonly address: string | undefined;
	readonly MAC: string | undefined;
	readonly RSSI?: number | undefined;
	connect(options: { SSID: string; password?: string }): void;
	disconnect(): void;
	scan(options: { onFound?: (point: AccessPoint) => void; onComplete?: () => void }): void;
	configure(options: { hostname?: string }): void;
	close(): void;
}

export type WifiClass = new (options: { onChanged?: (property: string) => void }) => WifiInterface;

/** A network that its owner knows. */
export interface Credentials {
	/** 1 to 32 bytes. */
	readonly ssid: string;
	/** 8 to 63 characters, or 64 hexadecimal digits; "" for an open network. */
	readonly password: string;
}

export interface WifiOptions {
	readonly io: WifiClass;
	readonly clock: Clock;
	readonly random: Random;
	/** In the order in which they are tried when they are equally strong. */
	readonly networks: readonly Credentials[];
	/** What the router's list calls this board. */
	readonly hostname?: string;
}

const enum State {
	Closed = 0,
	Resting = 1,
	Scanning = 2,
	Joining = 3,
	Addressing = 4,
	Up = 5,
	Leaving = 6,
	/** No state: the next network that is known, or rest. */
	Next = 7,
	/** No state: as before. */
	Same = 8,
}

const enum Event {
	Gone = 0,
	Trying = 1,
	Linked = 2,
	Usable = 3,
	/** `connection` speaks of a link, and the driver has none. */
	Stale = 4,
	/** The time of this state is over, or what it waited for is done. */
	Late = 5,
	Count = 6,
}

// biome-ignore format: a table
const NEXT: Readonly<Uint8Array> = Uint8Array.of(
	//                Gone           Trying         Linked            Usable      Stale          Late
	/* Closed     */  State.Same,    State.Same,    State.Same,       State.Same, State.Same,    State.Same,
	/* Resting    */  State.Same,    State.Same,    State.Addressing, State.Up,   State.Leaving, State.Scanning,
	/* Scanning   */  State.Same,    State.Same,    State.Same,       State.Same, State.Same,    State.Next,
	/* Joining    */  State.Next,    State.Same,    State.Addressing, State.Up,   State.Leaving, State.Leaving,
	/* Addressing */  State.Next,    State.Same,    State.Same,       State.Up,   State.Leaving, State.Leaving,
	/* Up         */  State.Resting, State.Resting, State.Addressing, State.Same, State.Leaving, State.Same,
	/* Leaving    */  State.Same,    State.Same,    State.Same,       State.Same, State.Same,    State.Next,
);

const enum Ms {
	/** The event of a `disconnect` of ours has arrived by then. */
	Leaving = 500,
	/** A scan of all channels takes two to three seconds. */
	Scanning = 10_000,
	/** A wrong password takes some seconds to be refused. */
	Joining = 20_000,
	/** DHCP asks again after 2, 4, 8 seconds. */
	Addressing = 20_000,
	/** IPv4 is there and IPv6 is not: then it will do without. */
	WithoutIpv6 = 3000,
	/** How often `connection` is read where a callback should tell: while joining, and when up. */
	Watch = 1000,
	Up = 5000,
	/** A link that lasted as long as this was no accident. */
	Stable = 30_000,
	RestFirst = 1000,
	RestMost = 60_000,
}

/** Wi-Fi as an {@link Uplink}. */
export class WifiStation implements Uplink, Alarm {
	readonly kind = "wifi";
	onChange: ((network: Network) => void) | undefined;
	#state = State.Closed;
	/** When the time of the state is over, in ticks. */
	#deadline = 0;
	/** When the state was entered. */
	#since = 0;
	/** Somebody has to be told. */
	#owed = false;
	/** The link has lasted, and the backoff was reset. */
	#stable = false;
	/** It is up without IPv6. */
	#halfUp = false;
	#driver: WifiInterface | undefined;
	readonly #timer: Timer;
	readonly #options: WifiOptions;
	readonly #backoff: Backoff;
	readonly #round: Round;

	constructor(options: WifiOptions) {
		this.#options = options;
		this.#timer = options.clock.timer(this);
		this.#backoff = new Backoff(options.random, Ms.RestFirst, Ms.RestMost);
		this.#round = new Round(options.networks);
	}

	get up(): boolean {
		return this.#state === State.Up;
	}

	get signal(): number {
		return this.#state === State.Up ? (this.#driver?.RSSI ?? Number.NaN) : Number.NaN;
	}

	get address(): string {
		const address = this.up ? this.#driver?.address : undefined;
		return address !== undefined && isIpv4(address) ? address : "";
	}

	get mac(): string {
		return this.#driver?.MAC ?? "";
	}

	get lastError(): string {
		return this.#round.words();
	}

	open(): void {
		if (this.#state !== State.Closed) return;
		this.#backoff.reset();
		// The event of the `disconnect` in close() may still be under way.
		this.#set(State.Resting, this.#driver === undefined ? 0 : Ms.Leaving);
		this.#make();
		this.#timer.arm(0);
	}

	close(): void {
		if (this.#state === State.Closed) return;
		this.#set(State.Closed, 0);
		this.#owed = false;
		this.#timer.disarm();
		this.#round.reset();
		this.#disconnect();
	}

	renew(): void {
		if (this.#state === State.Closed || this.#state === State.Leaving) return;
		// It says that it is fine, so the next round begins with the others.
		if (this.up) this.#round.avoid();
		this.#round.over();
		this.#enter(State.Leaving);
		this.#timer.arm(0);
	}

	onAlarm(): void {
		try {
			this.#step();
		} catch (thrown) {
			this.#failed(thrown);
		}
		this.#arm();
		if (!this.#owed) return;
		this.#owed = false;
		this.onChange?.(this);
	}

	#step(): void {
		const state = this.#state;
		const now = this.#options.clock.ticks;
		let next = NEXT[state * Event.Count + this.#event(now)];
		if (next === State.Same && ((this.#deadline - now) | 0) <= 0) {
			next = NEXT[state * Event.Count + Event.Late];
		}
		if (next !== State.Same) this.#enter(next);
		else if (state === State.Up && !this.#stable && ((now - this.#since) | 0) >= Ms.Stable) {
			this.#stable = true;
			this.#backoff.reset();
		}
	}

	#event(now: number): Event {
		const driver = this.#driver;
		if (driver === undefined) return Event.Gone;
		const { connection } = driver;
		if (connection < Connection.Trying) return Event.Gone;
		if (connection < Connection.Linked) return Event.Trying;
		if (driver.RSSI === undefined) return Event.Stale;
		if (connection >= Connection.Usable) return Event.Usable;
		if (this.#state === State.Up) return this.#halfUp ? Event.Usable : Event.Linked;
		if (this.#state !== State.Addressing || ((now - this.#since) | 0) < Ms.WithoutIpv6) return Event.Linked;
		this.#halfUp = isIpv4(driver.address);
		return this.#halfUp ? Event.Usable : Event.Linked;
	}

	#enter(next: State): void {
		const was = this.#state;
		if (was === State.Up) this.#owed = true;
		this.#note(was, next);
		if (next === State.Next) next = this.#round.next() ? State.Joining : State.Resting;
		if (next !== State.Up) this.#halfUp = false;
		switch (next) {
			case State.Resting:
				if (this.#round.over()) this.#owed = true;
				this.#set(next, this.#backoff.next());
				break;
			case State.Scanning:
				this.#begin();
				break;
			case State.Joining:
				this.#set(next, Ms.Joining);
				this.#driver?.connect(this.#round.request);
				break;
			case State.Addressing:
				this.#set(next, Ms.Addressing);
				break;
			case State.Up:
				this.#owed = true;
				this.#stable = false;
				this.#round.succeeded();
				this.#set(next, 0);
				break;
			default:
				this.#set(State.Leaving, Ms.Leaving);
				this.#disconnect();
		}
	}

	/** A round: looks around where that helps, and joins. */
	#begin(): void {
		this.#set(State.Scanning, 0);
		if (this.#driver === undefined) this.#make();
		if (this.#driver === undefined || !this.#round.begin()) return;
		this.#set(State.Scanning, Ms.Scanning);
		try {
			this.#driver.scan({ onFound: this.#round.onFound, onComplete: this.#onScanned });
		} catch {
			// Another scan is under way: then without.
			this.#deadline = this.#options.clock.ticks;
		}
	}

	/** What is known about a failure, at the moment when it shows. */
	#note(was: State, next: State): void {
		const gone = next === State.Next || next === State.Resting;
		if (was === State.Up && next !== State.Addressing) this.#round.note(Trouble.Lost);
		else if (was === State.Addressing && gone) this.#round.note(Trouble.Lost);
		else if (was === State.Addressing && next === State.Leaving) this.#round.note(Trouble.NoAddress);
		else if (was === State.Joining && (gone || next === State.Leaving)) this.#round.refused();
	}

	#failed(thrown: unknown): void {
		if (this.up) this.#owed = true;
		this.#round.driver(thrown);
		// Also while it was left alone: this instance is of no use any more.
		if (this.#state === State.Leaving) this.#driver = undefined;
		this.#set(State.Leaving, Ms.Leaving);
		this.#disconnect();
	}

	#set(state: State, ms: number): void {
		const now = this.#options.clock.ticks;
		this.#state = state;
		this.#since = now;
		this.#deadline = (now + ms) | 0;
	}

	#arm(): void {
		const state = this.#state;
		if (state === State.Closed) return;
		const left = Math.max(0, (this.#deadline - this.#options.clock.ticks) | 0);
		const watched = state === State.Joining || state === State.Addressing;
		this.#timer.arm(state === State.Up ? Ms.Up : watched ? Math.min(left, Ms.Watch) : left);
	}

	#make(): void {
		if (this.#driver !== undefined) return;
		try {
			this.#driver = new this.#options.io({ onChanged: this.#onChanged });
			this.#driver.configure({ hostname: hostnameOf(this.#options.hostname) });
		} catch (thrown) {
			this.#round.driver(thrown);
		}
	}

	#disconnect(): void {
		try {
			this.#driver?.disconnect();
		} catch (thrown) {
			this.#round.driver(thrown);
		}
	}

	// Called by the SDK: whatever is to be done is done by the alarm.
	readonly #onChanged = (): void => {
		if (this.#state !== State.Closed) this.#timer.arm(0);
	};

	readonly #onScanned = (): void => {
		if (this.#state !== State.Scanning) return;
		this.#round.scanned();
		this.#deadline = this.#options.clock.ticks;
		this.#timer.arm(0);
	};
}
