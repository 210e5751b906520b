// SPDX-License-Identifier: MIT
/** A client that acknowledges by hand, and a broker's end that does what it is told. */
import { Holds } from "../../../lib/extras/index.js";
import { met, type Peer, type Version } from "../../kit/peer.js";
import type { Rig, RigOptions } from "../../kit/rig.js";

export interface Bench {
	readonly rig: Rig;
	readonly peer: Peer;
	readonly holds: Holds;
	/** Handles by payload, of messages whose payload begins with `h`. */
	readonly handles: Map<string, number>;
}

/** A client that holds each message whose payload begins with `h`. */
export function bench(version: Version, options: RigOptions = {}, holdMs?: number): Bench {
	const holds = new Holds(holdMs === undefined ? {} : { holdMs });
	const { rig, peer } = met(version, { ...options, holds });
	const handles = new Map<string, number>();
	rig.recorder.hook = (note, message) => {
		if (note[0] === "message" && String(note[2]).startsWith("h"))
			handles.set(String(note[2]), message!.hold());
	};
	return { rig, peer, holds, handles };
}

/** Payloads of the messages so far. */
export function payloads(rig: Rig): unknown[] {
	return rig.recorder.of("message").map((note) => note[1]);
}
