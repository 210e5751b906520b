// SPDX-License-Identifier: MIT
/** The checker itself: each thing that must not happen is found, and what may happen is not. */
import { describe, expect, test } from "vitest";
import { Settled } from "../../lib/index.js";
import type { BrokerEvent } from "../../simulator/broker/index.js";
import { History, UP_TOPICS, writePayload } from "./campaign/history.js";
import type { Qos } from "./campaign/plan.js";

const SIZE = 8;
const VOLATILE = 0x10;

class Case {
	readonly history: History;

	constructor(lossy = false) {
		this.history = new History(lossy);
		this.history.life = 1;
	}

	publish(qos: Qos, ticket: number, flags = 0): this {
		this.history.published(this.history.publishing(qos, flags, SIZE), ticket);
		return this;
	}

	limbo(qos: Qos): this {
		this.history.publishing(qos, 0, SIZE);
		this.history.interrupted();
		return this;
	}

	/** The broker takes message `index`. */
	arrive(index: number, qos: Qos, payload = payloadOf(index), topic = UP_TOPICS[index & 3]): this {
		const event: BrokerEvent = {
			kind: "publish",
			clientId: "board",
			topic,
			qos,
			retain: false,
			payload,
			will: false,
		};
		this.history.onEvent(event);
		return this;
	}

	settle(ticket: number, outcome: number = Settled.Acknowledged, restored = false): this {
		this.history.settled(ticket, outcome, restored);
		return this;
	}

	cut(): this {
		this.history.cuts++;
		this.history.life++;
		return this;
	}

	down(qos: Qos, subscribed = true): this {
		this.history.sent(this.history.sending(qos, SIZE), subscribed);
		return this;
	}

	give(index: number, qos: Qos, mayRepeat = false, payload = payloadOf(index)): this {
		this.history.given(payload, 0, payload.length, qos, mayRepeat);
		return this;
	}

	get verdict(): string {
		this.history.conclude();
		return this.history.failure ?? "fine";
	}
}

function payloadOf(index: number): Uint8Array {
	const payload = new Uint8Array(SIZE);
	writePayload(payload, index, SIZE);
	return payload;
}

describe("What must not happen is found", () => {
	test.each<[string, RegExp, (run: Case) => Case]>([
		["an accepted message is lost", /I1/, (run) => run.publish(1, 1).publish(1, 2).arrive(1, 1).settle(2)],
		["acknowledged before it arrived", /never arrived/, (run) => run.publish(1, 1).settle(1)],
		["QoS 2 arrives twice", /I2/, (run) => run.publish(2, 1).arrive(0, 2).arrive(0, 2).settle(1)],
		["QoS 2 in limbo arrives twice", /I2/, (run) => run.limbo(2).cut().arrive(0, 2).arrive(0, 2)],
		["QoS 0 arrives twice", /I2/, (run) => run.publish(0, 1).arrive(0, 0).arrive(0, 0)],
		["a refused message arrives", /I3/, (run) => run.publish(1, -1).arrive(0, 1)],
		["its end is never told", /I14/, (run) => run.publish(1, 1).arrive(0, 1)],
		[
			"its end is told twice in one life",
			/twice/,
			(run) => run.publish(1, 1).arrive(0, 1).settle(1).settle(1),
		],
		["a wrong payload", /I5/, (run) => run.publish(1, 1).arrive(0, 1, payloadOf(0).with(5, 1)).settle(1)],
		["a short payload", /I5/, (run) => run.publish(1, 1).arrive(0, 1, payloadOf(0).slice(0, 7)).settle(1)],
		["a wrong topic", /I5/, (run) => run.publish(1, 1).arrive(0, 1, payloadOf(0), "up/b").settle(1)],
		["a wrong QoS", /I5/, (run) => run.publish(1, 1).arrive(0, 2).settle(1)],
		["a message that there is not", /I5/, (run) => run.arrive(0, 1)],
		[
			"the wrong order",
			/I6/,
			(run) => run.publish(1, 1).publish(1, 2).arrive(1, 1).arrive(0, 1).settle(1).settle(2),
		],
		["a ticket is given twice", /given twice/, (run) => run.publish(1, 1).publish(1, 1)],
		["a ticket is given again after a cut", /given twice/, (run) => run.publish(1, 1).cut().publish(1, 1)],
		["a ticket that nobody has", /never given/, (run) => run.settle(7)],
		["restored in the same life", /as restored/, (run) => run.publish(1, 1).arrive(0, 1).settle(1, 1, true)],
		["not restored in another life", /not told/, (run) => run.publish(1, 1).arrive(0, 1).cut().settle(1)],
		["uncertain", /uncertain/, (run) => run.publish(2, 1).arrive(0, 2).settle(1, Settled.Uncertain)],
		["an inbound message is lost", /I8/, (run) => run.down(2)],
		["it comes twice in one life", /I8/, (run) => run.down(2).give(0, 2).give(0, 2, true)],
		["it comes again without its flag", /I8/, (run) => run.down(2).give(0, 2).cut().give(0, 2)],
		["it comes in the wrong order", /I8/, (run) => run.down(2).down(2).give(1, 2).give(0, 2)],
		["it comes with other bytes", /I8/, (run) => run.down(2).give(0, 2, false, payloadOf(0).with(4, 0))],
		["it was never sent", /I8/, (run) => run.give(0, 1)],
	])("%s", (_name, expected, play) => {
		expect(play(new Case()).verdict).toMatch(expected);
	});
});

describe("What may happen is not", () => {
	test.each<[string, (run: Case) => Case]>([
		["QoS 1 arrives again", (run) => run.publish(1, 1).arrive(0, 1).arrive(0, 1).settle(1)],
		["a message in limbo arrives", (run) => run.limbo(2).cut().arrive(0, 2).settle(4, 1, true)],
		["a message in limbo does not arrive", (run) => run.limbo(1).cut()],
		[
			"a volatile message ends with its life",
			(run) => run.publish(1, 1, VOLATILE).cut().publish(1, 1).arrive(1, 1).settle(1),
		],
		[
			"the end is told again after a cut",
			(run) => run.publish(1, 1).arrive(0, 1).settle(1).cut().settle(1, 1, true),
		],
		["an expired message does not arrive", (run) => run.publish(1, 1).settle(1, Settled.Expired)],
		["a refused message does not arrive", (run) => run.publish(2, -5)],
		[
			"an inbound message comes again, flagged, after a cut",
			(run) => run.down(2).give(0, 2).cut().give(0, 2, true),
		],
		["nobody had subscribed", (run) => run.down(2, false)],
		["a QoS 1 message comes again", (run) => run.down(1).give(0, 1).give(0, 1)],
	])("%s", (_name, play) => {
		expect(play(new Case()).verdict).toBe("fine");
	});

	test("with a session that was lost: QoS 2 arrives again, or its end is not known", () => {
		expect(new Case(true).publish(2, 1).arrive(0, 2).arrive(0, 2).settle(1).verdict).toBe("fine");
		expect(new Case(true).publish(2, 1).settle(1, Settled.Uncertain).verdict).toBe("fine");
	});
});
