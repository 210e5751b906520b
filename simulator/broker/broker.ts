// SPDX-License-Identifier: MIT
/**
 * The broker as others see it: connections go in, counters, events and hooks come out.
 *
 * It knows no socket, no clock and no chance but those that it is given, and it goes through its tables in
 * the order of insertion: the same calls at the same times give the same bytes. It is a simulator's broker.
 * For production there are HiveMQ, EMQX and Mosquitto.
 */

import type { Acceptor, BrokerPeer, BrokerSocket, Schedule, TlsFacts } from "../seams.js";
import { Chaos } from "./chaos.js";
import { Connection } from "./connection.js";
import type { BrokerEvent, Counters } from "./events.js";
import { Hub } from "./hub.js";
import { type BrokerLimits, limitsOf, PROFILES, type Profile } from "./limits.js";
import { messageOf } from "./message.js";
import type { AuthMethod } from "./method.js";
import { type Beside, Code, type Qos, type Version } from "./protocol.js";
import type { Session } from "./session.js";
import { formOf } from "./topics.js";

/** Who wants to connect. */
export interface Credentials {
	readonly clientId: string;
	readonly username: string | undefined;
	readonly password: Uint8Array | undefined;
	readonly address: string;
	/** What TLS knows of it; undefined: it came without. */
	readonly tls: TlsFacts | undefined;
	readonly version: Version;
	readonly clean: boolean;
}

/** What a client wants to do; `topic` is a filter when it subscribes. */
export interface Action {
	readonly clientId: string;
	readonly user: string;
	readonly action: "publish" | "subscribe";
	readonly topic: string;
	readonly qos: Qos;
	readonly retain: boolean;
}

/**
 * True or 0: yes. False: no, with the usual reason code. A number from 0x80 on: no, with that reason code.
 */
export type Verdict = boolean | number;

/** No to a client that wants to connect, with more to say: "use another server" and which, for instance. */
export interface Refusal extends Beside {
	/** From 0x80 on. */
	readonly reason: number;
}

export interface BrokerHooks {
	authenticate?(who: Credentials): Verdict | Refusal;
	authorize?(what: Action): Verdict;
	/** Methods of enhanced authentication, by name; without them every method is refused with 0x8C. */
	readonly authMethods?: Readonly<Record<string, AuthMethod>>;
	/** Response Information for a client that asks for it, often the beginning of topics of its own; undefined: none. */
	responseInformation?(clientId: string): string | undefined;
	onEvent?(event: BrokerEvent): void;
}

export interface BrokerOptions extends BrokerHooks {
	readonly schedule: Schedule;
	/** An integer from 0 to `below - 1`; without it, assigned client ids count up. */
	readonly random?: (below: number) => number;
	/** Where the limits start from. */
	readonly profile?: Profile;
	readonly limits?: Partial<BrokerLimits>;
}

/** One session, for displays and checkers. */
export interface SessionView {
	readonly clientId: string;
	readonly connected: boolean;
	readonly expirySeconds: number;
	readonly waiting: number;
	readonly inflight: number;
	readonly heldBytes: number;
	/** QoS 2 identifiers received whose PUBREL has not come. */
	readonly inbound: number;
	readonly filters: readonly string[];
}

export interface Publication {
	readonly topic: string;
	readonly payload: Uint8Array | string;
	readonly qos?: Qos;
	readonly retain?: boolean;
}

export class Broker implements Acceptor {
	/** Trouble on purpose. */
	readonly chaos: Chaos;
	readonly limits: BrokerLimits;
	readonly #hub: Hub;
	readonly #connections = new Set<Connection>();
	readonly #gone = (connection: Connection) => {
		this.#connections.delete(connection);
		this.#hub.counters.connections = this.#connections.size;
	};
	#closed = false;
	#downUntil = 0;

	constructor(options: BrokerOptions) {
		const { schedule, random = counting(), profile = "default", limits } = options;
		if (!(profile in PROFILES)) throw new RangeError(`There is no broker profile "${profile}"`);
		this.limits = limitsOf({ ...PROFILES[profile], ...limits });
		this.chaos = new Chaos((client) => this.#cut((one) => client === undefined || one.clientId === client));
		this.#hub = new Hub(schedule, random, this.limits, options, this.chaos);
	}

	/** What has happened so far; the object is live. */
	get counters(): Readonly<Counters> {
		return this.#hub.counters;
	}

	/**
	 * Takes a new network connection. It may already be destroyed when this returns: there was no room for it.
	 */
	accept(socket: BrokerSocket): BrokerPeer {
		const hub = this.#hub;
		if (this.#closed || hub.now < this.#downUntil || this.#connections.size >= this.limits.connections) {
			hub.counters.refused++;
			const reason = this.#closed ? Code.ShuttingDown : Code.ServerBusy;
			hub.onEvent?.({ kind: "refuse", clientId: "", address: socket.address, reason });
			socket.destroy();
			return DEAF;
		}
		const connection = new Connection(hub, socket, this.#gone);
		this.#connections.add(connection);
		hub.counters.accepted++;
		hub.counters.connections = this.#connections.size;
		return connection;
	}

	/** Publishes a message of the broker's own. Returns how many subscribers it was for. */
	publish({ topic, payload, qos = 0, retain = false }: Publication): number {
		if (topic === "" || formOf(topic)?.wildcards !== false) throw new RangeError(`Not a topic: "${topic}"`);
		return this.#hub.turn(() =>
			this.#hub.publish(messageOf(topic, Buffer.from(payload as string), qos, retain, ""), undefined),
		);
	}

	/** Ends the connection of a client, with a reason (5.0: DISCONNECT). Returns whether it had one. */
	disconnect(clientId: string, reason: number = Code.AdministrativeAction, beside: Beside = {}): boolean {
		const connection = this.#connectionOf(clientId);
		this.#hub.turn(() => connection?.fail(reason, beside));
		return connection !== undefined;
	}

	/**
	 * Sends bytes to a client as they are, behind the packets that were written before: what no broker should say. Returns
	 * whether it has a connection.
	 */
	inject(clientId: string, bytes: Uint8Array): boolean {
		const connection = this.#connectionOf(clientId);
		this.#hub.turn(() => connection?.write(bytes));
		return connection !== undefined;
	}

	/** Loses the session of a client, as a broker does whose store broke; its connection is cut. */
	forget(clientId: string): boolean {
		return this.#hub.turn(() => {
			this.#connectionOf(clientId)?.cut();
			const session = this.#hub.sessions.get(clientId);
			if (!session) return false;
			session.will = undefined;
			this.#hub.endSession(session, false);
			return true;
		});
	}

	/**
	 * Falls over and comes back: every connection is cut without a word. With `keepSessions`, sessions, queues
	 * and retained messages are there again afterwards; without it nothing is. For `downMs` it accepts no
	 * connection.
	 */
	restart({ keepSessions, downMs = 0 }: { keepSessions: boolean; downMs?: number }): void {
		this.#hub.turn(() => {
			this.#downUntil = this.#hub.now + downMs;
			if (!keepSessions) for (const session of this.#hub.sessions.values()) session.will = undefined;
			this.#cut(() => true);
			if (!keepSessions) this.#hub.wipe();
			this.#hub.onEvent?.({ kind: "restart", keepSessions });
		});
	}

	/** Every session, in the order of their beginning. */
	sessions(): SessionView[] {
		return Array.from(this.#hub.sessions.values(), viewOf);
	}

	/** The session of one client; undefined: it has none. */
	session(clientId: string): SessionView | undefined {
		const session = this.#hub.sessions.get(clientId);
		return session && viewOf(session);
	}

	/** Shuts down in order: 5.0 clients are told 0x8B. No connection is accepted afterwards. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#hub.turn(() => {
			for (const connection of [...this.#connections]) connection.fail(Code.ShuttingDown);
			this.#hub.wipe();
		});
	}

	#connectionOf(clientId: string): Connection | undefined {
		for (const one of this.#connections) if (one.session?.clientId === clientId) return one;
		return undefined;
	}

	#cut(which: (connection: Connection) => boolean): void {
		this.#hub.turn(() => {
			for (const connection of [...this.#connections]) if (which(connection)) connection.cut();
		});
	}
}

function viewOf(session: Session): SessionView {
	return {
		clientId: session.clientId,
		connected: session.link !== undefined,
		expirySeconds: session.expirySeconds,
		waiting: session.waiting,
		inflight: session.inflight,
		heldBytes: session.heldBytes,
		inbound: session.inbound?.size ?? 0,
		filters: session.subscriptions.map(({ filter }) => filter),
	};
}

const DEAF: BrokerPeer = { onData() {}, onDrain() {}, onClose() {} };

/** Not random at all, and good enough to tell clients apart. */
function counting(): (below: number) => number {
	let state = 0;
	return (below) => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 0x1_0000_0000) * below);
	};
}
