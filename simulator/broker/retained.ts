// SPDX-License-Identifier: MIT
/**
 * Retained messages: the last one of each topic, in a tree by level, so that a subscription with a wildcard
 * need not look at all of them. Expired ones go when somebody comes across them.
 *
 * Each board of a fleet has a few bytes here, for ever: what is kept is small, and a message is made of it when it is wanted.
 */

import type { BrokerLimits } from "./limits.js";
import { type Message, messageOf } from "./message.js";
import type { Qos } from "./protocol.js";

/** A message as it is kept. Its bytes are strings, a letter each: a Buffer of its own would take ten times a short one. */
class Kept {
	readonly topic: string;
	readonly from: string;
	readonly qos: Qos;
	readonly expiresAt: number;
	readonly bytes: number;
	readonly #payload: string;
	readonly #properties: string;

	constructor({ topic, from, qos, expiresAt, bytes, payload, properties }: Message) {
		this.topic = topic;
		this.from = from;
		this.qos = qos;
		this.expiresAt = expiresAt;
		this.bytes = bytes;
		this.#payload = payload.toString("latin1");
		this.#properties = properties.toString("latin1");
	}

	get message(): Message {
		const payload = Buffer.from(this.#payload, "latin1");
		const properties = Buffer.from(this.#properties, "latin1");
		return messageOf(this.topic, payload, this.qos, true, this.from, properties, this.expiresAt);
	}
}

/** One level. Most have one child, which needs no table. */
class Node {
	kept: Kept | undefined;
	#name = "";
	#sole: Node | undefined;
	#many: Map<string, Node> | undefined;

	get isEmpty(): boolean {
		return !this.kept && !this.#sole && !this.#many;
	}

	child(name: string): Node | undefined {
		return this.#sole && this.#name === name ? this.#sole : this.#many?.get(name);
	}

	grow(name: string): Node {
		const node = new Node();
		if (this.#many) this.#many.set(name, node);
		else if (!this.#sole) {
			this.#name = name;
			this.#sole = node;
		} else {
			this.#many = new Map([
				[this.#name, this.#sole],
				[name, node],
			]);
			this.#sole = undefined;
		}
		return node;
	}

	prune(name: string): void {
		if (this.#sole) this.#sole = undefined;
		else if (this.#many?.delete(name) && this.#many.size === 0) this.#many = undefined;
	}

	/** In the order in which they came to be. */
	each(visit: (name: string, child: Node) => void): void {
		if (this.#sole) visit(this.#name, this.#sole);
		else if (this.#many) for (const [name, child] of this.#many) visit(name, child);
	}
}

export class Retained {
	readonly #limits: BrokerLimits;
	#root = new Node();
	/** How many there are, and what they hold. */
	count = 0;
	bytes = 0;

	constructor(limits: BrokerLimits) {
		this.#limits = limits;
	}

	clear(): void {
		this.#root = new Node();
		this.count = 0;
		this.bytes = 0;
	}

	/** Whether there is room for `message` in place of the one it replaces. */
	fits(message: Message): boolean {
		if (message.payload.length === 0) return true;
		const before = this.#find(message.topic);
		const count = this.count + (before ? 0 : 1);
		const bytes = this.bytes + message.bytes - (before?.bytes ?? 0);
		return count <= this.#limits.retainedMessages && bytes <= this.#limits.retainedBytes;
	}

	/**
	 * Keeps a copy of it as the last of its topic; an empty payload clears the topic [MQTT-3.3.1-6] [MQTT-3.3.1-7].
	 */
	set(message: Message): void {
		if (message.payload.length === 0) {
			this.#remove(message.topic);
			return;
		}
		let node = this.#root;
		for (const level of message.topic.split("/")) node = node.child(level) ?? node.grow(level);
		if (!node.kept) this.count++;
		this.bytes += message.bytes - (node.kept?.bytes ?? 0);
		node.kept = new Kept(message);
	}

	/** All that match `filter` (without a share prefix) and have not expired at `now`. */
	matching(filter: string, now: number): Message[] {
		const found: Kept[] = [];
		const levels = filter.split("/");
		collect(this.#root, levels, 0, true, found);
		const live = found.filter(({ expiresAt }) => expiresAt > now);
		if (live.length < found.length) {
			for (const { expiresAt, topic } of found) if (expiresAt <= now) this.#remove(topic);
		}
		return live.map((kept) => kept.message);
	}

	#find(topic: string): Kept | undefined {
		let node: Node | undefined = this.#root;
		for (const level of topic.split("/")) {
			node = node.child(level);
			if (!node) return undefined;
		}
		return node.kept;
	}

	#remove(topic: string): void {
		const levels = topic.split("/");
		const path = [this.#root];
		for (const level of levels) {
			const child = path[path.length - 1].child(level);
			if (!child) return;
			path.push(child);
		}
		const last = path[path.length - 1];
		if (!last.kept) return;
		this.count--;
		this.bytes -= last.kept.bytes;
		last.kept = undefined;
		for (let at = levels.length; at > 0 && path[at].isEmpty; at--) path[at - 1].prune(levels[at - 1]);
	}
}

function collect(node: Node, levels: readonly string[], at: number, top: boolean, found: Kept[]): void {
	if (at === levels.length) {
		if (node.kept) found.push(node.kept);
		return;
	}
	const level = levels[at];
	if (level !== "+" && level !== "#") {
		const child = node.child(level);
		if (child) collect(child, levels, at + 1, false, found);
		return;
	}
	if (level === "#" && node.kept) found.push(node.kept);
	node.each((name, child) => {
		if (top && name.startsWith("$")) return; // [MQTT-4.7.2-1]
		collect(child, levels, level === "#" ? at : at + 1, false, found);
	});
}
