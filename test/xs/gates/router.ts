// SPDX-License-Identifier: MIT
/** The router: what a message costs that finds its handler by number, and by matching; how long each takes; what it is made of. */
import { Client } from "../../../lib/client.js";
import { Router } from "../../../lib/extras/router.js";
import { DEFAULT_LIMITS } from "../../../lib/limits.js";
import type { Listener } from "../../../lib/listener.js";
import { Arena } from "../../../lib/memory/arena.js";
import { RamStore } from "../../../lib/store/ram-store.js";
import type { Message } from "../../../lib/wire/message.js";
import type { Filter } from "../../../lib/wire/topic.js";
import { XsClock, XsRandom } from "../board.js";
import { XsBroker } from "../broker.js";
import { check, cost, gate, row } from "../gate.js";
import { XsDialler, XsMemory } from "../memory.js";

const NAMES = ["target", "mode", "valve", "fan", "lamp", "limit", "name", "reset"];

let handled = 0;
const handler = (_message: Message): void => {
	handled++;
};

/** What a program does without a router. */
class Chain implements Listener {
	filters: Filter[] = [];
	left = 0;
	onMessage(message: Message): void {
		const { filters } = this;
		for (let i = 0; i < 8; i++) {
			if (message.matches(filters[i])) {
				handled++;
				return;
			}
		}
		this.left++;
	}
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Array.from(text, (c) => c.charCodeAt(0)));
const payload = bytesOf("21.5");

/** A board that is online and subscribed to eight filters; the last of them is the one that messages are for. */
function makeBoard(version: 4 | 5, routed: boolean) {
	const memory = new XsMemory(256);
	const broker = new XsBroker();
	broker.version5 = version === 5;
	const dialler = new XsDialler(memory, broker);
	broker.dialler = dialler;
	const clock = new XsClock();
	clock.afterAlarm = () => dialler.settle();
	const listener = new Chain();
	const router = new Router({ routes: 8 });
	const client = new Client({
		memory,
		dialler,
		clock,
		random: new XsRandom(),
		store: new RamStore(DEFAULT_LIMITS),
		version,
		clientId: "greenhouse-1",
		listener,
		...(routed ? { router } : {}),
	});
	listener.filters = NAMES.map((name) => client.filter(`greenhouse/1/set/${name}`));
	for (const filter of listener.filters) {
		if (routed) router.on(filter, handler);
		client.subscribe(filter, 1);
	}
	client.open();
	dialler.settle();
	return { broker, dialler, router, listener, client };
}

const last = bytesOf(`greenhouse/1/set/${NAMES[7]}`);
const nobody = bytesOf("greenhouse/1/set/nobody");

/** No properties. */
const NONE = Uint8Array.of(0);

function receive(
	{ broker, dialler }: ReturnType<typeof makeBoard>,
	topic: Uint8Array,
	properties = NONE,
): () => void {
	return () => {
		broker.publish(topic, payload, 0, properties);
		dialler.settle();
	};
}

/** Nanoseconds of one more such message, the shortest of five measurements. */
function nanoseconds(f: () => void): number {
	let least = Number.POSITIVE_INFINITY;
	for (let i = 0; i < 5; i++) {
		const took = xs.repeat(f, 2000) / 2000;
		if (took < least) least = took;
	}
	return Math.round(least);
}

const numbered = makeBoard(5, true);
const ids = numbered.listener.filters.map((filter) => numbered.router.identifier(filter));
check(
	"each filter has an identifier of its own",
	new Set(ids).size === 8 && ids.every((id) => id > 127),
	ids.join(),
);
const named = Uint8Array.of(3, 0x0b, (ids[7] & 0x7f) | 0x80, ids[7] >> 7);
gate("5.0: receive by Subscription Identifier, one of eight handlers", receive(numbered, last, named));
check("each came to its handler", handled === 1043 && numbered.listener.left === 0, `${handled}`);
const byNumber = nanoseconds(receive(numbered, last, named));

handled = 0;
gate("5.0: receive without an identifier, eight filters to match", receive(numbered, last));
check("each came to its handler by matching", handled === 1043, `${handled}`);
const matched = makeBoard(4, true);
handled = 0;
gate("3.1.1: receive, eight filters to match", receive(matched, last));
check("each came to its handler in 3.1.1", handled === 1043, `${handled}`);
const byMatching = nanoseconds(receive(matched, last));
gate("3.1.1: receive what is for no handler", receive(matched, nobody));

const chained = makeBoard(5, false);
handled = 0;
gate("5.0: receive, a chain of eight message.matches", receive(chained, last));
check("each was found by the chain", handled === 1043, `${handled}`);
const byChain = nanoseconds(receive(chained, last));
row("one message, nanoseconds of this machine", { byNumber, byChain, byMatching311: byMatching });

// What it is made of, beside its part of the client's block.
const arena = new Arena({ allocate: (bytes) => new Uint8Array(bytes) }, 8192);
const session = { packet: arena, subscriptions: { identified: () => false } };
cost(
	"a router with handlers for 8 filters",
	() => {
		const router = new Router({ routes: 8 });
		router.attach(arena as never, session as never);
		for (const filter of numbered.listener.filters) router.on(filter, handler);
		return router;
	},
	800,
);
row("of the client's block for 8 filters", { bytes: new Router({ routes: 8 }).term().bytes });
