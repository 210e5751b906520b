// SPDX-License-Identifier: MIT
import { Settled } from "../../lib/dictionaries.js";
import {
	flagsOf,
	idOf,
	isDup,
	messageOf,
	pack,
	qosOf,
	reasonOf,
	say,
	T,
	typeOf,
	UNKNOWN,
} from "./packets.js";

/** How far a message of the client is, by what went over the wire. */
const enum Way {
	/** No PUBLISH of it in this session. */
	Unsent = 0,
	/** PUBACK or PUBREC is awaited. */
	Sent = 1,
	/** The client has PUBREC. */
	Received = 2,
	/** The client has the last word, or let go. */
	Over = 3,
}

/** What the application has not heard of. */
const OPEN = -1;
/** For a ticket: it is being given. */
export const GIVEN = 0x7fff_ffff;

export interface Rules {
	readonly version: 4 | 5;
	readonly qos: readonly (0 | 1 | 2)[];
	/** QoS of what the broker sends. */
	readonly inbound: readonly (1 | 2)[];
	readonly publishIds: number;
	/** The smaller of window and Receive Maximum. */
	readonly quota: number;
	/** QoS 2 exchanges of the broker that may be open; the client leaves what is more with the broker. */
	readonly places: number;
	/** QoS 2 without PUBREC when the session is lost: given up, or sent anew. */
	readonly drop: boolean;
}

/** Looks at every packet both ways and at all that the application is told, and throws when a rule is broken. */
export class Invariants {
	/** Of each message of the client: its ticket (0: none yet, negative: refused), how far, its identifier, what became of it. */
	readonly tickets: number[];
	readonly way: number[];
	readonly ids: number[];
	readonly outcome: number[];
	/** The reason of the last answer. */
	readonly reasons: number[];
	/** 1: sent on this connection. */
	readonly now: number[];
	/** How often it was sent anew, or as if for the first time, because a session was lost. */
	readonly doubt: number[];
	/** Acknowledgements that the client owes, in the order in which they must leave. */
	readonly owed: number[] = [];
	/** Messages of the broker that must be handed over next. */
	readonly expected: number[] = [];
	/** Identifiers of the broker between PUBLISH and PUBREL. */
	readonly inboundIds: number[] = [];
	/** How often each of the broker's messages was handed over. */
	readonly handed: number[];
	/** The latest message of QoS 1 or 2 on this connection. */
	latest = -1;
	online = false;
	/** Something was left with the broker: QoS 2 is not taken before the next connection. */
	heldBack = false;

	constructor(private readonly rules: Rules) {
		const all = (value: number): number[] => rules.qos.map(() => value);
		this.tickets = all(0);
		this.way = all(Way.Unsent);
		this.ids = all(0);
		this.outcome = all(OPEN);
		this.reasons = all(0);
		this.now = all(0);
		this.doubt = all(0);
		this.handed = rules.inbound.map(() => 0);
	}

	// ── what the client writes ───────────────────────────────────────────────────────────────────────────────────

	wrote(packet: number): void {
		const type = typeOf(packet);
		if (type === T.Connect) return;
		if (!this.online) fail(packet, "before CONNACK");
		if (type === T.Publish) this.published(packet);
		else if (type === T.Disconnect && this.heldBack) {
			if (this.inboundIds.length > this.rules.places >> 1) fail(packet, "while much is open");
		} else {
			if (this.owed.length === 0) fail(packet, "which nothing asked for");
			const next = this.owed.shift() as number;
			if (packet !== next) fail(packet, `instead of ${say(next)} [MQTT-4.6.0-2, MQTT-4.6.0-3, MQTT-4.6.0-4]`);
		}
	}

	private published(packet: number): void {
		const k = messageOf(packet);
		const { rules, way } = this;
		if (qosOf(packet) !== rules.qos[k]) fail(packet, "with another QoS");
		if (this.tickets[k] === 0 || way[k] === Way.Over) fail(packet, "which is nobody's");
		if (rules.qos[k] === 0) {
			if (isDup(packet)) fail(packet, "[MQTT-3.3.1-2]");
			way[k] = Way.Over;
			return;
		}
		if (this.now[k] === 1) fail(packet, "again on a live link [5.0 MQTT-4.4.0-1]");
		if (way[k] === Way.Received) fail(packet, "after PUBREC [5.0 MQTT-4.3.3-6]");
		if (isDup(packet) !== (way[k] === Way.Sent)) fail(packet, "with the wrong DUP [MQTT-3.3.1-1]");
		this.identified(packet, k);
		if (k < this.latest) fail(packet, `behind message ${this.latest} [MQTT-4.6.0-1]`);
		let open = 0;
		for (let other = 0; other < way.length; other++)
			if (way[other] === Way.Received || (way[other] === Way.Sent && this.now[other] === 1)) open++;
		if (open >= rules.quota) fail(packet, `with ${open} open, of ${rules.quota} [5.0 MQTT-3.3.4-7]`);
		this.latest = k;
		this.now[k] = 1;
		way[k] = Way.Sent;
	}

	private identified(packet: number, k: number): void {
		const id = idOf(packet);
		if (id < 1 || id > this.rules.publishIds) fail(packet, "[5.0 MQTT-2.2.1-3]");
		if (this.way[k] === Way.Sent && id !== this.ids[k])
			fail(packet, `which was #${this.ids[k]} [MQTT-4.4.0-1]`);
		for (let other = 0; other < this.ids.length; other++) {
			const open = this.way[other] === Way.Sent || this.way[other] === Way.Received;
			if (open && other !== k && this.ids[other] === id)
				fail(packet, `as message ${other} [5.0 MQTT-2.2.1-3]`);
		}
		this.ids[k] = id;
	}

	// ── what the client is given ─────────────────────────────────────────────────────────────────────────────────

	/** The client is about to read this packet. */
	given(packet: number): void {
		const type = typeOf(packet);
		const id = idOf(packet);
		if (type === T.Connack) this.connected(flagsOf(packet) === 1);
		else if (type === T.Publish) this.receives(packet);
		else if (type === T.Pubrel) {
			const at = this.inboundIds.indexOf(id);
			if (at >= 0) this.inboundIds.splice(at, 1);
			this.owed.push(pack(T.Pubcomp, id, at < 0 && this.rules.version === 5 ? UNKNOWN : 0));
		} else this.answered(packet, id);
	}

	private answered(packet: number, id: number): void {
		const { way, ids } = this;
		let k = 0;
		while (k < ids.length && (ids[k] !== id || way[k] === Way.Unsent || way[k] === Way.Over)) k++;
		if (k === ids.length) fail(packet, "comes from the broker, for nothing");
		this.reasons[k] = reasonOf(packet);
		const goesOn = typeOf(packet) === T.Pubrec && reasonOf(packet) < 0x80;
		way[k] = goesOn ? Way.Received : Way.Over;
		if (goesOn) this.owed.push(pack(T.Pubrel, id));
	}

	private receives(packet: number): void {
		const id = idOf(packet);
		const once = qosOf(packet) === 2;
		const known = once && this.inboundIds.includes(id);
		if (once && !known && (this.heldBack || this.inboundIds.length === this.rules.places)) {
			this.heldBack = true;
			return;
		}
		if (once && !known) this.inboundIds.push(id);
		if (!known) this.expected.push(messageOf(packet));
		this.owed.push(pack(once ? T.Pubrec : T.Puback, id));
	}

	private connected(present: boolean): void {
		this.online = true;
		this.latest = -1;
		this.now.fill(0);
		this.heldBack = false;
		if (!present) this.inboundIds.length = 0;
		for (let k = 0; k < this.way.length; k++) {
			const before = this.way[k];
			// The order of the messages, as lib/README.md says; [MQTT-4.6.0-4] is about their first sending.
			if (present && before === Way.Received) this.owed.push(pack(T.Pubrel, this.ids[k]));
			if (present || before === Way.Unsent || before === Way.Over) continue;
			const anew = before === Way.Sent && !(this.rules.drop && this.rules.qos[k] === 2);
			if (anew) this.doubt[k]++;
			else this.reasons[k] = OPEN;
			this.way[k] = anew ? Way.Unsent : Way.Over;
		}
	}

	/** The broker lost the session, and the client does not learn it. */
	doubtAll(): void {
		for (let k = 0; k < this.way.length; k++) if (this.way[k] === Way.Sent) this.doubt[k]++;
	}

	/** The link is gone, and what was under way with it. */
	cut(): void {
		this.online = false;
		this.owed.length = this.expected.length = 0;
	}

	// ── what the application is told ─────────────────────────────────────────────────────────────────────────────

	settled(ticket: number, outcome: number, taken: readonly number[]): void {
		const known = this.tickets.indexOf(ticket);
		// QoS 0 is settled before `publish` returns.
		const message = known >= 0 ? known : this.tickets.indexOf(GIVEN);
		if (message < 0) throw new Error(`ticket ${ticket} was never given`);
		if (this.outcome[message] !== OPEN) throw new Error(`message ${message} is settled twice`);
		this.outcome[message] = outcome;
		const qos = this.rules.qos[message];
		const refused = this.reasons[message] >= 0x80 && this.reasons[message] !== UNKNOWN;
		const sound =
			(outcome === Settled.Sent && qos === 0) ||
			(outcome === Settled.Acknowledged && qos > 0 && this.reasons[message] !== OPEN && !refused) ||
			(outcome === Settled.Rejected && refused) ||
			(outcome === Settled.Uncertain && this.reasons[message] === OPEN);
		if (!sound || (qos > 0 && this.way[message] !== Way.Over))
			throw new Error(`message ${message} is settled as ${outcome}, reason ${this.reasons[message]}`);
		if (outcome === Settled.Acknowledged && taken[message] === 0)
			throw new Error(`message ${message} never came to the broker [5.0 MQTT-4.3.2-3, MQTT-4.3.3-3]`);
	}

	message(m: number): void {
		if (this.expected.shift() !== m) throw new Error(`message ${m} of the broker is handed over out of turn`);
		this.handed[m]++;
		if (this.rules.inbound[m] === 2 && this.handed[m] > 1)
			throw new Error(`message ${m} of the broker is handed over twice [5.0 MQTT-4.3.3-10]`);
	}

	// ── after each step ──────────────────────────────────────────────────────────────────────────────────────────

	/** The client had its turn. `taken`: how often the broker took each message, in all; `takenNow`: in this session. */
	check(taken: readonly number[], takenNow: readonly number[]): void {
		if (this.owed.length > 0) throw new Error(`the client did not write ${say(this.owed[0])}`);
		if (this.expected.length > 0)
			throw new Error(`message ${this.expected[0]} of the broker is not handed over`);
		for (let k = 0; k < this.way.length; k++) {
			if (this.way[k] === Way.Over && this.outcome[k] === OPEN && this.tickets[k] > 0)
				throw new Error(`message ${k} is over, and its ticket is not settled`);
			if (this.outcome[k] === Settled.Sent && this.way[k] !== Way.Over)
				throw new Error(`message ${k} is settled as sent, and was not`);
			if (this.rules.qos[k] === 1) continue;
			// Documented: what the session took with it before PUBREC is sent anew, and may arrive twice.
			if (takenNow[k] > 1 || taken[k] > 1 + this.doubt[k])
				throw new Error(`message ${k} came to the broker ${taken[k]} times`);
		}
	}

	/** The broker heard the last word of a message of its own. */
	finished(m: number): void {
		if (this.handed[m] === 0)
			throw new Error(`message ${m} of the broker is answered and was not handed over`);
	}

	/** Nothing can happen any more but another loss. */
	end(): void {
		for (let k = 0; k < this.way.length; k++)
			if (this.tickets[k] > 0 && this.outcome[k] === OPEN) throw new Error(`message ${k} is never settled`);
	}
}

function fail(packet: number, why: string): never {
	throw new Error(`${say(packet)} ${why}`);
}
