// SPDX-License-Identifier: MIT
/**
 * Several networks, of which one carries: the first of the list that is up.
 *
 *     the first is down for failoverSeconds ──▶ the next is opened ──▶ it carries ──┐
 *     the first carries, the others are closed ◀── the first is up for the hold ◀───┘
 *
 * The hold keeps a loose plug from tearing each connection down: it is `returnSeconds`, doubles each time that a network was
 * lost within ten minutes after it had been returned to, up to an hour, and is forgotten after it has carried for ten.
 *
 * What this can promise on an ESP32, and what it cannot. Which interface a socket takes is decided by lwIP alone: the one
 * whose subnet the address is in, or else the default route; the SDK's socket classes have no say in it. ESP-IDF gives
 * the default route to the interface with the highest priority of those that are up: Wi-Fi station 100, Ethernet 50
 * (`esp_netif_update_default_netif`). So:
 *
 * - Wi-Fi is closed while Ethernet carries: if it were merely idle, all traffic would go over it.
 * - Put Ethernet first. In the other order everything that is dialled takes Wi-Fi as soon as that is up, hold or not.
 * - During the hold both are up, traffic goes over Wi-Fi, but the name servers are those that the cable brought last: ESP-IDF
 *   keeps one list for all interfaces.
 * - A switch is told as down, then up. Connections do not move: an interface that goes down loses its address, and lwIP aborts the
 *   connections that have it (`esp_netif_down`, read in ESP-IDF 5). The MQTT session survives, as it does any lost connection.
 * - "Up" means a link and an address. Whether anything gets through is for the client to find out, and for {@link renew}.
 */

import type { Alarm, Clock, Timer } from "../../lib/index.js";
import type { Network, Uplink } from "./network.js";

export interface NetworksOptions {
	/** In order of preference; 1 to 8. */
	readonly networks: readonly Uplink[];
	readonly clock: Clock;
	/** How long a network may be down before the next one is opened; default 10. */
	readonly failoverSeconds?: number;
	/** How long a preferred network has to be up before it is returned to; default 60. */
	readonly returnSeconds?: number;
}

const enum Ms {
	/** How often it looks while the first network does not carry. */
	Watch = 1000,
	/** A network that carried for so long was no mistake. */
	Proven = 600_000,
	HoldMost = 3_600_000,
}

const NONE = -1;

/** An {@link Uplink} made of others. */
export class Networks implements Uplink, Alarm {
	onChange: ((network: Network) => void) | undefined;
	/** The index of the one that carries. */
	#current = NONE;
	/** How many are open: the first ones of the list. 0: this is closed. */
	#open = 0;
	/** Since when none carries, or since when the last one was opened in vain; in ticks. */
	#since = 0;
	/** Since when {@link #current} carries. */
	#carriesSince = 0;
	/** A preferred network that is up while another one carries, and since when. */
	#better = NONE;
	#betterSince = 0;
	#holdMs: number;
	/** The one that carries was returned to. */
	#returned = false;
	/** A network that nothing got through, and until when it is not taken. */
	#barred = NONE;
	#barredUntil = 0;
	/** Somebody has to be told that none carries, or why not. */
	#owed = false;
	readonly #networks: readonly Uplink[];
	readonly #clock: Clock;
	readonly #timer: Timer;
	readonly #failoverMs: number;
	readonly #returnMs: number;

	constructor(options: NetworksOptions) {
		this.#networks = options.networks;
		this.#clock = options.clock;
		this.#failoverMs = (options.failoverSeconds ?? 10) * 1000;
		this.#returnMs = (options.returnSeconds ?? 60) * 1000;
		this.#holdMs = this.#returnMs;
		this.#timer = options.clock.timer(this);
		for (let i = 0; i < this.#networks.length; i++) this.#networks[i].onChange = this.#onChanged;
	}

	get up(): boolean {
		return this.#current !== NONE;
	}

	get kind(): string {
		return this.#current === NONE ? "" : this.#networks[this.#current].kind;
	}

	get signal(): number {
		return this.#current === NONE ? Number.NaN : this.#networks[this.#current].signal;
	}

	get address(): string {
		return this.#current === NONE ? "" : this.#networks[this.#current].address;
	}

	/** That of the first network, whichever carries: names are made of it. */
	get mac(): string {
		return this.#networks[0].mac;
	}

	get lastError(): string {
		let words = "";
		for (let i = 0; i < this.#open; i++) {
			const { kind, lastError } = this.#networks[i];
			if (lastError !== "") words += `${words === "" ? "" : "; "}${kind}: ${lastError}`;
		}
		return words;
	}

	open(): void {
		if (this.#open > 0) return;
		this.#holdMs = this.#returnMs;
		this.#returned = false;
		this.#openNext();
		this.#timer.arm(0);
	}

	close(): void {
		this.#closeAfter(0);
		this.#timer.disarm();
		this.#current = NONE;
		this.#better = NONE;
		this.#barred = NONE;
		this.#owed = false;
	}

	renew(): void {
		if (this.#open === 0) return;
		const at = this.#current;
		if (at === NONE) {
			for (let i = 0; i < this.#open; i++) this.#networks[i].renew();
			return;
		}
		if (at + 1 < this.#networks.length) {
			this.#lose();
			this.#barred = at;
			this.#barredUntil = (this.#clock.ticks + this.#holdMs) | 0;
			this.#openNext();
		}
		this.#networks[at].renew();
		this.#timer.arm(0);
	}

	onAlarm(): void {
		if (this.#open === 0) return;
		const now = this.#clock.ticks;
		if (this.#barred !== NONE && ((this.#barredUntil - now) | 0) <= 0) this.#barred = NONE;
		if (this.#current !== NONE && !this.#fit(this.#current)) this.#lose();
		const best = this.#best();
		const next = this.#current === NONE ? best : this.#held(best, now) ? best : NONE;
		if (this.#current === NONE && best === NONE) this.#wait(now);
		const returns = next !== NONE && this.#current !== NONE;
		if (returns) this.#lose();
		// All of ours is in order before anybody is told: a listener may call anything.
		if (this.#current !== 0 || next !== NONE) this.#timer.arm(next === 0 ? 0 : Ms.Watch);
		this.#tell();
		if (next !== NONE && this.#open > next && this.#fit(next)) this.#take(next, returns);
	}

	/** Whether a network could carry. */
	#fit(at: number): boolean {
		return at !== this.#barred && this.#networks[at].up;
	}

	#best(): number {
		for (let i = 0; i < this.#open; i++) if (this.#fit(i)) return i;
		return NONE;
	}

	/** A preferred network has been up for long enough. */
	#held(best: number, now: number): boolean {
		if (best === NONE || best >= this.#current) {
			this.#better = NONE;
			return false;
		}
		if (best !== this.#better) {
			this.#better = best;
			this.#betterSince = now;
		}
		return ((now - this.#betterSince) | 0) >= this.#holdMs;
	}

	/** None carries: opens the next one when it is time. */
	#wait(now: number): void {
		if (((now - this.#since) | 0) < this.#failoverMs || this.#open === this.#networks.length) return;
		this.#openNext();
	}

	#lose(): void {
		const now = this.#clock.ticks;
		const carried = (now - this.#carriesSince) | 0;
		// Negative: more than 24 days.
		const proven = carried < 0 || carried >= Ms.Proven;
		if (this.#returned) this.#holdMs = proven ? this.#returnMs : Math.min(this.#holdMs * 2, Ms.HoldMost);
		this.#returned = false;
		this.#current = NONE;
		this.#better = NONE;
		this.#since = now;
		this.#owed = true;
	}

	#take(at: number, returned: boolean): void {
		this.#current = at;
		this.#returned = returned;
		this.#carriesSince = this.#clock.ticks;
		this.#closeAfter(at + 1);
		this.onChange?.(this);
	}

	#tell(): void {
		if (!this.#owed) return;
		this.#owed = false;
		this.onChange?.(this);
	}

	#openNext(): void {
		this.#since = this.#clock.ticks;
		if (this.#open === this.#networks.length) return;
		this.#networks[this.#open++].open();
	}

	#closeAfter(count: number): void {
		while (this.#open > count) this.#networks[--this.#open].close();
	}

	// An alarm of one of them: its news is looked at in an alarm of our own.
	readonly #onChanged = (network: Network): void => {
		if (this.#open === 0) return;
		if (this.#current === NONE && !network.up) this.#owed = true;
		this.#timer.arm(0);
	};
}
