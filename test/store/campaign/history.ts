// SPDX-License-Identifier: MIT
/**
 * What is known outside of the board, where no power cut reaches: what the application was promised, what it was told,
 * what the broker took and gave. Each new entry is held against what is there already; the rest is checked at the end.
 */
import { Settled } from "../../../lib/index.js";
import type { BrokerEvent } from "../../../simulator/broker/index.js";
import type { Qos } from "./plan.js";

export const UP_TOPICS = ["up/a", "up/b", "up/c", "up/d"];
export const VOLATILE = 0x10;
const SETTLE_STORED = 0x80;

/** How a call of `publish` ended. */
const enum Fate {
	/** The power went before it returned: anything may have happened, but nothing twice. */
	Limbo,
	Refused,
	Accepted,
}

interface Up {
	readonly index: number;
	readonly qos: Qos;
	readonly flags: number;
	readonly size: number;
	readonly life: number;
	fate: Fate;
	ticket: number;
	/** How often the broker took it. */
	arrived: number;
	/** The outcome that was told last, -1: none; and the life in which that was. */
	outcome: number;
	toldLife: number;
}

interface Down {
	readonly qos: Qos;
	readonly size: number;
	/** It may be lost: there was no subscriber, or the broker lost its session. */
	excused: boolean;
	/** Its exchange has ended, when the board knew whose session it is in. */
	finished: boolean;
	given: number;
	givenLife: number;
}

export class History {
	/** What was found wrong first. */
	failure: string | undefined;
	/** Flash is being damaged: what goes wrong is noted in {@link damage}, and the run goes on. */
	lenient = false;
	readonly damage: string[] = [];
	life = 0;
	/** The broker may lose its session. */
	readonly lossy: boolean;
	readonly up: Up[] = [];
	readonly down: Down[] = [];
	/** Cuts, and deliveries that were repeated. */
	cuts = 0;
	repeats = 0;
	/** By ticket, the message that has it. */
	readonly #tickets = new Map<number, Up>();
	/** By QoS, the message that arrived last for the first time, in both directions. */
	readonly #lastUp = [-1, -1, -1];
	readonly #lastDown = [-1, -1, -1];
	/** Told inside of a call of `publish` that has not returned: it may be of the very ticket that will be returned. */
	#early: { ticket: number; outcome: number; restored: boolean }[] = [];
	#publishing = false;
	/** Sessions that the broker began and the board has not heard of; and whether the board's is one of them. */
	#unheard = 0;
	#ambiguous = false;
	readonly #text: (index: number) => string;

	constructor(lossy: boolean) {
		this.lossy = lossy;
		this.#text = (index) => {
			const { qos, flags, size, life, fate, ticket, arrived, outcome, toldLife } = this.up[index];
			return `message ${index} (QoS ${qos}, flags ${flags}, ${size} bytes, life ${life}, fate ${fate}, ticket ${ticket}, arrived ${arrived} times, outcome ${outcome} in life ${toldLife})`;
		};
	}

	fail(what: string): void {
		if (this.lenient) this.damage.push(what);
		else this.failure ??= `${what} [life ${this.life}]`;
	}

	// ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────

	/** The application is about to publish. Returns the message's index. */
	publishing(qos: Qos, flags: number, size: number): number {
		const index = this.up.length;
		const { life } = this;
		this.#publishing = true;
		this.#early = [];
		this.up.push({
			index, qos, flags, size, life, fate: Fate.Limbo, ticket: 0, arrived: 0, outcome: -1, toldLife: -1,
		}); // biome-ignore format: a list
		return index;
	}

	/** The call returned. */
	published(index: number, ticket: number): void {
		const message = this.up[index];
		this.#publishing = false;
		message.ticket = ticket;
		message.fate = ticket > 0 ? Fate.Accepted : Fate.Refused;
		if (ticket > 0) this.#accept(message, ticket);
		else if (message.arrived > 0) this.fail(`I3: was refused and has arrived: ${this.#text(index)}`);
		for (const { ticket: told, outcome, restored } of this.#early) this.settled(told, outcome, restored);
	}

	/** The power went before the call returned. What was told during it was told, but nobody knows of its own ticket. */
	interrupted(): void {
		this.#publishing = false;
		for (const { ticket, outcome, restored } of this.#early)
			if (restored || this.#tickets.has(ticket)) this.settled(ticket, outcome, restored);
	}

	#accept(message: Up, ticket: number): void {
		const { index } = message;
		const other = this.#tickets.get(ticket);
		const over = other === undefined || isVolatile(other) || other.outcome >= 0;
		if (other !== undefined && (other.life === message.life || !over))
			this.fail(`ticket given twice: ${this.#text(other.index)}; ${this.#text(index)}`);
		this.#tickets.set(ticket, message);
	}

	settled(ticket: number, outcome: number, restored: boolean): void {
		const message = this.#tickets.get(ticket);
		if (this.#publishing) {
			this.#early.push({ ticket, outcome, restored });
			return;
		}
		if (message === undefined) {
			// One whose `publish` never returned.
			if (!restored) this.fail(`ticket ${ticket} was settled with ${outcome} and never given`);
			return;
		}
		const { index, life, qos } = message;
		if (life === this.life && restored) this.fail(`told as restored: ${this.#text(index)}`);
		if (life !== this.life && !restored) {
			// The number of a message that did not survive was given to one whose `publish` never returned.
			if (!isVolatile(message)) this.fail(`not told as restored: ${this.#text(index)}`);
			return;
		}
		if (message.toldLife === this.life) this.fail(`settled twice in one life: ${this.#text(index)}`);
		if (restored && isVolatile(message)) return;
		message.outcome = outcome;
		message.toldLife = this.life;
		if (outcome === Settled.Acknowledged && message.arrived === 0)
			this.fail(`acknowledged and never arrived: ${this.#text(index)}`);
		if (outcome === Settled.Uncertain && !this.lossy)
			this.fail(`uncertain without reason: ${this.#text(index)}`);
		if (outcome === Settled.Rejected) this.fail(`rejected: ${this.#text(index)}`);
		if (outcome === Settled.Sent && qos > 0) this.fail(`settled as sent: ${this.#text(index)}`);
	}

	/** For the broker's events. */
	onEvent(event: BrokerEvent): void {
		if (event.kind === "publish") {
			if (event.clientId !== "") this.#arrive(event.topic, event.qos, event.payload);
		} else if (event.kind === "drop") {
			if (event.topic.startsWith("down/")) this.down[Number(event.topic.slice(5))].excused = true;
		} else if (event.kind === "settled" && event.topic.startsWith("down/")) {
			const message = this.down[Number(event.topic.slice(5))];
			if (message.given === 0 && !this.#ambiguous) message.finished = true;
		} else if (event.kind === "connect") {
			if (!event.sessionPresent) this.#unheard++;
		} else if (event.kind === "disconnect") {
			const fine =
				event.by !== "broker" || event.reason === 0x8d || event.reason === 0x8e || event.reason === 0x80;
			if (!fine) this.fail(`the broker ended the connection with 0x${event.reason.toString(16)}`);
		}
	}

	#arrive(topic: string, qos: Qos, payload: Uint8Array): void {
		const index = indexIn(payload, 0);
		const message = this.up[index];
		if (message === undefined) {
			this.fail(`I5: the broker took number ${index}, which there is not`);
			return;
		}
		message.arrived++;
		if (
			qos !== message.qos ||
			topic !== UP_TOPICS[index & 3] ||
			!isPayload(payload, 0, payload.length, index, message.size)
		)
			this.fail(
				`I5: another QoS, topic or payload (${qos}, ${topic}, ${payload.length}): ${this.#text(index)}`,
			);
		if (message.fate === Fate.Refused) this.fail(`I3: was refused and arrived: ${this.#text(index)}`);
		if (message.arrived === 1) {
			if (index < this.#lastUp[qos])
				this.fail(`I6: arrived after message ${this.#lastUp[qos]}: ${this.#text(index)}`);
			this.#lastUp[qos] = index;
		} else if (qos === 0 || (qos === 2 && !this.lossy))
			this.fail(`I1, I2: arrived again: ${this.#text(index)}`);
	}

	// ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────

	/** The broker is about to publish to the board. Returns the message's index. */
	sending(qos: Qos, size: number): number {
		this.down.push({ qos, size, excused: true, given: 0, givenLife: -1, finished: false });
		return this.down.length - 1;
	}

	/** The board had subscribed to it, or not. */
	sent(index: number, subscribed: boolean): void {
		this.down[index].excused = !subscribed || this.#ambiguous;
	}

	/**
	 * The board is online. When the broker began a session and the CONNACK that said so was lost, the board goes on with the
	 * identifiers of the one before, and what comes under one of them is taken for a repeat: nobody can tell, but where
	 * content decides (`byContent`), on the first connection after a cut.
	 */
	online(sessionPresent: boolean, byContent: boolean): void {
		if (!sessionPresent) this.#unheard = 0;
		this.#ambiguous = this.#unheard > 0 && !byContent;
		if (!this.#ambiguous) return;
		for (const message of this.down) if (message.given === 0 && !message.finished) message.excused = true;
	}

	/** The broker lost what it had. */
	excuseDown(): void {
		for (const message of this.down) message.excused = true;
	}

	/** The handler got a message. Returns its index, or -1. */
	given(bytes: Uint8Array, start: number, end: number, qos: number, mayRepeat: boolean): number {
		const index = indexIn(bytes, start);
		const message = this.down[index];
		if (message === undefined || message.qos !== qos || !isPayload(bytes, start, end, index, message.size)) {
			this.fail(`I8: the handler got a message that was never sent (${index}, QoS ${qos})`);
			return -1;
		}
		message.given++;
		if (message.given === 1) {
			if (index < this.#lastDown[qos])
				this.fail(`I8: QoS ${qos} message ${index} came to the handler after ${this.#lastDown[qos]}`);
			this.#lastDown[qos] = index;
		} else {
			this.repeats++;
			if (qos === 0) this.fail(`I8: QoS 0 message ${index} came twice`);
			if (qos === 2 && message.givenLife === this.life)
				this.fail(`I8: QoS 2 message ${index} came twice in one life`);
			if (qos === 2 && !mayRepeat) this.fail(`I8: QoS 2 message ${index} came again and was not flagged`);
		}
		message.givenLife = this.life;
		return index;
	}

	/** What a counter has to be that was kept together with each QoS 2 message. */
	get sum(): number {
		let sum = 0;
		for (const [index, { qos, given }] of this.down.entries()) if (qos === 2 && given > 0) sum += index + 1;
		return sum;
	}

	// ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────

	/** Accepted messages whose end the application has not been told and that must still have one. */
	get owed(): number {
		let owed = 0;
		for (const message of this.up) if (this.#isOwed(message)) owed++;
		return owed;
	}

	#isOwed(message: Up): boolean {
		if (message.fate !== Fate.Accepted || message.outcome >= 0) return false;
		return message.life === this.life || !isVolatile(message);
	}

	/** All is settled: looks at every message once more. */
	conclude(): void {
		for (const message of this.up) {
			const { index, qos, fate, arrived, outcome } = message;
			if (this.#isOwed(message)) this.fail(`I14: its end was never told: ${this.#text(index)}`);
			if (fate !== Fate.Accepted || isVolatile(message) || qos === 0) continue;
			const excused =
				outcome === Settled.Dropped ||
				outcome === Settled.GaveWay ||
				outcome === Settled.Expired ||
				outcome === Settled.Uncertain;
			if (arrived === 0 && !excused) this.fail(`I1: is lost: ${this.#text(index)}`);
			if (outcome === Settled.Stored && (message.flags & SETTLE_STORED) === 0)
				this.fail(`stored, which nobody asked for: ${this.#text(index)}`);
		}
		for (const [index, { qos, given, excused }] of this.down.entries())
			if (qos > 0 && given === 0 && !excused)
				this.fail(`I8: QoS ${qos} message ${index} never came to the handler`);
	}
}

/** It need not survive a reboot. */
function isVolatile(message: Up): boolean {
	return message.qos === 0 || (message.flags & VOLATILE) !== 0;
}

/** Writes payload number `index` into `bytes`: the number, then bytes that follow from it. */
export function writePayload(bytes: Uint8Array, index: number, size: number): void {
	bytes[0] = index >>> 8;
	bytes[1] = index;
	for (let i = 2; i < size; i++) bytes[i] = index * 31 + i * 7;
}

/** Which message a payload is of. */
export function indexIn(bytes: Uint8Array, start: number): number {
	return (bytes[start] << 8) | bytes[start + 1];
}

function isPayload(bytes: Uint8Array, start: number, end: number, index: number, size: number): boolean {
	if (end - start !== size) return false;
	for (let i = 2; i < size; i++) if (bytes[start + i] !== ((index * 31 + i * 7) & 0xff)) return false;
	return true;
}
