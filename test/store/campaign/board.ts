// SPDX-License-Identifier: MIT
/** A board that lives many lives on one flash. */
import { Holds } from "../../../lib/extras/index.js";
import { Client, type ClientOptions, type Filter, type Listener, type Topic } from "../../../lib/index.js";
import { type Flash, type Memory, StoreFault } from "../../../lib/ports.js";
import { FlashStore } from "../../../lib/store/index.js";
import type { NorFlash } from "../../../simulator/nor-flash.js";
import {
	Scope,
	VirtualClock,
	type VirtualDialler,
	type VirtualNetwork,
	type World,
} from "../../../simulator/world.js";
import { UP_TOPICS } from "./history.js";
import type { Plan } from "./plan.js";

/** The same bytes for every life: they are zeroed, and not collected. */
class Block implements Memory {
	#bytes = new Uint8Array(0);

	allocate(bytes: number): Uint8Array {
		if (this.#bytes.length === bytes) this.#bytes.fill(0);
		else this.#bytes = new Uint8Array(bytes);
		return this.#bytes;
	}
}

const block = new Block();

/** One life: a client and all that dies with it. */
export class Life {
	readonly scope = new Scope();
	readonly clock: VirtualClock;
	readonly dialler: VirtualDialler;
	readonly store: FlashStore;
	readonly client: Client;
	readonly topics: Topic[] = [];
	readonly filter: Filter;

	constructor(
		world: World,
		network: VirtualNetwork,
		flash: NorFlash,
		plan: Plan,
		listener: Listener,
		birth: Birth,
	) {
		const { scope } = this;
		const { number, seconds, clientId } = birth;
		const random = world.random.fork(`life ${number}`);
		const ticks = 0x7fff_ffff - random.below(20_000);
		this.clock = new VirtualClock(world, { scope, ticks, seconds, synchronised: plan.synchronised });
		this.dialler = network.dialler({ scope, name: `board ${number}` });
		if (plan.stalls)
			flash.onBusy = (microseconds) => {
				this.clock.offsetMs += microseconds / 1000;
			};
		const departs = random.fork("departs");
		flash.onCut = () => {
			// What was written in the turn that the cut ends may have left, or not.
			if (departs.chance(0.5)) this.dialler.link?.depart();
			scope.dispose();
		};
		const { limits } = plan;
		this.store = new FlashStore(flash as Flash, limits, { encrypted: plan.encrypted });
		const options: ClientOptions = {
			memory: block,
			dialler: this.dialler,
			clock: this.clock,
			random,
			store: this.store,
			limits,
			version: plan.version,
			clientId,
			keepAliveSeconds: 20,
			sessionExpirySeconds: plan.sessionExpirySeconds,
			listener,
			...(plan.byHand < 0 ? {} : { holds: new Holds() }),
		};
		this.client = new Client(options);
		for (const name of UP_TOPICS) this.topics.push(this.client.topic(name));
		this.filter = this.client.filter("down/#");
	}

	/**
	 * Begins: what is in flash is read, then the client connects. Returns what `open` does, or with `format`, which an
	 * encrypted partition needs before its first use, what that does.
	 */
	start(format: boolean): number {
		if (format) {
			const refused = this.store.format();
			if (refused < 0) return refused;
		}
		this.client.subscribe(this.filter, 2);
		return this.client.open();
	}
}

export interface Birth {
	/** Of the life, from 1. */
	readonly number: number;
	/** What `Clock.seconds` begins with: it goes on through sleep, and starts anew after a cut. */
	readonly seconds: number;
	readonly clientId: string;
}

/** What a store knows, as text, but for what need not survive; two stores that read the same log say the same. */
export function digest(store: FlashStore): string {
	const open: string[] = [];
	let volatile = 0;
	for (let number = store.next(0); number !== 0; number = store.next(number)) {
		if ((store.traits(number) & 1) !== 0) volatile++;
		// Whether it was sent is known in blocks of a window.
		else open.push(`${number}${store.state(number) === 5 ? "r" : store.state(number) === 1 ? "o" : "p"}`);
	}
	const used = volatile > 0 ? "" : ` ${store.used} bytes`;
	return `${open.join(" ")};${used} ${store.inboundCount} inbound, remembered ${store.remembered}`;
}

/** Reads a log with a store that has no client. Returns its digest, or the fault. */
export function mount(flash: NorFlash, plan: Plan, world: World): string {
	const store = new FlashStore(flash as Flash, plan.limits, { encrypted: plan.encrypted });
	const bytes = new Uint8Array(store.bytes + 64);
	const clock = new VirtualClock(world, { synchronised: plan.synchronised });
	store.attach({ bytes, view: new DataView(bytes.buffer) }, 0, clock, world.random.fork("mount"));
	store.open(1, 0);
	const fault = store.takeFault();
	return fault === StoreFault.None ? digest(store) : `fault ${fault}`;
}
