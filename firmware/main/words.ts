// SPDX-License-Identifier: MIT
/** What a device says on its console. Nothing of it is per message: words are made when a connection comes or goes. */

import { type Dialler, LINK_FAULT_BASE, Reason, StoreFault, type Transport } from "../../lib/index.js";
import type { Ledger } from "../drivers/ledger.js";
import type { DeviceSettings } from "../drivers/settings.js";
import { type Board, Ending, type Program, type Report, Reset } from "../ports.js";
import type { Facts } from "./facts.js";
import { VERSION } from "./version.js";

export type NamedDialler = Dialler & { readonly lastError: string };
export type Say = (words: string) => void;

/** In place of a dialler while there is no broker that could be dialled. */
export class NoBroker implements NamedDialler {
	readonly lastError: string;

	/** Why, and what to do. */
	constructor(words: string) {
		this.lastError = words;
	}

	dial(): Transport {
		throw new Error(this.lastError);
	}
}

/** The ends of a connection that its owner can do something about; the others are in the broker's log. */
function explain(reason: number): string {
	switch (reason) {
		case Reason.ClosedByApplication:
			return "closed by the program";
		case Reason.ConnectTimeout:
			return "the connection did not come up in time";
		case Reason.ConnackTimeout:
			return "something listens there, but it does not answer like an MQTT broker";
		case Reason.PingTimeout:
			return "the broker fell silent";
		case Reason.SessionMismatch:
			return "the broker has a session that is not ours";
		case Reason.StoreFault:
			return "the store cannot keep what is due";
		case Reason.UnsupportedProtocolVersion:
			return "the broker does not speak this version of MQTT: set mqtt_version to 4, or to auto";
		case Reason.ClientIdentifierNotValid:
			return "the broker does not like the name: set name";
		case Reason.BadUserNameOrPassword:
		case Reason.NotAuthorized:
			return "the broker does not let us in: check mqtt_user and mqtt_password";
		case Reason.UseAnotherServer:
		case Reason.ServerMoved:
			return "the broker wants us to use another one: change mqtt_url";
		case Reason.QuotaExceeded:
			return "a quota of the broker is used up";
		case Reason.AdministrativeAction:
			return "somebody at the broker ended the connection";
		case Reason.ServerShuttingDown:
			return "the broker is shutting down";
		case Reason.SessionTakenOver:
			return "another client has the same name: set name; to be taken back with a restart only";
		default:
			return `the broker said ${reason}`;
	}
}

/** Of `StoreFault`; those that come one message at a time are counted by the client. */
function explainStore(fault: number): string {
	switch (fault) {
		case StoreFault.Foreign:
			return "the partition holds something else: erase it, and the store makes its own of it";
		case StoreFault.Version:
			return "the partition was written by another version of the store: erase it, or flash the other firmware";
		case StoreFault.Geometry:
			return "the partition was of another size when the store was made: erase it";
		case StoreFault.RecordLost:
			return "a message could not be read back";
		default:
			return `the flash fails (${fault}): it is worn out, or damaged`;
	}
}

/** What the program reports, for whoever reads the console. */
export class DeviceReport implements Report {
	readonly #dialler: NamedDialler;
	readonly #lifeline: { volatile: boolean };
	readonly #say: Say;

	constructor(dialler: NamedDialler, lifeline: { volatile: boolean }, say: Say) {
		this.#dialler = dialler;
		this.#lifeline = lifeline;
		this.#say = say;
	}

	online(sessionPresent: boolean): void {
		this.#say(sessionPresent ? "online, the broker has our session" : "online, with a new session");
	}

	offline(reason: number, retryMs: number): void {
		const links = reason <= LINK_FAULT_BASE || reason === Reason.DialFailed;
		const words = (links && this.#dialler.lastError) || explain(reason);
		const next = retryMs < 0 ? "" : `; next attempt in ${Math.round(retryMs / 1000)} s`;
		this.#say(`offline: ${words}${next}`);
	}

	storeFault(fault: number): void {
		if (fault !== StoreFault.RecordLost) this.#lifeline.volatile = true;
		this.#say(`store: ${explainStore(fault)}`);
	}

	subscribed(reason: number): void {
		if (reason >= 0x80) this.#say(`the broker refuses a subscription (${reason}): check what it permits`);
	}

	sampled(): void {}
	queued(): void {}
	settled(): void {}
	command(): void {}
	interval(): void {}
}

function resetWords(reset: Reset): string {
	switch (reset) {
		case Reset.Power:
			return "power";
		case Reset.Pin:
			return "the reset button";
		case Reset.Software:
			return "a restart of its own";
		case Reset.Panic:
			return "a crash of the system";
		case Reset.Watchdog:
			return "the watchdog";
		case Reset.Sleep:
			return "sleep";
		case Reset.Brownout:
			return "a voltage that fell too low: look at the supply";
		default:
			return "a cause that nobody knows";
	}
}

function endingWords(ending: Ending, words: string): string {
	switch (ending) {
		case Ending.NoBroker:
			return "; before it there was no broker for too long";
		case Ending.Exception:
			return `; before it: ${words}`;
		case Ending.Start:
			return `; before it the program could not start: ${words}`;
		case Ending.MemoryFull:
			return "; before it the heap was full";
		case Ending.Engine:
			return `; before it the engine gave up: ${words}`;
		default:
			return "";
	}
}

export interface Boot {
	readonly board: Board;
	readonly facts: Facts;
	readonly settings: DeviceSettings;
	readonly program: Program;
	readonly ledger: Ledger;
	/** Of the lifeline. */
	readonly limitSeconds: number;
}

/** A few lines when all has been put together. */
export function describeBoot(
	{ board, facts, settings, program, ledger, limitSeconds }: Boot,
	say: Say,
): void {
	const { name, store, health } = board;
	const { client } = program;
	const count = Number.isNaN(ledger.starts) ? "" : `, start ${ledger.starts}`;
	const words = String.fromCharCode(...ledger.words);
	let bytes = 0;
	for (const term of client.memory) bytes += term.bytes;
	say(`ringbuoy ${VERSION} on ${facts.title}${count}`);
	if (health !== undefined) say(`started by ${resetWords(health.reset)}${endingWords(health.ending, words)}`);
	for (const problem of settings.problems) say(`settings: ${problem}`);
	const version = settings.version === 4 ? "3.1.1" : settings.version === 5 ? "5.0" : "5.0 or 3.1.1";
	if (settings.address !== undefined) say(`${name} connects to ${settings.url}, MQTT ${version}`);
	say(`memory: ${bytes} bytes for client and store`);
	const kept = store.unclean ? ", after a life that did not end in order" : "";
	say(`store: ${store.count} messages wait${kept}`);
	if (limitSeconds > 0) say(`restarts after ${limitSeconds / 60} minutes without a broker`);
}
