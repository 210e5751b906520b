// SPDX-License-Identifier: MIT
/**
 * CONNECT: who it is, whether it may, which session it gets, and what both sides agree on (5.0, section
 * 3.1.4).
 */

import type { IConnackPacket, IConnectPacket } from "mqtt-packet";
import { AliasesOut } from "./aliases.js";
import { Authentication } from "./authentication.js";
import type { Credentials, Refusal } from "./broker.js";
import type { Connection } from "./connection.js";
import type { BrokerLimits } from "./limits.js";
import { messageOf } from "./message.js";
import { Code, type Qos } from "./protocol.js";
import type { Session, Will } from "./session.js";
import { isWithin } from "./topics.js";

type ConnackProperties = NonNullable<IConnackPacket["properties"]>;
const ID_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz";
const FOR_EVER = 0xffffffff;
const NO_REFUSAL: Refusal = { reason: 0 };

/**
 * A protocol that we do not speak is refused in the form that its level hints at [MQTT-3.1.2-2]; a name that
 * is not MQTT is not answered at all. Sets the version otherwise. Returns whether the connection has ended.
 */
export function refuseVersion(connection: Connection, bytes: Buffer, body: number, end: number): boolean {
	const name = body + 2 <= end ? bytes.readUInt16BE(body) : 0;
	const level = body + 2 + name < end ? bytes[body + 2 + name] : -1;
	const text = bytes.toString("latin1", body + 2, body + 2 + name);
	if (level < 0 || (text !== "MQTT" && text !== "MQIsdp")) {
		connection.fail(Code.Malformed);
		return true;
	}
	if (text === "MQTT" && (level === 4 || level === 5)) {
		connection.version = level;
		return false;
	}
	connection.version = text === "MQTT" && level > 5 && level < 0x80 ? 5 : 4;
	connection.refuse(Code.UnsupportedVersion);
	return true;
}

/** The first packet of a connection, checked and decoded. */
export function onConnect(connection: Connection, packet: IConnectPacket, bytes: Buffer): void {
	const { hub } = connection;
	const { limits } = hub;
	const asked = packet.properties ?? {};
	connection.maximumPacketSize = asked.maximumPacketSize ?? Infinity;
	connection.problemInformation = asked.requestProblemInformation ?? true;
	connection.window = Math.min(asked.receiveMaximum ?? 65_535, limits.inflight);
	const aliases = Math.min(asked.topicAliasMaximum ?? 0, limits.topicAliasesOut);
	if (aliases > 0) connection.aliasesOut = new AliasesOut(aliases);
	const assigned = packet.clientId === "";
	connection.clientId = assigned ? newClientId(connection) : packet.clientId;
	const will = willOf(connection, packet, bytes);
	const method = connection.v5 ? asked.authenticationMethod : undefined;
	if (method === undefined) {
		welcome(connection, packet, will, judge(connection, packet), {});
		return;
	}
	const begin = hub.hooks.authMethods?.[method]?.begin;
	if (!begin) {
		connection.refuse(Code.BadAuthenticationMethod);
		return;
	}
	const who = credentialsOf(connection, packet);
	connection.authentication = new Authentication(
		connection,
		method,
		() => begin(who),
		(authenticationData, user) => {
			const agreed = { authenticationMethod: method, authenticationData };
			welcome(connection, packet, will, NO_REFUSAL, agreed, user);
		},
	);
	connection.authentication.start(asked.authenticationData);
}

/** It is who it says, unless there is a `refusal`: it gets its session, if the rest is right. */
function welcome(
	connection: Connection,
	packet: IConnectPacket,
	will: Will | undefined,
	refusal: Refusal,
	agreed: ConnackProperties,
	user = packet.username ?? "",
): void {
	const { hub } = connection;
	const { limits } = hub;
	const asked = packet.properties ?? {};
	const chosen = connection.chosen("connack");
	const unwanted = chosen && chosen.reason >= 0x80 ? chosen : refusal;
	const reason = unwanted.reason || faultOf(connection, packet, will, user);
	if (reason) {
		connection.refuse(reason, unwanted);
		return;
	}
	const { session, present } = sessionFor(connection, packet.clean ?? true);
	const expiry = connection.v5 ? (asked.sessionExpiryInterval ?? 0) : packet.clean ? 0 : FOR_EVER;
	session.expirySeconds = Math.min(expiry, limits.sessionExpirySeconds);
	session.user = user;
	session.will = will;
	connection.session = session;
	hub.counters.clients++;

	const keepAlive = packet.keepalive ?? 0;
	const granted = connection.v5 ? keepAliveFor(keepAlive, limits) : keepAlive;
	connection.open(granted);
	const properties = connection.v5 ? { ...announced(connection), ...agreed } : undefined;
	if (properties) {
		const { reasonString, userProperties } = chosen ?? {};
		Object.assign(properties, { reasonString, userProperties });
		if (asked.requestResponseInformation)
			properties.responseInformation = hub.hooks.responseInformation?.(connection.clientId);
		if (packet.clientId === "") properties.assignedClientIdentifier = connection.clientId;
		if (granted !== keepAlive) properties.serverKeepAlive = granted;
		if (session.expirySeconds !== expiry) properties.sessionExpiryInterval = session.expirySeconds;
	}
	const { clientId, version, socket } = connection;
	hub.onEvent?.({
		kind: "connect",
		clientId,
		version,
		address: socket.address,
		sessionPresent: present,
		user,
	});
	const reasonCode = chosen?.reason ?? 0;
	const sent = connection.send({
		cmd: "connack",
		sessionPresent: present,
		returnCode: 0,
		reasonCode,
		properties,
	});
	if (!sent) connection.cut(Code.PacketTooLarge); // it takes less than what it would have to know
	if (connection.session === session) session.resume(connection); // a CONNACK may have been cut on purpose
}

function credentialsOf(connection: Connection, packet: IConnectPacket): Credentials {
	const { clientId, version, socket } = connection;
	const { username, clean = true } = packet;
	const password = packet.password && Buffer.from(packet.password);
	return { clientId, username, password, address: socket.address, tls: socket.tls, version, clean };
}

/** What the hook says to user and password; reason 0: nothing against them. */
function judge(connection: Connection, packet: IConnectPacket): Refusal {
	const verdict = connection.hub.hooks.authenticate?.(credentialsOf(connection, packet)) ?? true;
	if (verdict === true) return NO_REFUSAL;
	if (verdict === false) return { reason: Code.BadUserOrPassword };
	return typeof verdict === "number" ? { reason: verdict } : verdict;
}

/** What is granted, in seconds: what was asked for, unless the limits say otherwise; 0: it is off. */
function keepAliveFor(asked: number, limits: BrokerLimits): number {
	const most = limits.keepAliveSeconds;
	if (asked === 0) return most < 65_535 ? most : 0;
	return Math.max(limits.keepAliveLeastSeconds, Math.min(asked, most));
}

/** What else speaks against this client; 0: nothing. */
function faultOf(
	connection: Connection,
	packet: IConnectPacket,
	will: Will | undefined,
	user: string,
): number {
	const { hub, clientId } = connection;
	const { limits, hooks } = hub;
	// 3.1.1 [MQTT-3.1.3-8]
	if (packet.clientId === "" && !packet.clean && !connection.v5) return Code.ClientIdInvalid;
	if (Buffer.byteLength(clientId) > limits.clientIdBytes) return Code.ClientIdInvalid;
	if (will) {
		const { topic, qos, retain } = will.message;
		if (qos > limits.maximumQos) return Code.QosNotSupported; // [MQTT-3.2.2-12]
		if (retain && limits.retainAvailable === 0) return Code.RetainNotSupported; // [MQTT-3.2.2-13]
		if (topic === "" || topic.includes("+") || topic.includes("#") || topic.includes("\0"))
			return Code.TopicInvalid;
		if (!isWithin(topic, limits)) return Code.TopicInvalid;
		const verdict = hooks.authorize?.({ clientId, user, action: "publish", topic, qos, retain }) ?? true;
		if (verdict !== true && verdict !== 0) return Code.NotAuthorized;
	}
	if (!hub.sessions.has(clientId) && hub.sessions.size >= limits.sessions) return Code.QuotaExceeded;
	return 0;
}

function willOf(connection: Connection, packet: IConnectPacket, bytes: Buffer): Will | undefined {
	if (!packet.will) return undefined;
	const { topic, payload, qos = 0, retain = false, properties = {} } = packet.will;
	const { strict } = connection.hub;
	const forwarded = strict.forward(bytes, strict.willStart, strict.willEnd);
	const message = messageOf(topic, Buffer.from(payload), qos as Qos, retain, connection.clientId, forwarded);
	const { willDelayInterval = 0, messageExpiryInterval = -1 } = properties;
	return { message, delaySeconds: willDelayInterval, expirySeconds: messageExpiryInterval };
}

/**
 * The session of this client: the one there was, or a new one; whoever held it is sent away [MQTT-3.1.4-3].
 */
function sessionFor(connection: Connection, clean: boolean): { session: Session; present: boolean } {
	const { hub, clientId } = connection;
	hub.sessions.get(clientId)?.link?.fail(Code.TakenOver);
	const before = hub.sessions.get(clientId);
	if (before && !clean) {
		hub.takeUp(before);
		return { session: before, present: true };
	}
	if (before) hub.endSession(before); // [MQTT-3.1.2-4]
	return { session: hub.newSession(clientId), present: false };
}

function newClientId(connection: Connection): string {
	for (;;) {
		let id = "auto-";
		for (let at = 0; at < 12; at++) id += ID_LETTERS[connection.hub.random(ID_LETTERS.length)];
		if (!connection.hub.sessions.has(id)) return id;
	}
}

/** What a 5.0 client has to know of our limits (5.0, section 3.2.2.3); what is as by default is left out. */
function announced(connection: Connection): ConnackProperties {
	const { limits } = connection.hub;
	const properties: ConnackProperties = {};
	if (limits.receiveMaximum < 65_535) properties.receiveMaximum = limits.receiveMaximum;
	if (limits.maximumQos < 2) properties.maximumQoS = limits.maximumQos;
	if (limits.retainAvailable === 0) properties.retainAvailable = false;
	properties.maximumPacketSize = limits.maximumPacketSize;
	if (limits.topicAliasMaximum > 0) properties.topicAliasMaximum = limits.topicAliasMaximum;
	if (limits.wildcardSubscriptions === 0) properties.wildcardSubscriptionAvailable = false;
	if (limits.subscriptionIdentifiers === 0) properties.subscriptionIdentifiersAvailable = false;
	if (limits.sharedSubscriptions === 0) properties.sharedSubscriptionAvailable = false;
	return properties;
}
