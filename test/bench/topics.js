// SPDX-License-Identifier: MIT
/**
 * Who gets a message of this topic? The broker's subscriptions with a thousand filters, and the client's router with as many as it
 * takes; beside the matcher of aedes, which is the package qlobber, with the same filters. Both have to find the same.
 */
import { createRequire } from "node:module";
import mqttPacket from "mqtt-packet";
import { Router } from "../../dist/js/lib/extras/index.js";
import { Arena } from "../../dist/js/lib/memory/arena.js";
import { Decoder } from "../../dist/js/lib/wire/decoder.js";
import { Packet } from "../../dist/js/lib/wire/packet.js";
import { encodeFilter } from "../../dist/js/lib/wire/topic.js";
import { Subscriptions } from "../../dist/js/simulator/broker/subscriptions.js";
import { NodeMemory } from "../../dist/js/simulator/node/index.js";
import { compared, inTurns } from "./rounds.js";

const ROUNDS = 15;
const WARM_UP = 5;
/** A round is the best of so many times of so many topics: what others do on the machine meanwhile is not ours. */
const TIMES = 15;
const TOPICS = 500;
const FILTERS = 1_000;
/** What the client's router takes at most. */
const ROUTES = 128;
/** In turn. Those that are to be new are forgotten before each time; all of the known are remembered. */
const NEW_TOPICS = 10_000;
const KNOWN_TOPICS = 1_000;
/** The most that a topic may take among a thousand filters, in microseconds. */
const MOST = 2;

const KINDS = ["temperature", "humidity", "battery"];

const require = createRequire(createRequire(import.meta.url).resolve("mqemitter"));
const { Qlobber } = require("qlobber");

/** One of a thousand. @param {number} n */
const place = (n) => `building/${n % 10}/floor/${Math.floor(n / 10) % 10}/room/${Math.floor(n / 100) % 10}`;

/** A tenth with "#", two with "+", one shared, the others written out. @param {unknown} _ @param {number} n */
function filterOf(_, n) {
	const one = Math.floor(n / 10) % 10;
	const other = Math.floor(n / 100) % 10;
	switch (n % 10) {
		case 0:
			return `building/${one}/floor/${other}/#`;
		case 1:
			return `building/+/floor/${one}/room/${other}/temperature`;
		case 2:
			return `+/${one}/floor/+/room/${other}/humidity`;
		case 3:
			return `$share/group-${one}/${place(n)}/+`;
		default:
			return `${place(n)}/${KINDS[one % KINDS.length]}`;
	}
}

const filters = Array.from({ length: FILTERS }, filterOf);
const plain = (/** @type {string} */ filter) => filter.replace(/^\$share\/[^/]+\//, "");
const names = Array.from(
	{ length: NEW_TOPICS },
	(_, n) => `${place(n)}/${KINDS[n % KINDS.length]}${n < 1_000 ? "" : n}`,
);

/** @param {readonly string[]} all @param {(filter: string) => unknown} tag */
function peerOf(all, tag) {
	const matcher = new Qlobber({
		separator: "/",
		wildcard_one: "+",
		wildcard_some: "#",
		match_empty_levels: true,
	});
	for (const filter of all) matcher.add(plain(filter), tag(filter));
	return matcher;
}

/** @param {boolean} condition @param {string} what */
function demand(condition, what) {
	if (!condition) throw new Error(`topics: ${what}`);
}

/**
 * A side that is given the topics in turn.
 * @param {readonly string[]} list @param {(topic: string, n: number) => void} each @param {() => void} before each time, not counted
 */
function side(list, each, before) {
	let at = 0;
	const once = () => {
		before();
		const started = performance.now();
		for (let n = 0; n < TOPICS; n++) {
			each(list[at], at);
			at = (at + 1) % list.length;
		}
		return ((performance.now() - started) * 1000) / TOPICS;
	};
	/** Microseconds for a topic of the next round. */
	return () => Math.min(...Array.from({ length: TIMES }, once));
}

async function timed(name, list, ours, theirs, { rounds, progress, before = () => {} }, floor, note) {
	const measured = await inTurns({
		rounds,
		warmUp: WARM_UP,
		ours: side(list, ours, before),
		theirs: side(list, theirs, () => {}),
		progress: (round, all) => progress(`${name}, round ${round} of ${all}`),
	});
	const { value, peer, ...rest } = compared(measured, true);
	const judged = floor === null ? {} : { judged: "value" };
	const short = (/** @type {number} */ us) => Number(us.toFixed(3));
	return {
		name,
		unit: "µs",
		value: short(value),
		peer: short(peer),
		...rest,
		floor,
		...judged,
		pass: floor === null || value <= floor,
		note,
	};
}

async function tree(options) {
	const subscriptions = new Subscriptions();
	const quiet = { qos: 1, noLocal: false, retainAsPublished: false, identifier: 0 };
	for (const filter of filters) subscriptions.add(filter, { filter }, quiet);
	const matcher = peerOf(filters, (filter) => ({ filter }));
	let found = 0;
	for (const topic of names) {
		const { targets, groups } = subscriptions.route(topic);
		const ours = targets.length + groups.length;
		demand(ours === matcher.match(topic).length, `the two disagree about ${topic}`);
		found += ours;
	}
	demand(new Set(filters).size === FILTERS && found > names.length, "hardly a filter matches");
	const mean = (found / names.length).toFixed(1);
	const ours = (/** @type {string} */ topic) => subscriptions.route(topic);
	const theirs = (/** @type {string} */ topic) => matcher.match(topic);
	const known = Array.from({ length: names.length }, (_, n) => names[n % KNOWN_TOPICS]);
	const any = subscriptions.add("other/#", { filter: "other/#" }, quiet);
	const before = () => subscriptions.change(any, quiet);
	return [
		await timed(
			`a new topic against ${FILTERS} filters`,
			names,
			ours,
			theirs,
			{ ...options, before },
			MOST,
			`filters of up to seven levels, a tenth of them with "#", two with "+", one shared; ${mean} match a topic; ` +
				`the best of ${TIMES} times ${TOPICS} topics, each of which comes once between two changes of a subscription with "#"; peer: the matcher of aedes`,
		),
		await timed(
			"a topic that came before",
			known,
			ours,
			theirs,
			options,
			MOST,
			`the best of ${TIMES} times ${TOPICS}, as above; ${KNOWN_TOPICS} topics in turn: what was found is kept until a subscription changes that may concern it`,
		),
	];
}

/** PUBLISH packets in an arena, decoded before each is handed out. */
function router(version5, chosen, list) {
	const arena = new Arena(new NodeMemory(), 256 * 1024);
	const packet = new Packet(arena);
	const decoder = new Decoder(packet);
	decoder.version5 = version5;
	const made = new Router({ routes: ROUTES });
	const region = arena.region(32 * 1024);
	/** What it asks of a session: whether the broker tells of this filter by its identifier. */
	const session = { packet, subscriptions: { identified: () => version5 } };
	made.attach(arena, session);
	let at = region;
	let handled = 0;
	const ids = new Map();
	for (const pattern of chosen) {
		const filter = encodeFilter(arena, at, region + 32 * 1024, pattern, null, 0xffff);
		at = filter.end;
		made.on(filter, () => {
			handled++;
		});
		ids.set(pattern, made.identifier(filter));
	}
	const start = arena.region(128 * 1024);
	const ends = [start];
	for (const topic of list) {
		const subscriptionIdentifier = ids.get(topic);
		const properties = version5 ? { subscriptionIdentifier } : undefined;
		const bytes = mqttPacket.generate(
			{ cmd: "publish", topic, payload: "x", qos: 0, dup: false, retain: false, properties },
			{ protocolVersion: version5 ? 5 : 4 },
		);
		arena.bytes.set(bytes, ends[ends.length - 1]);
		ends.push(ends[ends.length - 1] + bytes.length);
	}
	return {
		dispatch(n) {
			decoder.decode(ends[n], ends[n + 1]);
			made.dispatch(packet, true);
		},
		get handled() {
			return handled;
		},
	};
}

async function routes(options) {
	const chosen = filters.filter((filter) => !filter.startsWith("$share")).slice(0, ROUTES);
	const written = chosen.filter((filter) => !/[+#]/.test(filter));
	const list = Array.from({ length: 1_000 }, (_, n) => written[n % written.length]);
	const matcher = peerOf(chosen, (filter) => filter);
	const expected = list.reduce((sum, topic) => sum + matcher.match(topic).length, 0);
	const entries = [];
	for (const version5 of [false, true]) {
		const ours = router(version5, chosen, list);
		for (let n = 0; n < list.length; n++) ours.dispatch(n);
		demand(ours.handled === (version5 ? list.length : expected), "the router calls other handlers");
		entries.push(
			await timed(
				version5 ? "the client's router, 5.0, by identifier" : "the client's router, 3.1.1, by comparing",
				list,
				(_, n) => ours.dispatch(n),
				(topic) => matcher.match(topic),
				options,
				null,
				`${ROUTES} filters, of which ${ROUTES - written.length} have wildcards: decoding a PUBLISH and calling the handlers that are ` +
					"its; it allocates nothing and keeps no table of levels. Peer: the matcher of aedes, without decoding",
			),
		);
	}
	return entries;
}

/** @param {import("./benches.js").Options} options */
export async function topics({ rounds = ROUNDS, progress }) {
	return [...(await tree({ rounds, progress })), ...(await routes({ rounds, progress }))];
}
