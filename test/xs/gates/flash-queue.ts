// SPDX-License-Identifier: MIT
/**
 * Messages that wait in flash: two hundred of them, as many as there is room for, and more than that; a ring that has to be
 * cleaned for each; and a flash that fails. No slot and no chunk in any of it.
 */
import { DROP_OLDEST, KEEP_LATEST, VOLATILE } from "../../../lib/client.js";
import { Settled } from "../../../lib/listener.js";
import { Board, CALLS, DONE, measured, PAYLOAD } from "../flash-board.js";
import { check, gate, row } from "../gate.js";

/** A queue that waits for the link. */
function offline(version: 4 | 5): void {
	const name = version === 5 ? "5.0" : "3.1.1";
	const board = new Board(version, 16);
	const { client, topic, counts } = board;
	board.open();
	const few = { n: 12, warmUp: 2 };
	let before = board.settled(Settled.Acknowledged);
	measured(
		board,
		`${name}: 200 messages queued offline, drained after the reconnect`,
		() => {
			board.hangUp();
			for (let i = 0; i < 200; i++) client.publish(topic, PAYLOAD, (i & 1) === 0 ? 1 : 2);
			board.reconnect();
		},
		0,
		few,
	);
	const drained = board.settled(Settled.Acknowledged) - before;
	check(`${name}: each was acknowledged`, drained === 200 * 14 && client.pending === 0, `${drained}`);
	board.hangUp();
	let accepted = 0;
	while (client.publish(topic, PAYLOAD, 1) > 0) accepted++;
	row(`${name}: messages that 64 KiB take while offline`, { accepted });
	gate(`${name}: refusal when the store is full`, () => client.publish(topic, PAYLOAD, 1), CALLS);
	gate(`${name}: refusal of what can never fit`, () => client.compose(topic, 1, 0, 5000), CALLS);
	before = board.settled(Settled.Acknowledged);
	board.reconnect();
	check(
		`${name}: the full store drained, and told that there is room`,
		board.settled(Settled.Acknowledged) - before === accepted && counts.room > 0,
	);
	check(`${name}: without a fault`, counts.faults === 0);
}

/** Who gives way, and what runs out of time, in a ring that is full and has to be cleaned for each message. */
function full(blocks: number, passMs: number): void {
	const name = `${blocks} blocks, ${passMs > 0 ? `${passMs} ms between` : "a burst"}`;
	const board = new Board(5, blocks, { keptMessages: 512 });
	const { client, topic, clock, counts, flash } = board;
	const publish = (qos: 1 | 2, flags: number): void => {
		if (client.publish(topic, PAYLOAD, qos, flags) < 0) throw new Error("refused");
		if (passMs > 0) clock.advance(passMs); // the client is idle, and tidies the store
	};
	board.open();
	board.hangUp();
	while (board.settled(Settled.GaveWay) === 0) publish(2, DROP_OLDEST);
	row(`${name}: messages that fit`, { pending: client.pending });
	let before = board.settled(Settled.GaveWay);
	let { erases } = flash;
	measured(board, `${name}: drop oldest, five messages`, () => {
		for (let i = 0; i < 5; i++) publish(2, DROP_OLDEST);
	});
	let [gone, rounds] = [board.settled(Settled.GaveWay) - before, (flash.erases - erases) / blocks];
	check(`${name}: each took the place of one`, gone === 5 * DONE, `${gone}`);
	check(`${name}: the ring went around`, rounds > 2, `${rounds} times`, {
		rounds: Math.round(rounds * 10) / 10,
	});
	board.reconnect();
	check(`${name}: what was left was sent`, client.pending === 0 && client.online);

	board.hangUp();
	// They wait, and stand in the way of the log: it has to move them again and again.
	for (let i = 0; i < 6 * blocks; i++) publish(2, 0);
	before = board.settled(Settled.GaveWay);
	({ erases } = flash);
	publish(1, KEEP_LATEST);
	measured(board, `${name}: keep the latest, with ${6 * blocks} others to be moved, five messages`, () => {
		for (let i = 0; i < 5; i++) publish(1, KEEP_LATEST);
	});
	[gone, rounds] = [board.settled(Settled.GaveWay) - before, (flash.erases - erases) / blocks];
	check(
		`${name}: each took the place of the one before`,
		gone === 5 * DONE && client.pending === 6 * blocks + 1,
		`${gone}, ${client.pending}`,
	);
	check(`${name}: the ring went around`, rounds > 2, `${rounds} times`, {
		rounds: Math.round(rounds * 10) / 10,
	});
	board.reconnect();
	check(`${name}: all of them were sent`, client.pending === 0 && client.online);

	before = board.settled(Settled.Expired);
	measured(board, `${name}: five messages that run out of time, and are not sent`, () => {
		board.hangUp();
		for (let i = 0; i < 5; i++) client.publish(topic, PAYLOAD, 1, 0, 1);
		clock.advance(2000);
		board.reconnect();
	});
	const expired = board.settled(Settled.Expired) - before;
	check(`${name}: each was settled as expired`, expired === 5 * DONE && client.pending === 0, `${expired}`);
	check(`${name}: without a fault`, counts.faults === 0);
}

/** When the flash fails, that is told, and the rest goes on in RAM: without allocating. */
function broken(): void {
	const board = new Board(5, 16);
	const { client, topic, dialler, counts, flash } = board;
	board.open();
	flash.broken = true;
	client.publish(topic, PAYLOAD, 1);
	dialler.settle();
	board.reconnect();
	check("a flash that refuses is told once", counts.faults === 1, `${counts.faults}`);
	gate("refusal of what should be kept in flash that failed", () => client.publish(topic, PAYLOAD, 1), CALLS);
	gate(
		"publish QoS 2, volatile, beside flash that failed",
		() => {
			client.publish(topic, PAYLOAD, 2, VOLATILE);
			dialler.settle();
		},
		CALLS,
	);
}

offline(5);
offline(4);
full(8, 60);
full(6, 0);
broken();
