// SPDX-License-Identifier: MIT
/** Everything that can happen to three messages and one client, and that each rule which is looked at is missed when it is gone. */
import { describe, expect, test } from "vitest";
import type { Client } from "../../lib/index.js";
import type { Link } from "../../lib/session/link.js";
import type { Session } from "../../lib/session/session.js";
import { Broken, type Explored, explore } from "./explore.js";
import { PLANS, WHOLE } from "./plans.js";
import type { Plan } from "./run.js";

const started = process.cpuUsage().user;
const total = { states: 0, steps: 0, paths: 0, length: 0 };

/** How many kinds of plans came to their end. */
let explored = 0;

/** What all of that shows. */
const SHOWN = [
	"[3.1.1: MQTT-2.3.1-3, MQTT-3.3.1-1, MQTT-3.3.1-2, MQTT-4.3.2-1, MQTT-4.3.2-2, MQTT-4.3.3-1, MQTT-4.3.3-2]",
	"[3.1.1: MQTT-4.4.0-1, MQTT-4.6.0-1, MQTT-4.6.0-2, MQTT-4.6.0-3]",
	"[5.0 MQTT-2.2.1-3, MQTT-3.3.1-1, MQTT-3.3.1-2, MQTT-3.3.4-7, MQTT-4.3.2-1, MQTT-4.3.2-2, MQTT-4.3.2-3]",
	"[5.0 MQTT-4.3.2-4, MQTT-4.3.2-5, MQTT-4.3.3-1, MQTT-4.3.3-2, MQTT-4.3.3-3, MQTT-4.3.3-4, MQTT-4.3.3-5]",
	"[5.0 MQTT-4.3.3-6, MQTT-4.3.3-8, MQTT-4.3.3-10, MQTT-4.3.3-11, MQTT-4.3.3-12, MQTT-4.4.0-1, MQTT-4.4.0-2]",
	"[5.0 MQTT-4.6.0-1, MQTT-4.6.0-2, MQTT-4.6.0-3, MQTT-4.9.0-2]",
];

describe("Everything that can happen", () => {
	test.each(Object.keys(PLANS))("%s", { timeout: WHOLE ? 3_600_000 : 60_000 }, (of) => {
		const sum = { states: 0, steps: 0, paths: 0, length: 0 };
		for (const plan of PLANS[of]) add(sum, explore(plan));
		add(total, sum);
		explored++;
		expect(sum.states).toBeGreaterThan(1000);
		console.log(`model: ${of}: ${PLANS[of].length} plans, ${inWords(sum)}`);
	});

	test(`breaks no rule ${SHOWN.join(" ")}`, () => {
		const seconds = (process.cpuUsage().user - started) / 1e6;
		expect(explored).toBe(Object.keys(PLANS).length);
		console.log(`model: ${inWords(total)}; ${seconds.toFixed(1)} s of user time`);
	});
});

function add(sum: { -readonly [Key in keyof Explored]: number }, one: Explored): void {
	sum.states += one.states;
	sum.steps += one.steps;
	sum.paths += one.paths;
	sum.length = Math.max(sum.length, one.length);
}

function inWords({ states, steps, paths, length }: Explored): string {
	return `${states} states, ${steps} steps, ${paths.toPrecision(3)} paths of up to ${length} steps`;
}

/** What a client is made of, to break it. */
interface Parts {
	readonly session: Session & { readonly link: Link };
}

const BASE: Plan = {
	version: 5,
	qos: [2, 1, 2],
	inbound: [],
	publishIds: 2,
	window: 2,
	receiveMaximum: 2,
	losses: 1,
	lazy: false,
	onSessionLost: "requeue",
	places: 0,
	repeats: 0,
};
const BOTH: Plan = { ...BASE, qos: [2], inbound: [2, 2] };

interface Harm {
	readonly rule: string;
	readonly plan: Plan;
	readonly harm: (session: Session) => void;
	readonly says: RegExp;
}

const HARMS: readonly Harm[] = [
	{
		rule: "an inbound identifier is not looked for when its PUBLISH comes",
		plan: { ...BOTH, version: 4 },
		harm: ({ store, packet }) => {
			const { inbound } = store;
			Object.assign(store, { inbound: (id: number) => packet.type !== 3 && inbound.call(store, id) });
		},
		says: /is handed over out of turn/,
	},
	{
		rule: "inbound identifiers outlive their session",
		plan: BOTH,
		harm: ({ store }) => {
			const { clear } = store;
			Object.assign(store, {
				clear(established: boolean) {
					const kept = [1, 2].filter((id) => store.inbound(id));
					clear.call(store, established);
					for (const id of kept) store.openInbound(id, 0);
				},
			});
		},
		says: /is not handed over|is never freed/,
	},
	{
		rule: "PUBREC is forgotten with the link",
		plan: BASE,
		harm: (session) => {
			const { start, store } = session;
			session.start = (resumed, choices) => {
				for (let number = store.next(0); number !== 0; number = store.next(number))
					if (store.state(number) === 5) store.mark(number, 4);
				start.call(session, resumed, choices);
			};
		},
		says: /did not write PUBREL|q2 dup after PUBREC/,
	},
	{
		rule: "the quota is not counted",
		plan: { ...BASE, receiveMaximum: 1 },
		harm: ({ link }) => Object.defineProperty(link, "inFlight", { get: () => 0, set: () => {} }),
		says: /with 1 open, of 1 \[5.0 MQTT-3.3.4-7\]/,
	},
	{
		rule: "the quota is not given back",
		plan: { ...BASE, losses: 0 },
		harm: ({ link }) => {
			let open = 0;
			Object.defineProperty(link, "inFlight", {
				get: () => open,
				set: (value: number) => {
					open = Math.max(open, value);
				},
			});
		},
		says: /is never settled/,
	},
	{
		rule: "PUBREL is not repeated",
		plan: BASE,
		harm: ({ link }) => Object.defineProperty(link, "released", { get: () => -1, set: () => {} }),
		says: /did not write PUBREL/,
	},
	{
		rule: "what was held back is not fetched",
		plan: { ...BOTH, version: 4, places: 1, lazy: true, losses: 0 },
		harm: ({ link }) => Object.defineProperty(link, "heldBack", { get: () => 0, set: () => {} }),
		says: /the broker waits for ever/,
	},
	{
		rule: "a ticket is settled twice",
		plan: BASE,
		harm: (session) => {
			const { settle } = session;
			session.settle = (...what) => {
				settle.apply(session, what);
				session.listener.onSettled?.(what[0], what[1], what[2], false);
			};
		},
		says: /is settled twice/,
	},
	{
		rule: "a ticket is not settled",
		plan: BASE,
		harm: (session) => Object.assign(session, { settle: (number: number) => session.store.mark(number, 0) }),
		says: /is over, and its ticket is not settled/,
	},
	{
		rule: "the newest acknowledgement leaves first",
		plan: { ...BOTH, lazy: true },
		harm: ({ owed }) => {
			const rows: number[] = [];
			const push = (type: number, id: number, reason: number) =>
				rows.push((type << 24) | (reason << 16) | id);
			const first = () => rows[rows.length - 1];
			Object.defineProperty(owed, "count", { get: () => rows.length, set: () => {} });
			Object.defineProperty(owed, "first", { get: first });
			Object.assign(owed, { push, shift: () => rows.pop(), clear: () => rows.splice(0) });
		},
		says: /instead of PUB/,
	},
	{
		rule: "what was sent is due again on a live link",
		plan: BASE,
		harm: ({ link }) => Object.defineProperty(link, "cursor", { get: () => 0, set: () => {} }),
		says: /again on a live link/,
	},
	{
		rule: "a lost session is not noticed",
		plan: BASE,
		harm: (session) => {
			const { start } = session;
			session.start = (_resumed, choices) => start.call(session, session.store.established, choices);
		},
		says: /with the wrong DUP|did not write|settled|nothing asked/,
	},
];

describe("A rule that is gone is missed", () => {
	test.each(HARMS)("$rule", ({ plan, harm, says }) => {
		let said = "";
		try {
			explore(plan, (client: Client) => harm((client as unknown as Parts).session));
		} catch (error) {
			if (!(error instanceof Broken)) throw error;
			said = error.message;
		}
		expect(said).toMatch(says);
		// The way there leads there again, from the beginning.
		expect(said.split("\n").length).toBeGreaterThan(2);
	});
});

test("No plan is there twice, and all settings and kinds of messages are met", () => {
	const plans = Object.values(PLANS).flat();
	expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBe(plans.length);
	const out = plans.filter(({ qos }) => qos.length === 3);
	const setting = ({ version, publishIds, window, receiveMaximum }: Plan) =>
		[version, publishIds, window, receiveMaximum].join();
	expect(new Set(out.map(setting)).size).toBe(18);
	expect(new Set(out.map(({ qos }) => qos.join())).size).toBe(27);
	for (const of of ["lazy", "onSessionLost", "losses"] as const)
		expect(new Set(out.map((plan) => `${plan.version} ${plan[of]}`)).size, of).toBe(4);
});
