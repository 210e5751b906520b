// SPDX-License-Identifier: MIT
/** The bugs that other clients have in what they read and write: who was seen to have one stands behind it. */
const ALIASES = "lib/extras/aliases.ts";
const DECODER = "lib/wire/decoder.ts";
const ENCODER = "lib/wire/encoder.ts";
const PROPERTIES = "lib/wire/properties.ts";
const TOPIC = "lib/wire/topic.ts";
const DECODED = ["test: test/lib/wire/decoder.test.ts"];
const VECTORS = ["test: test/lib/wire/vectors.test.ts"];
const ALIASED = ["test: test/lib/extras/aliases.test.ts"];

export const CLASSIC_WIRE = [
	{
		name: "qos-3", // Moddable
		rule: "there is no QoS 3",
		file: DECODER,
		find: " || (first & PublishFlag.QosMask) === PublishFlag.QosMask",
		replace: "",
		by: VECTORS,
	},
	{
		name: "reserved-flags",
		rule: "the flags of a fixed header are as they must be",
		file: DECODER,
		find: "return (first & 0x0f) === (type === PacketType.Pubrel ? 2 : 0) ? 0 : Reason.MalformedPacket;",
		replace: "return 0;",
		by: DECODED,
	},
	{
		name: "pubrel-flags", // CocoaMQTT
		rule: "PUBREL has the flags 0010",
		file: ENCODER,
		find: "const flags = type === PacketType.Pubrel ? 2 : 0; // [MQTT-3.6.1-1]",
		replace: "const flags = 0;",
		by: ["test: test/lib/wire/encoder.test.ts"],
	},
	{
		name: "text-unchecked", // eMQTT5
		rule: "a topic is UTF-8, without U+0000 and without wildcards",
		file: DECODER,
		find: "if (fault !== 0) return fault;\n\t\tif (packet.propertiesEnd > packet.propertiesStart) {",
		replace: "if (packet.propertiesEnd > packet.propertiesStart) {",
		by: VECTORS,
	},
	{
		name: "surrogates", // most
		rule: "half of a surrogate pair is no character",
		file: "lib/wire/utf8.ts",
		find: "if (c === 0xed && second > 0x9f) return -1; // a surrogate",
		replace: "",
		by: ["test: test/lib/wire/utf8.test.ts"],
	},
	{
		name: "long-integers",
		rule: "a variable byte integer is as short as it can be",
		file: "lib/wire/varint.ts",
		find: "return minimal && byte === 0 && shift > 0 ? Varint.Malformed : value;",
		replace: "return minimal && byte === 0 && shift > 99 ? Varint.Malformed : value;",
		by: VECTORS,
	},
	{
		name: "five-bytes", // paho.golang
		rule: "and has four bytes at most",
		file: "lib/wire/varint.ts",
		find: "for (let shift = 0; shift < 28; shift += 7) {",
		replace: "for (let shift = 0; shift < 35; shift += 7) {",
		by: DECODED,
	},
	{
		name: "empty-topic",
		rule: "a topic has at least one character",
		file: DECODER,
		find: "return topicEnd > topicStart ? 0 : Reason.ProtocolError;",
		replace: "return 0;",
		by: VECTORS,
	},
	{
		name: "identifier-zero-in",
		rule: "a message of QoS 1 and 2 has an identifier",
		file: DECODER,
		find: "if (id === 0) return Reason.ProtocolError; // [3.1.1: MQTT-2.3.1-1] [5.0: MQTT-2.2.1-4]",
		replace: "",
		by: VECTORS,
	},
	{
		name: "property-twice",
		rule: "a property stands once, but for two kinds",
		file: PROPERTIES,
		find: "if (again && id !== Property.SubscriptionIdentifier && id !== Property.UserProperty)",
		replace: "if (again && id === 0)",
		by: DECODED,
	},
	{
		name: "property-anywhere",
		rule: "a property stands in the packets that may have it",
		file: PROPERTIES,
		find: " || ((PROPERTY_PACKETS[id] >> packet.type) & 1) === 0)",
		replace: ")",
		by: DECODED,
	},
	{
		name: "nothing-at-once",
		rule: "a Receive Maximum of 0 is an error, as other limits are",
		file: PROPERTIES,
		find: "return zeroIsAnError ? -Reason.ProtocolError : next;",
		replace: "return next + 0 * Number(zeroIsAnError);",
		by: DECODED,
	},
	{
		name: "reserved-code",
		rule: "a return code that is reserved is a failure",
		file: DECODER,
		find: "return code === 5 ? Reason.NotAuthorized : Reason.Unspecified;",
		replace: "return code === 5 ? Reason.NotAuthorized : Reason.Success;",
		by: VECTORS,
	},
	{
		name: "refused-with-session",
		rule: "who is refused has no session",
		file: DECODER,
		find: "return present === 1 && packet.reason !== 0 ? Reason.ProtocolError : 0;",
		replace: "return 0;",
		by: VECTORS,
	},
	{
		name: "clean-with-session",
		rule: "who begins anew finds no session",
		file: "lib/session/identity.ts",
		find: "if (present && (said & ConnectFlag.CleanStart) !== 0) return Reason.ProtocolError;",
		replace: "",
		by: ["test: test/lib/session/resume.test.ts"],
	},
	{
		name: "dollar-topics",
		rule: "a wildcard at the beginning matches no topic that begins with $",
		file: TOPIC,
		find: "if ((c === Ascii.Plus || c === Ascii.Hash) && bytes[t] === Ascii.Dollar) return false;",
		replace: "",
		by: ["test: test/lib/wire/topic.test.ts"],
	},
	{
		name: "parent-level",
		rule: "a/# matches a, too",
		file: TOPIC,
		find: "return t === topicEnd && c === Ascii.Slash && f + 2 === filterEnd && bytes[f + 1] === Ascii.Hash;",
		replace: "return false;",
		by: ["test: test/lib/wire/topic.test.ts"],
	},
	{
		name: "longer-kills", // pubsubclient, arduino-mqtt, nodemcu
		rule: "a message of 3.1.1 that is longer than the region is passed over, and the link lives",
		file: "lib/session/intake.ts",
		find: "if (this.version5 || first >> 4 !== PacketType.Publish) return -Reason.PacketTooLarge;",
		replace: "if (first > 0) return -Reason.PacketTooLarge;",
		by: ["test: test/lib/pump/stream.test.ts"],
	},
	{
		name: "longer-unsaid",
		rule: "a broker of 5.0 that sends more than our Maximum Packet Size is told so",
		file: "lib/session/intake.ts",
		find: "if (this.version5 || first >> 4 !== PacketType.Publish) return -Reason.PacketTooLarge;",
		replace: "if (first >> 4 !== PacketType.Publish) return -Reason.PacketTooLarge;",
		by: ["test: test/lib/session/inbound.test.ts"],
	},
	{
		name: "alias-outlives", // esp-mqtt, mosquitto, paho.java
		rule: "an alias of ours dies with its connection",
		file: ALIASES,
		find: "this.taken = 0;\n\t\tconst first",
		replace: "const first",
		by: ALIASED,
	},
	{
		name: "their-alias-outlives", // rumqttc
		rule: "so does one of the broker's",
		file: ALIASES,
		find: "this.view.setUint16(first + row * this.stride + Row.Length, 0);",
		replace: "this.view.getUint16(first + row * this.stride);",
		by: ALIASED,
	},
	{
		name: "alias-again", // paho.java
		rule: "what is sent again has its whole topic",
		file: ENCODER,
		find: "if (aliases !== null && !dup && spare >= ALIAS_BYTES)",
		replace: "if (aliases !== null && spare >= ALIAS_BYTES)",
		by: ALIASED,
	},
	{
		name: "alias-beyond",
		rule: "no alias is above the server's maximum",
		file: ALIASES,
		find: "this.allowed = outboundMaximum < this.outboundRows ? outboundMaximum : this.outboundRows;",
		replace: "this.allowed = outboundMaximum > 0 ? this.outboundRows : 0;",
		by: ALIASED,
	},
];
