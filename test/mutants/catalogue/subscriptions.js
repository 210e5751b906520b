// SPDX-License-Identifier: MIT
/** What is subscribed to, what the broker offers, and whose a message is. */
const SUBSCRIPTIONS = "lib/session/subscriptions.ts";

export const SUBSCRIPTION_RULES = [
	{
		name: "codes-per-filter",
		rule: "a SUBACK has a code for each filter, or the connection ends",
		file: SUBSCRIPTIONS,
		find: "if (codes !== asked && (subscribe || codes > 0)) return Reason.ProtocolError;",
		replace: "",
		by: ["test: test/lib/session/subscriptions.test.ts"],
	},
	{
		name: "one-request-open",
		rule: "a filter that waits for an answer is not asked for again before it",
		file: SUBSCRIPTIONS,
		find: "(state === State.DueSubscribe || state === State.DueUnsubscribe) && this.idOf(row) === 0;",
		replace: "state === State.DueSubscribe || state === State.DueUnsubscribe;",
		by: ["test: test/lib/session/subscriptions.test.ts"],
	},
	{
		name: "asked-without-offer",
		rule: "what the broker does not offer is answered here",
		file: SUBSCRIPTIONS,
		find: "let reason = subscribe ? notOffered(session, filter) : 0;",
		replace: "let reason = 0;",
		by: ["test: test/lib/session/subscribable.test.ts"],
	},
	{
		name: "retained-again",
		rule: "a renewal in the same life does not ask for what the broker keeps again",
		file: SUBSCRIPTIONS,
		find: "said |= RETAINED_IF_NEW;",
		replace: "{}",
		by: ["test: test/lib/session/subscribable.test.ts"],
	},
	{
		name: "offers-leak",
		rule: "what one broker offers is not what the next one does",
		file: "lib/session/link.ts",
		find: "this.offers =",
		replace: "this.offers |=",
		by: ["test: test/lib/session/link.test.ts"],
	},
	{
		name: "identifier-believed",
		rule: "in a session of an earlier life an identifier counts when its filter matches",
		file: "lib/extras/router.ts",
		find: "if (row < 0 || !(ours || packet.matches(this.filters[row]))) known = false;",
		replace: "if (row < 0) known = false;",
		by: ["test: test/lib/extras/router-lives.test.ts"],
	},
	{
		name: "identifier-of-the-unknown",
		rule: "a message with an identifier that nobody gave is matched",
		file: "lib/extras/router.ts",
		find: "return this.choose(packet, named > 0 && known);",
		replace: "return this.choose(packet, named > 0);",
		by: ["test: test/lib/extras/router.test.ts"],
	},
];
