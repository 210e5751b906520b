// SPDX-License-Identifier: MIT
/** A board of a run and the program on it: publishes what it is told to, subscribes to what is for it, and tells the history. */

import type { Board, Program, Settings } from "../../firmware/ports.js";
import { Sensor } from "../../firmware/programs/sensor.js";
import { Aliases, type AliasOptions, Holds } from "../../lib/extras/index.js";
import {
	Client,
	type ClientOptions,
	Counter,
	type Filter,
	type Listener,
	type Message,
	type Topic,
} from "../../lib/index.js";
import { DEFAULT_LIMITS, type Limits, limitsFrom } from "../../lib/limits.js";
import type { Flash, Memory, StoreFault } from "../../lib/ports.js";
import { FlashStore, RamStore } from "../../lib/store/index.js";
import type { BrokerLimits } from "../broker/index.js";
import type { NorFlash } from "../nor-flash.js";
import type { Stage, StageBoard } from "../stage/index.js";
import type { History } from "./history.js";
import { indexIn, writePayload } from "./message.js";
import { type BoardPlan, nameOf, type Plan, type Qos } from "./plan.js";
import { Reporter } from "./reporter.js";
import { type Terms, WireWatch } from "./wire.js";

/** How soon a program asks again for what the broker refused, or to be let in again. */
const AGAIN_MS = 1_000;
/** What a program that is about to sleep waits for its goodbye to be said. */
const GOODBYE_MS = 3_000;
/** A broker with this limit takes any keep alive. */
const NO_LIMIT_SECONDS = 65_535;
/** Topics that a board publishes to on each board. */
const LANES = 4;

/** Of the boards that use them. */
const ALIASES: AliasOptions = Object.freeze({ inbound: 4, topicBytes: 16 });

/** Memory that is given out at construction, and never again. */
class Watched implements Memory {
	/** Blocks given out. */
	blocks = 0;

	allocate(bytes: number): Uint8Array {
		this.blocks++;
		return new Uint8Array(bytes);
	}
}

/** Who takes down all that goes into the client of a board and out of it: the way to the flash and to the client leads by there. */
export interface Recorder {
	flash(flash: NorFlash): Flash;
	/** Makes the client of each life; `more`: what `options` do not say as plain data. */
	client(options: ClientOptions, more: { readonly aliases?: AliasOptions; readonly holds: boolean }): Client;
}

/** What all boards of a run share. */
export interface Cast {
	readonly stage: Stage;
	readonly history: History;
	readonly plan: Plan;
	/** Partitions are used again from run to run: they are large. */
	partition(board: BoardPlan): NorFlash;
	/** Asked once for each board, when somebody records. */
	readonly recorderOf?: ((board: number) => Recorder) | undefined;
}

export class Actor implements Listener {
	readonly index: number;
	readonly plan: BoardPlan;
	readonly limits: Limits;
	readonly board: StageBoard;
	readonly wire: WireWatch;
	/** Of the sensor firmware. */
	readonly reporter: Reporter | undefined;
	/** A life has found a session in its flash: from then on it may lose its power as often as it likes. */
	agreed = false;
	/** Power cuts to come soon after each boot. */
	brownOuts = 0;
	brownOutMs = 0;
	/** Sum of the numbers of the QoS 2 messages that its handler had, as its store keeps it. */
	sum = 0;
	/** The broker ended, or lost, its session. */
	losses = 0;
	/** A connection of the past came up at the broker after a later one. */
	haunted = false;
	/** It does not open again any more; in this life. */
	stopping = false;
	#tired = false;
	readonly #cast: Cast;
	readonly #recorder: Recorder | undefined;
	#client!: Client;
	#topics!: Topic[];
	#filter!: Filter;
	/** What this life wants besides: every other life has another program. */
	#also!: Filter;
	#memory = new Watched();
	readonly #payload = new Uint8Array(1024);

	constructor(cast: Cast, index: number) {
		const plan = cast.plan.boards[index];
		const { stage, history } = cast;
		const { limits: broker } = cast.plan.broker;
		this.#cast = cast;
		// A program of its own makes its client itself.
		this.#recorder = plan.program === "traffic" ? cast.recorderOf?.(index) : undefined;
		this.index = index;
		this.plan = plan;
		this.limits = limitsFrom(plan.limits, DEFAULT_LIMITS);
		this.wire = new WireWatch(nameOf(index), this.#terms(broker), {
			get now() {
				return stage.now;
			},
			fail: (what: string) => history.fail(what),
		});
		history.board({
			forgetful: plan.sectors === 0,
			givesUp: plan.onSessionLost === "drop" && plan.program === "traffic",
			partial: plan.program === "sensor",
		});
		this.reporter = plan.program === "sensor" ? this.#reporter(history) : undefined;
		this.board = stage.board({
			name: nameOf(index),
			start: (board) => this.#start(board),
			flash: plan.sectors > 0 && cast.partition(plan),
			store: (flash, limits) =>
				flash ? new FlashStore(this.#recorder?.flash(flash) ?? flash, limits) : new RamStore(limits),
			memory: () => {
				this.#memory = new Watched();
				return this.#memory;
			},
			limits: this.limits,
			settings: this.#settings,
			report: this.reporter,
			ticks: plan.ticks,
			synchronised: plan.synchronised,
			taps: [this.wire],
			off: true,
		});
		this.board.onCut = () => {
			this.wire.off();
			this.reporter?.cut();
		};
		const { flash } = this.board;
		if (flash !== undefined && plan.slowFlash)
			flash.onBusy = (microseconds) => {
				this.board.clock.offsetMs += microseconds / 1000;
			};
	}

	/** What both sides have announced, and what this board is made with. */
	#terms(broker: Partial<BrokerLimits>): Terms {
		const { receiveMaximum, packetBytes, window, pingReplyMs } = this.limits;
		return {
			numbered: this.plan.program === "traffic",
			version: this.plan.version,
			keepAliveSeconds: keepAliveOf(this.plan, broker.keepAliveSeconds ?? NO_LIMIT_SECONDS),
			...{ receiveMaximum, packetBytes, window, pingReplyMs },
			brokerReceiveMaximum: broker.receiveMaximum ?? 1_000,
			brokerPacketBytes: broker.maximumPacketSize ?? 1 << 20,
		};
	}

	get client(): Client {
		return this.#client;
	}

	/** Blocks of memory that the client of this life took, and when it was made it took one. */
	get blocks(): number {
		return this.#memory.blocks;
	}

	/** No power cut now: a partition that was never used is not promised to stand more of them than it has blocks. */
	get spared(): boolean {
		return this.plan.sectors > 0 && !this.agreed && this.board.cuts > this.plan.sectors - 3;
	}

	#start(board: Board): Program {
		const { history } = this.#cast;
		history.born(this.index, this.board.machine.boots);
		this.#tired = false;
		this.#brownOut();
		return this.plan.program === "sensor" ? this.#sense(board) : this.#publishOnDemand(board);
	}

	#reporter(history: History): Reporter {
		const reporter = new Reporter(history, this.index, this.plan.qos);
		reporter.online = (sessionPresent) => this.onOnline(sessionPresent);
		reporter.offline = (reason, retryMs) => this.onOffline(reason, retryMs);
		reporter.settled = (ticket, outcome, reason, restored) =>
			this.onSettled(ticket, outcome, reason, restored);
		reporter.storeFault = (fault) => this.onStoreFault(fault);
		return reporter;
	}

	get #settings(): Partial<Settings> {
		const { version, qos, keepAliveSeconds, sessionExpirySeconds, ticks } = this.plan;
		return { version, qos, keepAliveSeconds, sessionExpirySeconds, intervalSeconds: 2 + (ticks % 60) };
	}

	/** The sensor firmware as it is, but that we keep its client, which tells things before the program is ours. */
	#sense(board: Board): Program {
		const sensor = new Sensor(board);
		this.#client = sensor.client;
		sensor.open();
		if (board.store.established) this.agreed = true;
		return sensor;
	}

	/** The battery is weak: the power goes again soon. */
	#brownOut(): void {
		if (this.brownOuts === 0 || this.spared) return;
		this.brownOuts--;
		const { boots } = this.board.machine;
		this.#cast.stage.after(this.brownOutMs, () => {
			if (this.board.machine.boots === boots) this.board.cutPower(20);
		});
	}

	#publishOnDemand(board: Board): Program {
		const { plan, index } = this;
		const { history } = this.#cast;
		const { version, keepAliveSeconds, sessionExpirySeconds, onSessionLost, resubscribe, queueQos0 } = plan;
		const { memory, dialler, clock, random, store, limits, name } = board;
		const aliases = plan.aliases ? ALIASES : undefined;
		const holds = plan.holdMs >= 0;
		const options: ClientOptions = {
			...{ memory, dialler, clock, random, store, limits, version, keepAliveSeconds, sessionExpirySeconds },
			...{ onSessionLost, resubscribe, queueQos0, clientId: name, listener: this },
			...(aliases && { aliases: new Aliases(aliases) }),
			...(holds && { holds: new Holds() }),
		};
		const client = this.#recorder?.client(options, { aliases, holds }) ?? new Client(options);
		this.#client = client;
		this.#topics = this.#cast.plan.boards.flatMap((_, to) =>
			Array.from({ length: LANES }, (_, lane) => client.topic(`to/${to}/${lane}`)),
		);
		this.#filter = client.filter(`to/${index}/#`);
		this.#also = client.filter(this.also);
		client.subscribe(this.#filter, plan.qos);
		client.subscribe(this.#also, plan.qos);
		const opened = client.open();
		if (opened < 0) history.fail(`board ${index} cannot open its store: ${opened}`);
		if (store.established) this.agreed = true;
		this.sum = Number.isNaN(client.remembered) ? 0 : client.remembered;
		return { client, stop: () => client.close() };
	}

	/** The filter that this life wants besides. Nobody publishes there. */
	get also(): string {
		return `also/${(this.board.machine.boots >> 1) % 3}/${this.index}`;
	}

	/** Says goodbye, and sleeps. */
	sleep(ms: number): void {
		if (!this.board.running || this.#tired || this.plan.program === "sensor") return;
		const client = this.#client;
		const { stage } = this.#cast;
		this.#tired = true;
		stage.guard(() => client.close());
		stage.after(GOODBYE_MS, () => {
			if (!this.board.running || this.#client !== client) return;
			this.wire.off();
			this.board.machine.deepSleep(ms);
		});
	}

	/** It sleeps no longer, nor does it begin to. */
	wake(): void {
		if (!this.#tired || !this.board.running) return;
		this.wire.off();
		this.board.machine.restart();
	}

	/** Publishes one message. */
	publish(to: number, qos: Qos, flags: number, bytes: number, expirySeconds = 0): void {
		if (!this.board.running || this.plan.program === "sensor") return;
		const { history, stage } = this.#cast;
		const letter = history.publishing(this.index, to, qos, flags, bytes);
		letter.expires = expirySeconds > 0;
		writePayload(this.#payload, letter.index, bytes);
		const { cuts } = this.board;
		let ticket = 0;
		stage.guard(() => {
			const topic = this.#topics[to * LANES + (letter.index & 3)];
			ticket = this.#client.publish(topic, this.#payload.subarray(0, bytes), qos, flags, expirySeconds);
		});
		if (this.board.cuts > cuts) history.interrupted(letter);
		else history.published(letter, ticket);
	}

	// ── what the client tells; without power nobody hears it ─────────────────────────────────────────────────────

	onOnline(sessionPresent: boolean): void {
		if (!this.board.running) return;
		const { store } = this.board.board;
		const byContent = this.#client.counters[Counter.Connects] === 1 && store.unclean;
		if (!sessionPresent) this.losses++;
		this.#cast.history.online(this.index, sessionPresent, byContent);
	}

	/** Somebody else has our name, as the broker says: there is nobody else, so it opens again. */
	onOffline(_reason: number, retryMs: number): void {
		if (retryMs >= 0 || this.stopping || this.#tired) return;
		this.#again((client) => client.open());
	}

	onSubscribed(filter: Filter, reason: number): void {
		if (reason >= 0x80) this.#again((client) => client.subscribe(filter, this.plan.qos));
	}

	onSettled(ticket: number, outcome: number, _reason: number, restored: boolean): void {
		if (this.board.running) this.#cast.history.settled(this.index, ticket, outcome, restored);
	}

	onStoreFault(fault: StoreFault): void {
		if (this.board.running)
			this.#cast.history.fail(`the store of board ${this.index} tells of fault ${fault}`);
	}

	onMessage(message: Message): void {
		if (!this.board.running) return;
		const { bytes, payloadStart, payloadEnd, qos, mayRepeat } = message;
		if (this.plan.holdMs >= 0 && qos > 0) {
			this.#hold(message.hold(), message.payload(), qos, mayRepeat);
			return;
		}
		const letter = this.#cast.history.given(this.index, bytes, payloadStart, payloadEnd, qos, mayRepeat);
		if (letter === undefined || qos !== 2 || !this.plan.remembers) return;
		this.sum += letter.index + 1;
		this.#client.remember(this.sum);
	}

	/** Acknowledges by hand a while later, with the number. A handle that is void by then is one whose message comes again. */
	#hold(handle: number, payload: Uint8Array, qos: number, mayRepeat: boolean): void {
		const { history, stage } = this.#cast;
		const { boots } = this.board.machine;
		if (handle < 0) history.fail(`board ${this.index} cannot hold a message: ${handle}`);
		stage.after(this.plan.holdMs, () => {
			if (!this.board.running || this.board.machine.boots !== boots) return;
			const kept = qos === 2 && this.plan.remembers;
			const sum = this.sum + indexIn(payload, 0, payload.length) + 1;
			let said = 0;
			try {
				said = this.#client.acknowledge(handle, 0, kept ? sum : undefined);
			} finally {
				// Also when the power goes inside of it: the application has done its part.
				if (said === 0) history.given(this.index, payload, 0, payload.length, qos, mayRepeat);
				if (said === 0 && kept) this.sum = sum;
			}
		});
	}

	#again(action: (client: Client) => void): void {
		const client = this.#client;
		this.#cast.stage.after(AGAIN_MS, () => {
			if (!this.board.running || this.#client !== client || this.stopping || this.#tired) return;
			action(client);
		});
	}
}

/** Of a connection: a broker of 5.0 may have one of its own, Server Keep Alive [5.0 MQTT-3.1.2-21]. */
function keepAliveOf({ version, keepAliveSeconds }: BoardPlan, mostSeconds: number): number {
	if (version === 4 || mostSeconds === NO_LIMIT_SECONDS) return keepAliveSeconds;
	return keepAliveSeconds === 0 ? mostSeconds : Math.min(keepAliveSeconds, mostSeconds);
}
