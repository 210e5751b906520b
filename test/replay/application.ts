// SPDX-License-Identifier: MIT
/** An application that makes every call there is, at random, also inside callbacks, on a board whose plug is pulled: on a tape. */
import type { Board, Program } from "../../firmware/ports.js";
import type { Client, ClientOptions, Filter, Listener, Message, Topic } from "../../lib/index.js";
import { limitsFrom } from "../../lib/limits.js";
import { FlashStore } from "../../lib/store/index.js";
import { CUTS, type Cut } from "../../simulator/nor-flash.js";
import { Stage, type StageBoard } from "../../simulator/stage/index.js";
import type { SeededRandom } from "../../simulator/world.js";
import { callOf } from "./client.js";
import { Recorder, type Recording } from "./recorder.js";
import { What } from "./tape.js";

/** What it is to do. */
export interface Outline {
	readonly seed: number;
	/** 6: 5.0, and the broker assigns the client identifier. */
	readonly version: 4 | 5 | 6;
	readonly blocks: number;
	/** Things that happen. */
	readonly steps: number;
}

export function recordApplication(outline: Outline): Recording {
	const application = new Application(outline);
	for (let step = 0; step < outline.steps; step++) application.step();
	return application.finish();
}

/** Small tables, so that all of them run full and around. */
const LIMITS = limitsFrom({
	packetBytes: 512,
	sendBytes: 512,
	outboxBytes: 1024,
	outboxMessages: 16,
	keptMessages: 96,
	recordBytes: 512,
	window: 8,
	receiveMaximum: 8,
	subscriptions: 4,
	backoffMs: 50,
	backoffMaxMs: 1000,
	pingReplyMs: 2000,
});

const TOPICS = ["up/temperature", "up/humidity", "up/a/longer/topic/than/the/others", "up/x"];
const FILTERS = ["down/#", "other/+/b"];
/** Flags of `publish`: none, volatile, the policies, told when stored. */
const FLAGS = [0, 0, 0, 1, 0x10, 0x20, 0x40, 0x80, 0x60];
/** After power-on its clock wraps around so soon. */
const WRAPS_MS = 700;

class Application implements Listener {
	readonly #outline: Outline;
	readonly #recorder = new Recorder();
	readonly #random: SeededRandom;
	readonly #stage: Stage;
	readonly #board: StageBoard;
	#client!: Client;
	#topics: Topic[] = [];
	#filters: Filter[] = [];
	#received = 0;

	constructor(outline: Outline) {
		const { seed, blocks } = outline;
		this.#outline = outline;
		const conditions = { upMs: 3, downMs: 4, lookupMs: 2, pieceBytes: 90, randomPieces: true };
		this.#stage = new Stage({ seed, conditions, limits: { inflight: 8 } });
		this.#random = this.#stage.random.fork("application");
		this.#board = this.#stage.board({
			name: "board",
			start: (board) => this.#start(board),
			flash: { sectors: blocks },
			store: (flash, limits) =>
				new FlashStore(this.#recorder.flash(flash!), limits, { whenFaulty: "volatile" }),
			limits: LIMITS,
			ticks: 0x7fff_ffff - WRAPS_MS,
			synchronised: seed % 2 === 0,
		});
	}

	#start({ memory, dialler, clock, random, store, limits }: Board): Program {
		const { version } = this.#outline;
		const options: ClientOptions = {
			...{ memory, dialler, clock, random, store, limits },
			version: version === 4 ? 4 : 5,
			clientId: version === 6 ? "" : "board",
			keepAliveSeconds: 5,
			sessionExpirySeconds: 3600,
			resubscribe: this.#random.chance(0.5) ? "boot" : "lost",
			will: { topic: "up/will", payload: "gone", qos: 1, retain: true },
			listener: this,
		};
		const client = this.#recorder.client(options, { perhapsVolatile: true });
		this.#client = client;
		this.#topics = TOPICS.map((name) => client.topic(name));
		this.#filters = FILTERS.map((pattern) => client.filter(pattern));
		for (const filter of this.#filters) client.subscribe(filter, 2);
		if (this.#random.chance(0.25)) this.#publish(); // before the first `open`
		client.open();
		return { client, stop: () => client.close() };
	}

	// ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────

	step(): void {
		const random = this.#random;
		const kind = random.below(100);
		this.#stage.guard(() => this.#act(kind));
		this.#stage.pass(random.below(8) === 0 ? 1500 : random.below(60));
		this.#stage.until(() => this.#board.running, 60_000);
		this.#recorder.call(callOf(What.Look));
	}

	#act(kind: number): void {
		const random = this.#random;
		const board = this.#board;
		if (kind < 45) for (let left = random.below(6); left >= 0; left--) this.#publish();
		else if (kind < 63) for (let left = random.below(5); left >= 0; left--) this.#receive();
		else if (kind < 80) this.#disturb();
		else if (kind < 88) board.cutPowerAt(1 + random.below(40), random.below(CUTS) as Cut, false, 20);
		else if (kind < 91) board.cutPowerAt(1, random.below(CUTS) as Cut, true, 20);
		else if (kind < 92) board.cutPower(1 + random.below(50));
		else if (kind < 94) this.#sleep();
		else if (kind < 96) this.#client.unsubscribe(this.#filters[1]);
		else if (kind < 98) this.#client.subscribe(this.#filters[1], random.below(3) as 0 | 1 | 2);
		else this.#client.flush(random.below(300));
	}

	#publish(): void {
		if (!this.#board.running) return;
		const random = this.#random;
		const flags = FLAGS[random.below(FLAGS.length)];
		const qos = random.below(8) === 0 ? 0 : random.chance(0.5) ? 1 : 2;
		const topic = random.below(TOPICS.length);
		if (random.below(4) === 0) {
			this.#recorder.call(callOf(What.Compose, topic, qos, flags, random.below(10_000) - 5000));
			return;
		}
		const bytes = new Uint8Array(random.below(5) === 0 ? random.below(400) : random.below(80));
		for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(256);
		const expiry = random.below(6) === 0 ? 1 + random.below(3) : 0;
		this.#client.publish(this.#topics[topic], bytes, qos, flags, expiry);
	}

	#receive(): void {
		const random = this.#random;
		const payload = new Uint8Array(random.below(12) === 0 ? 600 : random.below(60)).fill(random.below(256));
		const qos = random.below(3) as 0 | 1 | 2;
		this.#stage.broker.publish({ topic: `down/${random.below(5)}`, payload, qos });
	}

	#disturb(): void {
		const random = this.#random;
		const { broker } = this.#stage;
		const board = this.#board;
		const kind = random.below(20);
		if (kind < 5) board.link?.cut();
		else if (kind < 9) board.link?.cutAfter(random.chance(0.5) ? "up" : "down", random.below(120));
		else if (kind < 10) board.link?.silence();
		else if (kind < 13) board.reach("refuse");
		else if (kind < 14) board.reach("no network");
		else if (kind < 16) board.reach("none");
		else if (kind < 17) this.#client.redial();
		else if (kind < 19) broker.restart({ keepSessions: random.below(3) > 0, downMs: random.below(300) });
		else broker.forget(this.#client.clientId);
	}

	/** In order: flush, close, off, and a clock that goes on. */
	#sleep(): void {
		const { machine } = this.#board;
		const { boots } = machine;
		this.#client.flush(500);
		this.#stage.after(600, () => {
			if (machine.running && machine.boots === boots) this.#client.close(this.#random.chance(0.5));
		});
		this.#stage.after(630, () => {
			if (machine.running && machine.boots === boots) machine.deepSleep(5000);
		});
		this.#stage.pass(700);
	}

	// ── what it does inside its callbacks ────────────────────────────────────────────────────────────────────────

	onRoom(): void {
		if (this.#random.chance(0.5)) this.#publish();
	}

	onMessage({ qos }: Message): void {
		if (qos === 2) this.#client.remember(++this.#received);
		if (this.#random.below(3) === 0) this.#publish();
	}

	finish(): Recording {
		const { seed, version, blocks } = this.#outline;
		const board = this.#board;
		board.flash?.disarm();
		board.reach("none");
		this.#stage.pass(5000);
		board.scope.dispose();
		return {
			title: `application of seed ${seed}, version ${version}, ${blocks} blocks`,
			tape: this.#recorder.finish(),
		};
	}
}
