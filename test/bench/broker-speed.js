// SPDX-License-Identifier: MIT
/**
 * The embedded broker beside aedes, each in a process of its own, under the same load from this one: what a message costs the
 * broker, and what a connection does. The broker's processor time is the fair figure on a machine with few cores.
 */
import { Boards, connected, Pair } from "./broker-load.js";
import { answerOf, start } from "./children.js";
import { compared, inTurns } from "./rounds.js";

/** How many times better than the peer: messages at QoS 1, memory of a connection. */
const SPEED_FLOOR = 1;
const MEMORY_FLOOR = 2;
const PAIRS = 4;
const WINDOW = 50;
const BOARDS = 1_000;
/** Boards that wait for their acknowledgement at a time: as few sockets are ready at once when reports are spread over a second. */
const UNDER_WAY = 16;
const FLEET_PER_SECOND = 10_000;
/** Connections before the count, when the engine has its code and its young generation, and those that are counted. */
const BEFORE = 2_000;
const COUNTED = 5_000;
const AT_ONCE = 50;

/** A broker of broker-host.js. */
class Host {
	/** @param {string} who */
	static async start(who) {
		const child = start("./broker-host.js", [who], ["--expose-gc"]);
		const { port } = await answerOf(child, who);
		return new Host(who, child, port);
	}

	/** @param {string} who @param {import("node:child_process").ChildProcess} child @param {number} port */
	constructor(who, child, port) {
		this.who = who;
		this.child = child;
		this.port = port;
	}

	/** @param {"cpu" | "memory"} what */
	ask(what) {
		this.child.send(what);
		return answerOf(this.child, this.who);
	}

	end() {
		this.child.disconnect();
	}

	/** Messages a second that `load` brings through, by the clock and by the broker's processor time. */
	async measured(load, count) {
		const before = await this.ask("cpu");
		const started = performance.now();
		await load.run(count);
		const seconds = (performance.now() - started) / 1000;
		const after = await this.ask("cpu");
		const cpu = (after.user - before.user + after.system - before.system) / 1e6;
		return { byClock: count / seconds, byCpu: count / cpu };
	}
}

/** Several pairs as one load. */
class Pairs {
	static async to(port, qos) {
		const pairs = [];
		for (let n = 0; n < PAIRS; n++) pairs.push(await Pair.to(port, `${qos}-${n}`, qos, WINDOW));
		return new Pairs(pairs);
	}

	constructor(pairs) {
		this.pairs = pairs;
	}

	async run(count) {
		await Promise.all(this.pairs.map((pair) => pair.run(count / PAIRS)));
	}

	close() {
		for (const pair of this.pairs) pair.close();
	}
}

/** Rounds of the same load at both. Returns what they say about one of the speeds. */
async function speeds(hosts, made, { rounds, count, progress }) {
	const [ours, theirs] = await Promise.all(hosts.map((host) => made(host.port)));
	const measured = await inTurns({
		rounds,
		warmUp: 2,
		ours: () => hosts[0].measured(ours, count),
		theirs: () => hosts[1].measured(theirs, count),
		progress,
	});
	ours.close();
	theirs.close();
	return (key) => {
		const { value, peer, ...rest } = compared(
			measured.map((pair) => ({ ours: pair.ours[key], theirs: pair.theirs[key] })),
		);
		return { value: Math.round(value), peer: Math.round(peer), ...rest };
	};
}

/** Bytes that each of many idle connections takes, with a session and a subscription. */
async function connectionBytes(who, progress) {
	progress(`${who}, ${BEFORE + COUNTED} connections`);
	const host = await Host.start(who);
	const sockets = [];
	const connect = async (upto) => {
		while (sockets.length < upto) {
			const first = sockets.length;
			const some = Array.from({ length: AT_ONCE }, (_, n) =>
				connected(host.port, `board-${first + n}`, {
					clean: false,
					filter: `board/${first + n}/set`,
					keepalive: 60,
				}),
			);
			sockets.push(...(await Promise.all(some)));
		}
		return host.ask("memory");
	};
	const before = await connect(BEFORE);
	const after = await connect(BEFORE + COUNTED);
	for (const socket of sockets) socket.destroy();
	host.end();
	return { heap: (after.heap - before.heap) / COUNTED, rss: (after.rss - before.rss) / COUNTED };
}

async function memory(rounds, progress) {
	const socket = await connectionBytes("none", progress);
	const measured = await inTurns({
		rounds,
		ours: () => connectionBytes("ours", progress),
		theirs: () => connectionBytes("aedes", progress),
	});
	const of = (key) => {
		const { value, peer, ...rest } = compared(
			measured.map((pair) => ({ ours: pair.ours[key], theirs: pair.theirs[key] })),
			true,
		);
		return { unit: "bytes", value: Math.round(value), peer: Math.round(peer), ...rest };
	};
	const heap = of("heap");
	return [
		{
			name: "an idle connection, heap",
			...heap,
			floor: MEMORY_FLOOR,
			pass: heap.ratio >= MEMORY_FLOOR,
			note:
				`with a session and a subscription of its own; growth over ${COUNTED} connections after ${BEFORE}, collected: ` +
				`heapUsed and external. ${Math.round(socket.heap)} of it are the socket of Node, in a server that keeps nothing`,
		},
		{
			name: "the same, resident",
			...of("rss"),
			floor: null,
			pass: true,
			note: `resident set of the process, with what is free inside; ${Math.round(socket.rss)} of it are the socket`,
		},
	];
}

/** @param {import("./benches.js").Options} options */
export async function broker({ rounds = 9, messages = 8_000, progress }) {
	const hosts = [await Host.start("ours"), await Host.start("aedes")];
	const count = Math.ceil(messages / PAIRS) * PAIRS;
	const through = (qos, times) =>
		speeds(hosts, (port) => Pairs.to(port, qos), {
			rounds: times,
			count,
			progress: (round, all) => progress(`QoS ${qos}, round ${round} of ${all}`),
		});
	const one = await through(1, rounds);
	const unit = "messages/s";
	const reported = { floor: null, pass: true };
	const entries = [
		{
			name: "QoS 1, by the broker's processor time",
			unit,
			...one("byCpu"),
			floor: SPEED_FLOOR,
			pass: one("byCpu").ratio >= SPEED_FLOOR,
			note:
				`${count} messages a round of 64 bytes, 3.1.1, over loopback, from ${PAIRS} publishers to a subscriber each, ` +
				`${WINDOW} under way each; raw sockets and packets made beforehand`,
		},
		{
			name: "the same, by the clock",
			unit,
			...one("byClock"),
			floor: SPEED_FLOOR,
			pass: one("byClock").ratio >= SPEED_FLOOR,
		},
	];
	for (const qos of [0, 2]) {
		const speed = await through(qos, Math.min(rounds, 5));
		entries.push({
			name: `QoS ${qos}, by the broker's processor time`,
			unit,
			...speed("byCpu"),
			...reported,
		});
	}
	const fleet = await speeds(hosts, (port) => Boards.to(port, BOARDS, UNDER_WAY), {
		rounds: Math.min(rounds, 5),
		count,
		progress: (round, all) => progress(`${BOARDS} boards, round ${round} of ${all}`),
	});
	const { value, peer, ...rest } = fleet("byCpu");
	const share = (speed) => Number(((100 * FLEET_PER_SECOND) / speed).toFixed(1));
	entries.push({
		name: `${FLEET_PER_SECOND.toLocaleString("en")} reports a second`,
		unit: "% of a core",
		value: share(value),
		peer: share(peer),
		...rest,
		floor: 100,
		judged: "value",
		pass: share(value) <= 100,
		note:
			`by the broker's processor time for a QoS 1 message of one of ${BOARDS.toLocaleString("en")} boards to one subscriber: each board waits ` +
			`for its acknowledgement, ${UNDER_WAY} do at a time, so nearly every packet is read and answered by itself`,
	});
	for (const host of hosts) host.end();
	entries.push(...(await memory(Math.min(rounds, 2), progress)));
	return entries;
}
