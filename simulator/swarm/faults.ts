// SPDX-License-Identifier: MIT
/** What each act of a plan does to the world. */

import type { Transport } from "../../lib/ports.js";
import type { Actor, Cast } from "./actor.js";
import { BROKER, writePayload } from "./message.js";
import { type Act, nameOf } from "./plan.js";

/** What no broker may say. Each ends the connection, or is overheard: acknowledgements of what nobody sent. */
export const ILLEGAL: readonly (readonly number[])[] = [
	[0x00, 0x00], // a packet of type 0
	[0xf0, 0x00], // 3.1.1: of type 15; 5.0: AUTH, and nobody authenticates
	[0x10, 0x00], // CONNECT
	[0x20, 0x03, 0x00, 0x00, 0x00], // a second CONNACK
	[0x36, 0x06, 0x00, 0x01, 0x74, 0x00, 0x01, 0x00], // PUBLISH of QoS 3
	[0x30, 0x06, 0x00, 0x03, 0xff, 0xfe, 0x61, 0x00], // a topic that is no UTF-8
	[0x30, 0x04, 0x00, 0x01, 0x2b, 0x00], // a topic with a wildcard
	[0x30, 0xff, 0xff, 0xff, 0xff, 0x01], // a remaining length of five bytes
	[0x32, 0x06, 0x00, 0x01, 0x74, 0x00, 0x00, 0x00], // PUBLISH with identifier 0
	[0x40, 0x02, 0x00, 0x00], // PUBACK with identifier 0
	[0x41, 0x02, 0x00, 0x01], // PUBACK with flags
	[0x62, 0x02, 0x00, 0x00], // PUBREL with identifier 0
	[0x90, 0x03, 0x00, 0x00, 0x00], // SUBACK with identifier 0
	[0xd0, 0x01, 0x00], // PINGRESP with a body
	[0x40, 0x02, 0xfe, 0xfe], // PUBACK of nothing
	[0x70, 0x02, 0xfe, 0xfe], // PUBCOMP of nothing
];

/** Dial, and everything that lasts, is set right again after its time. */
export interface Scene extends Cast {
	readonly actors: readonly Actor[];
	/** Called when all faults are over, for what would go on. */
	readonly healing: Set<() => void>;
	/** Does it `ms` from now, unless all faults are over by then. */
	readonly later: (ms: number, action: () => void) => void;
	/** The broker answers that board with a no, from now on now and then. */
	refusing(board: number): void;
}

export function perform(scene: Scene, act: Act): void {
	switch (act[1]) {
		case "publish":
			publish(scene, act);
			break;
		case "send":
			send(scene, act);
			break;
		case "sleep":
			scene.actors[act[2]].sleep(act[3]);
			break;
		case "restart broker":
			scene.stage.broker.restart({ keepSessions: act[2], downMs: act[3] });
			break;
		case "impostor":
			impersonate(scene, act);
			break;
		case "silence":
			silence(scene, act[2], act[3]);
			break;
		case "forget session":
		case "packet":
		case "answer":
		case "disconnect":
		case "illegal":
			disturbBroker(scene, act);
			break;
		case "power":
		case "power in flash":
		case "brown-out":
			disturbPower(scene.actors[act[2]], act);
			break;
		default:
			disturbLink(scene, act);
	}
}

type Of<Kind extends Act[1]> = Extract<Act, readonly [number, Kind, ...unknown[]]>;

function publish(
	{ actors, later }: Scene,
	[, , board, to, qos, count, bytes, everyMs, flags, expirySeconds]: Of<"publish">,
): void {
	for (let i = 0; i < count; i++) {
		if (everyMs === 0) actors[board].publish(to, qos, flags, bytes, expirySeconds);
		else later(i * everyMs, () => actors[board].publish(to, qos, flags, bytes, expirySeconds));
	}
}

function send(scene: Scene, [, , to, qos, count, bytes, everyMs]: Of<"send">): void {
	const { stage, history, later } = scene;
	const one = () => {
		const letter = history.publishing(BROKER, to, qos, 0, bytes);
		const payload = new Uint8Array(bytes);
		writePayload(payload, letter.index, bytes);
		stage.broker.publish({ topic: `to/${to}/${letter.index & 3}`, payload, qos });
	};
	for (let i = 0; i < count; i++) {
		if (everyMs === 0) one();
		else later(i * everyMs, one);
	}
}

function silence({ stage, healing, later }: Scene, board: number, ms: number): void {
	const speak = stage.broker.chaos.silence(board < 0 ? undefined : nameOf(board));
	const end = () => {
		if (healing.delete(end)) speak();
	};
	healing.add(end);
	later(ms, end);
}

/** Connects, says nothing more, and leaves without a word. */
function impersonate({ stage, actors, later }: Scene, [, , board, clean, ms]: Of<"impostor">): void {
	const { version } = actors[board].plan;
	const name = Buffer.from(nameOf(board));
	const head = [0, 4, 0x4d, 0x51, 0x54, 0x54, version, clean ? 2 : 0, 0, 0, ...(version === 5 ? [0] : []), 0];
	const connect = Uint8Array.from([0x10, head.length + 1 + name.length, ...head, name.length, ...name]);
	let said = false;
	const transport: Transport = stage.network.dialler({ name: `impostor of ${nameOf(board)}` }).dial({
		onReadable: (count) => void transport.read(new Uint8Array(count), 0, count),
		onWritable: () => {
			if (!said) transport.write(connect, 0, connect.length);
			said = true;
		},
		onError: () => {},
	});
	later(ms, () => transport.close());
}

function disturbBroker(
	scene: Scene,
	act: Of<"forget session"> | Of<"packet"> | Of<"answer"> | Of<"disconnect"> | Of<"illegal">,
): void {
	const { broker } = scene.stage;
	const client = nameOf(act[2]);
	switch (act[1]) {
		case "forget session":
			broker.forget(client);
			break;
		case "packet": {
			const [, , , way, packet, nth, times, deed] = act;
			broker.chaos.packet({
				way,
				packet,
				client,
				nth,
				times,
				deed: typeof deed === "number" ? { delayMs: deed } : deed,
			});
			break;
		}
		case "answer":
			if (act[3] === "puback" || act[3] === "pubrec") scene.refusing(act[2]);
			broker.chaos.answer({ packet: act[3], reason: act[4], nth: act[5], client });
			break;
		case "disconnect":
			broker.disconnect(client, act[3]);
			break;
		case "illegal":
			scene.actors[act[2]].wire.spoil();
			broker.inject(client, Uint8Array.from(ILLEGAL[act[3] % ILLEGAL.length]));
	}
}

function disturbPower(actor: Actor, act: Of<"power"> | Of<"power in flash"> | Of<"brown-out">): void {
	const { board } = actor;
	if (actor.spared) return;
	switch (act[1]) {
		case "power":
			board.cutPower(act[3]);
			break;
		case "power in flash":
			if (board.flash === undefined) board.cutPower(act[6]);
			else board.cutPowerAt(act[3], act[4], act[5], act[6]);
			break;
		case "brown-out":
			actor.brownOuts = act[3] - 1;
			actor.brownOutMs = act[4];
			board.cutPower(20);
	}
}

function disturbLink(
	{ actors, plan, later }: Scene,
	act: Exclude<
		Act,
		| { 1: "publish" | "send" | "sleep" | "restart broker" | "silence" | "impostor" }
		| Parameters<typeof disturbBroker>[1]
		| Parameters<typeof disturbPower>[1]
	>,
): void {
	const actor = actors[act[2]];
	const { board } = actor;
	const { link } = board;
	switch (act[1]) {
		case "cut link":
			link?.cut();
			break;
		case "cut in a packet":
			link?.cutAfter(act[3], act[4]);
			break;
		case "half-open":
			link?.silence(act[3] === "both" ? undefined : act[3]);
			break;
		case "stall":
			link?.stall(act[4], act[3] === "both" ? undefined : act[3]);
			break;
		case "conditions":
			board.become(act[3]);
			later(act[4], () => board.become({ ...PERFECT, ...plan.conditions }));
			break;
		case "dial":
			board.reach(act[3]);
			later(act[4], () => board.reach("none"));
			break;
		case "wifi":
			board.reach("no network");
			link?.cut();
			later(act[3], () => {
				board.reach("none");
				if (board.running) actor.client.redial();
			});
			break;
		case "clock jump":
			board.clock.offsetMs += act[3];
			actor.wire.excuse();
			break;
		case "wall clock":
			board.clock.epochOffsetMs = act[3];
	}
}

/** What a way is like when nothing else is said. */
export const PERFECT = Object.freeze({
	upMs: 5,
	downMs: 5,
	lookupMs: 0,
	pieceBytes: 1436,
	randomPieces: false,
	bytesPerSecond: 0,
});
