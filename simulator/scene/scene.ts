// SPDX-License-Identifier: MIT
/**
 * What a scenario has in its hands: boards by name, a broker, time that passes when the story says so, and expectations. It is
 * a stage with a script; everything that it has no word for is in {@link Scene.stage}.
 *
 * Times are in milliseconds of virtual time. Whatever an action throws ends the scenario.
 */

import { type Action, type Broker, type BrokerEvent, Code, type Credentials } from "../broker/index.js";
import { matches } from "../broker/topics.js";
import { Stage, type StageOptions } from "../stage/index.js";
import type { SeededRandom } from "../world.js";
import { SceneBoard, type SceneBoardOptions, stageOptions } from "./board.js";
import type { Teller } from "./events.js";
import { Ledger } from "./ledger.js";
import { clockOf, days, timeOfDay } from "./units.js";

/** What a scene is like before anybody comes on. */
export interface Setting extends Pick<StageOptions, "profile" | "limits" | "conditions"> {
	/** The time of day at which it begins: "18:00". Default midnight. All times are UTC. */
	readonly begins?: string;
}

/** Something that a board has published. */
export interface Heard {
	readonly board: string;
	readonly topic: string;
	/** UTF-8. */
	readonly payload: string;
	readonly qos: 0 | 1 | 2;
	readonly retain: boolean;
}

/** A promise was broken. */
export class Broken extends Error {
	override readonly name = "Broken";
	/** Milliseconds since the scene began. */
	readonly atMs: number;

	constructor(what: string, atMs: number) {
		super(what);
		this.atMs = atMs;
	}
}

/** The first of January 2026. */
const DAY_ONE = Date.UTC(2026, 0, 1);
/** Events of the world between two beats. */
const BEAT_EVENTS = 250;

/** Of whoever plays it. */
export interface SceneOptions {
	readonly seed: number;
	readonly setting?: Setting;
	readonly tell: Teller;
	/** Called again and again while time passes. */
	readonly onBeat?: () => void;
	/** Has the last word about a board that comes on. */
	readonly recast?: (name: string, options: SceneBoardOptions) => SceneBoardOptions;
}

export class Scene {
	/** World, network and broker. */
	readonly stage: Stage;
	/** Held so far. */
	expectations = 0;
	/** The first promise that was broken. */
	broken: Broken | undefined;
	readonly #options: SceneOptions;
	readonly #boards = new Map<string, SceneBoard>();
	readonly #ledgers = new Map<string, Ledger>();
	readonly #topics = new Map<string, string>();
	readonly #listeners: { readonly filter: string; readonly listener: (heard: Heard) => void }[] = [];
	readonly #invariants: { readonly holds: () => boolean; readonly what: string }[] = [];
	/** User → password; empty: everybody may come. */
	readonly #accounts = new Map<string, string>();
	#guarded = false;
	#beat = 0;

	constructor(options: SceneOptions) {
		const { seed, setting = {} } = options;
		const { begins = "00:00", ...rest } = setting;
		this.#options = options;
		this.stage = new Stage({
			...{ seed, ...rest, epochMs: DAY_ONE + timeOfDay(begins) },
			hooks: {
				authenticate: (who) => this.#admits(who),
				authorize: (what) => this.permits(what),
				onEvent: (event) => this.#onEvent(event),
			},
		});
	}

	// ── who is there ─────────────────────────────────────────────────────────────────────────────────────────────

	get seed(): number {
		return this.#options.seed;
	}

	/** Draws of the scenario's own; the same seed, the same draws. */
	get random(): SeededRandom {
		return this.stage.random;
	}

	/** The embedded broker: `restart`, `publish`, `disconnect`, `forget`, `counters`, and trouble on purpose in `chaos`. */
	get broker(): Broker {
		return this.stage.broker;
	}

	/** Puts a board on the stage and switches it on. Throws when there is one of that name. */
	board(name: string, given: SceneBoardOptions = {}): SceneBoard {
		const { tell, recast } = this.#options;
		const options = recast?.(name, given) ?? given;
		const ledger = new Ledger(name, tell);
		const device = this.stage.board({ ...stageOptions(name, options, ledger), off: true });
		ledger.alive = () => device.running;
		const board = new SceneBoard(device, options.settings, ledger, this.random.fork(name), tell);
		this.#boards.set(name, board);
		this.#ledgers.set(name, ledger);
		this.#topics.set(name, `${board.settings.root}/${name}/reading`);
		if (!options.off) board.powerOn();
		return board;
	}

	/** So many boards, called `name-1` and so on. */
	boards(count: number, name: string, options?: SceneBoardOptions): SceneBoard[] {
		return Array.from({ length: count }, (_, index) => this.board(`${name}-${index + 1}`, options));
	}

	// ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────

	/** Since the scene began. */
	get now(): number {
		return this.stage.now;
	}

	/** Of the day: "03:05:12". */
	get time(): string {
		return clockOf(this.stage.world.epochMs);
	}

	/** Lets time pass. */
	pass(ms: number): void {
		this.until(never, ms);
	}

	/** Lets time pass until the clock shows this time of day: "03:00". If it does now, that is a day. */
	passUntil(time: string): void {
		const wanted = timeOfDay(time) - (this.stage.world.epochMs % days(1));
		this.pass(wanted > 0 ? wanted : wanted + days(1));
	}

	/** Lets time pass until `predicate` holds, `ms` at most. Returns whether it does. It is asked after each event. */
	until(predicate: () => boolean, ms: number): boolean {
		const held = this.stage.until(() => {
			this.#look();
			return predicate();
		}, ms);
		this.#check();
		return held;
	}

	/** Does it `ms` from now. */
	after(ms: number, action: () => void): void {
		this.stage.after(ms, action);
	}

	/** Does it `ms` from now, and so on. */
	every(ms: number, action: () => void): void {
		this.stage.after(ms, () => {
			this.every(ms, action);
			action();
		});
	}

	// ── what is told, and what is promised ───────────────────────────────────────────────────────────────────────

	/** Tells what happens, with the time. */
	story(text: string): void {
		this.#options.tell({ event: "story", text });
	}

	/** A promise. When it is broken, the scenario ends here and has failed. */
	expect(condition: boolean, what: string): void {
		this.#judge(condition, what);
	}

	/** A promise with a time limit: lets time pass until it holds. */
	expectWithin(ms: number, predicate: () => boolean, what: string): void {
		const { now } = this;
		const held = this.until(predicate, ms);
		this.#judge(held, what, this.now - now);
	}

	/** A promise from now to the end of the scenario, looked at after each event. */
	always(predicate: () => boolean, what: string): void {
		this.#invariants.push({ holds: predicate, what });
		this.#look();
	}

	/** Hears what boards publish, when the broker takes it, on topics that match the filter. */
	hear(filter: string, listener: (heard: Heard) => void): void {
		this.#listeners.push({ filter, listener });
	}

	// ── who may come ─────────────────────────────────────────────────────────────────────────────────────────────

	/** Gives a user an account, or a new password. While nobody has one, everybody may connect. */
	permit(user: string, password: string): void {
		this.#accounts.set(user, password);
		this.#guarded = true;
	}

	/** Takes the account away: the boards of that user are thrown out, as not authorized, and not let in again. */
	revoke(user: string): void {
		this.#accounts.delete(user);
		this.#guarded = true;
		for (const { name, settings } of this.#boards.values())
			if (settings.user === user) this.broker.disconnect(name, Code.NotAuthorized);
	}

	/** What who is connected may do; everything, until a scenario puts a function of its own here. */
	permits: (what: Action) => boolean | number = () => true;

	/** For whoever plays it: the script is over, and what was promised for all of it has held. */
	end(): void {
		this.#look();
		this.#check();
		for (const { what } of this.#invariants.splice(0)) this.#judge(true, what);
	}

	#admits({ username = "", password }: Credentials): boolean {
		if (!this.#guarded) return true;
		const wanted = this.#accounts.get(username);
		return wanted !== undefined && password !== undefined && Buffer.from(password).toString() === wanted;
	}

	#onEvent(event: BrokerEvent): void {
		if (event.kind === "restart") this.#options.tell({ event: "restart", keepSessions: event.keepSessions });
		if (event.kind !== "publish" || event.will) return;
		const { clientId: board, topic, payload, qos, retain } = event;
		if (this.#topics.get(board) === topic) this.#ledgers.get(board)!.arrive(payload);
		for (const { filter, listener } of this.#listeners)
			if (matches(filter, topic))
				listener({ board, topic, payload: Buffer.from(payload).toString(), qos, retain });
	}

	/** After each event. */
	#look(): void {
		if (++this.#beat % BEAT_EVENTS === 0) this.#options.onBeat?.();
		for (const { holds, what } of this.#invariants) if (!holds()) this.#judge(false, what);
	}

	/** What was broken inside of an action is not forgotten, whoever has caught it there. */
	#check(): void {
		if (this.broken !== undefined) throw this.broken;
	}

	#judge(held: boolean, what: string, afterMs?: number): void {
		this.#options.tell({
			...{ event: "expectation", what, held },
			...(afterMs === undefined ? {} : { afterMs: Math.round(afterMs) }),
		});
		if (held) {
			this.expectations++;
			return;
		}
		this.broken ??= new Broken(what, this.now);
		throw this.broken;
	}
}

const never = () => false;
