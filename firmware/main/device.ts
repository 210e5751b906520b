// SPDX-License-Identifier: MIT
/**
 * A board made of its parts: the SDK's modules come in as {@link Sdk}, what its manifest chose as {@link Choices}.
 *
 *     boot ─▶ ledger, clock, settings, lifeline ─▶ a pause, if the lives before crashed ─▶ network, store, sensors ─▶ program
 *
 * From the second step on whatever is thrown ends in the lifeline: in words, kept for the next life, and a restart.
 */

import {
	type Alarm,
	type Clock,
	DEFAULT_LIMITS,
	type Limits,
	limitsFrom,
	type Store,
	type Timer,
} from "../../lib/index.js";
import { FlashStore, RamStore } from "../../lib/store/index.js";
import { DeviceClock, type TimeModule, type TimerModule } from "../drivers/clock.js";
import { openStorage, type KeyValueStorage as TextStorage } from "../drivers/credentials.js";
import { DeviceFlash, type FlashStorage } from "../drivers/flash.js";
import { DeviceHealth, type Instrumentation, isAbrupt, resetOf } from "../drivers/health.js";
import { type DigitalClass, Lamp } from "../drivers/lamp.js";
import { type KeyValueStorage as BlobStorage, Ledger } from "../drivers/ledger.js";
import { Lifeline } from "../drivers/lifeline.js";
import { DeviceMemory } from "../drivers/memory.js";
import type { Uplink } from "../drivers/network.js";
import { DevicePower } from "../drivers/power.js";
import { DeviceRandom } from "../drivers/random.js";
import { boardName, type DeviceSettings, readSettings } from "../drivers/settings.js";
import { Sntp, type SntpClass, type WallClock } from "../drivers/sntp.js";
import type { Board, Indicator, Program } from "../ports.js";
import type { Facts } from "./facts.js";
import type { OpenDialler, OpenNetwork, OpenSensors, StartProgram } from "./parts.js";
import { DeviceReport, describeBoot, type NamedDialler, NoBroker } from "./words.js";

export interface Sdk {
	readonly flash: FlashStorage;
	readonly storage: BlobStorage & TextStorage;
	readonly Digital: DigitalClass;
	readonly Timer: TimerModule & { delay(ms: number): void };
	readonly Time: TimeModule & WallClock;
	readonly SNTP: SntpClass;
	readonly config: Readonly<Record<string, unknown>>;
	readonly instrumentation: Instrumentation;
	/** `esp_reset_reason()`. */
	readonly resetReason: number;
	readonly system: { restart(): void };
	/** A line for the console. */
	readonly log: (words: string) => void;
}

export interface Choices {
	readonly facts: Facts;
	readonly openDialler: OpenDialler;
	readonly openNetwork: OpenNetwork;
	readonly openSensors: OpenSensors;
	readonly start: StartProgram;
}

export class Device implements Alarm {
	readonly lifeline: Lifeline;
	/** Once it has started. */
	program: Program | undefined;
	board: Board | undefined;
	readonly #sdk: Sdk;
	readonly #choices: Choices;
	readonly #ledger: Ledger;
	readonly #clock: Clock;
	readonly #settings: DeviceSettings;
	readonly #power: DevicePower;
	readonly #pause: Timer;
	#network: Uplink | undefined;
	#sntp: Sntp | undefined;

	constructor(sdk: Sdk, choices: Choices) {
		const { Timer, Time, storage, config, system, log } = sdk;
		this.#sdk = sdk;
		this.#choices = choices;
		this.#ledger = new Ledger(storage);
		this.#ledger.begin(isAbrupt(resetOf(sdk.resetReason)));
		const clock = new DeviceClock({ Timer, Time, onException: (error) => this.lifeline.fail(error) });
		this.#clock = clock;
		const board = choices.facts.settings;
		this.#settings = readSettings({ config, storage: openStorage(storage), board });
		const onSleep = (): void => this.#rest();
		this.#power = new DevicePower({ system, clock, onSleep });
		const { address, rebootMinutes } = this.#settings;
		this.lifeline = new Lifeline({
			...{ ledger: this.#ledger, power: this.#power, clock, log },
			// Where nobody has named a broker, a restart finds none either.
			rebootMinutes: address === undefined ? 0 : rebootMinutes,
		});
		this.#pause = clock.timer(this);
	}

	/** Starts the program, or first waits a little when the lives before this one crashed. */
	boot(): void {
		const { pauseMs, crashes, fault } = this.#ledger;
		const { log } = this.#sdk;
		if (fault !== "") log(`restarts are not counted, and their reasons not kept: ${fault}`);
		if (pauseMs === 0) this.onAlarm();
		else {
			log(`${crashes} lives in a row have ended in a crash: waiting ${pauseMs / 1000} seconds`);
			this.#pause.arm(pauseMs);
		}
	}

	/** The pause is over. */
	onAlarm(): void {
		try {
			this.#start();
		} catch (error) {
			this.lifeline.fail(error);
		}
	}

	#start(): void {
		const { facts, openNetwork, openSensors, start } = this.#choices;
		const { log, resetReason, instrumentation } = this.#sdk;
		const clock = this.#clock;
		const ledger = this.#ledger;
		const { lifeline } = this;
		const settings = this.#settings;
		const random = new DeviceRandom();
		const network = openNetwork({ settings, clock, random });
		this.#network = network;
		lifeline.network = network;
		network.onChange = () => this.#changed(network);
		network.open();
		const memory = new DeviceMemory();
		const dialler = this.#dialler(memory, random, network);
		const name = settings.name === "" ? boardName(network.mac) : settings.name;
		const limits = limitsFor(settings, name);
		const board: Board = {
			...{ name, memory, dialler, clock, random, settings, limits, power: this.#power },
			store: this.#store(limits),
			sensors: openSensors({ facts, clock, network, log }),
			...this.#indicator(),
			report: new DeviceReport(dialler, lifeline, log),
			health: new DeviceHealth({ ledger, lifeline, network, resetReason, instrumentation }),
		};
		this.board = board;
		const program = start(board);
		this.program = program;
		lifeline.watch(program, board.store);
		this.#keepTime(network, program, random);
		describeBoot({ board, facts, settings, program, ledger, limitSeconds: lifeline.limitSeconds }, log);
	}

	#dialler(memory: DeviceMemory, random: DeviceRandom, network: Uplink): NamedDialler {
		const settings = this.#settings;
		if (settings.address === undefined)
			return new NoBroker("no broker is known: set mqtt_url to mqtt://host:1883");
		const onException = this.lifeline.fail;
		const clock = this.#clock;
		try {
			return this.#choices.openDialler({ settings, memory, clock, random, network, onException });
		} catch (error) {
			// A setting that this firmware cannot follow is no reason to restart.
			return new NoBroker((error as Error).message);
		}
	}

	/** In flash. If there is no partition for it, the board works all the same, and says so. */
	#store(limits: Limits): Store {
		const { flash: io, Timer, log } = this.#sdk;
		const { label } = this.#choices.facts.partition;
		try {
			const flash = new DeviceFlash({ io, label, pause: () => Timer.delay(1) });
			return new FlashStore(flash, limits, { whenFaulty: "volatile" });
		} catch (error) {
			log(`${(error as Error).message}; until then nothing that waits survives a restart`);
			this.lifeline.volatile = true;
			return new RamStore(limits);
		}
	}

	#indicator(): { indicator?: Indicator } {
		const { Digital: io, log } = this.#sdk;
		const { lamp } = this.#choices.facts;
		if (lamp === null) return {};
		try {
			return { indicator: new Lamp({ io, clock: this.#clock, ...lamp }) };
		} catch (error) {
			log(`the lamp on pin ${lamp.pin} cannot be used: ${(error as Error).message}`);
			return {};
		}
	}

	#keepTime(network: Uplink, program: Program, random: DeviceRandom): void {
		const { SNTP: io, Time } = this.#sdk;
		const { sntpServers: servers, sntpHours: hours } = this.#settings;
		if (servers.length === 0) return;
		const onSet = (): void => program.client.redial();
		this.#sntp = new Sntp({ io, Time, clock: this.#clock, random, network, servers, hours, onSet });
		this.#sntp.open();
	}

	#changed(network: Uplink): void {
		const { log } = this.#sdk;
		if (!network.up) {
			log(network.lastError === "" ? "the network is gone" : `no network: ${network.lastError}`);
			return;
		}
		log(`${network.kind} is up, address ${network.address}`);
		this.#sntp?.wake();
		this.program?.client.redial();
	}

	#rest(): void {
		this.lifeline.rest();
		this.#network?.close();
	}
}

/** Those of an ESP32, widened where names, user and password are longer than they foresee: CONNECT, a will and six topics. */
function limitsFor({ root, user = "", password = "" }: DeviceSettings, name: string): Limits {
	const topic = bytesOf(root) + bytesOf(name) + 16;
	const own = bytesOf(name) + bytesOf(user) + bytesOf(password) + 64;
	const { textBytes, sendBytes } = DEFAULT_LIMITS;
	return limitsFrom({
		textBytes: Math.max(textBytes, own + 6 * topic),
		sendBytes: Math.max(sendBytes, own + topic + 128),
	});
}

/** As UTF-8; at most. */
function bytesOf(text: string): number {
	let bytes = 0;
	for (let i = 0; i < text.length; i++) {
		const c = text.charCodeAt(i);
		bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
	}
	return bytes;
}
