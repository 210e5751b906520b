// SPDX-License-Identifier: MIT
/** Acknowledging by hand, and requests. */
const HOLDS = "lib/extras/holds.ts";
const REQUESTS = "lib/extras/requests.ts";

export const HAND_RULES = [
	{
		name: "held-not-taken",
		rule: "a message that is held is taken when it is acknowledged, not before",
		file: HOLDS,
		find: "this.set(at, State.Held);",
		replace: "this.open(at);\n\t\tthis.set(at, State.Held);",
		by: ["one cut: acknowledged by hand, with the number", "test: test/lib/extras/holds.test.ts"],
	},
	{
		name: "refused-not-taken",
		rule: "a message that is refused is not taken",
		file: HOLDS,
		find: "if (untaken && reason < 0x80) this.open(at);",
		replace: "if (untaken) this.open(at);",
		by: ["test: test/lib/extras/holds-versions.test.ts"],
	},
	{
		name: "number-with-taken",
		rule: "the number that is given with an acknowledgement is kept in one piece with it",
		file: "lib/publisher.ts",
		find: "if (value !== undefined) store.remember(value);\n\t\tthis.pump.turn();",
		replace: "this.pump.turn();\n\t\tif (value !== undefined) store.remember(value);",
		by: ["one cut: acknowledged by hand, with the number"],
	},
	{
		name: "elders-first",
		rule: "an early acknowledgement waits for its elders",
		file: HOLDS,
		find: "if (this.state(at) !== State.Due) blocked |= qos;",
		replace: "if (this.state(at) !== State.Due) {\n\t\t\t\tat += Row.Bytes;\n\t\t\t\tcontinue;\n\t\t\t}",
		by: ["test: test/lib/extras/holds.test.ts"],
	},
	{
		name: "held-dies",
		rule: "a handle dies with its connection",
		file: "lib/session/session.ts",
		find: "this.extras.holds?.drop();",
		replace: "",
		by: ["test: test/lib/extras/holds.test.ts"],
	},
	{
		name: "held-has-place",
		rule: "nothing is held for whose identifier there would be no place",
		file: HOLDS,
		find: "return !opens || store.inboundCount + this.untaken < limits.receiveMaximum;",
		replace: "return opens || true;",
		by: ["test: test/lib/extras/holds-versions.test.ts"],
	},
	{
		name: "answer-by-data",
		rule: "an answer brings back all of the correlation data",
		file: REQUESTS,
		find: "this.equal(this.rowAt(row) + Row.Data, data + 2, Size.Data)",
		replace: "this.equal(this.rowAt(row) + Row.Data, data + 2, 4)",
		by: ["test: test/lib/extras/requests.test.ts"],
	},
	{
		name: "answer-by-topic",
		rule: "an answer comes with the response topic",
		file: REQUESTS,
		find: "if (!this.isOurs(packet.topicStart, packet.topicEnd)) return false;",
		replace: "",
		by: ["test: test/lib/extras/requests.test.ts"],
	},
];
