// SPDX-License-Identifier: MIT
/** The board from outside: a partition, a power switch, and one life after the other. */
import type { Listener } from "../../../lib/index.js";
import { NorFlash } from "../../../simulator/nor-flash.js";
import { type SeededRandom, VirtualNetwork, World } from "../../../simulator/world.js";
import { Life, mount } from "./board.js";
import type { History } from "./history.js";
import type { Plan } from "./plan.js";

/** The longest time between a cut and the next boot. */
const OFF_MS = 40;
/** First byte of a Boot record, the only one that may lie where an earlier one was cut short without a trace. */
const BOOT = 0x41;

const flashes = new Map<string, NorFlash>();

/** A partition as the plan has it, as new; the same object again for another plan of the same kind. */
function flashFor(plan: Plan, random: SeededRandom): NorFlash {
	const { sectors, encrypted, sliceBytes, unstable, stalls } = plan;
	const key = `${sectors} ${encrypted} ${sliceBytes} ${unstable} ${stalls}`;
	let flash = flashes.get(key);
	if (flash === undefined) {
		flash = new NorFlash({ sectors, encrypted, sliceBytes, unstable, slowErases: stalls ? 20 : 0 });
		flashes.set(key, flash);
	}
	flash.random = random;
	flash.renew();
	flash.onBusy = flash.onCut = flash.onReprogram = undefined;
	return flash;
}

export class Machine {
	readonly plan: Plan;
	readonly world: World;
	readonly network: VirtualNetwork;
	readonly flash: NorFlash;
	readonly history: History;
	readonly random: SeededRandom;
	/** The life that is lived. */
	life!: Life;
	clientId = "board";
	/** Whether the broker can be reached. */
	reachable = true;
	/** Lives begun. */
	lives = 0;
	/** Called when a life has begun. */
	onBirth: (() => void) | undefined;
	readonly #listener: Listener;
	/** Which of the planned cuts is next. */
	#cut = 0;
	/** A life has found a session. */
	#agreed = false;
	/** Whether an encrypted partition is blank cannot be seen: it is formatted before its first use. */
	#formatted: boolean;

	constructor(plan: Plan, history: History, listener: Listener) {
		this.plan = plan;
		this.history = history;
		this.#listener = listener;
		this.#formatted = !plan.encrypted;
		this.world = new World({ seed: plan.seed, instantEventsMax: 200_000 });
		this.random = this.world.random.fork("machine");
		this.network = new VirtualNetwork(this.world, { conditions: plan.conditions });
		this.flash = flashFor(plan, this.world.random.fork("flash"));
		if (!plan.encrypted)
			this.flash.onReprogram = (address, first) => {
				if (first !== BOOT)
					history.fail(`I10: the cell at ${address} is programmed twice, with a record of type ${first}`);
			};
	}

	/** No planned cut comes any more. */
	disarm(): void {
		this.flash.disarm();
		this.#cut = Number.POSITIVE_INFINITY;
	}

	/** Power on, after so many milliseconds of sleep or, 0, after a cut; again and again while cuts come during it. */
	boot(sleptMs: number, seconds = 0): void {
		let slept = sleptMs;
		for (;;) {
			this.flash.reboot();
			if (this.history.cuts > 0 && slept === 0) this.#checkMount();
			const planned = this.plan.cuts[this.#cut];
			// More cuts than the partition has blocks before there is anything in it are not promised: see FORMAT.md.
			const spared = !this.#agreed && this.history.cuts > this.plan.sectors - 3;
			if (planned !== undefined && !spared) this.flash.arm(planned.nth, planned.cut, planned.erases);
			if (this.#start(slept > 0 ? seconds : 0)) return;
			slept = 0;
			this.#died();
			this.world.run(this.world.now + 1 + this.random.below(OFF_MS));
		}
	}

	/** Returns false when the power went away during it. */
	#start(seconds: number): boolean {
		const { world, network, flash, plan, clientId, history } = this;
		const number = ++this.lives;
		history.life = number;
		this.guard(() => {
			this.life = new Life(world, network, flash, plan, this.#listener, { number, seconds, clientId });
			this.life.dialler.fault = this.reachable ? "none" : "refuse";
			const refused = this.life.start(!this.#formatted);
			if (!flash.dead) this.#formatted = true;
			if (this.life.store.established) this.#agreed = true;
			if (!flash.dead && refused < 0) history.fail(`open was refused with ${refused}`);
		});
		if (flash.dead) return false;
		this.onBirth?.();
		return true;
	}

	#died(): void {
		this.history.cuts++;
		this.#cut++;
	}

	/** After a step, or an event, in which the power may have gone away. */
	revive(): void {
		if (!this.flash.dead) return;
		this.#died();
		this.world.run(this.world.now + 1 + this.random.below(OFF_MS));
		this.boot(0);
	}

	/** I9: to recover twice gives the same as once. Not with unstable bits: there the last record may come or go. */
	#checkMount(): void {
		const { plan, flash, world } = this;
		if (
			!this.#formatted ||
			plan.mountChecks === 0 ||
			this.random.below(plan.mountChecks) !== 0 ||
			flash.unstable > 0
		)
			return;
		const image = flash.snapshot();
		const { commands, eraseCommands, reprogrammed } = flash;
		const [busy, cut] = [flash.onBusy, flash.onCut];
		flash.onBusy = flash.onCut = undefined;
		const once = mount(flash, plan, world);
		flash.reboot();
		const twice = mount(flash, plan, world);
		flash.reboot();
		const thrice = mount(flash, plan, world);
		if (once !== twice || twice !== thrice)
			this.history.fail(`I9: mounted as ${once}, then ${twice}, then ${thrice}`);
		flash.restore(image);
		Object.assign(flash, { commands, eraseCommands, reprogrammed, onBusy: busy, onCut: cut });
	}

	/** Power off in order, a timer, and power on; the clock goes on meanwhile. */
	sleep(ms: number): void {
		const seconds = this.life.clock.seconds + Math.ceil(ms / 1000);
		this.flash.powerOff();
		this.world.run(this.world.now + ms);
		this.boot(ms, seconds);
	}

	/** The power goes while nothing is written. */
	off(ms: number): void {
		this.flash.powerOff();
		this.history.cuts++;
		this.world.run(this.world.now + ms);
		this.boot(0);
	}

	/** Runs code of the board; what it throws when the power is gone is of no interest. */
	guard(action: () => void): void {
		try {
			action();
		} catch (error) {
			if (!this.flash.dead) throw error;
		}
	}

	/** Lets time pass, lives that end in it included. */
	pass(ms: number): void {
		const end = this.world.now + ms;
		do this.until(() => false, end - this.world.now);
		while (this.world.now < end && this.history.failure === undefined);
	}

	/** Lets time pass until `predicate` holds or the board had to be started again. */
	until(predicate: () => boolean, ms: number): boolean {
		const { world, flash, history } = this;
		const end = world.now + ms;
		while (world.now <= end && history.failure === undefined) {
			let held = false;
			this.guard(() => {
				held = world.runUntil(() => flash.dead || predicate(), end) && !flash.dead;
			});
			if (held) return true;
			if (!flash.dead) return false;
			this.revive();
		}
		return false;
	}
}
