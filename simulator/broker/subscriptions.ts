// SPDX-License-Identifier: MIT
/**
 * Who gets a message: a table of the filters without wildcards, a tree of the others by level, and a cache of what both said
 * about a topic.
 *
 * Clients publish to the same few topics over and over, so the search is made once per topic and its result,
 * already merged per subscriber, is kept until a subscription changes that may concern it. Overlapping subscriptions of one
 * client yield one copy with the highest QoS and all identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-3]; the order is
 * that of subscribing.
 *
 * Most filters of a fleet are one board's own, written out: one leaf with one subscriber, and no table within.
 */

import { type Grant, Group, grantOf, type SubscribeOptions, Subscription } from "./subscription.js";
import { formOf } from "./topics.js";

/**
 * Bounds of the cache: topics, and their letters. Ten thousand boards with a topic each are to fit: about 250 bytes of each
 * are cheaper than a search for each of its messages.
 */
const CACHED_TOPICS = 16_384;
const CACHED_LETTERS = 1 << 20;
/**
 * A cache that is full keeps what it has, because topics that come in turn would all be thrown out before they come again.
 * After so many that it did not have, it begins anew.
 */
const MOST_MISSED = 4 * CACHED_TOPICS;
const DOLLAR = 0x24;
const NOBODY: readonly never[] = [];

export interface Target<Subscriber> {
	readonly subscriber: Subscriber;
	readonly grant: Grant;
	/** The same for messages of its own, without its no-local subscriptions; undefined: none is left. */
	readonly own: Grant | undefined;
}

/** All that is to be said about a topic. */
export class Route<Subscriber> {
	readonly topic: string;
	readonly targets: readonly Target<Subscriber>[];
	readonly groups: readonly Group<Subscriber>[];
	#topicBytes: Buffer | undefined;

	constructor(topic: string, targets: readonly Target<Subscriber>[], groups: readonly Group<Subscriber>[]) {
		this.topic = topic;
		this.targets = targets;
		this.groups = groups;
	}

	get isEmpty(): boolean {
		return this.targets.length + this.groups.length === 0;
	}

	/** The topic in UTF-8. */
	get topicBytes(): Buffer {
		this.#topicBytes ??= Buffer.from(this.topic);
		return this.#topicBytes;
	}
}

/** Who has one filter: a sole subscriber, or many in a table; and groups that share it. */
class Leaf<Subscriber> {
	/** Who gets a message that this leaf alone is for; undefined: nobody has asked since it changed. */
	targets: readonly Target<Subscriber>[] | undefined;
	sole: Subscription<Subscriber> | undefined;
	many: Map<Subscriber, Subscription<Subscriber>> | undefined;
	shared: Map<string, Group<Subscriber>> | undefined;

	get isEmpty(): boolean {
		return !this.sole && !this.many && !this.shared;
	}

	/** In the order of subscribing, without those that share it. */
	get plain(): Subscription<Subscriber>[] {
		return this.sole ? [this.sole] : [...(this.many?.values() ?? [])];
	}

	find(group: string, subscriber: Subscriber): Subscription<Subscriber> | undefined {
		if (group) return this.shared?.get(group)?.members.get(subscriber);
		return this.sole?.subscriber === subscriber ? this.sole : this.many?.get(subscriber);
	}

	add(group: string, added: Subscription<Subscriber>): void {
		this.targets = undefined;
		const { sole } = this;
		const { subscriber } = added;
		if (group) {
			this.shared ??= new Map();
			let shared = this.shared.get(group);
			if (!shared) this.shared.set(group, (shared = new Group(added.order)));
			shared.set(subscriber, added);
		} else if (this.many) this.many.set(subscriber, added);
		else if (!sole) this.sole = added;
		else {
			this.many = new Map([
				[sole.subscriber, sole],
				[subscriber, added],
			]);
			this.sole = undefined;
		}
	}

	/** Returns whether it was there. */
	remove(group: string, subscriber: Subscriber): boolean {
		this.targets = undefined;
		if (group) {
			const shared = this.shared?.get(group);
			if (!shared?.delete(subscriber)) return false;
			if (shared.members.size === 0) this.shared!.delete(group);
			if (this.shared!.size === 0) this.shared = undefined;
			return true;
		}
		if (this.sole?.subscriber === subscriber) this.sole = undefined;
		else if (!this.many?.delete(subscriber)) return false;
		else if (this.many.size === 0) this.many = undefined;
		return true;
	}
}

/** One level of the filters with wildcards. */
class Node<Subscriber> {
	children: Map<string, Node<Subscriber>> | undefined;
	/** Below "+". */
	any: Node<Subscriber> | undefined;
	/** "#" stands next. */
	rest: Leaf<Subscriber> | undefined;
	/** The filter ends here. */
	here: Leaf<Subscriber> | undefined;

	get isEmpty(): boolean {
		return !this.children && !this.any && !this.rest && !this.here;
	}

	child(level: string): Node<Subscriber> | undefined {
		return level === "+" ? this.any : this.children?.get(level);
	}

	grow(level: string): Node<Subscriber> {
		const child = new Node<Subscriber>();
		if (level === "+") this.any = child;
		else (this.children ??= new Map()).set(level, child);
		return child;
	}

	prune(level: string): void {
		if (level === "+") this.any = undefined;
		else if (this.children?.delete(level) && this.children.size === 0) this.children = undefined;
	}
}

export class Subscriptions<Subscriber extends object> {
	/** Filters without wildcards. */
	readonly #exact = new Map<string, Leaf<Subscriber>>();
	/** Those with some. */
	readonly #wild = new Node<Subscriber>();
	readonly #routes = new Map<string, Route<Subscriber>>();
	/** The last one asked for: each message asks twice, and publishers repeat themselves. */
	#lastTopic = "";
	#lastRoute: Route<Subscriber> | undefined;
	#letters = 0;
	#missed = 0;
	#order = 0;
	/** How many subscriptions there are. */
	count = 0;

	/** The subscription of this filter; undefined: there is none. */
	find(filter: string, subscriber: Subscriber): Subscription<Subscriber> | undefined {
		const form = formOf(filter);
		if (!form) return undefined;
		const leaf = form.wildcards ? this.#path(form.filter).leaf : this.#exact.get(form.filter);
		return leaf?.find(form.group, subscriber);
	}

	/** Adds one that is not there yet, see {@link find}. `filter` must be well-formed. */
	add(filter: string, subscriber: Subscriber, options: SubscribeOptions): Subscription<Subscriber> {
		const form = formOf(filter)!;
		const added = new Subscription(filter, subscriber, this.#order++);
		this.#leaf(form.filter, form.wildcards).add(form.group, added);
		this.count++;
		this.change(added, options);
		return added;
	}

	/** Gives a subscription other options. */
	change(subscription: Subscription<Subscriber>, options: SubscribeOptions): void {
		subscription.take(options);
		const { filter, wildcards } = formOf(subscription.filter)!;
		this.#leaf(filter, wildcards).targets = undefined;
		this.#forget(filter, wildcards);
	}

	/** Removes it; returns whether it was there. Empty branches are cut off. */
	remove(text: string, subscriber: Subscriber): boolean {
		const form = formOf(text);
		if (!form) return false;
		const { filter, group, wildcards } = form;
		if (wildcards) {
			const { nodes, levels, leaf } = this.#path(filter);
			if (!leaf?.remove(group, subscriber)) return false;
			if (leaf.isEmpty) cut(nodes, levels);
		} else {
			const leaf = this.#exact.get(filter);
			if (!leaf?.remove(group, subscriber)) return false;
			if (leaf.isEmpty) this.#exact.delete(filter);
		}
		this.count--;
		this.#forget(filter, wildcards);
		return true;
	}

	/** Everyone who gets a message with this topic. */
	route(topic: string): Route<Subscriber> {
		if (this.#lastRoute && topic === this.#lastTopic) return this.#lastRoute;
		const route = this.#routes.get(topic) ?? this.#search(topic);
		this.#lastTopic = topic;
		this.#lastRoute = route;
		return route;
	}

	/** The leaf of a filter, made if it is not there. */
	#leaf(filter: string, wildcards: boolean): Leaf<Subscriber> {
		if (!wildcards) {
			let leaf = this.#exact.get(filter);
			if (!leaf) this.#exact.set(filter, (leaf = new Leaf()));
			return leaf;
		}
		let node = this.#wild;
		for (const level of filter.split("/")) {
			if (level === "#") return (node.rest ??= new Leaf());
			node = node.child(level) ?? node.grow(level);
		}
		return (node.here ??= new Leaf());
	}

	/** The nodes from the root to the leaf of a filter with wildcards; without the leaf when there is none. */
	#path(filter: string): { nodes: Node<Subscriber>[]; levels: string[]; leaf?: Leaf<Subscriber> } {
		const levels = filter.split("/");
		const nodes = [this.#wild];
		let node = this.#wild;
		for (const level of levels) {
			if (level === "#") return { nodes, levels, leaf: node.rest };
			const child = node.child(level);
			if (!child) return { nodes, levels };
			nodes.push(child);
			node = child;
		}
		return { nodes, levels, leaf: node.here };
	}

	#search(topic: string): Route<Subscriber> {
		const leaves: Leaf<Subscriber>[] = [];
		const exact = this.#exact.get(topic);
		if (exact) leaves.push(exact);
		if (!this.#wild.isEmpty) collect(this.#wild, topic.split("/"), 0, topic.charCodeAt(0) === DOLLAR, leaves);
		const route = new Route(topic, merge(leaves), groupsOf(leaves));
		if (this.#routes.size < CACHED_TOPICS && this.#letters < CACHED_LETTERS) {
			this.#routes.set(topic, route);
			this.#letters += topic.length;
		} else if (++this.#missed > MOST_MISSED) this.#forgetAll();
		return route;
	}

	/** A filter without wildcards concerns one topic. */
	#forget(filter: string, wildcards: boolean): void {
		if (wildcards) this.#forgetAll();
		else {
			if (this.#routes.delete(filter)) this.#letters -= filter.length;
			this.#lastRoute = undefined;
		}
	}

	#forgetAll(): void {
		this.#routes.clear();
		this.#letters = 0;
		this.#missed = 0;
		this.#lastRoute = undefined;
	}
}

/** Takes the empty leaf at the end of a path away, and every node that has nothing else. */
function cut<Subscriber>(nodes: readonly Node<Subscriber>[], levels: readonly string[]): void {
	const last = nodes[nodes.length - 1];
	if (nodes.length === levels.length) last.rest = undefined;
	else last.here = undefined;
	for (let at = nodes.length - 1; at > 0 && nodes[at].isEmpty; at--) nodes[at - 1].prune(levels[at - 1]);
}

/** Adds the leaves below `node` that fit the levels from `at` on. Depth is bounded by the limit on levels. */
function collect<Subscriber>(
	node: Node<Subscriber>,
	levels: readonly string[],
	at: number,
	system: boolean,
	leaves: Leaf<Subscriber>[],
): void {
	const wild = !(system && at === 0); // [MQTT-4.7.2-1]
	if (wild && node.rest) leaves.push(node.rest);
	if (at === levels.length) {
		if (node.here) leaves.push(node.here);
		return;
	}
	const child = node.children?.get(levels[at]);
	if (child) collect(child, levels, at + 1, system, leaves);
	if (wild && node.any) collect(node.any, levels, at + 1, system, leaves);
}

function merge<Subscriber>(leaves: readonly Leaf<Subscriber>[]): readonly Target<Subscriber>[] {
	let only: Leaf<Subscriber> | undefined;
	let parts = 0;
	for (const leaf of leaves) {
		if (!leaf.sole && !leaf.many) continue;
		only = leaf;
		parts++;
	}
	if (!only) return NOBODY;
	if (parts === 1) {
		only.targets ??= only.plain.map(soleTarget); // each is there once, in its order
		return only.targets;
	}
	const found: Subscription<Subscriber>[] = [];
	for (const leaf of leaves) found.push(...leaf.plain);
	found.sort((a, b) => a.order - b.order);
	const bySubscriber = new Map<Subscriber, Subscription<Subscriber>[]>();
	for (const subscription of found) {
		const known = bySubscriber.get(subscription.subscriber);
		if (known) known.push(subscription);
		else bySubscriber.set(subscription.subscriber, [subscription]);
	}
	return Array.from(bySubscriber.values(), targetOf);
}

function soleTarget<Subscriber>(one: Subscription<Subscriber>): Target<Subscriber> {
	return { subscriber: one.subscriber, grant: one, own: one.noLocal ? undefined : one };
}

/** What all subscriptions of one subscriber come to. */
function targetOf<Subscriber>(all: readonly Subscription<Subscriber>[]): Target<Subscriber> {
	const foreign = all.filter((one) => !one.noLocal);
	const own = foreign.length === 0 ? undefined : grantOf(foreign);
	return { subscriber: all[0].subscriber, grant: grantOf(all), own };
}

function groupsOf<Subscriber>(leaves: readonly Leaf<Subscriber>[]): readonly Group<Subscriber>[] {
	let groups: Group<Subscriber>[] | undefined;
	for (const { shared } of leaves) {
		if (!shared) continue;
		groups ??= [];
		for (const group of shared.values()) groups.push(group);
	}
	return groups?.sort((a, b) => a.order - b.order) ?? NOBODY;
}
