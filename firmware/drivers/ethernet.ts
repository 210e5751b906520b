// SPDX-License-Identifier: MIT
/**
 * A wired port: the chip's own EMAC with a PHY, or a chip on SPI.
 *
 *      open           driver            cable            address
 *     ─────▶ Starting ──────▶ Unplugged ─────▶ Linked ◀─────────▶ Up
 *             └── none: rests,    ▲               │ cable out     │
 *                 starts again    └───────────────┴───────────────┘
 *
 * Facts of the SDK's class (`modules/io/ethernet/esp32/ethernet-esp32.c`):
 *
 * - The PHY is started by the constructor, and DHCP by ESP-IDF whenever a cable is plugged in. So it recovers by itself, and
 *   tells by events. `connect` starts DHCP once more: it is called only for a link that has got no address for a while, because
 *   after it `connection` is 300, and a second call throws "already connecting".
 * - When the PHY does not answer, the constructor does not throw, and nothing ever happens. Only `configure` tells: it
 *   throws "not initialized". The next instance tries anew.
 * - The interface cannot be shut down: `disconnect` forgets the state of the instance, no more. So {@link EthernetPort.close}
 *   closes the instance, and a new one reads from ESP-IDF whether the link is up, without a callback.
 */

import type { Alarm, Clock, Random, Timer } from "../../lib/index.js";
import { Backoff } from "./backoff.js";
import { Connection, hostnameOf, isIpv4, type Network, type Uplink, wordsOf } from "./network.js";

/** As much as is used here of the class of `embedded:network/interface/ethernet`. */
export interface EthernetInterface {
	readonly connection: number;
	readonly address: string | undefined;
	readonly MAC: string | undefined;
	connect(): void;
	configure(options: { hostname?: string }): void;
	close(): void;
}

export type EthernetClass = new (options: { onChanged?: (property: string) => void }) => EthernetInterface;

export interface EthernetOptions {
	readonly io: EthernetClass;
	readonly clock: Clock;
	readonly random: Random;
	/** What the router's list calls this board. */
	readonly hostname?: string;
}

const enum State {
	Closed = 0,
	/** There is no driver; it is started after a rest. */
	Starting = 1,
	Unplugged = 2,
	Linked = 3,
	Up = 4,
	/** No state: as before. */
	Same = 5,
}

const enum Event {
	Gone = 0,
	Linked = 1,
	Usable = 2,
	Count = 3,
}

// biome-ignore format: a table
const NEXT: Readonly<Uint8Array> = Uint8Array.of(
	//               Gone             Linked        Usable
	/* Closed    */  State.Same,      State.Same,   State.Same,
	/* Starting  */  State.Same,      State.Linked, State.Up,
	/* Unplugged */  State.Same,      State.Linked, State.Up,
	/* Linked    */  State.Unplugged, State.Same,   State.Up,
	/* Up        */  State.Unplugged, State.Linked, State.Same,
);

const enum Ms {
	/** How often `connection` is read where a callback should tell. */
	Watch = 5000,
	/** IPv4 is there and IPv6 is not: then it will do without. */
	WithoutIpv6 = 3000,
	/** A link takes two seconds to be agreed upon; without one for so long there is no cable. */
	Unplugged = 5000,
	/** DHCP has taken longer than it should; and after `connect`, much longer. */
	Linked = 5000,
	Addressless = 20_000,
	RestFirst = 2000,
	RestMost = 60_000,
}

/** What is known of the present state. */
const enum Trouble {
	None = 0,
	NoDriver = 1,
	NoCable = 2,
	/** It takes long, and `connect` was called. */
	SlowAddress = 3,
	NoAddress = 4,
}

/** Ethernet as an {@link Uplink}. */
export class EthernetPort implements Uplink, Alarm {
	readonly kind = "ethernet";
	readonly signal = Number.NaN;
	onChange: ((network: Network) => void) | undefined;
	#state = State.Closed;
	#since = 0;
	/** When the state has lasted too long, in ticks. */
	#deadline = 0;
	#owed = false;
	/** It is up without IPv6. */
	#halfUp = false;
	#trouble = Trouble.None;
	#words = "";
	#driver: EthernetInterface | undefined;
	readonly #timer: Timer;
	readonly #options: EthernetOptions;
	readonly #backoff: Backoff;

	constructor(options: EthernetOptions) {
		this.#options = options;
		this.#timer = options.clock.timer(this);
		this.#backoff = new Backoff(options.random, Ms.RestFirst, Ms.RestMost);
	}

	get up(): boolean {
		return this.#state === State.Up;
	}

	get address(): string {
		const address = this.up ? this.#driver?.address : undefined;
		return address !== undefined && isIpv4(address) ? address : "";
	}

	get mac(): string {
		return this.#driver?.MAC ?? "";
	}

	get lastError(): string {
		switch (this.#trouble) {
			case Trouble.None:
			case Trouble.SlowAddress:
				return "";
			case Trouble.NoDriver:
				return `the Ethernet driver did not start ("${this.#words}"): do PHY and pins of the build fit this board?`;
			case Trouble.NoCable:
				return "no cable, or nothing at its other end";
			default:
				return "the cable is in, but no IPv4 address comes: look at the DHCP server";
		}
	}

	open(): void {
		if (this.#state !== State.Closed) return;
		this.#backoff.reset();
		this.#start();
		this.#timer.arm(0);
	}

	close(): void {
		if (this.#state === State.Closed) return;
		this.#set(State.Closed, 0);
		this.#owed = false;
		this.#trouble = Trouble.None;
		this.#timer.disarm();
		this.#release();
	}

	/** The SDK has nothing to shake a wired link with; a new instance at least reads anew what ESP-IDF knows. */
	renew(): void {
		if (this.#state === State.Closed) return;
		if (this.up) this.#owed = true;
		this.#start();
		this.#timer.arm(0);
	}

	onAlarm(): void {
		if (this.#state === State.Closed) return;
		try {
			this.#step(this.#options.clock.ticks);
		} catch (thrown) {
			this.#failed(thrown);
		}
		this.#arm();
		if (!this.#owed) return;
		this.#owed = false;
		this.onChange?.(this);
	}

	#step(now: number): void {
		const next = NEXT[this.#state * Event.Count + this.#event(now)];
		if (next !== State.Same) this.#enter(next);
		else if (((this.#deadline - now) | 0) <= 0) this.#late();
	}

	#event(now: number): Event {
		const driver = this.#driver;
		if (driver === undefined) return Event.Gone;
		const { connection } = driver;
		if (connection >= Connection.Usable) return Event.Usable;
		// 300 comes from `connect`, which is called with a link only; without the link it is 200 again.
		if (connection < Connection.Trying) return Event.Gone;
		if (this.#state === State.Up) return this.#halfUp ? Event.Usable : Event.Linked;
		if (this.#state !== State.Linked || ((now - this.#since) | 0) < Ms.WithoutIpv6) return Event.Linked;
		this.#halfUp = isIpv4(driver.address);
		return this.#halfUp ? Event.Usable : Event.Linked;
	}

	#enter(next: State): void {
		const lost = this.#state === State.Up;
		if (lost || next === State.Up) this.#owed = true;
		this.#trouble = lost && next === State.Unplugged ? Trouble.NoCable : Trouble.None;
		if (next === State.Up) this.#backoff.reset();
		else this.#halfUp = false;
		this.#set(next, next === State.Linked ? Ms.Linked : Ms.Unplugged);
	}

	/** The state has lasted longer than it should. */
	#late(): void {
		const state = this.#state;
		if (state === State.Starting) this.#start();
		else if (state === State.Unplugged) this.#tell(Trouble.NoCable);
		else if (state === State.Linked && this.#trouble === Trouble.SlowAddress) this.#tell(Trouble.NoAddress);
		else if (state === State.Linked && this.#trouble === Trouble.None) {
			this.#trouble = Trouble.SlowAddress;
			this.#deadline = (this.#options.clock.ticks + Ms.Addressless) | 0;
			this.#connect();
		}
	}

	#connect(): void {
		try {
			this.#driver?.connect();
		} catch {
			// "already connecting": so it is.
		}
	}

	/** Once for each state. */
	#tell(trouble: Trouble): void {
		if (this.#trouble === trouble) return;
		this.#trouble = trouble;
		this.#owed = true;
	}

	#start(): void {
		this.#release();
		this.#halfUp = false;
		this.#trouble = Trouble.None;
		try {
			this.#driver = new this.#options.io({ onChanged: this.#onChanged });
			this.#driver.configure({ hostname: hostnameOf(this.#options.hostname) });
			this.#set(State.Unplugged, Ms.Unplugged);
		} catch (thrown) {
			this.#failed(thrown);
		}
	}

	#failed(thrown: unknown): void {
		this.#release();
		this.#trouble = Trouble.NoDriver;
		this.#words = wordsOf(thrown);
		this.#owed = true;
		this.#set(State.Starting, this.#backoff.next());
	}

	#release(): void {
		const driver = this.#driver;
		this.#driver = undefined;
		try {
			driver?.close();
		} catch {
			// It was closed: that is what was wanted.
		}
	}

	#set(state: State, ms: number): void {
		const now = this.#options.clock.ticks;
		this.#state = state;
		this.#since = now;
		this.#deadline = (now + ms) | 0;
	}

	#arm(): void {
		const left = Math.max(0, (this.#deadline - this.#options.clock.ticks) | 0);
		const watch = this.#state === State.Linked ? Ms.WithoutIpv6 : Ms.Watch;
		this.#timer.arm(this.#state === State.Starting ? left : watch);
	}

	// Called by the SDK: whatever is to be done is done by the alarm.
	readonly #onChanged = (): void => {
		if (this.#state !== State.Closed) this.#timer.arm(0);
	};
}
