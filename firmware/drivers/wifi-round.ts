// SPDX-License-Identifier: MIT
import { wordsOf } from "./network.js";
import type { AccessPoint, Credentials } from "./wifi.js";

/** Why a round failed; the greater one tells more. */
export const enum Trouble {
	None = 0,
	NotSeen = 1,
	Unanswered = 2,
	Lost = 3,
	NoAddress = 4,
	Refused = 5,
	Driver = 6,
	NoneKnown = 7,
}

/** Weaker than any signal. */
const UNSEEN = -128;
/** A single network is looked for at every so many failed rounds, to find words for why. */
const LOOK_EVERY = 4;

/** The networks that are known: which one is tried next, and what became of the last round. */
export class Round {
	readonly #networks: readonly Credentials[];
	readonly #requests: { SSID: string; password?: string }[] = [];
	/** The order of this round, as indices; in front of `#at` those that were tried. */
	readonly #order: Uint8Array;
	/** What the scan of this round saw, in dBm. */
	readonly #strength: Int8Array;
	#at: number;
	#scanned = false;
	/** Fails in a row. */
	#failures = 0;
	/** The network that comes last in the next round; -1: none. */
	#avoided = -1;
	/** What this round has met, and what the last one has. */
	#met = Trouble.None;
	#told = Trouble.None;
	#culprit = 0;
	#culpritStrength = UNSEEN;
	#driver = "";

	constructor(networks: readonly Credentials[]) {
		this.#networks = networks;
		for (let i = 0; i < networks.length; i++) {
			const { ssid, password } = networks[i];
			this.#requests.push(password === "" ? { SSID: ssid } : { SSID: ssid, password });
		}
		this.#order = new Uint8Array(networks.length);
		this.#strength = new Int8Array(networks.length);
		this.#at = networks.length;
	}

	/** What to join now. */
	get request(): { SSID: string; password?: string } {
		return this.#requests[this.#order[this.#at]];
	}

	/** Begins a round. Returns true when it is better to scan first. */
	begin(): boolean {
		const count = this.#order.length;
		this.#at = -1;
		this.#met = Trouble.None;
		this.#scanned = false;
		for (let i = 0; i < count; i++) this.#order[i] = i;
		this.#strength.fill(UNSEEN);
		return count > 1 || (count === 1 && this.#failures % LOOK_EVERY === LOOK_EVERY - 1);
	}

	/** One of the access points that the scan has found; several may have the same name. */
	readonly onFound = (point: AccessPoint): void => {
		const count = this.#networks.length;
		for (let i = 0; i < count; i++) {
			if (this.#networks[i].ssid !== point.SSID) continue;
			if (point.RSSI > this.#strength[i]) this.#strength[i] = point.RSSI;
		}
	};

	/** The scan is complete: what it did not find is not in sight. */
	scanned(): void {
		this.#scanned = true;
	}

	/** Goes on to the next network of the round. False: all have been tried. */
	next(): boolean {
		if (this.#at < 0) this.#sort();
		return ++this.#at < this.#order.length;
	}

	/** The round has ended without success, or was given up. True when there is something to tell. */
	over(): boolean {
		this.#at = this.#order.length;
		this.#failures++;
		const met = this.#at === 0 && this.#met !== Trouble.Driver ? Trouble.NoneKnown : this.#met;
		this.#met = Trouble.None;
		if (met === Trouble.None) return false;
		this.#told = met;
		return true;
	}

	succeeded(): void {
		this.#failures = 0;
		this.#avoided = -1;
		this.#met = Trouble.None;
		this.#told = Trouble.None;
	}

	/** As at the beginning. */
	reset(): void {
		this.succeeded();
		this.#at = this.#order.length;
	}

	/** The one that was joined lets us in, but leads nowhere. */
	avoid(): void {
		if (this.#at < this.#order.length) this.#avoided = this.#order[this.#at];
	}

	note(trouble: Trouble): void {
		if (trouble < this.#met || this.#at >= this.#order.length) return;
		this.#met = trouble;
		// Nobody waits for the end of a round to hear of this one.
		if (trouble === Trouble.Lost) this.#told = trouble;
		this.#culprit = this.#order[this.#at];
		this.#culpritStrength = this.#strength[this.#culprit];
	}

	/** An attempt has failed. The driver does not tell why; the scan, where there was one, knows half of it. */
	refused(): void {
		const seen = this.#strength[this.#order[this.#at]] > UNSEEN;
		this.note(seen ? Trouble.Refused : this.#scanned ? Trouble.NotSeen : Trouble.Unanswered);
	}

	driver(thrown: unknown): void {
		this.#met = Trouble.Driver;
		this.#driver = wordsOf(thrown);
	}

	/** What became of the last round that failed; "" when the last one succeeded. Allocates. */
	words(): string {
		const name = `"${this.#networks[this.#culprit]?.ssid}"`;
		switch (this.#told) {
			case Trouble.None:
				return "";
			case Trouble.NotSeen:
				return `${name} is not in sight: out of reach, switched off, hidden, or on 5 GHz only`;
			case Trouble.Unanswered:
				return `${name} does not answer, or does not let us in: look at wifi_ssid and wifi_password`;
			case Trouble.Lost:
				return `the link to ${name} was lost`;
			case Trouble.NoAddress:
				return `${name} lets us in, but gives us no IPv4 address: look at its DHCP server`;
			case Trouble.Refused:
				return `${name} is in sight (${this.#culpritStrength} dBm), but does not let us in: look at wifi_password`;
			case Trouble.Driver:
				return `the Wi-Fi driver says "${this.#driver}"`;
			default:
				return "no Wi-Fi network is known: set wifi_ssid and wifi_password";
		}
	}

	/** The strongest first; equally strong ones, and those that were not seen, as their owner wrote them. */
	#sort(): void {
		const order = this.#order;
		const avoided = this.#avoided;
		if (avoided >= 0) this.#strength[avoided] = UNSEEN;
		for (let i = 1; i < order.length; i++) {
			const moved = order[i];
			let to = i;
			while (to > 0 && this.#before(moved, order[to - 1])) {
				order[to] = order[to - 1];
				to--;
			}
			order[to] = moved;
		}
		this.#avoided = -1;
	}

	#before(a: number, b: number): boolean {
		if (a === this.#avoided) return false;
		return b === this.#avoided || this.#strength[a] > this.#strength[b];
	}
}
