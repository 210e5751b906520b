// SPDX-License-Identifier: MIT
/** A client with a router, and a broker that says what the test wants. */
import { Router } from "../../../lib/extras/index.js";
import type { Filter, Message } from "../../../lib/index.js";
import { meet, type Peer, type Version } from "../../kit/peer.js";
import type { Rig, RigOptions } from "../../kit/rig.js";

type Heard = readonly (readonly [name: string, payload: string])[];

export interface Routed {
	rig: Rig;
	peer: Peer;
	router: Router;
	/** What handlers got, by the name of their filter, and the listener as "default". */
	heard: Heard;
	/** A filter with a handler. */
	on(name: string): Filter;
	/** What they got since the last call. */
	take(): Heard;
}

/** A client with a router, not open yet. */
export function routed(version: Version, options: RigOptions = {}, router = new Router()): Routed {
	const { rig, peer } = meet(version, { router, ...options });
	const heard: [string, string][] = [];
	rig.recorder.hook = (note, message) => {
		if (note[0] === "message") heard.push(["default", message!.text()]);
	};
	return {
		rig,
		peer,
		router,
		heard,
		on(name) {
			const filter = rig.client.filter(name);
			router.on(filter, (message: Message) => heard.push([name, message.text()]));
			return filter;
		},
		take: () => heard.splice(0),
	};
}

/** The Subscription Identifier of each SUBSCRIBE so far, by its first filter. */
export function identifiers(peer: Peer): Record<string, number | undefined> {
	const found: Record<string, number | undefined> = {};
	for (const { packet } of peer.all("subscribe"))
		if (packet.cmd === "subscribe")
			for (const { topic } of packet.subscriptions)
				found[topic] = packet.properties?.subscriptionIdentifier as number | undefined;
	return found;
}

export const withId = (...ids: (number | undefined)[]) => ({
	properties: { subscriptionIdentifier: ids.length === 1 ? ids[0] : ids },
});
