// SPDX-License-Identifier: MIT
/** Staying alive: what nobody caught, a heap that is full, and a network that never comes back end in an orderly restart. */
import { type Alarm, type Clock, Counter, type Store, type Timer } from "../../lib/index.js";
import { Ending, type Program } from "../ports.js";
import type { Ledger } from "./ledger.js";

/** How often it looks. */
const LOOK_MS = 10_000;
/** A life that lasts so long did not crash at its start. */
const STABLE_SECONDS = 60;
/** Without a broker, the network is begun anew after so long, and again after twice as long, and so on. */
const RENEW_SECONDS = 300;
/** A restart that did not help is repeated after twice the time, up to 64 times `rebootMinutes`. */
const DOUBLINGS_MAX = 6;
/** While messages wait that a restart would lose, it waits a day. */
const VOLATILE_SECONDS = 86_400;
/** Counters of received packets begin at `PacketsIn`; CONNACK is type 2. */
const CONNACKS = Counter.PacketsIn + 2;
/**
 * What the engine says when it gives up (`gXSAbortStrings` in `xs/sources/xsError.c`), and nothing. A string literal inside a
 * function of a preloaded module is copied to the heap each time that it is reached; a constant of the module is not.
 */
const MEMORY_FULL = "memory full";
const EXCEPTION = "unhandled exception";
const REJECTION = "unhandled rejection";
const NO_WORDS = "";

export interface LifelineOptions {
	readonly ledger: Ledger;
	readonly power: { restart(): void };
	readonly clock: Clock;
	/** Minutes without a broker until the board restarts; 0 never. */
	readonly rebootMinutes: number;
	/** Says something to whoever reads the console. */
	readonly log: (words: string) => void;
}

/**
 *     Starting ──watch──▶ Watching ──exception, full heap, no broker, sleep──▶ Ended: the store is flushed, the reason kept,
 *         └────────────exception, full heap─────────────────────────────────▶        and the board restarts
 */
const enum Phase {
	Starting = 0,
	Watching = 1,
	Ended = 2,
}

/**
 * Nobody is called by it while all is well but the client, for two numbers, every ten seconds; nothing is allocated then.
 *
 * A broker is there when the client is online, or when it has answered CONNECT since the last look, with whatever reason: a
 * wrong password is not healed by a restart.
 */
export class Lifeline implements Alarm {
	/** Why the last connection ended, as the program tells it. */
	reason = 0;
	/** What waits is in RAM: a restart would lose it. */
	volatile = false;
	/** Begun anew while there is no broker, if it says that it is up. */
	network: { readonly up: boolean; renew(): void } | undefined;
	#phase = Phase.Starting;
	#program: Program | undefined;
	#store: Store | undefined;
	/** When a broker was last there, or the program started; and when the network is begun anew after that. */
	#heardSeconds = 0;
	#renewSeconds = RENEW_SECONDS;
	#connacks = 0;
	readonly #bornSeconds: number;
	readonly #ledger: Ledger;
	readonly #power: { restart(): void };
	readonly #clock: Clock;
	readonly #limitSeconds: number;
	readonly #log: (words: string) => void;
	readonly #timer: Timer;

	/** `ledger` has begun this life. */
	constructor(options: LifelineOptions) {
		const { ledger, clock, rebootMinutes } = options;
		const doublings = ledger.restarts < DOUBLINGS_MAX ? ledger.restarts : DOUBLINGS_MAX;
		this.#ledger = ledger;
		this.#power = options.power;
		this.#clock = clock;
		this.#log = options.log;
		this.#limitSeconds = rebootMinutes * 60 * 2 ** doublings;
		this.#bornSeconds = clock.seconds;
		this.#timer = clock.timer(this);
	}

	/** Seconds without a broker until it restarts the board, this time; 0 never. */
	get limitSeconds(): number {
		return this.#limitSeconds;
	}

	/** The program has started: from now on it is looked after. */
	watch(program: Program, store: Store): void {
		if (this.#phase !== Phase.Starting) return;
		this.#phase = Phase.Watching;
		this.#program = program;
		this.#store = store;
		this.#heardSeconds = this.#clock.seconds;
		this.#timer.arm(LOOK_MS);
	}

	onAlarm(): void {
		if (this.#phase !== Phase.Watching) return;
		this.#timer.arm(LOOK_MS);
		const { client } = this.#program as Program;
		const now = this.#clock.seconds;
		const connacks = client.counters[CONNACKS];
		if (client.online || connacks !== this.#connacks) {
			this.#connacks = connacks;
			this.#heardSeconds = now;
			this.#renewSeconds = RENEW_SECONDS;
			this.#ledger.settle(true);
		} else if (now - this.#bornSeconds >= STABLE_SECONDS) this.#ledger.settle(false);
		this.#miss(now - this.#heardSeconds, client.pending);
	}

	/** No broker for `seconds`. */
	#miss(seconds: number, pending: number): void {
		const limit = this.#limitSeconds;
		const patience = this.volatile && pending > 0 && limit < VOLATILE_SECONDS ? VOLATILE_SECONDS : limit;
		if (limit > 0 && seconds >= patience) this.#restart();
		else if (seconds >= this.#renewSeconds) {
			this.#renewSeconds *= 2;
			if (this.network?.up) this.network.renew();
		}
	}

	#restart(): void {
		this.#phase = Phase.Ended;
		const { reason } = this;
		this.#log("restarting: no broker");
		try {
			// In order: the client closes, and its store notes that this life has ended well.
			this.#program?.stop();
		} catch (error) {
			this.#log(`the program could not stop: ${wordsOf(error)}`);
		}
		this.#finish(Ending.NoBroker, reason, NO_WORDS);
		this.#power.restart();
	}

	/** The board goes to sleep, and the next life begins when it wakes. The program has closed its client. */
	rest(): void {
		if (this.#phase === Phase.Ended) return;
		this.#phase = Phase.Ended;
		this.#finish(Ending.Asleep, this.reason, NO_WORDS);
	}

	/** An exception that nobody caught: for the `onException` of clock and diallers, and around the start. Does not return on a device. */
	readonly fail = (error: unknown): void => {
		if (this.#phase === Phase.Ended) return;
		const ending = this.#phase === Phase.Starting ? Ending.Start : Ending.Exception;
		this.#phase = Phase.Ended;
		const words = wordsOf(error);
		this.#log(`restarting: ${words}`);
		this.#finish(ending, this.reason, words);
		this.#power.restart();
	};

	/**
	 * The engine gives up and calls `globalThis.abort(message, exception)`, when `"defines": {"xs": {"abortHook": 1}}` is in
	 * the manifest (`fxAbort` in `xs/platforms/esp/xsPlatform.c`); it restarts the board when this returns. With a full heap
	 * nothing can be allocated here, and nothing is. After a stack overflow it is not called: then the next life finds a
	 * restart of which nothing is known.
	 */
	readonly abort = (message: string, exception: unknown): void => {
		if (this.#phase === Phase.Ended) return;
		const starting = this.#phase === Phase.Starting;
		this.#phase = Phase.Ended;
		if (message === MEMORY_FULL) this.#finish(Ending.MemoryFull, this.reason, NO_WORDS);
		else if (message === EXCEPTION || message === REJECTION) {
			const words = wordsOf(exception);
			this.#log(`restarting: ${words}`);
			this.#finish(starting ? Ending.Start : Ending.Exception, this.reason, words);
		} else this.#finish(Ending.Engine, this.reason, message);
	};

	/** Keeps what can be kept, the store first. */
	#finish(ending: Ending, reason: number, words: string): void {
		this.#timer.disarm();
		try {
			// Whether this life has ended in order is for the client to say, in its `close`.
			this.#store?.flush(false);
		} catch {
			// It does not throw. If it did, the reason would still be worth keeping.
		}
		this.#ledger.close(ending, reason, this.#clock.seconds - this.#bornSeconds, words);
	}
}

/** Never throws, whatever was thrown. */
function wordsOf(thrown: unknown): string {
	try {
		return String(thrown);
	} catch {
		return "something that has no words";
	}
}
