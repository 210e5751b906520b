// SPDX-License-Identifier: MIT
/** Durable before visible, both ways; and what belongs to which session. */
const EVENTS = "lib/store/events.ts";
const JOURNAL = "lib/store/journal.ts";
const MESSAGES = "lib/store/messages.ts";
const RECOVERY = "lib/store/recovery.ts";
const STORE = "lib/store/flash-store.ts";
const REQUIRED = "return kind !== EventKind.Done && kind !== EventKind.Subscribed;";

/** An event of this kind may wait like the end of a message. */
function lazy(name, kind, rule, by) {
	const replace = REQUIRED.replace(";", ` && kind !== EventKind.${kind};`);
	return { name, rule, file: EVENTS, find: REQUIRED, replace, by };
}

export const EXCHANGE = [
	{
		name: "kept-before-ticket",
		rule: "a message is in flash before its number is known",
		file: STORE,
		find: "return this.messages.reserve(bytes, volatile || faulty);",
		replace: "return this.messages.reserve(bytes, true);",
		by: ["store: cut often", "one cut: QoS 1, one by one"],
	},
	lazy("rel-before-pubrel", "Released", "PUBREC is in flash before PUBREL is sent", [
		"store: cut often", "one cut: QoS 2, one by one", "swarm: anywhere",
	]), // biome-ignore format: a list
	lazy("rx-before-pubrec", "Opened", "an inbound identifier is in flash before PUBREC is sent", [
		"store: cut often", "one cut: QoS 2 received, one by one", "swarm: anywhere",
	]), // biome-ignore format: a list
	lazy("rxrel-before-pubcomp", "Closed", "that it is free is in flash before PUBCOMP is sent", [
		"store: cut often", "one cut: QoS 2 received, a burst, lowest identifiers", "swarm: anywhere",
	]), // biome-ignore format: a list
	lazy("sent-before-publish", "Sent", "that a message may have been sent is in flash before it is", [
		"store: cut often", "one cut: QoS 2, a burst",
	]), // biome-ignore format: a list
	lazy("dropped-durable", "Dropped", "that a message was given up before it was sent is in flash at the next commit", [
		"rule: a message that was given up before it was sent",
	]), // biome-ignore format: a list
	lazy("reserved-before-publish", "Reserved", "numbers of volatile messages are set aside before they are sent", [
		"one cut: volatile and kept in turn", "two cuts: volatile and kept in turn", "swarm: anywhere",
	]), // biome-ignore format: a list
	lazy("number-durable", "Remembered", "the application's number is in flash at the next commit", [
		"rule: a number that belongs to no message",
	]), // biome-ignore format: a list
	{
		name: "commit-before-write",
		rule: "nothing leaves that depends on what is not durable",
		file: "lib/pump.ts",
		find: "if (session.store.commit() < 0) {",
		replace: "if (session.store.count < 0) {",
		by: ["one cut: QoS 2, one by one", "one cut: QoS 2 received, one by one", "swarm: anywhere"],
	},
	{
		name: "reserved-again",
		rule: "a number that was set aside is not given away again",
		file: RECOVERY,
		find: "table.reach(reserved - 1);",
		replace: "",
		by: ["one cut: volatile and kept in turn", "two cuts: volatile and kept in turn", "swarm: anywhere"],
	},
	{
		name: "sent-watermark",
		rule: "a message that may have been sent comes back as one that was",
		file: RECOVERY,
		find: "if (number > sent && state !== MessageState.AwaitComp) table.setState(number, MessageState.DuePublish);",
		replace: "if (state !== MessageState.AwaitComp) table.setState(number, MessageState.DuePublish);",
		by: ["store: cut often", "test: test/lib/session/lives.test.ts"],
	},
	{
		name: "unsent-watermark",
		rule: "and one that cannot have been sent comes back as one that was not",
		file: RECOVERY,
		find: "if (number > sent && state !== MessageState.AwaitComp) table.setState(number, MessageState.DuePublish);",
		replace: "",
		by: ["test: test/lib/store/lives.test.ts"],
	},
	{
		name: "number-in-one-cell",
		rule: "the application's number is in one record with the identifier that it belongs to",
		file: JOURNAL,
		find: "if (target >= 0) events.setAux(target);",
		replace: "if (target >= 0) this.note(EventKind.Remembered, 0, 0);",
		by: ["one cut: two at once, with the number", "one cut: QoS 2 received, one by one"],
	},
	{
		name: "number-in-turn",
		rule: "a number that belongs to an earlier identifier is written before it is lost",
		file: JOURNAL,
		find: "while (target >= 0 && pending >= 0) {",
		replace: "while (false) {",
		by: ["one cut: two at once, with the number", "two cuts: two at once, with the number"],
	},
	{
		name: "number-after-identifier",
		rule: "a snapshot of the session is written behind the identifier that the number in it belongs to",
		file: JOURNAL,
		find: "if (!barrier && !this.write(false)) return false;",
		replace: "",
		by: ["rule: a number is never there without its identifier"],
	},
	{
		name: "session-durable",
		rule: "that a session was begun is in flash before anything is sent in it",
		file: STORE,
		find: "const written = journal.faulty || (journal.write(true) && journal.writeSession(true));",
		replace: "const written = journal.faulty || journal.write(true);",
		by: [
			"store: cut often",
			"one cut: a blank partition, nothing else",
			"one cut: the broker loses the session",
		],
	},
	{
		name: "pending-before-barrier",
		rule: "what is pending is written before the barrier that voids it",
		file: STORE,
		find: "const written = journal.faulty || (journal.write(true) && journal.writeSession(true));",
		replace: "const written = journal.faulty || (journal.writeSession(true) && journal.write(true));",
		by: ["store: cut often", "store: no cuts", "one cut: the broker loses the session", "swarm: anywhere"],
	},
	{
		name: "barrier-inbound",
		rule: "a barrier voids the inbound identifiers before it",
		file: JOURNAL,
		find: "this.inbound.clear();\n\t\tfor",
		replace: "for",
		by: ["store: cut often", "one cut: the broker loses the session"],
	},
	{
		name: "clear-released",
		rule: "a new session ends the messages that have PUBREC",
		file: MESSAGES,
		find: "if (state === MessageState.AwaitComp) this.mark(number, MessageState.Done);\n\t\t\telse if",
		replace: "if (state === MessageState.AwaitComp) continue;\n\t\t\telse if",
		by: ["store: cut often"],
	},
	{
		name: "established",
		rule: "whether a session was agreed on is told by the newest snapshot",
		file: JOURNAL,
		find: "this.established = (flags & SessionFlag.Established) !== 0;",
		replace: "this.established = true;",
		by: ["rule: another identity", "one cut: another identity"],
	},
	{
		name: "identity",
		rule: "what belongs to another identity is no session of ours",
		file: STORE,
		find: "if (view.getUint32(at + SessionAt.Identity) === identity >>> 0) return 0;",
		replace: "if (view.getUint32(at + SessionAt.Identity) !== 0) return 0;",
		by: ["rule: another identity", "one cut: another identity"],
	},
	{
		name: "identity-session",
		rule: "with another identity there is no session",
		file: STORE,
		find: "journal.established = false;\n\t\treturn 1;",
		replace: "return 1;",
		by: ["rule: another identity"],
	},
	{
		name: "identity-messages",
		rule: "with another identity the messages that wait stay",
		file: STORE,
		find: "journal.established = false;\n\t\treturn 1;",
		replace:
			"for (let n = journal.table.after(0); n !== 0; n = journal.table.after(n)) this.mark(n, 0);\n" +
			"journal.established = false;\n\t\treturn 1;",
		by: ["rule: another identity", "one cut: another identity"],
	},
	{
		name: "content-hash",
		rule: "an identifier of an earlier life with other content is a new message",
		file: STORE,
		find: "return row >= 0 && inbound.isRestored(row) && inbound.hash(row) !== this.hashOf(content);",
		replace: "return false;",
		by: [
			"rule: content is compared for restored identifiers only",
			"one cut: an old identifier in a new session",
		],
	},
	{
		name: "content-hash-campaign",
		rule: "the same, found by the campaign",
		file: STORE,
		find: "return row >= 0 && inbound.isRestored(row) && inbound.hash(row) !== this.hashOf(content);",
		replace: "return false;",
		by: ["two cuts: an old identifier in a new session"],
	},
	{
		name: "content-restored",
		rule: "content is compared for identifiers of an earlier life only",
		file: STORE,
		find: "return row >= 0 && inbound.isRestored(row) && inbound.hash(row) !== this.hashOf(content);",
		replace: "return row >= 0 && inbound.hash(row) !== this.hashOf(content);",
		by: ["rule: content is compared for restored identifiers only"],
	},
	{
		name: "unclean",
		rule: "a life that did not end in order is known to have been cut short",
		file: RECOVERY,
		find: "this.clean = type === RecordType.End;",
		replace: "this.clean = true;",
		by: ["rule: a life that ended by a cut is known to", "one cut: QoS 2 received, one by one"],
	},
	{
		name: "end-mark",
		rule: "a life that ends in order says so",
		file: STORE,
		find: "this.ended || journal.writeMark(RecordType.End)",
		replace: "true",
		by: ["store: no cuts", "one cut: sleep and wake"],
	},
	{
		name: "nothing-behind-the-end",
		rule: "behind the end of a life nothing is tidied",
		file: STORE,
		find: "if (!this.journal.faulty && !this.ended) this.cleaner.pay(cells);",
		replace: "if (!this.journal.faulty) this.cleaner.pay(cells);",
		by: ["store: long queue", "store: no cuts", "one cut: sleep and wake", "swarm: anywhere"],
	},
	{
		name: "flush-all",
		rule: "before sleep also what may wait is written",
		file: STORE,
		find: "const written = journal.write(true)",
		replace: "const written = journal.write(false)",
		by: ["store: no cuts", "one cut: sleep and wake"],
	},
	{
		name: "done-is-told",
		rule: "the end of a message is in flash, sooner or later",
		file: MESSAGES,
		find: "if (kept) journal.note(dropped ? EventKind.Dropped : EventKind.Done, number & 0xffff, 0);",
		replace: "",
		by: ["store: no cuts", "one cut: sleep and wake"],
	},
];
