// SPDX-License-Identifier: MIT
/**
 * Every number that bounds what a client can make the broker hold or do, in one table: default, unit, reason.
 *
 * A profile is a set of other numbers, as data: the simulator imitates a broker of the field by its limits,
 * because they, more than its code, are what a client meets.
 */

export const LIMITS = {
	connections: {
		value: 20_000,
		unit: "connections",
		reason: "about the descriptors that a laptop gives one process",
	},
	sessions: {
		value: 50_000,
		unit: "sessions",
		reason: "clients that are away count too: a new client id must not cost for ever",
	},
	connectTimeoutMs: {
		value: 10_000,
		unit: "ms",
		reason: "a socket that never sends a CONNECT is closed [MQTT-3.1.4]",
	},
	lingerMs: {
		value: 2_000,
		unit: "ms",
		reason: "a closed connection whose peer does not read its last bytes is cut after this",
	},
	maximumPacketSize: {
		value: 1 << 20,
		unit: "bytes",
		reason: "one packet being gathered; room for a firmware image in parts",
	},
	clientIdBytes: { value: 256, unit: "bytes", reason: "it is a key of tables; the standard asks for 23" },
	topicBytes: { value: 1_024, unit: "bytes", reason: "topics and filters are held by tables" },
	topicLevels: {
		value: 64,
		unit: "levels",
		reason: "each level may be a node of a tree, and a step of a recursion",
	},
	filtersPerSubscribe: {
		value: 65_535,
		unit: "filters",
		reason: "in one SUBSCRIBE; more end the connection with 0x97",
	},
	subscriptionsPerClient: { value: 1_000, unit: "filters", reason: "each is a leaf of the tree" },
	queuedMessages: {
		value: 1_000,
		unit: "messages",
		reason: "waiting for one client, beyond those in flight",
	},
	heldBytes: { value: 16 << 20, unit: "bytes", reason: "payloads waiting or in flight for one client" },
	inflight: {
		value: 1_000,
		unit: "messages",
		reason: "unacknowledged by one client; its own Receive Maximum may be lower",
	},
	receiveMaximum: {
		value: 1_000,
		unit: "messages",
		reason: "announced: unacknowledged by us; the next one is answered with 0x93",
	},
	topicAliasMaximum: {
		value: 16,
		unit: "aliases",
		reason: "announced: topics that one connection may make us remember",
	},
	topicAliasesOut: { value: 16, unit: "aliases", reason: "used by us, if the client allows as many" },
	retainedMessages: { value: 20_000, unit: "messages", reason: "retained messages stay for ever" },
	retainedBytes: { value: 64 << 20, unit: "bytes", reason: "their topics, properties and payloads" },
	sendBacklogBytes: {
		value: 256 << 10,
		unit: "bytes",
		reason: "unsent to one socket: above it messages wait, QoS 0 is dropped",
	},
	stalledBytes: {
		value: 4 << 20,
		unit: "bytes",
		reason: "unsent to one socket: above it the client is cut, it never reads",
	},
	keepAliveSeconds: {
		value: 65_535,
		unit: "s",
		reason: "longest that is granted; below 65535 also to a client that asks for none",
	},
	keepAliveLeastSeconds: {
		value: 0,
		unit: "s",
		reason: "shortest that is granted; more is told to a 5.0 client that asks for less",
	},
	sessionExpirySeconds: {
		value: 0xffffffff,
		unit: "s",
		reason: "longest that is granted; 0xffffffff: for ever",
	},
	maximumQos: { value: 2, unit: "QoS", reason: "announced when lower" },
	retainAvailable: { value: 1, unit: "0 or 1", reason: "announced when 0" },
	wildcardSubscriptions: { value: 1, unit: "0 or 1", reason: "announced when 0" },
	subscriptionIdentifiers: { value: 1, unit: "0 or 1", reason: "announced when 0" },
	sharedSubscriptions: { value: 1, unit: "0 or 1", reason: "announced when 0" },
	retainedForWildcards: {
		value: 1,
		unit: "0 or 1",
		reason: "0: a filter with wildcards gets no retained messages, as at AWS IoT",
	},
	subscribeAboveMaximumQos: {
		value: 1,
		unit: "0 or 1",
		reason:
			"0: a SUBSCRIBE above maximumQos is never answered, as at AWS IoT; 1: it is granted less [5.0 MQTT-3.2.2-10]",
	},
	payloadFormat: {
		value: 1,
		unit: "0 or 1",
		reason: "1: a payload that is said to be UTF-8 and is not is refused with 0x99",
	},
} as const;

export type BrokerLimits = { readonly [Name in keyof typeof LIMITS]: number };

/** What other brokers ship with, and one that is small on purpose. */
export const PROFILES = {
	default: {},
	/**
	 * HiveMQ as it comes: "MQTT Specific Configuration" and "Restrictions" of its manual, `MqttConfigurationDefaults` and
	 * `InternalConfigurations` of its Community Edition (50 messages in flight).
	 */
	hivemq: {
		receiveMaximum: 10,
		topicAliasMaximum: 5,
		topicAliasesOut: 0,
		queuedMessages: 1_000,
		inflight: 50,
		maximumPacketSize: 268_435_460,
		heldBytes: 1_000 * (1 << 20),
		connectTimeoutMs: 10_000,
		clientIdBytes: 65_535,
		topicBytes: 65_535,
		topicLevels: 1_000,
		keepAliveSeconds: 65_535,
		sessionExpirySeconds: 0xffffffff,
		payloadFormat: 0,
	},
	/**
	 * AWS IoT Core: "MQTT 5 properties" and "AWS IoT differences from MQTT specifications" of its developer guide, the
	 * message broker's quotas; 8 topic aliases as its CONNACK says (awslabs/aws-crt-java#618). It has shared subscriptions.
	 * By its guide "#" does not match the level above it there; here it does.
	 */
	aws: {
		maximumQos: 1,
		subscribeAboveMaximumQos: 0,
		subscriptionIdentifiers: 0,
		retainedForWildcards: 0,
		payloadFormat: 0,
		maximumPacketSize: 128 << 10,
		receiveMaximum: 100,
		inflight: 100,
		topicAliasMaximum: 8,
		topicAliasesOut: 0,
		clientIdBytes: 128,
		topicBytes: 256,
		topicLevels: 8,
		filtersPerSubscribe: 8,
		subscriptionsPerClient: 50,
		keepAliveLeastSeconds: 30,
		keepAliveSeconds: 1_200,
		sessionExpirySeconds: 3_600,
	},
	/** So tight that a client meets every limit within a short test. */
	tiny: {
		connections: 16,
		sessions: 16,
		connectTimeoutMs: 2_000,
		maximumPacketSize: 512,
		clientIdBytes: 32,
		topicBytes: 64,
		topicLevels: 8,
		subscriptionsPerClient: 4,
		queuedMessages: 8,
		heldBytes: 4_096,
		inflight: 2,
		receiveMaximum: 2,
		topicAliasMaximum: 1,
		topicAliasesOut: 1,
		retainedMessages: 8,
		retainedBytes: 2_048,
		sendBacklogBytes: 2_048,
		stalledBytes: 8_192,
		keepAliveSeconds: 30,
		sessionExpirySeconds: 300,
	},
} as const satisfies Record<string, Partial<BrokerLimits>>;

export type Profile = keyof typeof PROFILES;

/** The defaults with `changes` over them. Throws on a number that makes no sense, naming it. */
export function limitsOf(changes: Partial<BrokerLimits> = {}): BrokerLimits {
	const limits: Record<string, number> = {};
	for (const [name, { value }] of Object.entries(LIMITS)) limits[name] = value;
	for (const [name, value] of Object.entries(changes)) {
		if (!(name in LIMITS)) throw new RangeError(`There is no broker limit "${name}"`);
		if (value === undefined) continue;
		if (!Number.isFinite(value) || value < 0 || Math.floor(value) !== value) {
			throw new RangeError(`Broker limit ${name} is ${value}: not a whole number`);
		}
		limits[name] = value;
	}
	const result = limits as BrokerLimits;
	within(result, "receiveMaximum", 1, 65_535);
	within(result, "inflight", 1, 65_535);
	within(result, "topicAliasMaximum", 0, 65_535);
	within(result, "topicAliasesOut", 0, 65_535);
	within(result, "keepAliveSeconds", 1, 65_535);
	within(result, "keepAliveLeastSeconds", 0, result.keepAliveSeconds);
	within(result, "sessionExpirySeconds", 0, 0xffffffff);
	within(result, "maximumQos", 0, 2);
	within(result, "maximumPacketSize", 64, 268_435_460);
	within(result, "stalledBytes", result.sendBacklogBytes, Number.MAX_SAFE_INTEGER);
	return result;
}

function within(limits: BrokerLimits, name: keyof BrokerLimits, least: number, most: number): void {
	if (limits[name] < least || limits[name] > most) {
		throw new RangeError(`Broker limit ${name} is ${limits[name]}: not within ${least} and ${most}`);
	}
}
