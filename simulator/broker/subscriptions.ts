// SPDX-License-Identifier: MIT
/**
 * Who gets a message: a tree of filters, by level, and a cache of what it said about a topic.
 *
 * Clients publish to the same few topics over and over, so the walk is made once per topic and its result,
 * already merged per subscriber, is kept until any subscription changes. Overlapping subscriptions of one
 * client yield one copy with the highest QoS and all identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-3]; the order is
 * that of subscribing.
 */

import type { Qos } from "./protocol.js";
import { formOf } from "./topics.js";

/**
 * Bounds of the cache: topics, and their letters. It is emptied when it is full; filling it again is cheap.
 */
const CACHED_TOPICS = 4_096;
const CACHED_LETTERS = 1 << 20;

/** The options of one subscription. `identifier` 0: none. */
export interface SubscribeOptions {
	readonly qos: Qos;
	readonly noLocal: boolean;
	readonly retainAsPublished: boolean;
	readonly identifier: number;
}

export interface Subscription<Subscriber> extends SubscribeOptions {
	/** As the client wrote it, with `$share/…`. */
	readonly filter: string;
	readonly subscriber: Subscriber;
	readonly group: string;
	readonly order: number;
}

/** How one subscriber gets a message. */
export interface Grant {
	readonly qos: Qos;
	readonly retainAsPublished: boolean;
	readonly identifiers: readonly number[];
}

export interface Target<Subscriber> {
	readonly subscriber: Subscriber;
	readonly grant: Grant;
	/** The same for messages of its own, without its no-local subscriptions; undefined: none is left. */
	readonly own: Grant | undefined;
}

/** One shared subscription: its members take turns. */
export class Group<Subscriber> {
	readonly members = new Map<Subscriber, Subscription<Subscriber>>();
	#turn = 0;

	grant(member: Subscriber): Grant {
		return grantOf([this.members.get(member)!]);
	}

	/** Members in the order in which they are to be asked now; the turn goes on by one. */
	*next(): Generator<Subscription<Subscriber>> {
		const members = [...this.members.values()];
		const first = this.#turn++ % members.length;
		for (let step = 0; step < members.length; step++) yield members[(first + step) % members.length];
	}
}

/** All that the tree says about a topic. */
export interface Route<Subscriber> {
	readonly topicBytes: Buffer;
	readonly targets: readonly Target<Subscriber>[];
	readonly groups: readonly Group<Subscriber>[];
}

interface Node<Subscriber> {
	readonly children: Map<string, Node<Subscriber>>;
	readonly plain: Map<Subscriber, Subscription<Subscriber>>;
	readonly shared: Map<string, Group<Subscriber>>;
}

export class Subscriptions<Subscriber extends object> {
	#root: Node<Subscriber> = newNode();
	#routes = new Map<string, Route<Subscriber>>();
	/** The last one asked for: each message asks twice, and publishers repeat themselves. */
	#lastTopic = "";
	#lastRoute: Route<Subscriber> | undefined;
	#letters = 0;
	#order = 0;
	/** How many subscriptions there are. */
	count = 0;

	/** Adds or replaces. `filter` must be well-formed. Returns the subscription and whether it is new. */
	add(
		filter: string,
		subscriber: Subscriber,
		options: SubscribeOptions,
	): { added: Subscription<Subscriber>; isNew: boolean } {
		const form = formOf(filter)!;
		let node = this.#root;
		for (const level of form.filter.split("/")) {
			let child = node.children.get(level);
			if (!child) node.children.set(level, (child = newNode()));
			node = child;
		}
		let holders = node.plain;
		if (form.group) {
			let group = node.shared.get(form.group);
			if (!group) node.shared.set(form.group, (group = new Group()));
			holders = group.members;
		}
		const before = holders.get(subscriber);
		const added = {
			...options,
			filter,
			subscriber,
			group: form.group,
			order: before?.order ?? this.#order++,
		};
		holders.set(subscriber, added);
		if (!before) this.count++;
		this.#forgetRoutes();
		return { added, isNew: !before };
	}

	/** Removes it; returns whether it was there. Empty branches are cut off. */
	remove(filter: string, subscriber: Subscriber): boolean {
		const form = formOf(filter);
		if (!form) return false;
		const path: [Node<Subscriber>, string][] = [];
		let node = this.#root;
		for (const level of form.filter.split("/")) {
			const child = node.children.get(level);
			if (!child) return false;
			path.push([node, level]);
			node = child;
		}
		const group = form.group ? node.shared.get(form.group) : undefined;
		const holders = form.group ? group?.members : node.plain;
		if (!holders?.delete(subscriber)) return false;
		if (group?.members.size === 0) node.shared.delete(form.group);
		for (let at = path.length - 1; at >= 0 && isEmpty(node); at--) {
			const [parent, level] = path[at];
			parent.children.delete(level);
			node = parent;
		}
		this.count--;
		this.#forgetRoutes();
		return true;
	}

	/** Everyone who gets a message with this topic. */
	route(topic: string): Route<Subscriber> {
		if (this.#lastRoute && topic === this.#lastTopic) return this.#lastRoute;
		const route = this.#routes.get(topic) ?? this.#walk(topic);
		this.#lastTopic = topic;
		this.#lastRoute = route;
		return route;
	}

	#walk(topic: string): Route<Subscriber> {
		const found: Subscription<Subscriber>[] = [];
		const groups: Group<Subscriber>[] = [];
		collect(this.#root, topic.split("/"), 0, topic.startsWith("$"), found, groups);
		const route = { topicBytes: Buffer.from(topic), targets: merge(found), groups };
		this.#letters += topic.length;
		if (this.#routes.size >= CACHED_TOPICS || this.#letters > CACHED_LETTERS) this.#forgetRoutes();
		this.#routes.set(topic, route);
		return route;
	}

	#forgetRoutes(): void {
		this.#routes.clear();
		this.#letters = 0;
		this.#lastRoute = undefined;
	}
}

function newNode<Subscriber>(): Node<Subscriber> {
	return { children: new Map(), plain: new Map(), shared: new Map() };
}

function isEmpty<Subscriber>(node: Node<Subscriber>): boolean {
	return node.children.size === 0 && node.plain.size === 0 && node.shared.size === 0;
}

/** Depth is bounded by the limit on levels. */
function collect<Subscriber>(
	node: Node<Subscriber>,
	levels: readonly string[],
	at: number,
	system: boolean,
	found: Subscription<Subscriber>[],
	groups: Group<Subscriber>[],
): void {
	const wild = !(system && at === 0); // [MQTT-4.7.2-1]
	const rest = wild ? node.children.get("#") : undefined;
	if (rest) gather(rest, found, groups);
	if (at === levels.length) {
		gather(node, found, groups);
		return;
	}
	const exact = node.children.get(levels[at]);
	if (exact) collect(exact, levels, at + 1, system, found, groups);
	const any = wild ? node.children.get("+") : undefined;
	if (any) collect(any, levels, at + 1, system, found, groups);
}

function gather<Subscriber>(
	node: Node<Subscriber>,
	found: Subscription<Subscriber>[],
	groups: Group<Subscriber>[],
): void {
	for (const subscription of node.plain.values()) found.push(subscription);
	for (const group of node.shared.values()) groups.push(group);
}

function merge<Subscriber>(found: Subscription<Subscriber>[]): Target<Subscriber>[] {
	found.sort((a, b) => a.order - b.order);
	const bySubscriber = new Map<Subscriber, Subscription<Subscriber>[]>();
	for (const subscription of found) {
		const known = bySubscriber.get(subscription.subscriber);
		if (known) known.push(subscription);
		else bySubscriber.set(subscription.subscriber, [subscription]);
	}
	const targets: Target<Subscriber>[] = [];
	for (const [subscriber, all] of bySubscriber) {
		const foreign = all.filter((one) => !one.noLocal);
		const own = foreign.length === 0 ? undefined : grantOf(foreign);
		targets.push({ subscriber, grant: grantOf(all), own });
	}
	return targets;
}

/** What several subscriptions grant together. */
export function grantOf(subscriptions: readonly SubscribeOptions[]): Grant {
	let qos: Qos = 0;
	let retainAsPublished = false;
	const identifiers: number[] = [];
	for (const one of subscriptions) {
		if (one.qos > qos) qos = one.qos;
		if (one.retainAsPublished) retainAsPublished = true;
		if (one.identifier > 0) identifiers.push(one.identifier);
	}
	return { qos, retainAsPublished, identifiers };
}
