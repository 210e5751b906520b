// SPDX-License-Identifier: MIT
/** What the session makes of a store that survives. */
const SESSION = "lib/session/session.ts";
const SENDER = "lib/session/sender.ts";
const RECEIVER = "lib/session/receiver.ts";
const IDENTITY = "lib/session/identity.ts";

export const SESSION_RULES = [
	{
		name: "known-once",
		rule: "an inbound identifier that is known is not given to the application again",
		file: RECEIVER,
		find: "if (known && !stale) {",
		replace: "if (known && stale) {",
		by: ["one cut: QoS 2 received, one by one"],
	},
	{
		name: "may-repeat",
		rule: "a message that may be a repeat after a cut says so",
		file: RECEIVER,
		find: "if ((session.packet.flags & again) !== again) return false;",
		replace: "return false;",
		by: ["one cut: QoS 2 received, one by one", "test: test/lib/session/lives.test.ts"],
	},
	{
		name: "hash-after-a-cut",
		rule: "content is compared on the first connection after a cut only",
		file: RECEIVER,
		find: "known && session.past === Past.Unclean && store.stale(id, session.packet);",
		replace: "known && store.stale(id, session.packet);",
		by: ["test: test/lib/session/lives.test.ts"],
	},
	{
		name: "pubrel-again",
		rule: "PUBREL is sent again for what has PUBREC",
		file: SESSION,
		find: "link.released = 0;",
		replace: "link.released = -1;",
		by: ["one cut: QoS 2, one by one"],
	},
	{
		name: "dup",
		rule: "a message that may have been sent is sent with DUP",
		file: SENDER,
		find: "const again = state === MessageState.AwaitAck || state === MessageState.AwaitRec;",
		replace: "const again = false;",
		by: ["test: test/lib/session/lives.test.ts", "test: test/lib/session/resume.test.ts"],
	},
	{
		name: "identifier-in-use",
		rule: "an identifier is not used while an older message has it",
		file: SENDER,
		find: "&& number - session.store.low < session.limits.publishIds;",
		replace: ";",
		by: ["one cut: QoS 2, identifiers that soon come again", "test: test/lib/session/outbound.test.ts"],
	},
	{
		name: "clear-on-new-session",
		rule: "when the broker begins a new session, so does the store",
		file: SESSION,
		find: "store.clear(true);",
		replace: "",
		by: ["one cut: the broker loses the session", "one cut: a blank partition, nothing else"],
	},
	{
		name: "lost-is-settled",
		rule: "what is not certain when the session is lost is settled as such",
		file: SESSION,
		find: "this.settleLost(choices);\n\t\t\tstore.clear(true);",
		replace: "store.clear(true);",
		by: ["one cut: the broker loses the session", "swarm: anywhere"],
	},
	{
		name: "resume-what-is-known",
		rule: "no session is resumed that the store does not know",
		file: IDENTITY,
		find: "if (anew || (encoder.version5 && !store.established)) bytes[at] |= ConnectFlag.CleanStart;",
		replace: "if (anew) bytes[at] |= ConnectFlag.CleanStart;",
		by: ["one cut: a blank partition, nothing else", "test: test/lib/session/lives.test.ts"],
	},
	{
		name: "subscribe-after-a-cut",
		rule: "after a cut subscriptions are asked for again",
		file: SESSION,
		find: "this.past === Past.Clean && store.subscribed !== 0",
		replace: "store.subscribed !== 0",
		by: ["rule: subscriptions are asked for again after a cut"],
	},
	{
		name: "subscribe-digest",
		rule: "and when others are wanted than the broker has",
		file: SESSION,
		find: " && store.subscribed === wanted;",
		replace: ";",
		by: ["test: test/lib/session/lives.test.ts"],
	},
	{
		name: "nothing-to-tidy",
		rule: "behind the end of its life nothing is tidied, however often one asks",
		file: "lib/store/flash-store.ts",
		find: "if (this.journal.faulty || !this.opened || this.ended) return false;",
		replace: "if (this.journal.faulty || !this.opened) return false;",
		by: ["rule: nothing is tidied behind the end of a life"],
	},
	{
		name: "flush-at-close",
		rule: "when the client is closed the store is flushed",
		file: "lib/pump/connection.ts",
		find: "if (!active)",
		replace: "if (false)",
		by: ["rule: a client that is closed ends its life"],
	},
];
