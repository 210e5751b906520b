// SPDX-License-Identifier: MIT
/**
 * What a connected client asks: each packet is checked, decided upon, and answered. Whatever is illegal ends
 * in `fail`.
 */

import { isUtf8 } from "node:buffer";
import type {
	IDisconnectPacket,
	IPublishPacket,
	ISubscribePacket,
	IUnsubscribePacket,
	Packet,
} from "mqtt-packet";
import type { Connection } from "./connection.js";
import { type Message, messageOf } from "./message.js";
import { Code, type Qos, Type } from "./protocol.js";
import type { Session } from "./session.js";
import { formOf, isWithin } from "./topics.js";

/** A packet other than CONNECT, checked and decoded; `bytes` is where it was decoded from. */
export function onRequest(connection: Connection, packet: Packet, bytes: Buffer): void {
	const session = connection.session;
	if (!session) {
		// Its authentication is under way, and it breaks it off.
		if (packet.cmd === "disconnect") connection.hangUp();
		return;
	}
	const id = packet.messageId ?? 0;
	switch (packet.cmd) {
		case "publish":
			onPublish(connection, session, packet, bytes);
			break;
		case "puback":
			failIf(connection, session.onPuback(id, packet.reasonCode ?? 0));
			break;
		case "pubrec":
			failIf(connection, session.onPubrec(id, packet.reasonCode ?? 0));
			break;
		case "pubcomp":
			failIf(connection, session.onPubcomp(id, packet.reasonCode ?? 0));
			break;
		case "pubrel":
			onPubrel(connection, session, id);
			break;
		case "subscribe":
			onSubscribe(connection, session, packet);
			break;
		case "unsubscribe":
			onUnsubscribe(connection, session, packet);
			break;
		case "pingreq":
			connection.send({ cmd: "pingresp" });
			break;
		case "disconnect":
			onDisconnect(connection, session, packet);
			break;
		default:
			connection.fail(Code.ProtocolError); // AUTH without a method in CONNECT [MQTT-4.12.0-6]
	}
}

function failIf(connection: Connection, fault: number): void {
	if (fault) connection.fail(fault);
}

// PUBLISH

function onPublish(connection: Connection, session: Session, packet: IPublishPacket, bytes: Buffer): void {
	const { hub } = connection;
	hub.counters.messagesIn++;
	const topic = topicOf(connection, packet);
	if (topic === undefined) return;
	const fault = faultOf(connection, packet, topic);
	if (fault) {
		connection.fail(fault);
		return;
	}
	const id = packet.messageId ?? 0;
	if (packet.qos === 2 && session.inbound?.has(id)) {
		// It came before and PUBREL has not: it was passed on, only the answer may be missing [MQTT-4.3.3-10].
		connection.acknowledge(Type.Pubrec, id, Code.Success);
		return;
	}
	const message = messageFrom(connection, packet, topic, bytes);
	const kind = packet.qos === 1 ? "puback" : "pubrec";
	const chosen = packet.qos > 0 && connection.v5 ? connection.chosen(kind) : undefined;
	const refusal = chosen ? chosen.reason : refusalOf(connection, session, message, packet);
	const held = packet.qos === 2 && refusal === 0 && hub.chaos.passOn === "pubrel";
	const reason = refusal || held || hub.publish(message, session) > 0 ? refusal : Code.NoMatchingSubscribers;
	if (packet.qos === 1) {
		connection.quota.answer(1, id);
		connection.acknowledge(Type.Puback, id, reason, chosen);
	} else if (packet.qos === 2) {
		if (reason < 0x80 || !connection.v5) session.remember(id, held ? message : undefined);
		else connection.quota.answer(2, id);
		connection.acknowledge(Type.Pubrec, id, reason, chosen);
	}
}

/** Why this PUBLISH ends the connection; 0: it does not, and it counts against our Receive Maximum. */
function faultOf(connection: Connection, packet: IPublishPacket, topic: string): number {
	const { limits } = connection.hub;
	if (packet.qos > limits.maximumQos) return Code.QosNotSupported; // [MQTT-3.2.2-11]
	if (packet.retain && limits.retainAvailable === 0) return Code.RetainNotSupported; // [MQTT-3.2.2-14]
	if (topic !== connection.hub.topicWithin) {
		if (!isWithin(topic, limits)) return Code.TopicInvalid;
		connection.hub.topicWithin = topic;
	}
	if (packet.qos === 0) return isMisnamed(packet, limits.payloadFormat) ? Code.PayloadFormatInvalid : 0;
	const admitted = connection.quota.admit(packet.qos, packet.messageId!);
	return admitted || !connection.v5 ? 0 : Code.ReceiveMaximumExceeded; // 5.0, section 3.3.4
}

/** Whether it says that its payload is UTF-8, and it is not (5.0, section 3.3.2.3.2). */
function isMisnamed({ properties, payload }: IPublishPacket, checked: number): boolean {
	return checked > 0 && properties?.payloadFormatIndicator === true && !isUtf8(payload as Buffer);
}

/** The topic, with the alias resolved; undefined: the connection has ended. */
function topicOf(connection: Connection, packet: IPublishPacket): string | undefined {
	const alias = packet.properties?.topicAlias;
	const { topic } = packet;
	if (alias === undefined) {
		if (topic !== "") return topic;
		connection.fail(Code.ProtocolError); // 5.0, section 3.3.2.3.4
		return undefined;
	}
	if (alias > connection.hub.limits.topicAliasMaximum) {
		connection.fail(Code.TopicAliasInvalid); // [MQTT-3.3.2-9]
		return undefined;
	}
	if (topic !== "") {
		connection.learn(alias, topic);
		return topic;
	}
	const known = connection.aliasesIn?.get(alias);
	if (known === undefined) connection.fail(Code.ProtocolError);
	return known;
}

function messageFrom(connection: Connection, packet: IPublishPacket, topic: string, bytes: Buffer): Message {
	const { hub, clientId } = connection;
	const { strict } = hub;
	const route = hub.subscriptions.route(topic);
	let payload = packet.payload as Buffer;
	if (!route.isEmpty || hub.chaos.passOn === "pubrel") {
		const copy = Buffer.allocUnsafe(payload.length);
		copy.set(payload);
		payload = copy;
	}
	const properties = strict.forward(bytes, strict.propertiesStart, strict.propertiesEnd);
	const expiry = packet.properties?.messageExpiryInterval;
	const expiresAt = expiry === undefined ? Infinity : hub.now + expiry * 1000;
	return messageOf(
		topic,
		payload,
		packet.qos as Qos,
		packet.retain,
		clientId,
		properties,
		expiresAt,
		route.isEmpty ? undefined : route.topicBytes,
	);
}

/** Why a message is not taken; 0: it is. 3.1.1 is told nothing, its message is dropped [MQTT-3.3.5-2]. */
function refusalOf(
	connection: Connection,
	session: Session,
	message: Message,
	packet: IPublishPacket,
): number {
	const { hub, clientId } = connection;
	const { qos, topic, retain } = message;
	if (isMisnamed(packet, hub.limits.payloadFormat)) return Code.PayloadFormatInvalid;
	const verdict =
		hub.hooks.authorize?.({ clientId, user: session.user, action: "publish", topic, qos, retain }) ?? true;
	if (verdict !== true && verdict !== 0) {
		hub.drop("denied", clientId, { message, qos });
		return verdict === false ? Code.NotAuthorized : verdict;
	}
	if (qos === 1 && connection.v5 && session.inbound?.has(packet.messageId!)) return Code.IdentifierInUse;
	if (retain && qos > 0 && connection.v5 && !hub.retained.fits(message)) {
		hub.drop("quota", clientId, { message, qos });
		return Code.QuotaExceeded;
	}
	return 0;
}

function onPubrel(connection: Connection, session: Session, id: number): void {
	const { hub } = connection;
	const known = session.inbound?.has(id) === true;
	const held = session.inbound?.get(id);
	session.inbound?.delete(id);
	if (held) hub.publish(held, session);
	connection.quota.answer(2, id);
	const chosen = connection.v5 ? connection.chosen("pubcomp") : undefined;
	const reason = chosen?.reason ?? (known ? Code.Success : Code.IdentifierNotFound);
	connection.acknowledge(Type.Pubcomp, id, reason, chosen);
}

// SUBSCRIBE and UNSUBSCRIBE

function onSubscribe(connection: Connection, session: Session, packet: ISubscribePacket): void {
	const { hub, clientId } = connection;
	const fault = subscribeFault(connection, packet);
	if (fault) {
		connection.fail(fault);
		return;
	}
	const { maximumQos, subscribeAboveMaximumQos } = hub.limits;
	if (subscribeAboveMaximumQos === 0 && packet.subscriptions.some(({ qos }) => qos > maximumQos)) return;
	const chosen = connection.chosen("suback");
	const owed: (() => void)[] = [];
	const granted = packet.subscriptions.map((wanted) => {
		const reason = chosen?.reason ?? subscribe(connection, session, wanted, packet, owed);
		hub.onEvent?.({ kind: "subscribe", clientId, filter: wanted.topic, reason });
		return connection.v5 || reason < 0x80 ? reason : 0x80;
	});
	const properties = connection.words(Code.Success, chosen);
	connection.send({ cmd: "suback", messageId: packet.messageId, granted, properties });
	for (const sendRetained of owed) sendRetained();
}

/** Why this SUBSCRIBE ends the connection, rather than fail for a filter; 0: it does not. */
function subscribeFault(connection: Connection, packet: ISubscribePacket): number {
	if (packet.subscriptions.length > connection.hub.limits.filtersPerSubscribe) return Code.QuotaExceeded;
	for (const wanted of packet.subscriptions) {
		const form = formOf(wanted.topic);
		if (!form) return Code.Malformed; // [MQTT-4.7.1-1] [MQTT-4.7.3-1] [MQTT-4.8.2-1]
		if (form.group && wanted.nl) return Code.ProtocolError; // [MQTT-3.8.3-4]
	}
	const identified = packet.properties?.subscriptionIdentifier !== undefined;
	return identified && connection.hub.limits.subscriptionIdentifiers === 0 ? Code.IdentifiersNotSupported : 0;
}

/** One filter. Returns its reason code; what is to be sent after the SUBACK is added to `owed`. */
function subscribe(
	connection: Connection,
	session: Session,
	wanted: ISubscribePacket["subscriptions"][number],
	packet: ISubscribePacket,
	owed: (() => void)[],
): number {
	const { hub, clientId } = connection;
	const { limits } = hub;
	const filter = wanted.topic;
	const form = formOf(filter)!;
	if (connection.v5 && session.inbound?.has(packet.messageId!)) return Code.IdentifierInUse;
	if (!isWithin(filter, limits)) return Code.FilterInvalid;
	if (form.wildcards && limits.wildcardSubscriptions === 0) return Code.WildcardsNotSupported;
	if (form.group && limits.sharedSubscriptions === 0) return Code.SharedNotSupported;
	const before = hub.subscriptions.find(filter, session);
	if (!before && session.subscriptions.length >= limits.subscriptionsPerClient) return Code.QuotaExceeded;
	const qos = Math.min(wanted.qos, limits.maximumQos) as Qos;
	const verdict = hub.hooks.authorize?.({
		clientId,
		user: session.user,
		action: "subscribe",
		topic: filter,
		qos,
		retain: false,
	});
	if (verdict === false) return Code.NotAuthorized;
	if (typeof verdict === "number" && verdict > 0) return verdict;
	const { nl: noLocal = false, rap: retainAsPublished = false, rh = 0 } = wanted;
	const identifier = packet.properties?.subscriptionIdentifier ?? 0;
	const options = { qos, noLocal, retainAsPublished, identifier };
	if (before) hub.subscriptions.change(before, options);
	else session.subscribed(hub.subscriptions.add(filter, session, options));
	hub.counters.subscriptions = hub.subscriptions.count;
	// 5.0, section 4.8.2; [MQTT-3.3.1-9] to [MQTT-3.3.1-11]
	if (form.group || rh === 2 || (rh === 1 && before)) return qos;
	if (form.wildcards && limits.retainedForWildcards === 0) return qos;
	const grant = { qos, retainAsPublished, identifiers: identifier > 0 ? [identifier] : [] };
	for (const message of hub.retained.matching(form.filter, hub.now)) {
		if (noLocal && message.from === clientId) continue;
		owed.push(() => session.deliver(message, grant, true)); // [MQTT-3.3.1-8]
	}
	return qos;
}

function onUnsubscribe(connection: Connection, session: Session, packet: IUnsubscribePacket): void {
	const { hub, clientId } = connection;
	if (!packet.unsubscriptions.every(formOf)) {
		connection.fail(Code.Malformed); // [MQTT-4.7.1-1] [MQTT-4.7.3-1] [MQTT-4.8.2-1]
		return;
	}
	const chosen = connection.chosen("unsuback");
	const isInUse = connection.v5 && session.inbound?.has(packet.messageId!);
	const granted = packet.unsubscriptions.map((filter) => {
		let reason = chosen?.reason ?? (isInUse ? Code.IdentifierInUse : Code.Success);
		const one = reason < 0x80 ? hub.subscriptions.find(filter, session) : undefined;
		if (one) {
			session.unsubscribed(one);
			hub.subscriptions.remove(filter, session);
		} else if (reason < 0x80) reason = Code.NoSubscriptionExisted;
		hub.onEvent?.({ kind: "unsubscribe", clientId, filter, reason });
		return reason;
	});
	hub.counters.subscriptions = hub.subscriptions.count;
	const properties = connection.words(Code.Success, chosen);
	connection.send({ cmd: "unsuback", messageId: packet.messageId, granted, properties });
}

// DISCONNECT

function onDisconnect(connection: Connection, session: Session, packet: IDisconnectPacket): void {
	const expiry = packet.properties?.sessionExpiryInterval;
	if (expiry !== undefined) {
		if (session.expirySeconds === 0 && expiry > 0) {
			connection.fail(Code.ProtocolError); // 5.0, section 3.14.2.2.2
			return;
		}
		session.expirySeconds = Math.min(expiry, connection.hub.limits.sessionExpirySeconds);
	}
	const reason = packet.reasonCode ?? 0;
	connection.finish(reason, "client", reason !== Code.Success); // [MQTT-3.14.4-3]
	connection.hangUp();
}
