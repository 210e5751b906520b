// SPDX-License-Identifier: MIT
/**
 * One run of a plan: boards with the full client, the embedded broker, a network, in virtual time. Acts happen when the plan says
 * so; then the world heals, everything has to finish, and the history has to be without a flaw.
 */

import { Counter } from "../../lib/index.js";
import { owedRows } from "../../lib/limits.js";
import { NorFlash } from "../nor-flash.js";
import { Stage } from "../stage/index.js";
import type { Tracer } from "../world.js";
import { Actor, type Cast } from "./actor.js";
import { PERFECT, perform, type Scene } from "./faults.js";
import { History, type Witness } from "./history.js";
import { Fate, NOBODY } from "./message.js";
import { type Act, type BoardPlan, nameOf, type Plan, type Qos } from "./plan.js";

/** Milliseconds for what is under way once all boards are online again. */
const DRAIN_MS = 900_000;
/** Longer than the longest interval between readings. */
const SENSOR_MS = 150_000;
/** For QoS 0, whose end nobody tells. */
const GO_BY_MS = 5_000;
/** How long the broker lets a connection linger, and a client waits for room to say DISCONNECT. */
const CLOSE_MS = 30_000;
/** Reasons for which the broker ends a connection without a mistake of the client. */
const INNOCENT = [0x80, 0x89, 0x8b, 0x8d, 0x8e, 0x97, 0x98];

/** What a run counted. */
export interface Tally {
	/** Virtual milliseconds. */
	virtualMs: number;
	/** Events of the world. */
	events: number;
	/** Messages that were accepted, or sent by the broker; that came to a handler; that came again. */
	messages: number;
	delivered: number;
	repeats: number;
	connections: number;
	packets: number;
	powerCuts: number;
	/** How often each kind of fault was performed. */
	faults: Record<string, number>;
	/** A hash of all that went over the links, and when. */
	digest: number;
}

/** Partitions, by what they are like and how many a run has had. */
const partitions = new Map<string, NorFlash>();

export class Run implements Scene, Witness {
	readonly plan: Plan;
	readonly stage: Stage;
	readonly history: History;
	readonly actors: Actor[] = [];
	readonly healing = new Set<() => void>();
	readonly tally: Tally = {
		virtualMs: 0, events: 0, messages: 0, delivered: 0, repeats: 0, connections: 0, packets: 0, powerCuts: 0,
		faults: {}, digest: 0x811c9dc5,
	}; // biome-ignore format: a list
	/** Sees what goes over the links, besides the digest. */
	trace: Tracer | undefined;
	readonly recorderOf: Cast["recorderOf"];
	readonly #refusing = new Set<number>();
	/** Acts to come, and parts of acts. */
	#planned = 0;
	/** No act has an effect any more. */
	#healed = false;

	constructor(plan: Plan, recorderOf?: Cast["recorderOf"]) {
		this.plan = plan;
		this.recorderOf = recorderOf;
		this.history = new History(this);
		const { limits, identifiers, passOn } = plan.broker;
		this.stage = new Stage({
			seed: plan.seed,
			limits,
			conditions: { ...PERFECT, ...plan.conditions },
			hooks: {
				onEvent: (event) => {
					if (event.kind !== "publish" || event.topic.startsWith("to/")) this.history.onEvent(event);
					else if (event.topic.endsWith("/reading"))
						this.actors
							.find(({ board }) => board.name === event.clientId)
							?.reporter?.arrived(event.qos, event.payload);
					if (event.kind === "connect") this.#greet(event.clientId, event.address);
					if (event.kind !== "disconnect" || event.by !== "broker" || INNOCENT.includes(event.reason)) return;
					this.history.fail(`the broker threw ${event.clientId} out: 0x${event.reason.toString(16)}`);
				},
			},
		});
		this.stage.broker.chaos.identifiers = identifiers;
		this.stage.broker.chaos.passOn = passOn;
		this.stage.network.trace = (entry) => {
			this.#digest(entry.time, entry.bytes, entry.event.length + entry.direction.length);
			this.trace?.(entry);
		};
		for (let i = 0; i < plan.boards.length; i++) this.actors.push(new Actor(this, i));
	}

	/** Runs it. Returns what is wrong, or undefined. */
	run(): string | undefined {
		const { plan, history } = this;
		try {
			for (const actor of this.actors) actor.board.powerOn();
			for (const act of plan.acts) this.later(act[0], () => this.#perform(act));
			this.#pass(plan.minutes * 60_000);
			if (history.failure === undefined) this.#finish();
		} catch (error) {
			history.fail(told(error));
		}
		this.#count();
		return history.failure;
	}

	#perform(act: Act): void {
		if (act[1] !== "publish" && act[1] !== "send") {
			const { faults } = this.tally;
			faults[act[1]] = (faults[act[1]] ?? 0) + 1;
		}
		perform(this, act);
	}

	readonly later = (ms: number, action: () => void): void => {
		this.#planned++;
		this.stage.after(ms, () => {
			this.#planned--;
			if (!this.#healed) action();
		});
	};

	/**
	 * A CONNECT that was long under way came after later ones, and began a session of which the board knows nothing: nobody can
	 * tell it that its subscriptions are gone.
	 */
	#greet(clientId: string, address: string): void {
		const actor = this.actors.find(({ board }) => board.name === clientId);
		if (actor !== undefined && actor.board.link?.name !== address) actor.haunted = true;
	}

	// ── for the history and the faults ───────────────────────────────────────────────────────────────────────────

	get now(): number {
		return this.stage.now;
	}

	isSubscribed(board: number): boolean {
		if (this.plan.boards[board].program === "sensor") return false;
		return this.stage.broker.session(nameOf(board))?.filters.includes(`to/${board}/#`) ?? false;
	}

	qosOf(board: number): Qos {
		return Math.min(this.plan.boards[board].qos, this.maximumQos) as Qos;
	}

	get maximumQos(): number {
		return this.plan.broker.limits.maximumQos ?? 2;
	}

	refuses(board: number): boolean {
		return this.#refusing.has(board);
	}

	refusing(board: number): void {
		this.#refusing.add(board);
	}

	partition({ sectors, sliceBytes, unstable, slowFlash }: BoardPlan): NorFlash {
		const key = `${this.actors.length} ${sectors} ${sliceBytes} ${unstable} ${slowFlash}`;
		let flash = partitions.get(key);
		if (flash === undefined) {
			flash = new NorFlash({ sectors, sliceBytes, unstable, slowErases: slowFlash ? 20 : 0 });
			partitions.set(key, flash);
		}
		flash.onBusy = undefined;
		flash.random = this.stage.world.random.fork(`flash ${this.actors.length}`);
		flash.renew();
		return flash;
	}

	// ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────

	/** Lets time pass, in steps in which a failure ends it, and in which nobody was silent for too long. */
	#pass(ms: number): void {
		const end = this.stage.now + ms;
		while (this.stage.now < end && this.history.failure === undefined) {
			this.stage.until(() => this.history.failure !== undefined, Math.min(20_000, end - this.stage.now));
			for (const actor of this.actors) if (actor.board.running) actor.wire.checkSilence();
		}
	}

	#finish(): void {
		const { history } = this;
		this.#heal();
		this.stage.pass(1); // a client does not know yet that its link is cut
		this.#reunite();
		this.#lastRound();
		if (history.failure !== undefined) return;
		history.conclude();
		this.#checkNumbers();
		this.#close();
	}

	#heal(): void {
		this.#healed = true;
		const { broker } = this.stage;
		broker.chaos.clear();
		for (const heal of [...this.healing]) heal();
		for (const { board } of this.actors) board.flash?.disarm();
		for (const actor of this.actors) {
			actor.brownOuts = 0;
			actor.wake();
			actor.board.powerOn();
			actor.board.reach("none");
			actor.board.become(PERFECT);
			actor.board.link?.cut();
		}
	}

	/** Everybody is online again within the time that the limits say. */
	#reunite(): void {
		const waits = this.actors.map(({ limits }) => {
			const { slowLaneMs, backoffMaxMs, connectMs, connackMs, pingReplyMs } = limits;
			return 2 * slowLaneMs + backoffMaxMs + connectMs + connackMs + pingReplyMs + 5_000;
		});
		this.#within("does not come online again", Math.max(...waits), () =>
			this.actors.every(({ board }) => board.online),
		);
		this.#within("does not finish", DRAIN_MS, () => this.#isSettled());
	}

	/** A run that delivers nothing has shown nothing: at its end everybody writes to everybody. */
	#lastRound(): void {
		if (this.history.failure !== undefined) return;
		const before = this.history.letters.length;
		for (const { index } of this.actors)
			for (const to of this.actors)
				for (const qos of [0, 1, 2] as const) this.actors[index].publish(to.index, qos, 0, 24);
		this.#within("does not finish in the end", DRAIN_MS, () => this.#isSettled());
		this.#pass(GO_BY_MS);
		this.#hearSensors();
		const last = this.history.letters.slice(before).filter(({ to }) => to !== NOBODY);
		if (!last.some(({ given }) => given > 0) && !this.actors.some(({ haunted }) => haunted))
			this.history.fail("nobody hears of anybody in the end");
		for (const letter of last)
			if (
				letter.fate === Fate.Accepted &&
				(letter.arrived === 0 || (letter.given === 0 && this.qosOf(letter.to) > 0 && !letter.excused))
			)
				this.history.fail(`nothing gets through in the end: ${letter.words}`);
	}

	/** Each sensor goes on with its readings; then it is stopped, in order. */
	#hearSensors(): void {
		const sensors = this.actors.filter(
			({ plan }) => plan.program === "sensor" && plan.qos <= this.maximumQos,
		);
		const before = sensors.map(({ reporter }) => reporter!.arrivals);
		this.#within("a sensor is silent in the end", SENSOR_MS, () =>
			sensors.every(({ reporter }, index) => reporter!.arrivals > before[index]),
		);
		for (const actor of this.actors) if (actor.plan.program === "sensor") this.#stop(actor);
		this.#pass(CLOSE_MS);
	}

	#stop(actor: Actor): void {
		actor.stopping = true;
		this.stage.guard(() => actor.board.program.stop());
	}

	#within(what: string, ms: number, holds: () => boolean): void {
		if (this.history.failure !== undefined) return;
		if (this.stage.until(() => this.history.failure !== undefined || holds(), ms)) return;
		const boards = this.actors
			.map(({ board }) => `online ${board.online}, ${board.pending} pending`)
			.join("; ");
		this.history.fail(
			`${what}: ${boards}; ${this.history.owed} owed; ${JSON.stringify(this.stage.broker.sessions())}`,
		);
	}

	/** Nothing is under way in any direction. */
	#isSettled(): boolean {
		for (const { board } of this.actors) if (!board.online || board.pending > 0) return false;
		for (let i = 0; i < this.actors.length; i++) {
			const session = this.stage.broker.session(nameOf(i));
			if (session === undefined) return false;
			const { haunted, plan } = this.actors[i];
			// The sensor firmware does not ask again for what was refused.
			if (plan.program !== "sensor" && !haunted && !this.#isSubscribed(i, session.filters)) return false;
			if (session.waiting + session.inflight > 0) return false;
			if (session.inbound > this.history.abandoned(i)) return false;
		}
		return this.history.owed === 0;
	}

	/** The broker has what the board wants, also where its program is another one than that of its last life. */
	#isSubscribed(board: number, filters: readonly string[]): boolean {
		return filters.includes(`to/${board}/#`) && filters.includes(this.actors[board].also);
	}

	/** The number that an application keeps together with its QoS 2 messages is right. */
	#checkNumbers(): void {
		for (const { index, plan, client, losses } of this.actors) {
			if (plan.sectors === 0 || !plan.remembers || plan.program === "sensor") continue;
			const had = this.history.letters.filter(({ to, given, qos }) => to === index && given > 0 && qos === 2);
			if (this.qosOf(index) !== 2 || had.some(({ arrived }) => arrived > 1)) continue;
			const sum = had.reduce((total, letter) => total + letter.index + 1, 0);
			const kept = Number.isNaN(client.remembered) ? 0 : client.remembered;
			// The first session is none that was lost.
			if (losses > 1 ? kept > sum : kept !== sum)
				this.history.fail(`board ${index} keeps ${kept} with its messages, not ${sum}`);
		}
	}

	/** Says goodbye, and looks at what is left: memory is flat, and flash is worn evenly. */
	#close(): void {
		const { history, stage } = this;
		for (const actor of this.actors) if (!actor.stopping) this.#stop(actor);
		this.#pass(CLOSE_MS);
		for (const { index, board, blocks, client, limits, plan } of this.actors) {
			if (blocks !== 1) history.fail(`the client of board ${index} took ${blocks} blocks of memory`);
			if (board.scope.size > 0) history.fail(`board ${index} leaves ${board.scope.size} timers and links`);
			if (client.counters[Counter.PeakInFlight] > limits.window)
				history.fail(`board ${index} had more than its window in flight`);
			if (client.counters[Counter.PeakOwed] > owedRows(limits))
				history.fail(`board ${index} owed more than it has room for`);
			if (plan.sectors > 0) this.#checkWear(index);
		}
		if (stage.network.links.size > 0) history.fail(`${stage.network.links.size} links are left`);
		const most = 4 * this.actors.length;
		const left = stage.world.pending - this.#planned;
		if (left > most) history.fail(`${left} events are left in the world`);
	}

	#checkWear(index: number): void {
		const { flash, cuts } = this.actors[index].board;
		const wear = [...flash!.wear];
		if (Math.max(...wear) - Math.min(...wear) > 2 + cuts)
			this.history.fail(`board ${index} wears its flash unevenly: [${wear.join(", ")}]`);
	}

	#count(): void {
		const { tally, stage, history } = this;
		tally.virtualMs = stage.now;
		tally.events = stage.world.events;
		for (const { given, ticket, from } of history.letters) {
			if (ticket > 0 || from < 0) tally.messages++;
			if (given > 0) tally.delivered++;
		}
		tally.repeats = history.repeats;
		tally.connections = stage.broker.counters.accepted;
		for (const { board, wire } of this.actors) {
			tally.powerCuts += board.cuts;
			tally.packets += wire.sent + wire.received;
		}
		for (const { board } of this.actors) board.scope.dispose();
	}

	/** FNV-1a. */
	#digest(time: number, bytes: Uint8Array, mark: number): void {
		let hash = Math.imul(this.tally.digest ^ mark ^ Math.round(time * 1000), 0x01000193);
		for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
		this.tally.digest = hash >>> 0;
	}
}

/** What was thrown, and where: of what the code of a board throws the world says no more than that it was so. */
function told(error: unknown): string {
	const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
	return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
