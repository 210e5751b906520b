// SPDX-License-Identifier: MIT
/**
 * A store against a model of what it promised, on flash whose power is cut: no client, no network, so it is quick and what it
 * finds is short. The campaign with the real client is in test/store.
 */
import type { Limits } from "../../../lib/limits.js";
import { StoreFault } from "../../../lib/ports.js";
import { RecordType } from "../../../lib/store/format.js";
import { MessageState } from "../../../lib/wire/record.js";
import { CUTS, type Cut, NorFlash, type NorFlashOptions } from "../../../simulator/nor-flash.js";
import { SeededRandom } from "../../../simulator/world/random.js";
import { Life } from "./lives.js";

export interface FuzzOptions {
	readonly seed: number;
	readonly steps: number;
	readonly sectors: number;
	readonly limits: Partial<Limits>;
	readonly encrypted?: boolean;
	/** One step in so many is cut; 0: none. */
	readonly cutEvery: number;
	/** Only cuts of these kinds; default all. */
	readonly cuts?: readonly Cut[];
	/** When unstable bits read differently; default at each boot. */
	readonly unstable?: NorFlashOptions["unstable"];
	/** Payloads up to so many bytes. */
	readonly longest: number;
	/** How many messages wait, about. */
	readonly backlog: number;
}

interface Known {
	readonly text: string;
	readonly qos: number;
	/** As promised, and as it may be by what was done since; `Done` is never promised. */
	state: MessageState;
	perhaps: MessageState;
	/** It was ended once and came back, since that was not flushed: what was cut short may yet say so. */
	revived?: boolean;
}

export class Fuzz {
	readonly flash: NorFlash;
	life!: Life;
	cuts = 0;
	lives = 0;
	/** Messages that came back although they had been ended: allowed while that was not flushed. */
	revived = 0;
	readonly #options: FuzzOptions;
	readonly #random: SeededRandom;
	readonly #known = new Map<number, Known>();
	/** Ended, but perhaps not durably. */
	readonly #ended = new Map<number, Known>();
	/** Inbound identifiers: taken for certain, and what may have changed since the last commit. */
	readonly #taken = new Map<number, string>();
	readonly #unsure = new Map<number, string | undefined>();
	#remembered = Number.NaN;
	readonly #perhapsRemembered: number[] = [];
	/** Numbers up to this one were given away to something that was sent. */
	#sent = 0;
	#attempt: { text: string; qos: number } | undefined;
	#counter = 0;
	#dead = false;
	#again = 0;
	readonly trace: string[] = [];

	constructor(options: FuzzOptions) {
		this.#options = options;
		this.#random = new SeededRandom(options.seed, "fuzz");
		this.flash = new NorFlash({
			sectors: options.sectors,
			encrypted: options.encrypted ?? false,
			unstable: options.unstable ?? "boot",
			random: new SeededRandom(options.seed, "flash"),
		});
		this.flash.onCut = () => {
			this.#dead = true;
		};
		// The first program of a life may fall on one that left no trace: it is a mark, at the start of a page.
		this.flash.onReprogram = (address, first) => {
			const mark = options.encrypted ? address % 256 === 0 : first === RecordType.Boot;
			if (!mark) this.#again++;
		};
	}

	/** Returns what is wrong first, or "". */
	run(): string {
		if (this.#options.encrypted) {
			const life = new Life(this.flash, this.#options.limits, { encrypted: true });
			if (life.store.format() !== 0) return "it cannot be formatted";
		}
		let wrong = this.boot();
		for (let step = 0; wrong === "" && step < this.#options.steps; step++) {
			if (this.#options.cutEvery > 0 && this.#random.below(this.#options.cutEvery) === 0) this.arm();
			wrong = this.step();
			if (this.#dead && wrong === "") wrong = this.boot();
			if (this.#again > 0) return wrong || `${this.#again} cells are programmed twice`;
		}
		return wrong;
	}

	private arm(): void {
		const { cuts } = this.#options;
		const kind = cuts === undefined ? this.#random.below(CUTS) : cuts[this.#random.below(cuts.length)];
		const erase = this.#random.below(3) === 0;
		const nth = 1 + this.#random.below(erase ? 1 : this.#random.below(2) === 0 ? 4 : 40);
		this.flash.arm(nth, kind as Cut, erase);
		this.trace.push(`cut ${kind} at ${nth}${erase ? " erases" : ""}`);
	}

	private boot(): string {
		const { limits, encrypted = false } = this.#options;
		for (;;) {
			if (this.#dead) this.cuts++;
			this.#dead = false;
			this.flash.reboot();
			this.lives++;
			// A third of the lives are cut before they have begun.
			if (this.#options.cutEvery > 0 && this.#random.below(3) === 0) this.arm();
			this.life = new Life(this.flash, limits, { encrypted });
			this.trace.push("boot");
			const found = this.life.store.open(1, 60);
			if (!this.#dead) {
				const fault = this.life.store.takeFault();
				if (fault !== StoreFault.None) return `fault ${fault} at boot`;
				if (found === 1) {
					if (this.#known.size > 0 || this.#taken.size > 0) return "the session is forgotten";
					this.life.store.clear(true);
				}
			}
			if (this.#dead) continue;
			const again = this.#random.below(4) === 0 ? this.remount() : "";
			return again === "" ? this.compare() : again;
		}
	}

	/** Another life on a copy says the same: what it was given is all in the flash, and all that counts is counted. */
	private remount(): string {
		if (this.flash.unstable > 0) return "";
		const copy = new NorFlash({
			sectors: this.#options.sectors,
			encrypted: this.#options.encrypted ?? false,
		});
		copy.renew(this.flash.bytes.slice());
		const life = new Life(copy, this.#options.limits, { encrypted: this.#options.encrypted ?? false });
		life.store.open(1, 60);
		const [here, there] = [this.life.digest(), life.digest()];
		return here === there ? "" : `the next life would differ: ${here} then ${there}`;
	}

	/** What a life finds against what the one before was promised. From then on that is what is known. */
	private compare(): string {
		const { store } = this.life;
		const found = new Set(this.life.numbers());
		for (const [number, known] of this.#known) {
			if (!found.delete(number)) {
				if (known.perhaps !== MessageState.Done && known.revived !== true) return `message ${number} is lost`;
				this.#known.delete(number);
				continue;
			}
			const text = store.state(number) === MessageState.AwaitComp ? "" : this.life.read(number);
			if (text !== "" && text !== "lost" && text !== known.text)
				return `message ${number} is ${text}, not ${known.text}`;
			const state = store.state(number);
			if (text === "lost") return `message ${number} cannot be read`;
			if (known.state === MessageState.AwaitComp && state !== known.state)
				return `PUBREC of ${number} is forgotten`;
			if (
				state === MessageState.AwaitComp &&
				known.state !== state &&
				known.perhaps !== state &&
				known.perhaps !== 0
			)
				return `PUBREC of ${number} was never`;
			const sent = known.state === MessageState.AwaitAck || known.state === MessageState.AwaitRec;
			if (sent && state === MessageState.DuePublish) return `message ${number} is not known to be sent`;
			known.state = known.perhaps = state;
		}
		for (const number of found) {
			const before = this.#ended.get(number);
			const text = store.state(number) === MessageState.AwaitComp ? "" : this.life.read(number);
			if (before === undefined) {
				if (text !== this.#attempt?.text) return `message ${number}, ${text}, comes out of nowhere`;
				const state = store.state(number);
				this.#known.set(number, { ...this.#attempt, state, perhaps: state });
				this.#attempt = undefined;
				continue;
			}
			if (text !== before.text && store.state(number) !== MessageState.AwaitComp)
				return `ended message ${number} is ${text}, not ${before.text}`;
			this.revived++;
			before.state = before.perhaps = store.state(number);
			before.revived = true;
			this.#known.set(number, before);
		}
		this.#ended.clear();
		return this.compareRest();
	}

	private compareRest(): string {
		const { store } = this.life;
		for (let id = 1; id <= 9; id++) {
			const sure = this.#taken.get(id);
			const unsure = this.#unsure.has(id);
			const is = store.inbound(id);
			if (!unsure && is !== (sure !== undefined)) return `identifier ${id} is ${is ? "" : "not "}taken`;
			if (is && !unsure && store.stale(id, this.life.content(sure!)))
				return `identifier ${id} has other content`;
			if (is) this.#taken.set(id, sure ?? this.#unsure.get(id) ?? "");
			else this.#taken.delete(id);
			if (is && unsure) store.closeInbound(id); // which content it has is not known
			if (is && unsure) this.#unsure.set(id, undefined);
			else this.#unsure.delete(id);
		}
		const { remembered } = store;
		if (!Object.is(remembered, this.#remembered) && !this.#perhapsRemembered.includes(remembered))
			return `${remembered} is remembered, not ${this.#remembered}`;
		this.#remembered = remembered;
		this.#perhapsRemembered.length = 0;
		return "";
	}

	/** What was promised by a commit that has returned 0. */
	private promised(): void {
		for (const known of this.#known.values())
			if (known.perhaps !== MessageState.Done) known.state = known.perhaps;
		for (const [id, text] of this.#unsure)
			if (text === undefined) this.#taken.delete(id);
			else this.#taken.set(id, text);
		this.#unsure.clear();
		if (this.#perhapsRemembered.length > 0) this.#remembered = this.#perhapsRemembered.at(-1)!;
		this.#perhapsRemembered.length = 0;
	}

	private step(): string {
		const { store } = this.life;
		const random = this.#random;
		const what = random.below(20);
		if (what < 7) return this.put();
		if (what < 14) return this.progress();
		if (what < 16) this.receive();
		else if (what === 16) {
			for (let left = random.below(4); left > 0 && store.untidy && !this.#dead; left--) store.maintain();
			this.trace.push("maintain");
		} else if (what === 17 && random.below(4) === 0) {
			this.trace.push("sleep");
			store.flush();
			if (this.#dead) return "";
			this.promised();
			for (const [number, known] of this.#known)
				if (known.perhaps === MessageState.Done) this.#known.delete(number);
			this.#ended.clear();
			const before = this.life.digest();
			this.flash.disarm();
			const wrong = this.bootAfterSleep();
			if (wrong !== "" || this.#dead) return wrong;
			const used = (text: string): string => text.slice(text.lastIndexOf(" "));
			if (used(before) !== used(this.life.digest()))
				return `counted ${before} before sleep, ${this.life.digest()} after it`;
			return "";
		} else if (what === 18 && random.below(10) === 0) return this.newSession();
		else return this.commit();
		return "";
	}

	private bootAfterSleep(): string {
		const { limits, encrypted = false } = this.#options;
		this.flash.reboot();
		this.lives++;
		this.life = new Life(this.flash, limits, { encrypted });
		this.trace.push("wake");
		if (this.life.store.open(1, 60) === 1 && this.#known.size > 0) return "the session is forgotten in sleep";
		const fault = this.life.store.takeFault();
		if (fault !== StoreFault.None) return `fault ${fault} after sleep`;
		if (this.life.store.unclean) return "sleep was not clean";
		return this.compare();
	}

	private newSession(): string {
		this.trace.push("clear");
		const before = [...this.#known];
		this.life.store.clear(true);
		for (const [number, known] of before) {
			if (known.perhaps === MessageState.AwaitComp) known.perhaps = MessageState.Done;
			else if (known.perhaps !== MessageState.Done) known.perhaps = MessageState.DuePublish;
			if (this.#dead) {
				if (known.state !== MessageState.DuePublish)
					known.state = known.perhaps === 0 ? 0 : MessageState.DuePublish;
				continue;
			}
			known.state = known.perhaps;
			if (known.perhaps === MessageState.Done) this.#known.delete(number);
		}
		for (let id = 1; id <= 9; id++)
			if (this.life.store.inbound(id)) return "an identifier survives its session";
		if (this.#dead) for (const [id] of this.#taken) this.#unsure.set(id, undefined);
		else {
			this.#taken.clear();
			this.#unsure.clear();
			this.promised();
		}
		return "";
	}

	private commit(): string {
		this.trace.push("commit");
		const done = this.life.store.commit();
		if (this.#dead) return "";
		if (done !== 0) return `commit refuses: ${done}, fault ${this.life.store.takeFault()}`;
		this.promised();
		return "";
	}

	private put(): string {
		const random = this.#random;
		const { store } = this.life;
		const number = ++this.#counter;
		const longest = random.below(8) === 0 ? this.#options.longest : 90;
		const text = `t${number % 10}=${String(number).padEnd(random.below(longest), "abcdefgh")}`;
		const qos = 1 + random.below(2);
		const [topic, payload] = text.split("=");
		this.#attempt = { text, qos };
		const ticket = this.life.put({ topic, payload, qos });
		this.trace.push(`put ${text.length} -> ${ticket}`);
		if (this.#dead) return "";
		this.#attempt = undefined;
		if (ticket < 0) {
			const fault = store.takeFault();
			if (fault !== StoreFault.None) return `put refuses: ${ticket}, fault ${fault}`;
			return this.#known.size < this.#options.backlog / 4
				? `there is no room for ${this.#known.size + 1}`
				: "";
		}
		if (ticket <= this.#sent || this.#known.has(ticket)) return `number ${ticket} is given away again`;
		this.#known.set(ticket, { text, qos, state: MessageState.DuePublish, perhaps: MessageState.DuePublish });
		return "";
	}

	/** A message goes on, the oldest ones more often; with a backlog only when it is long. */
	private progress(): string {
		const random = this.#random;
		const { store } = this.life;
		const open = [...this.#known].filter(([, known]) => known.perhaps !== MessageState.Done);
		if (open.length === 0 || (open.length < this.#options.backlog && random.below(3) > 0)) return "";
		const [number, known] = open[random.below(Math.min(open.length, 4))];
		const next = random.below(10) === 0 ? MessageState.Done : after(known.perhaps, known.qos);
		this.trace.push(`mark ${number} ${next}`);
		store.mark(number, next);
		if (next === MessageState.Done) {
			// The state that it has in flash is the one that it may come back with.
			this.#ended.set(number, known);
			this.#known.delete(number);
		} else known.perhaps = next;
		if (number > this.#sent) this.#sent = number;
		return "";
	}

	private receive(): void {
		const random = this.#random;
		const { store } = this.life;
		const id = 1 + random.below(9);
		if (store.inbound(id)) {
			this.trace.push(`close ${id}`);
			store.closeInbound(id);
			this.#unsure.set(id, undefined);
			return;
		}
		const text = `i${++this.#counter}`;
		if (store.openInbound(id, this.life.content(text)) !== 0) return;
		this.trace.push(`open ${id}`);
		this.#unsure.set(id, text);
		if (random.below(3) > 0) return;
		store.remember(this.#counter);
		this.#perhapsRemembered.push(this.#counter);
		this.trace.push(`remember ${this.#counter}`);
	}
}

function after(state: MessageState, qos: number): MessageState {
	if (state === MessageState.DuePublish) return qos === 2 ? MessageState.AwaitRec : MessageState.AwaitAck;
	return state === MessageState.AwaitRec ? MessageState.AwaitComp : MessageState.Done;
}
