// SPDX-License-Identifier: MIT
/** The bugs that other clients have in their sessions: who was seen to have one stands behind it. */
const CONNECTION = "lib/pump/connection.ts";
const EXCHANGE = "lib/session/exchange.ts";
const LINK = "lib/session/link.ts";
const RECEIVER = "lib/session/receiver.ts";
const SENDER = "lib/session/sender.ts";
const SESSION = "lib/session/session.ts";
const OUT = ["model: three messages out, one loss", "model: three messages out, two losses"];
const BOTH = ["model: messages out and in, one loss"];

export const CLASSIC_SESSION = [
	// ── exchanges ─────────────────────────────────────────────────────────────────────────────────────────────────
	{
		name: "identifier-zero", // Moddable, eMQTT5
		rule: "no packet has the identifier 0",
		file: SENDER,
		find: "return 1 + (number % session.limits.publishIds);",
		replace: "return number % session.limits.publishIds;",
		by: OUT,
	},
	{
		name: "shared-identifiers", // esp-mqtt, MQTT.js, rumqttc
		rule: "SUBSCRIBE has no identifier that a PUBLISH has",
		file: "lib/session/subscriptions.ts",
		find: "return REQUEST_IDS + this.lastId;",
		replace: "return 1 + this.lastId;",
		by: ["test: test/lib/session/subscriptions.test.ts"],
	},
	{
		name: "live-resend", // esp-mqtt, espMqttClient, MQTT-C
		rule: "nothing is sent again on a live link",
		file: SESSION,
		find: "if (number <= link.cursor) link.cursor = link.skipped = this.firstNumber = 0;",
		replace: "link.cursor = 0;",
		by: OUT,
	},
	{
		name: "publish-after-pubrec",
		rule: "after PUBREC the PUBLISH is not sent again, PUBREL is",
		file: SENDER,
		find: "if (state !== MessageState.AwaitComp) {",
		replace: "if (state !== MessageState.Done) {",
		by: OUT,
	},
	{
		name: "pubrel-after-error", // esp-mqtt, coreMQTT, eMQTT5
		rule: "a PUBREC with an error ends the exchange, and no PUBREL follows",
		file: EXCHANGE,
		find: "return next === S.AwaitComp && reason >= 0x80 ? S.Done : next;",
		replace: "return reason > 0xff ? S.Done : next;",
		by: OUT,
	},
	{
		name: "error-keeps-quota", // rumqttc
		rule: "and gives its place in the quota back",
		file: SESSION,
		find: "if (state === MessageState.AwaitComp || number <= this.link.cursor) this.link.inFlight--;",
		replace:
			"if (reason < 0x80 && (state === MessageState.AwaitComp || number <= this.link.cursor)) this.link.inFlight--;",
		by: OUT,
	},
	{
		name: "success-is-zero",
		rule: "a reason below 0x80 is success: nobody listens, and the message has arrived",
		file: SESSION,
		find: "const refused = reason >= 0x80 && type !== PacketType.Pubcomp;",
		replace: "const refused = reason > 0 && type !== PacketType.Pubcomp;",
		by: ["test: test/lib/session/outbound.test.ts"],
	},
	{
		name: "pubrec-unanswered",
		rule: "a PUBREC for nothing that we know is answered, or the broker never frees it",
		file: SESSION,
		find: "if (type === PacketType.Pubrec && reason < 0x80)",
		replace: "if (type === PacketType.Pubrel)",
		by: ["test: test/lib/session/outbound.test.ts", "test: test/lib/session/exchange.test.ts"],
	},
	{
		name: "pubrel-unanswered", // coreMQTT, espMqttClient, rumqttc
		rule: "a PUBREL for nothing that we know is answered, or the broker never frees it",
		file: RECEIVER,
		find: "session.owed.push(PacketType.Pubcomp, id,",
		replace: "if (known) session.owed.push(PacketType.Pubcomp, id,",
		by: BOTH,
	},
	{
		name: "repetition-unanswered", // MQTT-C
		rule: "a PUBLISH that comes again has its PUBREC again",
		file: RECEIVER,
		find: "session.owed.push(PacketType.Pubrec, id, Reason.Success);\n\t\treturn 0;",
		replace: "return 0;",
		by: BOTH,
	},
	{
		name: "dup-is-believed",
		rule: "whether a message came before is told by its identifier, not by DUP",
		file: RECEIVER,
		find: "const link = session.link;\n\tconst known = store.inbound(id);",
		replace:
			"const link = session.link;\n\tconst known = store.inbound(id) && (session.packet.flags & PublishFlag.Dup) !== 0;",
		by: ["test: test/lib/session/inbound.test.ts"],
	},
	{
		name: "qos-2-twice", // esp-mqtt, eMQTT5, rumqttc, Moddable
		rule: "a message of QoS 2 is given once, however often it comes",
		file: RECEIVER,
		find: "if (store.openInbound(id, session.packet) < 0) return Reason.QuotaExceeded;\n\tsession.owed.push(PacketType.Pubrec, id, Reason.Success);",
		replace: "session.owed.push(PacketType.Pubrec, id, Reason.Success);",
		by: BOTH,
	},
	// ── sessions and connections ──────────────────────────────────────────────────────────────────────────────────
	{
		name: "session-present-ignored", // eMQTT5, Moddable, mosquitto
		rule: "whether a session goes on is told by the broker",
		file: CONNECTION,
		find: "session.start(packet.sessionPresent === 1, pump.identity.choices);",
		replace: "session.start(session.store.established, pump.identity.choices);",
		by: OUT,
	},
	{
		name: "session-forgotten",
		rule: "a session that the broker has goes on with what was sent",
		file: CONNECTION,
		find: "session.start(packet.sessionPresent === 1, pump.identity.choices);",
		replace: "session.start(false, pump.identity.choices);",
		by: OUT,
	},
	{
		name: "quota-outlives", // coreMQTT, paho.c, mosquitto
		rule: "the quota begins anew with each connection",
		file: LINK,
		find: "this.inFlight = 0;\n\t\tthis.quota = 0;",
		replace: "this.quota = 0;",
		by: ["world: ten minutes", ...OUT],
	},
	{
		name: "quota-ignored", // MQTT.js, zMQTT
		rule: "no more is sent than the broker takes at once",
		file: SENDER,
		find: "return link.inFlight < link.quota &&",
		replace: "return",
		by: OUT,
	},
	{
		name: "quota-for-all", // esp-mqtt
		rule: "a full window holds back QoS 1 and 2, and nothing else",
		file: SENDER,
		find: "return gatherSkipping(session, number);",
		replace: "return false && gatherSkipping(session, number);",
		by: ["test: test/lib/session/outbound.test.ts"],
	},
	{
		name: "keep-alive-ignored", // paho.c
		rule: "the Keep Alive of the server replaces ours",
		file: LINK,
		find: "connack.property(Property.ServerKeepAlive, keepAliveSeconds) * 875;",
		replace: "keepAliveSeconds * 875;",
		by: ["test: test/lib/pump/keep-alive.test.ts", "test: test/lib/pump/connect.test.ts"],
	},
	{
		name: "keep-alive-outlives", // MQTT.js, mosquitto
		rule: "for that connection only",
		file: LINK,
		find: "connack.property(Property.ServerKeepAlive, keepAliveSeconds) * 875;",
		replace: "connack.property(Property.ServerKeepAlive, this.keepAliveMs / 875 || keepAliveSeconds) * 875;",
		by: ["test: test/lib/session/link.test.ts", "test: test/lib/pump/keep-alive.test.ts"],
	},
	{
		name: "size-outlives", // eMQTT5, MQTT.js
		rule: "so with its Maximum Packet Size",
		file: LINK,
		find: "connack.property(Property.MaximumPacketSize, Protocol.LengthMax);",
		replace: "connack.property(Property.MaximumPacketSize, this.maximumPacketSize || Protocol.LengthMax);",
		by: ["test: test/lib/session/link.test.ts", "test: test/lib/session/outbound.test.ts"],
	},
	{
		name: "poison", // esp-mqtt, paho.c, paho.python
		rule: "what the broker cannot take is settled, and does not end one connection after the other",
		file: SENDER,
		find: "const refused = unsendable(session, at, end, flags, qos, seconds, more);",
		replace: "const refused = 0 * unsendable(session, at, end, flags, qos, seconds, more);",
		by: ["test: test/lib/session/outbound.test.ts"],
	},
	{
		name: "stale-command", // all that were looked at
		rule: "the time that a message has waited is taken off its expiry",
		file: SENDER,
		find: "let seconds = expires === 0 ? 0 : expires - session.clock.seconds;",
		replace: "let seconds = expires;",
		by: ["test: test/lib/client/policies.test.ts"],
	},
	{
		name: "assigned-forgotten",
		rule: "the identifier that the server assigned is ours after a reboot, too",
		file: "lib/session/identity.ts",
		find: "store.assign(at + 2, at + 2 + length);",
		replace: "",
		by: ["test: test/lib/session/lives.test.ts"],
	},
	{
		name: "refused-filter",
		rule: "a filter that the broker refused is told as refused",
		file: "lib/session/subscriptions.ts",
		find: "if (state === State.AwaitSuback) this.done(session, filter, true, reason);",
		replace: "if (state === State.AwaitSuback) this.done(session, filter, true, reason & 3);",
		by: ["test: test/lib/session/subscriptions.test.ts"],
	},
	{
		name: "connack-waited-for",
		rule: "CONNACK has its time",
		file: CONNECTION,
		find: "pump.deadlines.set(Deadline.Connack, session.clock.ticks, session.limits.connackMs);\n\tpump.transmit",
		replace: "pump.transmit",
		by: ["test: test/lib/pump/connect.test.ts"],
	},
	{
		name: "any-first-packet",
		rule: "the first packet is CONNACK",
		file: "lib/pump.ts",
		find: "else fault = Reason.ProtocolError; // the first packet is CONNACK [MQTT-3.2.0-1]",
		replace: "else fault = session.handle(0);",
		by: ["test: test/lib/pump/connect.test.ts"],
	},
	{
		name: "half-open",
		rule: "a link on which nothing comes is dead, however much we send",
		file: LINK,
		find: "(sentAgo > receivedAgo ? sentAgo : receivedAgo);",
		replace: "sentAgo + 0 * receivedAgo;",
		by: ["test: test/lib/pump/keep-alive.test.ts", "test: test/lib/pump/life.test.ts"],
	},
	{
		name: "only-pingresp", // Moddable
		rule: "any byte is a sign of life",
		file: LINK,
		find: "this.lastReceived = now;\n\t\tthis.pingOpen = false;",
		replace: "this.lastReceived = now;",
		by: ["test: test/lib/pump/keep-alive.test.ts", "test: test/lib/pump/life.test.ts"],
	},
	{
		name: "backoff-at-connack", // esp-rainmaker
		rule: "the backoff begins anew when a connection has lasted, not when it is made",
		file: CONNECTION,
		find: "session.counters[Counter.Connects]++;",
		replace: "session.counters[Counter.Connects]++;\n\tpump.backoff.stable(session.limits);",
		by: ["test: test/lib/pump/connect.test.ts"],
	},
	{
		name: "no-jitter", // MQTT.js, homie-esp8266
		rule: "a thousand boards do not come back in the same second",
		file: "lib/session/backoff.ts",
		find: "const ms = ceiling - drawn + this.random.below(drawn + 1);",
		replace: "const ms = ceiling + 0 * this.random.below(drawn + 1);",
		by: ["test: test/lib/session/backoff.test.ts"],
	},
	{
		name: "goodbye-unsaid",
		rule: "DISCONNECT is said before the link is closed, or the will is sent",
		file: "lib/pump.ts",
		find: "if (!say(this, this.goodbye)) {",
		replace: "if (this.unread && !say(this, this.goodbye)) {",
		by: ["test: test/lib/pump/ends.test.ts", "test: test/lib/pump/life.test.ts"],
	},
	// ── calls inside callbacks ────────────────────────────────────────────────────────────────────────────────────
	{
		name: "turn-in-a-beginning", // MQTT-C, paho.python
		rule: "what a method of authentication calls is done when it has returned",
		file: CONNECTION,
		find: "pump.busy = true; // what the method calls",
		replace: "pump.busy = false; // what the method calls",
		by: ["test: test/lib/extras/reauthentication.test.ts"],
	},
	{
		name: "row-taken-twice", // ours, once
		rule: "a row that is taken in a callback is looked for again",
		file: "lib/publisher.ts",
		find: "if (!sources.hasRow) {",
		replace: "if (sources === null) {",
		by: ["test: test/lib/extras/sources.test.ts"],
	},
	{
		name: "another-composition", // ours, once
		rule: "what is composed in a callback does not change what is being accepted",
		file: "lib/publisher.ts",
		find: "const replacing = this.replacing; // what is told now may lead to another composition\n\t\tsession.accepted(ticket, traits);",
		replace: "session.accepted(ticket, traits);\n\t\tconst replacing = this.replacing;",
		by: ["test: test/lib/client/policies.test.ts"],
	},
];
