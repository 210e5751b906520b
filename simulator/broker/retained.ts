// SPDX-License-Identifier: MIT
/**
 * Retained messages: the last one of each topic, in a tree by level, so that a subscription with a wildcard
 * need not look at all of them. Expired ones go when somebody comes across them.
 */

import type { BrokerLimits } from "./limits.js";
import type { Message } from "./message.js";

interface Node {
	readonly children: Map<string, Node>;
	message: Message | undefined;
}

export class Retained {
	readonly #limits: BrokerLimits;
	#root: Node = { children: new Map(), message: undefined };
	/** How many there are, and what they hold. */
	count = 0;
	bytes = 0;

	constructor(limits: BrokerLimits) {
		this.#limits = limits;
	}

	clear(): void {
		this.#root = { children: new Map(), message: undefined };
		this.count = 0;
		this.bytes = 0;
	}

	/** Whether there is room for `message` in place of the one it replaces. */
	fits(message: Message): boolean {
		if (message.payload.length === 0) return true;
		const before = this.#find(message.topic)?.message;
		const count = this.count + (before ? 0 : 1);
		const bytes = this.bytes + message.bytes - (before?.bytes ?? 0);
		return count <= this.#limits.retainedMessages && bytes <= this.#limits.retainedBytes;
	}

	/** Keeps it as the last of its topic; an empty payload clears the topic [MQTT-3.3.1-6] [MQTT-3.3.1-7]. */
	set(message: Message): void {
		if (message.payload.length === 0) {
			this.#remove(message.topic);
			return;
		}
		let node = this.#root;
		for (const level of message.topic.split("/")) {
			let child = node.children.get(level);
			if (!child) node.children.set(level, (child = { children: new Map(), message: undefined }));
			node = child;
		}
		if (!node.message) this.count++;
		this.bytes += message.bytes - (node.message?.bytes ?? 0);
		node.message = message;
	}

	/** All that match `filter` (without a share prefix) and have not expired at `now`. */
	matching(filter: string, now: number): Message[] {
		const found: Message[] = [];
		const levels = filter.split("/");
		collect(this.#root, levels, 0, true, found);
		const live = found.filter((message) => message.expiresAt > now);
		if (live.length < found.length) {
			for (const message of found) if (message.expiresAt <= now) this.#remove(message.topic);
		}
		return live;
	}

	#find(topic: string): Node | undefined {
		let node: Node | undefined = this.#root;
		for (const level of topic.split("/")) {
			node = node.children.get(level);
			if (!node) return undefined;
		}
		return node;
	}

	#remove(topic: string): void {
		const levels = topic.split("/");
		const path: Node[] = [this.#root];
		for (const level of levels) {
			const child = path[path.length - 1].children.get(level);
			if (!child) return;
			path.push(child);
		}
		const last = path[path.length - 1];
		if (!last.message) return;
		this.count--;
		this.bytes -= last.message.bytes;
		last.message = undefined;
		for (let at = levels.length; at > 0; at--) {
			const node = path[at];
			if (node.message || node.children.size > 0) return;
			path[at - 1].children.delete(levels[at - 1]);
		}
	}
}

function collect(node: Node, levels: readonly string[], at: number, top: boolean, found: Message[]): void {
	if (at === levels.length) {
		if (node.message) found.push(node.message);
		return;
	}
	const level = levels[at];
	if (level !== "+" && level !== "#") {
		const child = node.children.get(level);
		if (child) collect(child, levels, at + 1, false, found);
		return;
	}
	if (level === "#" && node.message) found.push(node.message);
	for (const [name, child] of node.children) {
		if (top && name.startsWith("$")) continue; // [MQTT-4.7.2-1]
		collect(child, levels, level === "#" ? at : at + 1, false, found);
	}
}
