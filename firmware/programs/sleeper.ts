// SPDX-License-Identifier: MIT
/**
 * The sleeping sensor: wakes, reads, connects, sends what it has, waits for the acknowledgements, and sleeps.
 *
 *     <root>/<name>/reading   {"t":21.53,"h":45.20,"battery":3712,"rssi":-61,"n":17,"next":900,"at":1767225600}
 *     <root>/<name>/status    asleep | offline      retained
 *     <root>/<name>/diagnostics    see diagnostics.ts; boards that have a health, after a start that was no waking up
 *
 *     start ──▶ Awake: a reading into flash, then connect ──all acknowledged──▶ Parting ──▶ deep sleep
 *                 └── no connection, a broken one, or AWAKE_MS over ────────────▶   └── PARTING_MS later, in any case
 *
 * The reading is in flash before the radio is used: what goes wrong afterwards only makes it arrive at a later wake-up,
 * with the time at which it was taken. There is one attempt to connect in each wake-up, because a battery is not for
 * waiting. Wakes are `intervalSeconds` apart, counted from one wake to the next.
 *
 * The will does not cry wolf. In 5.0 it is delayed by MISSED_MAX intervals, and the board takes its leave without taking
 * it back (DISCONNECT 0x04): if it does not come again in that time, and only then, the broker says "offline". 3.1.1 knows
 * no delay, so there it has no will; who watches uses `at` and `next` of the last reading. "asleep" is the last word of
 * each wake-up: all is well. It says no "online": that would be over before anybody could use it.
 */

import {
	type Alarm,
	Client,
	DROP_OLDEST,
	KEEP_LATEST,
	LINK_FAULT_BASE,
	LinkFault,
	type Listener,
	type Power,
	RETAIN,
	Reason,
	type StoreFault,
	type Timer,
	type Topic,
	VOLATILE,
} from "../../lib/index.js";
import { type Board, type Program, Reset } from "../ports.js";
import { Diagnostics } from "./diagnostics.js";
import { READING_BYTES, writeReading } from "./reading.js";

/** The longest time awake: joining Wi-Fi, DNS and TLS take a few seconds where all is well. */
const AWAKE_MS = 15_000;
/** Time for the DISCONNECT to get out of the radio. */
const PARTING_MS = 100;
/** The shortest sleep, also when the wake-up has taken longer than the interval. */
const SLEEP_MIN_MS = 1_000;
/** So many wake-ups without a word, and the board counts as lost. */
const MISSED_MAX = 3;
/** Bytes of "asleep". */
const STATUS_BYTES = 8;

const ASLEEP = "asleep";

const enum State {
	Awake = 0,
	/** Said goodbye, or could not: nothing is done any more but going to sleep. */
	Parting = 1,
	/** The host has stopped us: no sleep. */
	Stopped = 2,
}

export class Sleeper implements Program, Listener, Alarm {
	readonly client: Client;
	/** Readings taken, those of earlier lives that the store remembers among them; the number of the last one. */
	readings = 0;
	/** 1: the store did not take the reading of this wake-up. */
	refused = 0;
	#state: State = State.Awake;
	/** The will is delayed, so we leave it in place. */
	readonly #willful: boolean;
	#wokeTicks = 0;
	readonly #board: Board;
	readonly #power: Power;
	readonly #timer: Timer;
	readonly #reading: Topic;
	readonly #status: Topic;
	readonly #diagnostics: Diagnostics | undefined;

	/** Throws when the board cannot sleep. */
	constructor(board: Board) {
		const { name, memory, dialler, clock, random, store, limits, settings } = board;
		const { root, broker, user, password, version, keepAliveSeconds, intervalSeconds } = settings;
		if (board.power === undefined) throw new RangeError("this board cannot sleep: it has no Power");
		const base = `${root}/${name}`;
		const topic = `${base}/status`;
		const delaySeconds = MISSED_MAX * intervalSeconds;
		this.#willful = version === 5;
		this.#board = board;
		this.#power = board.power;
		this.client = new Client({
			...{ memory, dialler, clock, random, store, limits },
			...{ clientId: name, broker, user, password, version, keepAliveSeconds },
			// The will is sent when the session ends, if that is earlier [5.0, 3.1.3.2.2].
			sessionExpirySeconds: Math.max(settings.sessionExpirySeconds, 2 * delaySeconds),
			will: this.#willful ? { topic, payload: "offline", qos: 1, retain: true, delaySeconds } : undefined,
			listener: this,
		});
		this.#reading = this.client.topic(`${base}/reading`);
		this.#status = this.client.topic(topic);
		this.#timer = clock.timer(this);
		const { health } = board;
		this.#diagnostics = health && new Diagnostics(this.client, board, health, base);
	}

	/** Takes the reading, and begins to connect. */
	open(): void {
		const { client } = this;
		this.#wokeTicks = this.#board.clock.ticks;
		this.#timer.arm(AWAKE_MS);
		client.open();
		const kept = client.remembered;
		if (kept >= 0) this.readings = kept; // NaN: there was none
		this.#read();
	}

	/** The time awake is over, or the time to part. */
	onAlarm(): void {
		if (this.#state === State.Awake) this.#part();
		else if (this.#state === State.Parting) {
			const intervalMs = this.#board.settings.intervalSeconds * 1000;
			const leftMs = intervalMs - ((this.#board.clock.ticks - this.#wokeTicks) | 0);
			this.#power.deepSleep(leftMs > SLEEP_MIN_MS ? leftMs : SLEEP_MIN_MS);
		}
	}

	stop(): void {
		this.#state = State.Stopped;
		this.#timer.disarm();
		this.#diagnostics?.stop();
		this.client.close(this.#willful);
	}

	// ── what the client tells ────────────────────────────────────────────────────────────────────────────────────

	onOnline(sessionPresent: boolean): void {
		this.#board.report?.online(sessionPresent);
		if (this.#state !== State.Awake) return;
		const body = this.client.compose(this.#status, 1, RETAIN | VOLATILE | KEEP_LATEST, STATUS_BYTES);
		if (body !== undefined) {
			body.text(ASLEEP);
			this.client.commit();
		}
		if (this.#board.health?.reset !== Reset.Sleep) this.#diagnostics?.online();
		this.client.flush(AWAKE_MS);
	}

	onFlushed(): void {
		if (this.#state === State.Awake) this.#part();
	}

	/**
	 * A first attempt that is followed by another at once (0) is none that failed; nor is one for which there is no network yet:
	 * after a wake-up the radio has to join first, and when it has, the board calls `client.redial`.
	 */
	onOffline(reason: number, retryMs: number): void {
		this.#diagnostics?.offline(reason);
		this.#board.report?.offline(reason, retryMs);
		const early = reason === Reason.DialFailed || reason === LINK_FAULT_BASE - LinkFault.NoNetwork;
		if (retryMs > 0 && !early && this.#state === State.Awake) this.#part();
	}

	onSettled(ticket: number, outcome: number, reason: number, restored: boolean): void {
		this.#board.report?.settled(ticket, outcome, reason, restored);
	}

	onStoreFault(fault: StoreFault): void {
		this.#board.report?.storeFault?.(fault);
	}

	// ── what it does ─────────────────────────────────────────────────────────────────────────────────────────────

	#read(): void {
		const { client } = this;
		const { sensors, settings, report } = this.#board;
		const number = ++this.readings;
		sensors.sample();
		report?.sampled(number);
		// Durable before its reading is, so that no number is given twice.
		client.remember(number);
		// QoS 0 would not wait for the connection.
		const qos = settings.qos === 0 ? 1 : settings.qos;
		const body = client.compose(this.#reading, qos, DROP_OLDEST, READING_BYTES);
		let ticket = client.refusal;
		if (body !== undefined) {
			writeReading(body, this.#board, number, settings.intervalSeconds);
			ticket = client.commit();
		}
		if (ticket < 0) this.refused++;
		report?.queued(number, ticket);
	}

	/** Closes, leaving the will to its delay. What was not acknowledged stays in flash. */
	#part(): void {
		this.#state = State.Parting;
		this.#timer.arm(PARTING_MS);
		this.client.close(this.#willful);
	}
}

export function start(board: Board): Sleeper {
	const sleeper = new Sleeper(board);
	sleeper.open();
	return sleeper;
}
