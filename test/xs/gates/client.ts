// SPDX-License-Identifier: MIT
/** The promise: once connected, a message costs no slot and no chunk, from the call to its last acknowledgement. */
import { Client, type ClientOptions } from "../../../lib/client.js";
import { DEFAULT_LIMITS, type Limits, limitsFrom } from "../../../lib/limits.js";
import type { Listener } from "../../../lib/listener.js";
import { LinkFault } from "../../../lib/ports.js";
import { RamStore } from "../../../lib/store/ram-store.js";
import type { Message } from "../../../lib/wire/message.js";
import type { Filter } from "../../../lib/wire/topic.js";
import { XsClock, XsRandom } from "../board.js";
import { XsBroker } from "../broker.js";
import { check, gate, steady } from "../gate.js";
import { XsDialler, XsMemory } from "../memory.js";

class Counts implements Listener {
	online = 0;
	offline = 0;
	messages = 0;
	settled = 0;
	subscribed = 0;
	onOnline(): void {
		this.online++;
	}
	onOffline(): void {
		this.offline++;
	}
	onMessage(_message: Message): void {
		this.messages++;
	}
	onSettled(): void {
		this.settled++;
	}
	onSubscribed(): void {
		this.subscribed++;
	}
}

type Board = {
	memory: XsMemory;
	broker: XsBroker;
	dialler: XsDialler;
	clock: XsClock;
	random: XsRandom;
	counts: Counts;
};

function makeBoard(version: 4 | 5): Board {
	const memory = new XsMemory(256);
	const broker = new XsBroker();
	broker.version5 = version === 5;
	const dialler = new XsDialler(memory, broker);
	broker.dialler = dialler;
	const clock = new XsClock();
	clock.afterAlarm = () => dialler.settle();
	return { memory, broker, dialler, clock, random: new XsRandom(), counts: new Counts() };
}

function makeClient(board: Board, version: 4 | 5, limits: Limits): Client {
	const options: ClientOptions = {
		memory: board.memory,
		dialler: board.dialler,
		clock: board.clock,
		random: board.random,
		store: new RamStore(limits),
		limits,
		version,
		clientId: "greenhouse-1",
		keepAliveSeconds: 60,
		listener: board.counts,
	};
	return new Client(options);
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Array.from(text, (c) => c.charCodeAt(0)));

function gates(version: 4 | 5): void {
	const name = version === 5 ? "5.0" : "3.1.1";
	const board = makeBoard(version);
	const { broker, dialler, clock, counts } = board;
	const client = makeClient(board, version, DEFAULT_LIMITS);
	client.open();
	dialler.settle();
	check(`${name}: connected`, client.online && counts.online === 1);
	const topic = client.topic("greenhouse/1/temperature");
	const payload = bytesOf('{"t":21.53}');
	client.subscribe(client.filter("greenhouse/1/set/#"), 1);
	dialler.settle();
	check(`${name}: subscribed`, counts.subscribed === 1);
	const settings = bytesOf("greenhouse/1/set/target");

	for (let qos: 0 | 1 | 2 = 0; qos < 3; qos++) {
		const level = qos as 0 | 1 | 2;
		const before = counts.settled;
		gate(`${name}: publish QoS ${level} to the last acknowledgement`, () => {
			client.publish(topic, payload, level);
			dialler.settle();
		});
		check(`${name}: each was settled`, counts.settled - before === 1043, `${counts.settled - before}`);
	}
	gate(`${name}: compose with a number, QoS 1`, () => {
		const body = client.compose(topic, 1);
		if (body === undefined) throw new Error("refused");
		body.decimal(2153, 2);
		client.commit();
		dialler.settle();
	});
	for (let qos = 0; qos < 3; qos++) {
		const before = counts.messages;
		gate(`${name}: receive QoS ${qos}`, () => {
			broker.publish(settings, payload, qos);
			dialler.settle();
		});
		check(`${name}: each was delivered`, counts.messages - before === 1043, `${counts.messages - before}`);
	}
	const pings = broker.seen[12];
	gate(`${name}: keep alive, PINGREQ to PINGRESP`, () => {
		clock.advance(61_000);
		dialler.settle();
	});
	check(`${name}: there were pings`, broker.seen[12] - pings >= 1043, `${broker.seen[12] - pings}`);
	steady(`${name}: 1000 reconnects leave nothing behind`, () => {
		dialler.hangUp(LinkFault.Reset);
		dialler.settle();
		clock.advance(200_000);
		dialler.settle();
	});
	check(`${name}: they were reconnects`, client.online && counts.online === 1004, `${counts.online}`);
}

/** What is refused costs nothing either; and what waited offline leaves after the reconnect. */
function offline(version: 4 | 5): void {
	const name = version === 5 ? "5.0" : "3.1.1";
	const board = makeBoard(version);
	const { broker, dialler, clock, counts } = board;
	const client = makeClient(board, version, DEFAULT_LIMITS);
	const topic = client.topic("greenhouse/1/temperature");
	const payload = bytesOf('{"t":21.53}');
	gate(`${name}: refusal of QoS 0 while offline`, () => client.publish(topic, payload, 0));
	while (client.publish(topic, payload, 1) > 0);
	gate(`${name}: refusal when the outbox is full`, () => client.publish(topic, payload, 1));
	gate(`${name}: refusal of what can never fit`, () => client.compose(topic, 1, 0, 5000));
	client.open();
	dialler.settle();
	check(
		`${name}: the full outbox drained`,
		client.pending === 0 && counts.settled === DEFAULT_LIMITS.outboxMessages,
	);
	const before = counts.settled;
	broker.sessionPresent = true;
	let online = counts.online;
	gate(
		`${name}: 30 messages queued offline, drained after the reconnect`,
		() => {
			dialler.hangUp(LinkFault.Reset);
			dialler.settle();
			for (let i = 0; i < 30; i++) client.publish(topic, payload, (i & 1) === 0 ? 1 : 2);
			clock.advance(200_000);
			dialler.settle();
		},
		{ n: 200 },
	);
	online = counts.online - online;
	const settled = counts.settled - before;
	check(`${name}: each was acknowledged`, settled === 30 * 243 && online === 243, `${settled}, ${online}`);
}

/** Bursts in both directions: many packets in one read, many acknowledgements in one write. */
function bursts(version: 4 | 5): void {
	const name = version === 5 ? "5.0" : "3.1.1";
	const board = makeBoard(version);
	const { broker, dialler, counts } = board;
	const limits = limitsFrom({ textBytes: 1200 });
	const client = makeClient(board, version, limits);
	const filters: Filter[] = [];
	for (let i = 0; i < 31; i++) filters.push(client.filter(`greenhouse/1/+/${i}/#`));
	filters.push(client.filter("greenhouse/+/set/#"));
	client.open();
	dialler.settle();
	const topic = bytesOf("greenhouse/1/set/target");
	const payload = bytesOf("21.5");
	gate(`${name}: 16 messages of QoS 1 in one read`, () => {
		broker.prompt = false;
		for (let i = 0; i < 16; i++) broker.publish(topic, payload, 1);
		broker.prompt = true;
		broker.release();
		dialler.settle();
	});
	check(`${name}: each was delivered`, counts.messages === 16 * 1043, `${counts.messages}`);
	let matched = 0;
	counts.onMessage = (message) => {
		for (let i = 0; i < 32; i++) if (message.matches(filters[i])) matched++;
	};
	gate(`${name}: matching against 32 filters`, () => {
		broker.publish(topic, payload, 0);
		dialler.settle();
	});
	check(`${name}: one of 32 matched`, matched === 1043, `${matched}`);
}

gates(5);
gates(4);
offline(5);
offline(4);
bursts(5);
bursts(4);
