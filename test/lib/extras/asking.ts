// SPDX-License-Identifier: MIT
/** A client that asks, and what it was told. */
import { type RequestOptions, Requests } from "../../../lib/extras/index.js";
import type { Fields, Line, Peer } from "../../kit/peer.js";
import { meet } from "../../kit/peer.js";
import type { Rig, RigOptions } from "../../kit/rig.js";

/** A client that is online with its response topic asked for, and CONNECT taken. */
export function open(
	options: RigOptions = {},
	more: Partial<RequestOptions> = {},
): { rig: Rig; peer: Peer; requests: Requests } {
	const requests = new Requests({ responseTopic: "answers/board", ...more });
	const { rig, peer } = meet(5, { ...options, requests });
	peer.onPacket = (packet, line) => {
		if (packet.cmd === "connect") line.take();
	};
	rig.online();
	rig.pass(1);
	peer.onPacket = undefined;
	return { rig, peer, requests };
}

/** One request; `told` has what its handler was told: the payload of the answer, the reason, the ticket. */
export function ask(
	rig: Rig,
	payload: string,
	ms: number,
	qos: 0 | 1 | 2 = 1,
): { ticket: number; told: unknown[][] } {
	const told: unknown[][] = [];
	const ticket = rig.client.request(
		rig.topic,
		new TextEncoder().encode(payload),
		(reply, reason, number) => told.push([reply?.text(), reason, number]),
		ms,
		qos,
	);
	return { ticket, told };
}

export interface Asked {
	readonly responseTopic: string;
	readonly correlationData: Buffer;
	readonly messageExpiryInterval: number;
}

/** The properties of the last PUBLISH. */
export function asked(line: Line): Asked {
	const last = line.heard.findLast((one) => one.packet.cmd === "publish");
	return (last!.packet as unknown as { properties: Fields }).properties as unknown as Asked;
}

export function permutations<T>(of: readonly T[]): T[][] {
	if (of.length < 2) return [[...of]];
	return of.flatMap((one, i) => permutations(of.toSpliced(i, 1)).map((rest) => [one, ...rest]));
}
