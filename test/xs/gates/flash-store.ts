// SPDX-License-Identifier: MIT
/**
 * The promise with the store in flash: after the first mount no slot and no chunk in anything that the store does, erases
 * included; and a message costs no more flash than the format allows it.
 */
import { VOLATILE } from "../../../lib/client.js";
import { Settled } from "../../../lib/listener.js";
import { Board, DONE, measured, PAYLOAD, SETTINGS } from "../flash-board.js";
import { check } from "../gate.js";

function online(version: 4 | 5): void {
	const name = version === 5 ? "5.0" : "3.1.1";
	const board = new Board(version, 16);
	const { client, topic, dialler, broker, counts, clock } = board;
	board.open();
	check(`${name}: connected`, client.online && counts.online === 1);
	for (const [qos, most] of [
		[1, 165],
		[2, 195],
	] as const) {
		const before = board.settled(Settled.Acknowledged);
		measured(
			board,
			`${name}: publish QoS ${qos}, kept, to the last acknowledgement`,
			() => {
				client.publish(topic, PAYLOAD, qos);
				dialler.settle();
			},
			most,
		);
		const acknowledged = board.settled(Settled.Acknowledged) - before;
		check(`${name}: each was acknowledged`, acknowledged === DONE, `${acknowledged}`);
	}
	for (const qos of [0, 1, 2] as const)
		measured(board, `${name}: publish QoS ${qos}, volatile`, () => {
			client.publish(topic, PAYLOAD, qos, VOLATILE);
			dialler.settle();
		});
	measured(board, `${name}: 16 messages in one go, QoS 1 and 2`, () => {
		broker.prompt = false;
		for (let i = 0; i < 16; i++) client.publish(topic, PAYLOAD, (i & 1) === 0 ? 1 : 2);
		broker.prompt = true;
		broker.release();
		dialler.settle();
	});
	counts.client = client;
	for (const qos of [1, 2]) {
		const before = counts.messages;
		const receive = (): void => {
			broker.publish(SETTINGS, PAYLOAD, qos);
			dialler.settle();
		};
		measured(
			board,
			`${name}: receive QoS ${qos}${qos === 2 ? ", remembered" : ""}`,
			receive,
			qos === 2 ? 64 : 0,
		);
		check(`${name}: each was delivered`, counts.messages - before === DONE, `${counts.messages - before}`);
	}
	const answered = board.settled(Settled.Acknowledged);
	counts.answer = board.topic;
	measured(board, `${name}: receive QoS 2, remembered, and publish QoS 2 from inside the callback`, () => {
		broker.publish(SETTINGS, PAYLOAD, 2);
		dialler.settle();
	});
	counts.answer = undefined;
	check(`${name}: each was answered`, board.settled(Settled.Acknowledged) - answered === DONE);
	check(`${name}: the last one is remembered`, client.remembered === counts.messages, `${client.remembered}`);
	const { flushed } = counts;
	measured(board, `${name}: flush`, () => {
		client.publish(topic, PAYLOAD, 1);
		client.flush();
		clock.advance(1);
		dialler.settle();
	});
	check(`${name}: each was told`, counts.flushed - flushed === DONE, `${counts.flushed - flushed}`);
	const erases = board.flash.erases;
	measured(board, `${name}: a message a second, maintenance in between`, () => {
		client.publish(topic, PAYLOAD, 1);
		dialler.settle();
		clock.advance(1000);
	});
	check(`${name}: blocks were erased meanwhile`, board.flash.erases - erases > 3);
	check(`${name}: without a fault`, counts.faults === 0 && client.pending === 0);
}

/** Lives of the link and of the session. */
function links(version: 4 | 5): void {
	const name = version === 5 ? "5.0" : "3.1.1";
	const board = new Board(version, 16, { receiveMaximum: 4, window: 4, subscriptions: 4 });
	const { client, topic, dialler, broker, counts } = board;
	client.subscribe(client.filter("greenhouse/1/set/#"), 2);
	board.open();
	const { online } = counts;
	measured(board, `${name}: a reconnect`, () => {
		board.hangUp();
		board.reconnect();
	});
	check(`${name}: they were reconnects`, counts.online - online === DONE, `${counts.online - online}`);
	const before = board.settled(Settled.Acknowledged);
	measured(board, `${name}: a reconnect with exchanges under way`, () => {
		broker.prompt = false;
		for (let i = 0; i < 4; i++) client.publish(topic, PAYLOAD, (i & 1) === 0 ? 1 : 2);
		dialler.settle();
		board.hangUp();
		board.reconnect();
	});
	check(`${name}: each was acknowledged`, board.settled(Settled.Acknowledged) - before === 4 * DONE);
	measured(board, `${name}: the broker lost the session`, () => {
		broker.prompt = false;
		for (let i = 0; i < 4; i++) client.publish(topic, PAYLOAD, (i & 1) === 0 ? 1 : 2);
		dialler.settle();
		board.hangUp();
		broker.sessionPresent = false;
		board.reconnect();
	});
	check(
		`${name}: each was acknowledged all the same`,
		board.settled(Settled.Acknowledged) - before === 8 * DONE,
	);
	measured(board, `${name}: close and open`, () => {
		client.close();
		dialler.settle();
		client.open();
		dialler.settle();
	});
	check(`${name}: without a fault`, client.online && counts.faults === 0 && client.pending === 0);
}

online(5);
online(4);
links(5);
links(4);
