// SPDX-License-Identifier: MIT
/** The conversation about each message, while the power is on: found by the exhaustive model. */
const EXCHANGE = "lib/session/exchange.ts";
const LINK = "lib/session/link.ts";
const RECEIVER = "lib/session/receiver.ts";
const SENDER = "lib/session/sender.ts";
const SESSION = "lib/session/session.ts";
const STORE = "lib/store/ram-store.ts";

const OUT = ["model: three messages out, one loss"];
const BOTH = ["model: messages out and in, one loss"];

export const MESSAGE_RULES = [
	{
		name: "error-ends",
		rule: "PUBREC with an error ends the exchange, and no PUBREL follows",
		file: EXCHANGE,
		find: "return next === S.AwaitComp && reason >= 0x80 ? S.Done : next;",
		replace: "return next;",
		by: OUT,
	},
	{
		name: "pubrec-ends-publish",
		rule: "a message that has PUBREC is not sent again",
		file: SENDER,
		find: "if (state !== MessageState.AwaitComp) {",
		replace: "if (state !== MessageState.Done) {",
		by: OUT,
	},
	{
		name: "quota",
		rule: "no more messages are open than the window and Receive Maximum allow",
		file: SENDER,
		find: "return link.inFlight < link.quota && ",
		replace: "return ",
		by: OUT,
	},
	{
		name: "quota-of-the-broker",
		rule: "a Receive Maximum below the window counts",
		file: LINK,
		find: "this.quota = maximum < limits.window ? maximum : limits.window;",
		replace: "this.quota = limits.window;",
		by: OUT,
	},
	{
		name: "quota-carried",
		rule: "what waits for PUBCOMP from an earlier connection counts",
		file: SESSION,
		find: "if (state === MessageState.AwaitComp) link.inFlight++;",
		replace: "",
		by: OUT,
	},
	{
		name: "quota-returned",
		rule: "an exchange that has ended makes room for the next one",
		file: SESSION,
		find: "if (state === MessageState.AwaitComp || number <= this.link.cursor) this.link.inFlight--;",
		replace: "",
		by: OUT,
	},
	{
		name: "oldest-first",
		rule: "a connection begins with the oldest message",
		file: LINK,
		find: "this.cursor = 0;\n\t\tthis.skipped = 0;",
		replace: "this.skipped = 0;",
		by: OUT,
	},
	{
		name: "number-of-identifier",
		rule: "an identifier is looked up from the oldest message on",
		file: SESSION,
		find: "if (ahead < 0) ahead += ids;",
		replace: "",
		by: OUT,
	},
	{
		name: "anew",
		rule: "what a lost session had is sent as if it had never been",
		file: STORE,
		find: "else if (state !== MessageState.DueOnce) outbox.mark(number, MessageState.DuePublish);",
		replace: "",
		by: OUT,
	},
	{
		name: "given-up",
		rule: "QoS 2 without PUBREC is given up with the session where that was asked for",
		file: SESSION,
		find: " || (state === MessageState.AwaitRec && !requeue)",
		replace: "",
		by: OUT,
	},
	{
		name: "inbound-with-session",
		rule: "inbound identifiers end with their session",
		file: STORE,
		find: "this.inboundCount = 0;\n\t\tthis.established = established;",
		replace: "this.established = established;",
		by: BOTH,
	},
	{
		name: "inbound-freed",
		rule: "PUBREL frees the identifier",
		file: RECEIVER,
		find: "store.closeInbound(id);\n\t\tif (store.inboundCount",
		replace: "if (store.inboundCount",
		by: BOTH,
	},
	{
		name: "repeat-answered",
		rule: "a PUBLISH that comes again gets its PUBREC again",
		file: RECEIVER,
		find: "session.owed.push(PacketType.Pubrec, id, Reason.Success);\n\t\treturn 0;",
		replace: "return 0;",
		by: BOTH,
	},
	{
		name: "unknown-answered",
		rule: "a PUBREL that nobody waits for is answered, with its reason",
		file: RECEIVER,
		find: "known ? Reason.Success : Reason.PacketIdentifierNotFound",
		replace: "Reason.Success",
		by: BOTH,
	},
];
