// SPDX-License-Identifier: MIT
/**
 * Trouble on purpose: what a broker of the field does on its worst day, exactly once and when it is asked
 * for.
 *
 * A rule waits for the n-th packet of a kind, to or from a client, and does one thing to it. Rules are looked
 * at in the order in which they were added and the first that fits acts. While there are none, nothing of
 * this is on the path of a packet.
 */

import type { Beside, Kind } from "./protocol.js";

/** Ends the connection in place of the packet, with this reason code: 5.0 is sent a DISCONNECT. */
export interface Dismissal extends Beside {
	readonly disconnect: number;
}

/**
 * Sends these bytes to the client in place of the packet, as they are: an illegal answer. The function is given a copy of
 * the packet, and what it returns may begin with it. A packet on its way in is not handled, it gets no other answer.
 */
export interface Substitute {
	readonly bytes: Uint8Array | ((packet: Uint8Array) => Uint8Array);
}

/** What is done to a packet. "cut" destroys the connection in its place. */
export type Deed = "drop" | "duplicate" | "cut" | { readonly delayMs: number } | Substitute | Dismissal;

export interface PacketRule {
	/** "in": from clients to the broker; "out": to clients. */
	readonly way: "in" | "out";
	readonly packet: Kind | "any";
	readonly deed: Deed;
	/** Only packets of this client; without it, of any. */
	readonly client?: string;
	/** The first packet that it acts on, counted from now; 1: the next one. */
	readonly nth?: number;
	/** How many it acts on, from the n-th; 1 unless told, Infinity: all. */
	readonly times?: number;
}

/**
 * Chooses the reason code of an answer and what stands beside it. From 0x80 on, the broker then also behaves as if that
 * were so.
 */
export interface AnswerRule extends Beside {
	readonly packet: "connack" | "puback" | "pubrec" | "pubcomp" | "suback" | "unsuback";
	readonly reason: number;
	readonly client?: string;
	readonly nth?: number;
	readonly times?: number;
}

/** A rule at work. */
export interface Active {
	/** How often it has acted. */
	readonly acted: number;
	remove(): void;
}

class Rule<Wanted extends PacketRule | AnswerRule> implements Active {
	acted = 0;
	#seen = 0;

	constructor(
		readonly wanted: Wanted,
		readonly remove: () => void,
	) {}

	/** Counts a packet that fits; says whether to act on it. */
	hit(): boolean {
		const { nth = 1, times = 1 } = this.wanted;
		this.#seen++;
		if (this.#seen < nth) return false;
		this.acted++;
		if (this.acted >= times) this.remove();
		return true;
	}
}

export class Chaos {
	readonly #packets: Rule<PacketRule>[] = [];
	readonly #answers: Rule<AnswerRule>[] = [];
	readonly #silenced = new Set<string>();
	readonly #speak: (client: string | undefined) => void;
	#silentForAll = false;
	/**
	 * Which packet identifier the next message to a client gets, of those that are free: the one after the last one
	 * (default), the lowest, or any.
	 */
	identifiers: "rotation" | "lowest" | "random" = "rotation";
	/**
	 * When a QoS 2 message of a client is passed on: with its PUBLISH (default) or with its PUBREL, methods B and A of
	 * the standards (5.0, figure 4.3). A message that waits for its PUBREL is lost with its session.
	 */
	passOn: "publish" | "pubrel" = "publish";
	/** Whether any rule about packets waits; read on the hot path. */
	armed = false;
	/** Whether anybody is met with silence. */
	silent = false;

	/** `speak` ends the connections that were left hanging when a silence is over. */
	constructor(speak: (client: string | undefined) => void) {
		this.#speak = speak;
	}

	/** Does something to packets. */
	packet(rule: PacketRule): Active {
		return this.#add(this.#packets, rule);
	}

	/** Chooses the reason code of answers. */
	answer(rule: AnswerRule): Active {
		return this.#add(this.#answers, rule);
	}

	/**
	 * From now on the broker neither reads from nor writes to this client (or anybody), and doesn't close
	 * either: a process that hangs. The function returned ends it; connections that were silent are then cut.
	 */
	silence(client?: string): () => void {
		if (client === undefined) this.#silentForAll = true;
		else this.#silenced.add(client);
		this.silent = true;
		return () => {
			if (client === undefined) this.#silentForAll = false;
			else this.#silenced.delete(client);
			this.silent = this.#silentForAll || this.#silenced.size > 0;
			this.#speak(client);
		};
	}

	/** Removes every rule. A silence goes on. */
	clear(): void {
		this.#packets.length = 0;
		this.#answers.length = 0;
		this.armed = false;
	}

	/** Whether this client is met with silence. */
	isSilent(client: string): boolean {
		return this.#silentForAll || this.#silenced.has(client);
	}

	/** What is to be done with this packet; for the connections. */
	judge(way: "in" | "out", packet: Kind, client: string): Deed | undefined {
		for (const rule of this.#packets) {
			const wanted = rule.wanted;
			if (wanted.way !== way || (wanted.packet !== "any" && wanted.packet !== packet)) continue;
			if (wanted.client !== undefined && wanted.client !== client) continue;
			if (rule.hit()) return wanted.deed;
		}
		return undefined;
	}

	/** The answer that was chosen for this packet, if any; for the connections. */
	chosen(packet: AnswerRule["packet"], client: string): AnswerRule | undefined {
		for (const rule of this.#answers) {
			const wanted = rule.wanted;
			if (wanted.packet !== packet || (wanted.client !== undefined && wanted.client !== client)) continue;
			if (rule.hit()) return wanted;
		}
		return undefined;
	}

	#add<Wanted extends PacketRule | AnswerRule>(list: Rule<Wanted>[], wanted: Wanted): Active {
		const rule = new Rule(wanted, () => {
			const at = list.indexOf(rule);
			if (at >= 0) list.splice(at, 1);
			this.armed = this.#packets.length + this.#answers.length > 0;
		});
		list.push(rule);
		this.armed = true;
		return rule;
	}
}
