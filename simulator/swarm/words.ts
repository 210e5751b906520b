// SPDX-License-Identifier: MIT
/** A plan for people: a line for the broker, for each board, for each act. */

import { PLAIN_BOARD, PLAIN_BROKER } from "./plain.js";
import type { Act, BoardPlan, Plan } from "./plan.js";

type Of<Kind extends Act[1]> = Extract<Act, readonly [number, Kind, ...unknown[]]>;

/** How the power goes in a flash command, by `Cut`. */
const CUT_WORDS = [
	"before it begins",
	"right after it",
	"with the first part of it done",
	"with 5 % of its bits done",
	"with half of its bits done",
	"with 95 % of its bits done",
	"with bits left unstable",
	"with all of it weak",
	"unseen at first",
];

const WORDS: { readonly [Kind in Act[1]]: (act: Of<Kind>) => string } = {
	publish: ([, , board, to, qos, count, bytes, everyMs, flags, expirySeconds]) => {
		const flagged = flags === 0 ? "" : `, flags 0x${flags.toString(16)}`;
		const expires = expirySeconds > 0 ? `, worth something for ${expirySeconds} s` : "";
		return `board ${board} publishes ${work(qos, count, bytes, everyMs)} to board ${to}${flagged}${expires}`;
	},
	send: ([, , to, qos, count, bytes, everyMs]) =>
		`somebody else publishes ${work(qos, count, bytes, everyMs)} to board ${to}`,
	sleep: ([, , board, ms]) => `board ${board} says goodbye, and sleeps for ${ms} ms`,
	"cut link": ([, , board]) => `the link of board ${board} breaks`,
	"cut in a packet": ([, , board, way, bytes]) =>
		`the link of board ${board} breaks after ${bytes} more bytes ${wayOf(way)}`,
	"half-open": ([, , board, way]) =>
		`the link of board ${board} falls silent ${wayOf(way)}, and nobody is told`,
	stall: ([, , board, way, ms]) =>
		`the link of board ${board} holds back what goes ${wayOf(way)} for ${ms} ms`,
	conditions: ([, , board, conditions, ms]) =>
		`the way of board ${board} has ${listOf(conditions)} for ${ms} ms`,
	"restart broker": ([, , keepSessions, downMs]) =>
		`the broker restarts, ${keepSessions ? "with" : "without"} its sessions, after ${downMs} ms`,
	"forget session": ([, , board]) => `the broker forgets the session of board ${board}`,
	packet: ([, , board, way, packet, nth, times, deed]) => {
		const which = `${nth === 1 ? "the next" : `number ${nth} from now of the`} ${packet.toUpperCase()}`;
		const many = times === 1 ? "" : `, and ${times - 1} after it,`;
		const done = deed === "drop" ? "is lost" : deed === "duplicate" ? "comes twice" : `comes ${deed} ms late`;
		return `${which} ${way === "in" ? "from" : "to"} board ${board}${many} ${done}`;
	},
	answer: ([, , board, packet, reason, nth]) =>
		`the broker says 0x${reason.toString(16)} in ${packet.toUpperCase()} ${nth} from now to board ${board}`,
	disconnect: ([, , board, reason]) =>
		`the broker disconnects board ${board} with reason 0x${reason.toString(16)}`,
	silence: ([, , board, ms]) =>
		`the broker hangs for ${ms} ms${board < 0 ? "" : `, for board ${board} only`}`,
	impostor: ([, , board, clean, ms]) =>
		`somebody else connects as board ${board} for ${ms} ms${clean ? ", and begins a new session" : ""}`,
	illegal: ([, , board, what]) =>
		`the broker says to board ${board} what no broker may (number ${what} of ILLEGAL)`,
	dial: ([, , board, fault, ms]) => `dials of board ${board} end with "${fault}" for ${ms} ms`,
	wifi: ([, , board, ms]) => `board ${board} has no Wi-Fi for ${ms} ms`,
	"clock jump": ([, , board, ms]) => `the clock of board ${board} jumps ahead by ${ms} ms`,
	"wall clock": ([, , board, ms]) => `the wall clock of board ${board} is wrong by ${ms} ms`,
	power: ([, , board, offMs]) => `board ${board} loses its power for ${offMs} ms`,
	"power in flash": ([, , board, nth, cut, erases, offMs]) =>
		`board ${board} loses its power in flash ${erases ? "erase" : "command"} ${nth} from now, ${CUT_WORDS[cut]}, for ${offMs} ms`,
	"brown-out": ([, , board, times, afterMs]) =>
		`board ${board} loses its power ${times} times, ${afterMs} ms after each boot`,
};

/** One act, without its time. */
export function wordsOfAct(act: Act): string {
	return (WORDS[act[1]] as (act: Act) => string)(act);
}

/** A board, as far as it is not plain. */
export function wordsOfBoard(board: BoardPlan): string {
	const { version, sectors, qos, limits, ...rest } = board;
	const store = sectors === 0 ? "a store in RAM" : `a store in ${sectors} sectors of flash`;
	const parts = [version === 5 ? "MQTT 5.0" : "MQTT 3.1.1", store, `subscribes with QoS ${qos}`];
	const others = differences(rest, PLAIN_BOARD);
	if (others !== "") parts.push(others);
	if (Object.keys(limits).length > 0) parts.push(`limits ${listOf(limits)}`);
	return parts.join("; ");
}

/** The whole plan. */
export function wordsOf(plan: Plan): string[] {
	const { broker, conditions, boards, acts } = plan;
	const lines: string[] = [];
	const { limits, ...rest } = broker;
	const ofBroker = [differences(rest, PLAIN_BROKER), listOf(limits)].filter((text) => text !== "");
	if (ofBroker.length > 0) lines.push(`broker: ${ofBroker.join(", ")}`);
	if (Object.keys(conditions).length > 0) lines.push(`network: ${listOf(conditions)}`);
	boards.forEach((board, index) => {
		lines.push(`board ${index}: ${wordsOfBoard(board)}`);
	});
	for (const act of acts) lines.push(`at ${(act[0] / 1000).toFixed(3)} s ${wordsOfAct(act)}`);
	return lines;
}

function work(qos: number, count: number, bytes: number, everyMs: number): string {
	const what = `${count === 1 ? "a message" : `${count} messages`} of QoS ${qos} and ${bytes} bytes`;
	return count === 1 ? what : `${what}, ${everyMs === 0 ? "all at once" : `one each ${everyMs} ms`},`;
}

function wayOf(way: string): string {
	return way === "up" ? "to the broker" : way === "down" ? "from the broker" : "both ways";
}

function listOf(values: object): string {
	return Object.entries(values)
		.map(([name, value]) => `${name} ${value}`)
		.join(", ");
}

function differences(values: object, plain: object): string {
	const others = Object.entries(values).filter(
		([name, value]) => value !== (plain as Record<string, unknown>)[name],
	);
	return listOf(Object.fromEntries(others));
}
