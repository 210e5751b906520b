// SPDX-License-Identifier: MIT
/** What follows the end of a connection, where to connect next, and in which version. */
const ENDS = ["test: test/lib/pump/ends.test.ts"];
const BROKERS = ["test: test/lib/extras/brokers.test.ts"];
const FALLBACK = ["test: test/lib/session/fallback.test.ts"];
const CONNECTION = "lib/pump/connection.ts";

export const BROKER_RULES = [
	{
		name: "taken-over-stops",
		rule: "who was taken over does not come back by itself",
		file: CONNECTION,
		find: "const active = pump.active && next(reason) !== Next.Stop;",
		replace: "const active = pump.active;",
		by: ENDS,
	},
	{
		name: "slow-lane",
		rule: "what does not heal by itself is tried in minutes",
		file: CONNECTION,
		find: "pump.backoff.next(follows === Next.Slow, pump.session.limits)",
		replace: "pump.backoff.next(false, pump.session.limits)",
		by: ENDS,
	},
	{
		name: "redirect-hops",
		rule: "who sends us to and fro is followed a few times",
		file: "lib/extras/brokers.ts",
		find: "if (diallerTo === undefined || this.hops >= hops) return false;",
		replace: "if (diallerTo === undefined) return false;",
		by: BROKERS,
	},
	{
		name: "redirect-passing",
		rule: "what a place says that we were sent to for once moves no broker for ever",
		file: "lib/extras/brokers.ts",
		find: "const forGood = permanent && !this.passing;",
		replace: "const forGood = permanent;",
		by: BROKERS,
	},
	{
		name: "round-waits",
		rule: "after a round of the list the client waits",
		file: "lib/extras/brokers.ts",
		find: "return ++this.failed < count;",
		replace: "return true;",
		by: BROKERS,
	},
	{
		name: "stranger-anew",
		rule: "a broker that has nothing of our session is begun anew with",
		file: CONNECTION,
		find: "if (pump.dialler.stranger === true) pump.identity.beginAnew();",
		replace: "",
		by: BROKERS,
	},
	{
		name: "fallback-met",
		rule: "a broker that has answered in 5.0 is never spoken to in 3.1.1",
		file: "lib/session/fallback.ts",
		find: "(this.met & bit) !== 0 ||",
		replace: "",
		by: FALLBACK,
	},
	{
		name: "fallback-exchanges",
		rule: "the version stays while exchanges are open",
		file: "lib/session/fallback.ts",
		find: "(dialler.stranger === true || !this.exchanging())",
		replace: "true",
		by: FALLBACK,
	},
	{
		name: "fallback-row",
		rule: "three closes make a row only when nothing else came between",
		file: "lib/session/fallback.ts",
		find: "} else if (attempt === Attempt.Heard) {",
		replace: "} else if (false) {",
		by: FALLBACK,
	},
];
