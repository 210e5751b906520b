// SPDX-License-Identifier: MIT
/** One cell of the matrix: what our client and one that we did not write do to each other at some broker. */
import { expect } from "vitest";
import { Aliases } from "../../../lib/extras/index.js";
import { type Limits, RETAIN, Reason, Settled } from "../../../lib/index.js";
import type { Dialler } from "../../../lib/ports.js";
import { Board, type Received } from "./board.js";
import type { Door } from "./door.js";
import type { Foreign } from "./foreign.js";

const qosEach = [0, 1, 2] as const;

export class Cell {
	readonly #board: Board;
	readonly #foreign: Foreign;
	readonly #door: Door;
	/** All topics of a cell begin with it, for a broker serves all cells. */
	readonly #root: string;

	constructor(board: Board, foreign: Foreign, door: Door, root: string) {
		this.#board = board;
		this.#foreign = foreign;
		this.#door = door;
		this.#root = root;
	}

	/** Our client of a cell: it has a will, a session that lasts, and topic aliases where they are to be had. */
	static board(dialler: Dialler, version: 4 | 5, root: string, limits: Partial<Limits> = {}): Board {
		const will = { topic: `${root}/state`, payload: "gone", qos: 1 } as const;
		const aliases = version === 5 ? new Aliases({ inbound: 4 }) : undefined;
		return new Board({ dialler, version, will, clientId: root, limits, aliases });
	}

	async run(): Promise<void> {
		await this.#board.online();
		await this.#bothWays();
		await this.#retained();
		await this.#brokenLink();
		await this.#unsubscribed();
		await this.#goodbye();
		expect(this.#board.settledAgain).toEqual([]);
		expect(this.#board.client.pending).toBe(0);
	}

	/** Each QoS, to a subscription that grants it or less. */
	async #bothWays(): Promise<void> {
		const { bytes, sent } = this.#sets();
		await this.#board.subscribe(this.#topic("in/+"), 2);
		await this.#foreign.subscribe(this.#topic("out/#"), 2);
		await this.#foreign.subscribe(this.#topic("low"), 1);
		for (const qos of qosEach) {
			await this.#foreign.publish(this.#topic("in/a"), bytes[qos], qos);
			const outcome = qos === 0 ? Settled.Sent : Settled.Acknowledged;
			expect((await this.#send("out/a", bytes[qos], qos))[0]).toBe(outcome);
		}
		await this.#send("low", "2 as 1", 2);
		expect(await this.#came(3)).toEqual(sent("in/a"));
		expect(await this.#arrived(4)).toEqual([
			{ topic: this.#topic("low"), text: "2 as 1", qos: 1, retain: false },
			...sent("out/a"),
		]);
	}

	/** Set by either side, received with the flag by a later subscriber, cleared by an empty payload. */
	async #retained(): Promise<void> {
		await this.#send("kept/ours", "42", 1, RETAIN);
		await this.#foreign.subscribe(this.#topic("kept/ours"), 1);
		expect(await this.#arrived(1)).toMatchObject([{ text: "42", retain: true }]);
		await this.#send("kept/ours", "", 1, RETAIN);
		expect(await this.#arrived(1)).toMatchObject([{ text: "", retain: false }]);
		await this.#foreign.publish(this.#topic("kept/theirs"), "43", 2, true);
		await this.#board.subscribe(this.#topic("kept/theirs"), 1);
		expect(await this.#came(1)).toMatchObject([{ text: "43", qos: 1, retain: true }]);
		await this.#foreign.publish(this.#topic("kept/theirs"), "", 1, true);
		expect(await this.#came(1)).toMatchObject([{ text: "", retain: false }]);
	}

	/** The will comes, the session goes on, and what was published meanwhile comes once, both ways. */
	async #brokenLink(): Promise<void> {
		const board = this.#board;
		await this.#foreign.subscribe(this.#topic("state"), 1);
		// What the broker answers to this it answers after our last PUBACK: it does not repeat what that one settled.
		await this.#send("heard", "all", 1);
		const before = board.onlines.length;
		this.#door.shut();
		await board.until("away", () => board.offlines.length > 0);
		expect(await this.#arrived(1)).toMatchObject([{ text: "gone", qos: 1 }]);
		for (const qos of [1, 2] as const) await this.#foreign.publish(this.#topic("in/b"), `away ${qos}`, qos);
		const tickets = ([1, 2] as const).map((qos) => board.publish(this.#topic("out/b"), `late ${qos}`, qos));
		this.#door.open = true;
		await board.until("online again", () => board.onlines.length > before);
		expect(board.onlines.at(-1)).toBe(true);
		for (const ticket of tickets) expect((await board.settlement(ticket))[0]).toBe(Settled.Acknowledged);
		expect(texts(await this.#came(2))).toEqual(["away 1", "away 2"]);
		expect(texts(await this.#arrived(2))).toEqual(["late 1", "late 2"]);
	}

	async #unsubscribed(): Promise<void> {
		const board = this.#board;
		await board.subscribe(this.#topic("end"), 1);
		await board.unsubscribe(this.#topic("in/+"));
		await this.#foreign.publish(this.#topic("in/c"), "to nobody", 1);
		await this.#foreign.publish(this.#topic("end"), "the last", 1);
		expect(texts(await this.#came(1))).toEqual(["the last"]);
	}

	/** After it no will comes: the next message on its topic is somebody else's. */
	async #goodbye(): Promise<void> {
		const board = this.#board;
		board.client.close();
		await board.until("offline", () => board.offlines.at(-1)?.[1] === -1);
		expect(board.offlines.at(-1)?.[0]).toBe(Reason.ClosedByApplication);
		await this.#foreign.publish(this.#topic("state"), "quiet", 1);
		expect(texts(await this.#arrived(1))).toEqual(["quiet"]);
	}

	#topic(name: string): string {
		return `${this.#root}/${name}`;
	}

	#sets() {
		const bytes = qosEach.map((qos) => `QoS ${qos}: grüße 🛟`);
		const sent = (name: string): Received[] =>
			qosEach.map((qos) => ({ topic: this.#topic(name), text: bytes[qos], qos, retain: false }));
		return { bytes, sent };
	}

	#send(name: string, text: string, qos: 0 | 1 | 2, flags = 0): Promise<readonly [number, number]> {
		return this.#board.settlement(this.#board.publish(this.#topic(name), text, qos, flags));
	}

	/** What our side got since it was asked last; between QoS there is no order. */
	async #came(count: number): Promise<Received[]> {
		await this.#board.until(`${count} at our side`, () => this.#board.messages.length >= count);
		return inOrder(this.#board.messages.splice(0));
	}

	async #arrived(count: number): Promise<Received[]> {
		await this.#foreign.until(`${count} at the other side`, () => this.#foreign.messages.length >= count);
		return inOrder(this.#foreign.messages.splice(0));
	}
}

function inOrder(messages: Received[]): Received[] {
	const key = ({ topic, text }: Received): string => `${topic} ${text}`;
	return messages.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function texts(messages: readonly Received[]): string[] {
	return messages.map(({ text }) => text);
}
