// SPDX-License-Identifier: MIT
/** A board in a seeded world, with a broker, a bad link, and a plug that is pulled, while a tape records all that its client does and is told. */
import { Broker } from "../../simulator/broker/index.js";
import { CUTS, type Cut, NorFlash } from "../../simulator/nor-flash.js";
import {
	Scope,
	type SeededRandom,
	VirtualClock,
	type VirtualDialler,
	VirtualNetwork,
	World,
} from "../../simulator/world.js";
import { Image } from "./image.js";
import type { Outside } from "./ports.js";
import { Stage } from "./stage.js";
import { NO_BYTES, RecordingTape, What } from "./tape.js";

/** What a tape is of. */
export interface Plan {
	readonly seed: number;
	/** 6: 5.0, and the broker assigns the client identifier. */
	readonly version: 4 | 5 | 6;
	readonly blocks: number;
	/** Things that happen. */
	readonly steps: number;
}

export interface Recording {
	readonly plan: Plan;
	readonly tape: Uint8Array;
	/** What there was to see. */
	readonly lives: number;
	readonly cuts: number;
	readonly erases: number;
	readonly delivered: number;
	readonly settled: number;
}

export function record(plan: Plan): Recording {
	const board = new Board(plan);
	board.boot(0);
	for (let step = 0; step < plan.steps; step++) board.step();
	return board.finish();
}

/** Flags of `publish`: none, volatile, the policies, told when stored. */
const FLAGS = [0, 0, 0, 1, 0x10, 0x20, 0x40, 0x80, 0x60];

class Board {
	readonly #plan: Plan;
	readonly #world: World;
	readonly #random: SeededRandom;
	readonly #network: VirtualNetwork;
	readonly #broker: Broker;
	readonly #flash: NorFlash;
	readonly #tape = new RecordingTape();
	readonly #stage: Stage;
	#scope = new Scope();
	#dialler!: VirtualDialler;
	#seconds = 0;
	#born = 0;
	#lives = 0;
	#cuts = 0;
	#received = 0;
	#delivered = 0;
	#settled = 0;

	constructor(plan: Plan) {
		this.#plan = plan;
		this.#world = new World({ seed: plan.seed });
		this.#random = this.#world.random.fork("script");
		const conditions = { upMs: 3, downMs: 4, lookupMs: 2, pieceBytes: 90, randomPieces: true };
		this.#network = new VirtualNetwork(this.#world, { conditions });
		const random = this.#world.random.fork("broker");
		this.#broker = new Broker({
			schedule: this.#world,
			random: (below) => random.below(below),
			limits: { inflight: 8 },
		});
		this.#network.listen(this.#broker);
		this.#flash = new NorFlash({ sectors: plan.blocks, random: this.#world.random.fork("flash") });
		this.#flash.onCut = () => this.#scope.dispose();
		this.#stage = new Stage(
			this.#tape,
			plan.blocks,
			(what, numbers) => this.#answer(what, numbers),
			() => this.#ports(),
		);
	}

	#ports(): Outside {
		const scope = new Scope();
		const random = this.#world.random.fork(`life ${++this.#lives}`);
		const ticks = 0x7fff_ffff - random.below(20_000); // they wrap in the middle of it
		const synchronised = random.below(3) > 0;
		this.#scope = scope;
		this.#dialler = this.#network.dialler({ scope, name: `board ${this.#lives}` });
		return {
			clock: new VirtualClock(this.#world, { scope, ticks, seconds: this.#seconds, synchronised }),
			dialler: this.#dialler,
			random,
			flash: this.#flash,
			dead: () => this.#flash.dead,
		};
	}

	// ── lives ────────────────────────────────────────────────────────────────────────────────────────────────────

	/** Power on. What a cut left in the flash is told to the tape first. */
	boot(seconds: number): void {
		for (;;) {
			this.#flash.reboot();
			this.#patch();
			this.#seconds = seconds;
			this.#born = this.#world.now;
			this.#call(What.Boot, this.#plan.version, this.#random.below(2));
			for (const filter of [0, 1]) this.#call(What.Subscribe, filter, 2);
			if (this.#random.below(4) === 0) this.#publish(); // before the first `open`
			this.#call(What.Open);
			if (!this.#flash.dead) return;
			this.#world.run(this.#world.now + 5);
		}
	}

	#patch(): void {
		const { bytes } = this.#stage.image;
		const real = new Uint8Array(bytes.length);
		this.#flash.read(real, 0);
		this.#tape.silent = false;
		for (let at = 0; at < real.length; ) {
			let end = at;
			while (end < real.length && real[end] !== bytes[end]) end++;
			if (end > at) this.#stage.perform({ what: What.Patch, numbers: [at], bytes: real.slice(at, end) });
			at = end + 1;
		}
	}

	/** The power is gone; it comes back. */
	#revive(seconds = 0): void {
		this.#tape.silent = true;
		this.#cuts++;
		this.#world.run(this.#world.now + 1 + this.#random.below(50));
		this.boot(seconds);
	}

	// ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────

	step(): void {
		const random = this.#random;
		const kind = random.below(100);
		if (kind < 45) for (let left = random.below(6); left >= 0; left--) this.#publish();
		else if (kind < 65) for (let left = random.below(5); left >= 0; left--) this.#receive();
		else if (kind < 85) this.#disturb(kind);
		else if (kind < 89) this.#flash.arm(1 + random.below(40), random.below(CUTS) as Cut, false);
		else if (kind < 91) this.#flash.arm(1, random.below(CUTS) as Cut, true);
		else if (kind < 92) this.#flash.powerOff();
		else if (kind < 94) this.#sleep();
		else if (kind < 96) this.#call(What.Unsubscribe, 1);
		else if (kind < 98) this.#call(What.Subscribe, 1, random.below(3));
		else this.#call(What.Flush, random.below(300));
		this.#pass(random.below(8) === 0 ? 1500 : random.below(60));
		this.#call(What.Look);
	}

	/** Time goes by; when the power goes meanwhile, it comes back. */
	#pass(ms: number): void {
		const end = this.#world.now + ms;
		while (this.#world.now < end) {
			this.#world.runUntil(() => this.#flash.dead, end);
			if (this.#flash.dead) this.#revive();
		}
		if (this.#flash.dead) this.#revive();
	}

	#publish(): void {
		const random = this.#random;
		const flags = FLAGS[random.below(FLAGS.length)];
		const qos = random.below(8) === 0 ? 0 : 1 + random.below(2);
		const topic = random.below(4);
		if (random.below(4) === 0) {
			this.#call(What.Compose, topic, qos, flags, random.below(10_000) - 5000);
			return;
		}
		const bytes = new Uint8Array(random.below(5) === 0 ? random.below(400) : random.below(80));
		for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(256);
		const expiry = random.below(6) === 0 ? 1 + random.below(3) : 0;
		this.#stage.perform({ what: What.Publish, numbers: [topic, qos, flags, expiry], bytes });
	}

	#receive(): void {
		const random = this.#random;
		const payload = new Uint8Array(random.below(12) === 0 ? 600 : random.below(60)).fill(random.below(256));
		const qos = random.below(3) as 0 | 1 | 2;
		this.#broker.publish({ topic: `down/${random.below(5)}`, payload, qos });
	}

	#disturb(kind: number): void {
		const random = this.#random;
		const { link } = this.#dialler;
		if (kind < 70) link?.cut();
		else if (kind < 74) link?.cutAfter(random.below(2) === 0 ? "up" : "down", random.below(120));
		else if (kind < 75) link?.silence();
		else if (kind < 79) this.#dialler.fault = this.#dialler.fault === "none" ? "refuse" : "none";
		else if (kind < 80) this.#dialler.fault = "no network";
		else if (kind < 82) this.#dialler.fault = "none";
		else if (kind < 84)
			this.#broker.restart({ keepSessions: random.below(3) > 0, downMs: random.below(300) });
		else this.#broker.forget("board");
	}

	/** In order: flush, close, off, and a clock that goes on. */
	#sleep(): void {
		this.#call(What.Flush, 500);
		this.#pass(600);
		this.#call(What.Close, this.#random.below(2));
		this.#pass(30);
		const seconds = this.#seconds + Math.ceil((this.#world.now - this.#born) / 1000) + 5;
		this.#flash.powerOff();
		this.#world.run(this.#world.now + 5000);
		this.#revive(seconds);
	}

	/** What the application does inside its callbacks. */
	#answer(what: What, numbers: readonly number[]): void {
		const random = this.#random;
		if (what === What.Settled) this.#settled++;
		if (what === What.RoomAgain && random.below(2) === 0) this.#publish();
		if (what !== What.Message) return;
		this.#delivered++;
		if (numbers[0] === 2) this.#call(What.Remember, ++this.#received);
		if (random.below(3) === 0) this.#publish();
	}

	#call(what: What, ...numbers: number[]): void {
		this.#stage.perform({ what, numbers, bytes: NO_BYTES });
	}

	finish(): Recording {
		const flash = this.#flash;
		flash.disarm();
		this.#dialler.fault = "none";
		this.#pass(5000);
		const real = new Image(this.#plan.blocks);
		flash.read(real.bytes, 0);
		this.#tape.say(What.Image, real.hash);
		this.#scope.dispose();
		return {
			plan: this.#plan,
			tape: this.#tape.bytes,
			lives: this.#lives,
			cuts: this.#cuts,
			erases: flash.eraseCommands,
			delivered: this.#delivered,
			settled: this.#settled,
		};
	}
}
