// SPDX-License-Identifier: MIT
/**
 * What is known outside of the boards, where no power cut reaches: what the applications were promised and told, what the broker
 * took and gave. Each new entry is held against what is there already, the rest at the end. The rules are MQTT's:
 * QoS 0 at most once, QoS 1 at least once, QoS 2 exactly once, from an accepted `commit` to the handler of the one it is for, in
 * order; and each ticket is settled once.
 *
 * A broker that loses a session may lose what was in it, and makes the sender send again: what was under way then is excused,
 * message by message.
 */

import { Settled } from "../../lib/listener.js";
import type { BrokerEvent } from "../broker/index.js";
import { BROKER, Fate, indexIn, isPayload, Letter, SETTLE_STORED } from "./message.js";
import { nameOf, type Qos } from "./plan.js";

/** What a board does with its messages. */
export interface Ways {
	/** What is in its store goes with the power. */
	readonly forgetful: boolean;
	/** It gives up what it may have sent when its session is lost: nothing of QoS 2 is sent in two sessions. */
	readonly givesUp?: boolean;
	/** There are messages of it that the history is not told of. */
	readonly partial?: boolean;
}

/** What is known of one board. */
class Ledger {
	life = 0;
	readonly forgetful: boolean;
	readonly givesUp: boolean;
	readonly partial: boolean;
	/** By ticket, the message that has it. */
	readonly tickets = new Map<number, Letter>();
	/** By QoS, the message of this board that arrived last for the first time. */
	readonly lastUp = [-1, -1, -1];
	/** By source and QoS, the message that came to its handler last for the first time. */
	readonly lastDown = new Map<number, number>();
	/** The broker has lost its session, and it has not heard of it. */
	sessionless = false;
	/** Sessions that the broker began and the board has not heard of; and whether the board's is one of them. */
	unheard = 0;
	ambiguous = false;
	/** Told inside of a call of `publish` that has not returned: it may be of the very ticket that will be returned. */
	early: { ticket: number; outcome: number; restored: boolean }[] = [];
	publishing = false;

	constructor({ forgetful, givesUp = false, partial = false }: Ways) {
		this.forgetful = forgetful;
		this.givesUp = givesUp;
		this.partial = partial;
	}
}

/** What the history has to know of the broker. */
export interface Witness {
	/** Whether the broker has a subscription of that board now. */
	isSubscribed(board: number): boolean;
	/** The QoS that the board has asked for. */
	qosOf(board: number): Qos;
	/** The highest that the broker offers. */
	readonly maximumQos: number;
	/** Whether the broker has been told to answer that board with a no. */
	refuses(board: number): boolean;
	/** Virtual milliseconds. */
	readonly now: number;
}

export class History {
	/** What was found wrong first, and when. */
	failure: string | undefined;
	readonly letters: Letter[] = [];
	/** Deliveries that were repeated. */
	repeats = 0;
	readonly #ledgers: Ledger[] = [];
	readonly #boards = new Map<string, number>();
	readonly #witness: Witness;

	constructor(witness: Witness) {
		this.#witness = witness;
	}

	/** There is a board, which has these ways. */
	board(ways: Ways): void {
		this.#boards.set(nameOf(this.#ledgers.length), this.#ledgers.length);
		this.#ledgers.push(new Ledger(ways));
	}

	/** What is in the store of that board survives the power. */
	isLasting(board: number): boolean {
		return !this.#ledgers[board].forgetful;
	}

	fail(what: string): void {
		this.failure ??= `${what} [at ${Math.round(this.#witness.now)} ms]`;
	}

	/** A life of a board begins. */
	born(board: number, life: number): void {
		const ledger = this.#ledgers[board];
		ledger.life = life;
		ledger.publishing = false;
		if (ledger.forgetful) ledger.tickets.clear();
	}

	// ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────

	/** Somebody is about to publish. */
	publishing(from: number, to: number, qos: Qos, flags: number, size: number): Letter {
		const ledger = this.#ledgers[from];
		const letter = new Letter(this.letters.length, from, to, qos, flags, size, ledger?.life ?? 0);
		this.letters.push(letter);
		if (ledger !== undefined) {
			letter.orphaned = ledger.sessionless;
			letter.repeatable = ledger.sessionless && !ledger.givesUp;
			ledger.publishing = true;
			ledger.early = [];
		}
		return letter;
	}

	/** The call returned. */
	published(letter: Letter, ticket: number): void {
		const ledger = this.#ledgers[letter.from];
		ledger.publishing = false;
		letter.ticket = ticket;
		letter.fate = ticket > 0 ? Fate.Accepted : Fate.Refused;
		if (ticket > 0) this.#accept(ledger, letter, ticket);
		else if (letter.arrived > 0) this.fail(`was refused and has arrived: ${letter.words}`);
		for (const told of ledger.early) this.settled(letter.from, told.ticket, told.outcome, told.restored);
	}

	/** The power went before the call returned. What was told during it was told, but nobody knows of its own ticket. */
	interrupted(letter: Letter): void {
		const ledger = this.#ledgers[letter.from];
		ledger.publishing = false;
		for (const { ticket, outcome, restored } of ledger.early)
			if (restored || ledger.tickets.has(ticket)) this.settled(letter.from, ticket, outcome, restored);
	}

	#accept(ledger: Ledger, letter: Letter, ticket: number): void {
		const other = ledger.tickets.get(ticket);
		const over = other === undefined || other.isVolatile || other.outcome >= 0;
		if (other !== undefined && (other.life === letter.life || !over))
			this.fail(`ticket given twice: ${other.words}; ${letter.words}`);
		ledger.tickets.set(ticket, letter);
	}

	settled(board: number, ticket: number, outcome: number, restored: boolean): void {
		const ledger = this.#ledgers[board];
		if (ledger.publishing) {
			ledger.early.push({ ticket, outcome, restored });
			return;
		}
		const letter = ledger.tickets.get(ticket);
		if (letter === undefined) {
			// One whose `publish` never returned.
			if (!restored && !ledger.partial)
				this.fail(`board ${board}: ticket ${ticket} was settled with ${outcome} and never given`);
			return;
		}
		if (letter.life === ledger.life && restored) this.fail(`told as restored: ${letter.words}`);
		if (letter.life !== ledger.life && !restored) {
			// The number of a message that did not survive was given to one whose `publish` never returned.
			if (!letter.isVolatile) this.fail(`not told as restored: ${letter.words}`);
			return;
		}
		if (letter.toldLife === ledger.life) this.fail(`settled twice in one life: ${letter.words}`);
		if (restored && letter.isVolatile) return;
		letter.outcome = outcome;
		letter.toldLife = ledger.life;
		this.#judge(letter);
	}

	#judge(letter: Letter): void {
		const { outcome, qos, arrived, from } = letter;
		if (outcome === Settled.Acknowledged && arrived === 0 && !letter.doubtful)
			this.fail(`acknowledged and never arrived: ${letter.words}`);
		// Of one that cannot be sent any more an earlier life may have got it through.
		if (outcome === Settled.Uncertain && !letter.orphaned && qos <= this.#witness.maximumQos)
			this.fail(`uncertain without reason: ${letter.words}`);
		if (outcome === Settled.Rejected && !this.#witness.refuses(from))
			this.fail(`rejected without reason: ${letter.words}`);
		if (outcome === Settled.Sent && qos > 0) this.fail(`settled as sent: ${letter.words}`);
		if (outcome === Settled.Stored && (letter.flags & SETTLE_STORED) === 0)
			this.fail(`stored, which nobody asked for: ${letter.words}`);
	}

	// ── the broker ───────────────────────────────────────────────────────────────────────────────────────────────

	onEvent(event: BrokerEvent): void {
		switch (event.kind) {
			case "publish":
				this.#arrive(event.topic, event.qos, event.payload, this.#boards.get(event.clientId) ?? BROKER);
				break;
			case "drop": {
				const letter = this.#letterIn(event.payload);
				if (letter !== undefined) letter.excused = true;
				break;
			}
			case "settled": {
				const letter = this.#letterIn(event.payload);
				if (letter !== undefined && (letter.given > 0 || !this.#ledgers[letter.to].ambiguous))
					letter.finished = true;
				break;
			}
			case "connect": {
				const ledger = this.#ledgers[this.#boards.get(event.clientId) ?? -1];
				if (ledger !== undefined && !event.sessionPresent) ledger.unheard++;
				break;
			}
			case "session-end":
				this.#lost(this.#boards.get(event.clientId) ?? -1);
		}
	}

	#letterIn(payload: Uint8Array): Letter | undefined {
		return this.letters[indexIn(payload, 0, payload.length)];
	}

	#arrive(topic: string, qos: Qos, payload: Uint8Array, from: number): void {
		const letter = this.#letterIn(payload);
		if (letter === undefined || letter.from !== from) {
			this.fail(`the broker took from ${from} what nobody sent (${payload.length} bytes to ${topic})`);
			return;
		}
		const { index, size } = letter;
		if (
			qos !== letter.qos ||
			topic !== topicOf(letter) ||
			!isPayload(payload, 0, payload.length, index, size)
		)
			this.fail(
				`arrived with another QoS, topic or payload (${qos}, ${topic}, ${payload.length}): ${letter.words}`,
			);
		// Who has not subscribed gets nothing; and a board that cannot tell sessions apart may take it for another.
		const { ambiguous } = this.#ledgers[letter.to];
		if (!this.#witness.isSubscribed(letter.to) || ambiguous) letter.excused = true;
		this.arrived(letter, qos);
	}

	/** The broker took a message. */
	arrived(letter: Letter, qos: number): void {
		const { index, from, fate } = letter;
		letter.arrived++;
		if (qos !== letter.qos) this.fail(`arrived with QoS ${qos}: ${letter.words}`);
		if (fate === Fate.Refused) this.fail(`was refused and arrived: ${letter.words}`);
		if (from === BROKER) return;
		const { lastUp } = this.#ledgers[from];
		// One whose end came undone with the power, or that was refused unheard, comes again when others have gone before.
		if (letter.outcome >= 0 || this.#witness.refuses(from)) return;
		if (letter.arrived === 1) {
			if (index < lastUp[qos]) this.fail(`arrived after message ${lastUp[qos]}: ${letter.words}`);
			lastUp[qos] = index;
		} else if (qos === 0 || (qos === 2 && !letter.repeatable)) this.fail(`arrived again: ${letter.words}`);
	}

	/** The broker has lost the session of a board, or ended it. */
	#lost(board: number): void {
		for (const letter of this.letters) {
			if (letter.to === board && !letter.finished && letter.arrived > 0) letter.excused = true;
		}
		if (board < 0) return;
		this.#ledgers[board].sessionless = true;
		this.#orphan(board);
	}

	/** What is not settled is sent again in another session. */
	#orphan(board: number): void {
		for (const letter of this.letters) {
			if (letter.from !== board) continue;
			letter.orphaned = true;
			if (letter.outcome < 0 && !this.#ledgers[board].givesUp) letter.repeatable = true;
		}
	}

	// ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────

	/**
	 * A board is online. When the broker began a session and the CONNACK that said so was lost, the board goes on with the
	 * identifiers of the one before, and what comes under one of them is taken for a repeat: nobody can tell, but where content
	 * decides (`byContent`), on the first connection after a cut.
	 */
	online(board: number, sessionPresent: boolean, byContent: boolean): void {
		const ledger = this.#ledgers[board];
		ledger.sessionless = false;
		if (!sessionPresent) {
			ledger.unheard = 0;
			this.#orphan(board);
		}
		if (ledger.unheard > 0)
			for (const letter of this.letters)
				if (letter.from === board && letter.outcome < 0) letter.doubtful = letter.repeatable = true;
		ledger.ambiguous = ledger.unheard > 0 && !byContent;
		if (!ledger.ambiguous) return;
		for (const letter of this.letters)
			if (letter.to === board && letter.given === 0 && !letter.finished) letter.excused = true;
	}

	/** The handler of a board got a message. Returns it, or undefined when there is none such. */
	given(
		board: number,
		bytes: Uint8Array,
		start: number,
		end: number,
		qos: number,
		mayRepeat: boolean,
	): Letter | undefined {
		const letter = this.letters[indexIn(bytes, start, end)];
		if (
			letter === undefined ||
			letter.to !== board ||
			!isPayload(bytes, start, end, letter.index, letter.size)
		) {
			this.fail(`the handler of board ${board} got what nobody sent (${end - start} bytes, QoS ${qos})`);
			return undefined;
		}
		const granted = Math.min(letter.qos, this.#witness.qosOf(board));
		if (qos !== granted) this.fail(`came with QoS ${qos} in place of ${granted}: ${letter.words}`);
		letter.given++;
		if (letter.given > letter.arrived && qos === 0) this.fail(`QoS 0 came twice: ${letter.words}`);
		if (letter.given === 1) this.#inOrder(letter, qos);
		else this.#again(letter, qos, mayRepeat);
		letter.givenLife = this.#ledgers[board].life;
		return letter;
	}

	/** What arrived once comes in the order in which it arrived, from each source and with each QoS. */
	#inOrder(letter: Letter, qos: number): void {
		if (letter.arrived !== 1 || this.#witness.refuses(letter.from)) return;
		const { lastDown } = this.#ledgers[letter.to];
		const lane = (letter.from + 1) * 9 + letter.qos * 3 + qos;
		const last = lastDown.get(lane) ?? -1;
		if (letter.index < last) this.fail(`came to the handler after message ${last}: ${letter.words}`);
		lastDown.set(lane, letter.index);
	}

	#again(letter: Letter, qos: number, mayRepeat: boolean): void {
		this.repeats++;
		if (qos !== 2 || letter.given <= letter.arrived) return;
		const { life } = this.#ledgers[letter.to];
		if (letter.givenLife === life) this.fail(`QoS 2 came twice in one life: ${letter.words}`);
		else if (!mayRepeat) this.fail(`QoS 2 came again and was not flagged: ${letter.words}`);
	}

	// ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────

	/** Accepted messages whose end the application has not been told and that must still have one. */
	get owed(): number {
		let owed = 0;
		for (const letter of this.letters) if (this.#isOwed(letter)) owed++;
		return owed;
	}

	/**
	 * Volatile QoS 2 messages of a board whose PUBREL an earlier life may owe the broker, which therefore keeps their identifiers:
	 * nothing of a volatile message survives the power, on purpose.
	 */
	abandoned(board: number): number {
		const { life } = this.#ledgers[board];
		return this.letters.filter(
			(letter) => letter.from === board && letter.qos === 2 && letter.isVolatile && letter.life !== life,
		).length;
	}

	#isOwed(letter: Letter): boolean {
		if (letter.from === BROKER || letter.fate !== Fate.Accepted || letter.outcome >= 0) return false;
		const { life, forgetful } = this.#ledgers[letter.from];
		return letter.life === life || !(letter.isVolatile || forgetful);
	}

	/** All is settled: looks at every message once more. */
	conclude(): void {
		for (const letter of this.letters) {
			if (letter.from !== BROKER) this.#concludeUp(letter);
			const granted = letter.to < 0 ? 0 : Math.min(letter.qos, this.#witness.qosOf(letter.to));
			if (granted > 0 && letter.arrived > 0 && letter.given === 0 && !letter.excused)
				this.fail(`never came to the handler: ${letter.words}`);
		}
	}

	#concludeUp(letter: Letter): void {
		const { qos, fate, arrived } = letter;
		if (this.#isOwed(letter)) this.fail(`its end was never told: ${letter.words}`);
		if (fate !== Fate.Accepted || letter.isVolatile || qos === 0) return;
		const { life, forgetful } = this.#ledgers[letter.from];
		if (forgetful && letter.life !== life) return;
		// Whoever asks for no more than to have it in flash is not told that its time ran out, or what the broker did.
		const { maximumQos } = this.#witness;
		const untold =
			letter.outcome === Settled.Stored &&
			(letter.orphaned || letter.expires || qos > maximumQos || this.#witness.refuses(letter.from));
		if (arrived === 0 && !letter.gaveUp && !letter.doubtful && !untold) this.fail(`is lost: ${letter.words}`);
	}
}

/** Where a message is published: each board has four topics, so that order is seen across them. */
export function topicOf({ to, index }: Letter): string {
	return `to/${to}/${index & 3}`;
}
