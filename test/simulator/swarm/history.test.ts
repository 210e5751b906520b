// SPDX-License-Identifier: MIT
/** Each rule of the history is broken once, and the history says so; beside it the same without the mistake. */

import { describe, expect, it } from "vitest";
import { Settled } from "../../../lib/listener.js";
import type { BrokerEvent } from "../../../simulator/broker/index.js";
import { History, topicOf, type Witness } from "../../../simulator/swarm/history.js";
import {
	BROKER,
	type Letter,
	SETTLE_STORED,
	VOLATILE,
	writePayload,
} from "../../../simulator/swarm/message.js";
import { nameOf, type Qos } from "../../../simulator/swarm/plan.js";
import { kindOf } from "../../../simulator/swarm/totals.js";

/** Two boards that do what a test says, and a history that looks on. */
class Play implements Witness {
	readonly maximumQos = 2;
	now = 0;
	subscribed = true;
	granted: Qos = 2;
	refusing = false;
	readonly history = new History(this);
	#tickets = 0;

	constructor(forgetful = false, givesUp = false) {
		for (const board of [0, 1]) {
			this.history.board({ forgetful, givesUp });
			this.history.born(board, 1);
		}
	}

	isSubscribed = () => this.subscribed;
	qosOf = () => this.granted;
	refuses = () => this.refusing;

	/** What is wrong, without its numbers. */
	get failure(): string | undefined {
		return this.history.failure === undefined ? undefined : kindOf(this.history.failure);
	}

	/** Board 0 publishes to board 1. */
	publish(qos: Qos, { ticket = ++this.#tickets, flags = 0 } = {}): Letter {
		const letter = this.history.publishing(0, 1, qos, flags, 4);
		this.history.published(letter, ticket);
		return letter;
	}

	/** The broker takes it. */
	arrive(letter: Letter, otherwise: Partial<Extract<BrokerEvent, { kind: "publish" }>> = {}): void {
		const { qos, from } = letter;
		const clientId = from === BROKER ? "" : nameOf(from);
		const topic = topicOf(letter);
		const payload = payloadOf(letter);
		const more = { retain: false, will: false };
		this.history.onEvent({ kind: "publish", clientId, topic, qos, payload, ...more, ...otherwise });
	}

	/** It comes to the handler of board 1. */
	give(letter: Letter, qos: number = letter.qos, mayRepeat = false): void {
		this.history.given(1, payloadOf(letter), 0, 4, qos, mayRepeat);
	}

	settle(letter: Letter, outcome: Settled = Settled.Acknowledged, restored = false): void {
		this.history.settled(0, letter.ticket, outcome, restored);
	}

	/** The whole way of a message. */
	whole(qos: Qos): Letter {
		const letter = this.publish(qos);
		this.arrive(letter);
		this.give(letter);
		this.settle(letter, qos === 0 ? Settled.Sent : Settled.Acknowledged);
		return letter;
	}

	/** A board loses its power, and comes back. */
	reboot(board: number): void {
		this.history.born(board, 2);
	}

	/** The broker loses the session of a board. */
	lose(board: number): void {
		this.history.onEvent({ kind: "session-end", clientId: nameOf(board) });
	}

	conclude(): string | undefined {
		this.history.conclude();
		return this.failure;
	}
}

function payloadOf({ index }: Letter): Uint8Array {
	const payload = new Uint8Array(4);
	writePayload(payload, index, 4);
	return payload;
}

describe("Deliveries", () => {
	it.each([0, 1, 2] as const)("QoS %i on its whole way, several of them, is in order", (qos) => {
		const play = new Play();
		for (let i = 0; i < 5; i++) play.whole(qos);
		expect(play.conclude()).toBeUndefined();
	});

	it("QoS 0 at most once [4.3.1]: twice at the broker, twice at the handler", () => {
		const up = new Play();
		const letter = up.whole(0);
		letter.outcome = -1;
		up.arrive(letter);
		expect(up.failure).toBe("arrived again");
		const down = new Play();
		down.give(down.whole(0));
		expect(down.failure).toBe("QoS # came twice");
	});

	it("QoS 0 may be lost", () => {
		const play = new Play();
		play.settle(play.publish(0), Settled.Sent);
		const letter = play.publish(0);
		play.arrive(letter);
		play.settle(letter, Settled.Sent);
		expect(play.conclude()).toBeUndefined();
	});

	it("QoS 1 at least once [4.3.2]: lost before the broker, and behind it", () => {
		const told = new Play();
		told.settle(told.publish(1));
		expect(told.failure).toBe("acknowledged and never arrived");
		const stored = new Play();
		stored.settle(stored.publish(1, { flags: SETTLE_STORED }), Settled.Stored);
		expect(stored.conclude()).toBe("is lost");
		const down = new Play();
		const letter = down.publish(1);
		down.arrive(letter);
		down.settle(letter);
		expect(down.conclude()).toBe("never came to the handler");
	});

	it("QoS 2 in two sessions: where that is asked for, and not where it is to be given up", () => {
		for (const givesUp of [false, true]) {
			const play = new Play(false, givesUp);
			const letter = play.publish(2);
			play.arrive(letter);
			play.lose(0);
			play.history.online(0, false, false);
			play.arrive(letter);
			expect(play.failure).toBe(givesUp ? "arrived again" : undefined);
		}
	});

	it("QoS 1 may come again", () => {
		const play = new Play();
		const letter = play.publish(1);
		for (let i = 0; i < 2; i++) play.arrive(letter);
		for (let i = 0; i < 3; i++) play.give(letter);
		play.settle(letter);
		expect(play.conclude()).toBeUndefined();
		expect(play.history.repeats).toBe(2);
	});

	it("QoS 2 exactly once [4.3.3]: twice at the broker, twice at the handler, in one life and in the next", () => {
		const up = new Play();
		const letter = up.publish(2);
		for (let i = 0; i < 2; i++) up.arrive(letter);
		expect(up.failure).toBe("arrived again");
		const down = new Play();
		down.give(down.whole(2));
		expect(down.failure).toBe("QoS # came twice in one life");
		const later = new Play();
		const kept = later.whole(2);
		later.reboot(1);
		later.give(kept);
		expect(later.failure).toBe("QoS # came again and was not flagged");
	});

	it("QoS 2 again in the next life is in order when it says that it may be a repeat", () => {
		const play = new Play();
		const letter = play.whole(2);
		play.reboot(1);
		play.give(letter, 2, true);
		expect(play.conclude()).toBeUndefined();
	});

	it("QoS 2 lost behind the broker; unless the broker lost the session, or dropped it and said so", () => {
		const arrived = () => {
			const play = new Play();
			const letter = play.publish(2);
			play.arrive(letter);
			play.settle(letter);
			return { play, letter };
		};
		expect(arrived().play.conclude()).toBe("never came to the handler");
		const lost = arrived();
		lost.play.lose(1);
		expect(lost.play.conclude()).toBeUndefined();
		const { play, letter } = arrived();
		const { topic, qos } = { topic: topicOf(letter), qos: letter.qos };
		const payload = payloadOf(letter);
		play.history.onEvent({ kind: "drop", clientId: nameOf(1), topic, qos, payload, cause: "queueFull" });
		expect(play.conclude()).toBeUndefined();
	});

	it("order [4.6]: overtaken on the way to the broker, and on the way from it", () => {
		const up = new Play();
		const [first, second] = [up.publish(1), up.publish(1)];
		up.arrive(second);
		up.arrive(first);
		expect(up.failure).toBe("arrived after message #");
		const down = new Play();
		const letters = [down.publish(2), down.publish(2)];
		for (const letter of letters) down.arrive(letter);
		for (const letter of letters.reverse()) down.give(letter);
		expect(down.failure).toBe("came to the handler after message #");
	});

	it("one QoS may overtake another", () => {
		const play = new Play();
		const [first, second] = [play.publish(2), play.publish(1)];
		for (const letter of [second, first]) {
			play.arrive(letter);
			play.give(letter);
			play.settle(letter);
		}
		expect(play.conclude()).toBeUndefined();
	});

	it("what nobody sent, sent to somebody else, or bent on the way", () => {
		const nobody = new Play();
		nobody.history.given(1, Uint8Array.of(0, 9, 1, 2), 0, 4, 1, false);
		expect(nobody.failure).toBe("the handler of board # got what nobody sent (# bytes, QoS #)");
		const elsewhere = new Play();
		const letter = elsewhere.publish(1);
		elsewhere.arrive(letter);
		elsewhere.history.given(0, payloadOf(letter), 0, 4, 1, false);
		expect(elsewhere.failure).toMatch(/^the handler of board # got what nobody sent/);
		const forged = new Play();
		forged.arrive(forged.publish(1), { clientId: nameOf(1) });
		expect(forged.failure).toMatch(/^the broker took from # what nobody sent/);
		for (const bent of [{ qos: 0 as const }, { topic: "to/1/9" }, { payload: Uint8Array.of(0, 0, 0, 0) }]) {
			const play = new Play();
			play.arrive(play.publish(1), bent);
			expect(play.failure).toMatch(/^arrived with another QoS, topic or payload/);
		}
		const flipped = new Play();
		const flippedLetter = flipped.publish(1);
		const payload = payloadOf(flippedLetter);
		payload[3] ^= 1;
		flipped.arrive(flippedLetter);
		flipped.history.given(1, payload, 0, 4, 1, false);
		expect(flipped.failure).toMatch(/^the handler of board # got what nobody sent/);
	});

	it("with the QoS that was granted, the lesser of both [3.8.4]", () => {
		const play = new Play();
		play.granted = 1;
		const letter = play.publish(2);
		play.arrive(letter);
		play.give(letter, 2);
		expect(play.failure).toBe("came with QoS # in place of #");
	});
});

describe("Tickets", () => {
	it("given twice while the first is open, and for good in one life", () => {
		const play = new Play();
		play.publish(1, { ticket: 7 });
		play.publish(1, { ticket: 7 });
		expect(play.failure).toBe("ticket given twice");
	});

	it("settled twice in one life", () => {
		const play = new Play();
		play.settle(play.whole(1));
		expect(play.failure).toBe("settled twice in one life");
	});

	it("settled and never given", () => {
		const play = new Play();
		play.history.settled(0, 99, Settled.Acknowledged, false);
		expect(play.failure).toBe("board #: ticket # was settled with # and never given");
	});

	it("never settled, in the life of the call and in the next", () => {
		const play = new Play();
		play.arrive(play.publish(1));
		expect(play.history.owed).toBe(1);
		expect(play.conclude()).toBe("its end was never told");
		const later = new Play();
		later.arrive(later.publish(2));
		later.reboot(0);
		expect(later.history.owed).toBe(1);
		expect(later.conclude()).toBe("its end was never told");
	});

	it("of a store in RAM, or of a volatile message, nothing is owed after a power cut", () => {
		const play = new Play(true);
		play.publish(1);
		play.reboot(0);
		expect(play.conclude()).toBeUndefined();
		const volatile = new Play();
		volatile.publish(2, { flags: VOLATILE });
		volatile.reboot(0);
		expect(volatile.conclude()).toBeUndefined();
	});

	it("restored: said of a message of this life, not said of one of an earlier life", () => {
		const now = new Play();
		const letter = now.publish(1);
		now.arrive(letter);
		now.settle(letter, Settled.Acknowledged, true);
		expect(now.failure).toBe("told as restored");
		const later = new Play();
		const earlier = later.publish(1);
		later.arrive(earlier);
		later.reboot(0);
		later.settle(earlier);
		expect(later.failure).toBe("not told as restored");
	});

	it.each([
		[Settled.Uncertain, "uncertain without reason"],
		[Settled.Rejected, "rejected without reason"],
		[Settled.Sent, "settled as sent"],
		[Settled.Stored, "stored, which nobody asked for"],
	])("outcome %i without a reason for it", (outcome, failure) => {
		const play = new Play();
		const letter = play.publish(1);
		play.arrive(letter);
		play.settle(letter, outcome);
		expect(play.failure).toBe(failure);
	});

	it("uncertain when the session was lost, rejected when the broker refuses: in order", () => {
		const play = new Play();
		const letter = play.publish(2);
		play.lose(0);
		play.settle(letter, Settled.Uncertain);
		expect(play.conclude()).toBeUndefined();
		const refused = new Play();
		refused.refusing = true;
		refused.settle(refused.publish(2), Settled.Rejected);
		expect(refused.conclude()).toBeUndefined();
	});

	it("refused, and arrived all the same: before the call returned and after it", () => {
		const after = new Play();
		after.arrive(after.publish(1, { ticket: -3 }));
		expect(after.failure).toBe("was refused and arrived");
		const before = new Play();
		const letter = before.history.publishing(0, 1, 1, 0, 4);
		before.arrive(letter);
		before.history.published(letter, -3);
		expect(before.failure).toBe("was refused and has arrived");
	});

	it("told inside of the call that gives the ticket, it belongs to it", () => {
		const play = new Play();
		const letter = play.history.publishing(0, 1, 0, 0, 4);
		play.history.settled(0, 5, Settled.Sent, false);
		play.history.published(letter, 5);
		expect(letter.outcome).toBe(Settled.Sent);
		expect(play.conclude()).toBeUndefined();
	});

	it("the call that never returned, because the power went, may have done it once, not twice", () => {
		const cut = () => {
			const play = new Play();
			const letter = play.history.publishing(0, 1, 2, 0, 4);
			play.history.interrupted(letter);
			play.reboot(0);
			play.arrive(letter);
			return { play, letter };
		};
		const once = cut();
		once.play.give(once.letter);
		once.play.history.settled(0, 1, Settled.Acknowledged, true);
		expect(once.play.conclude()).toBeUndefined();
		const twice = cut();
		twice.play.arrive(twice.letter);
		expect(twice.play.failure).toBe("arrived again");
	});
});

it("the first thing that is wrong is told, with its time", () => {
	const play = new Play();
	play.now = 1234.4;
	play.history.fail("first");
	play.history.fail("second");
	expect(play.history.failure).toBe("first [at 1234 ms]");
});
