// SPDX-License-Identifier: MIT
import { DUP, idOf, messageOf, NO, pack, qosOf, reasonOf, say, T, typeOf, UNKNOWN } from "./packets.js";

/** How far a message of the broker is. */
export const enum Out {
	Unsent = 0,
	/** PUBACK or PUBREC is awaited. */
	Sent = 1,
	/** PUBREC came: PUBREL is due. */
	Received = 2,
	/** PUBCOMP is awaited. */
	Released = 3,
	Done = 4,
	/** Went with the session. */
	Lost = 5,
}

/**
 * The other side: all that a broker may do, none of it by itself. It has the session of one client: identifiers of QoS 2 that it
 * took, and messages for the client. What is written to it waits in `pipe`; what it answers, and when, others choose.
 */
export class Broker {
	/** What the client wrote and the broker has not looked at. */
	readonly pipe: number[] = [];
	/** Answers that are due on this connection; they may leave in any order. */
	readonly due: number[] = [];
	/** QoS 2 identifiers that are taken, and under the same index of which message. */
	readonly takenIds: number[] = [];
	readonly takenMessages: number[] = [];
	/** How often each message of the client was taken: in all, and in this session. */
	readonly taken: number[];
	readonly takenNow: number[];
	/** Its own messages: state, identifier. */
	readonly out: number[];
	readonly outIds: number[];
	/** Own messages that are still to be sent again on this connection, in order. */
	readonly again: number[] = [];
	session = false;
	/** The PUBLISHes of this connection that the client has not answered; 5.0 counts. */
	open = 0;
	/** Packets that may still be repeated on a live link. */
	repeats: number;

	constructor(
		readonly version: 4 | 5,
		outbound: number,
		readonly inbound: readonly (1 | 2)[],
		readonly clientMaximum: number,
		repeats: number,
	) {
		this.taken = new Array(outbound).fill(0);
		this.takenNow = new Array(outbound).fill(0);
		this.out = inbound.map(() => Out.Unsent);
		this.outIds = inbound.map(() => 0);
		this.repeats = repeats;
	}

	/** The link is gone, with what was on it. */
	cut(): void {
		this.pipe.length = this.due.length = this.again.length = this.open = 0;
	}

	/** A CONNECT. Returns CONNACK. */
	connect(clean: boolean, keep: boolean): number {
		const present = this.session && keep && !clean;
		if (!present) {
			this.takenIds.length = this.takenMessages.length = 0;
			this.takenNow.fill(0);
			for (let m = 0; m < this.out.length; m++)
				if (this.out[m] !== Out.Unsent && this.out[m] !== Out.Done) this.out[m] = Out.Lost;
		}
		this.session = true;
		for (let m = 0; m < this.out.length; m++)
			if (this.out[m] >= Out.Sent && this.out[m] <= Out.Released) this.again.push(m);
		return pack(T.Connack, 0, 0, present ? 1 : 0);
	}

	/** Looks at the next packet of the client. `yes`: a message is taken. */
	receive(yes: boolean): void {
		const packet = this.pipe.shift() as number;
		const type = typeOf(packet);
		const id = idOf(packet);
		if (type === T.Disconnect) return;
		if (type === T.Publish) this.publish(packet, id, yes);
		else if (type === T.Pubrel) {
			const at = this.takenIds.indexOf(id);
			if (at >= 0) {
				this.takenIds.splice(at, 1);
				this.takenMessages.splice(at, 1);
			}
			this.due.push(pack(T.Pubcomp, id, at < 0 && this.version === 5 ? UNKNOWN : 0));
		} else if (type === T.Puback) this.answered(packet, Out.Sent, 1, Out.Done);
		else if (type === T.Pubrec) this.answered(packet, Out.Sent, 2, Out.Received);
		else if (type === T.Pubcomp) this.answered(packet, Out.Released, 2, Out.Done);
		else throw new Error(`the broker has ${say(packet)}`);
	}

	/** May refuse the next packet: a message that it has not taken. 3.1.1 has no word for that. */
	mayRefuse(): boolean {
		const packet = this.pipe[0];
		if (this.version === 4 || typeOf(packet) !== T.Publish || qosOf(packet) === 0) return false;
		return qosOf(packet) === 1 || !this.takenIds.includes(idOf(packet));
	}

	private publish(packet: number, id: number, yes: boolean): void {
		const qos = qosOf(packet);
		const message = messageOf(packet);
		const at = qos === 2 ? this.takenIds.indexOf(id) : -1;
		if (at >= 0 && this.takenMessages[at] !== message)
			throw new Error(
				`the broker has #${id} of message ${this.takenMessages[at]}: ${say(packet)} [5.0 MQTT-2.2.1-3]`,
			);
		if (yes && at < 0) {
			this.taken[message]++;
			this.takenNow[message]++;
			if (qos === 2) {
				this.takenIds.push(id);
				this.takenMessages.push(message);
			}
		}
		if (qos > 0) this.due.push(pack(qos === 1 ? T.Puback : T.Pubrec, id, yes ? 0 : NO));
	}

	private answered(packet: number, state: Out, qos: number, next: Out): void {
		const m = this.outIds.findIndex((id, index) => {
			const live = this.out[index] >= Out.Sent && this.out[index] <= Out.Released;
			return live && id === idOf(packet) && this.inbound[index] === qos;
		});
		const sound = reasonOf(packet) === 0 || packet === pack(T.Pubcomp, idOf(packet), UNKNOWN);
		if (m < 0 || !sound) throw new Error(`nothing of the broker's is answered by ${say(packet)}`);
		// What was repeated is answered twice.
		if (this.out[m] > state) return;
		if (this.out[m] < state) throw new Error(`${say(packet)} comes too early`);
		this.out[m] = next;
		if (next === Out.Done) this.open--;
	}

	/** The message that goes next, or -1: again what was sent before, in order; then PUBREL that is due; then what is new. */
	get nextOut(): number {
		if (this.again.length > 0) return this.again[0];
		for (let m = 0; m < this.out.length; m++) if (this.out[m] === Out.Received) return m;
		const fresh = this.out.indexOf(Out.Unsent);
		return fresh >= 0 && this.open < this.clientMaximum ? fresh : -1;
	}

	/** Sends it. */
	send(m: number): number {
		const resent = this.again[0] === m;
		if (resent) this.again.shift();
		if (this.out[m] === Out.Unsent) {
			let id = 1;
			while (this.outIds.some((other, index) => other === id && this.isOpen(index))) id++;
			this.outIds[m] = id;
			this.out[m] = Out.Sent;
			this.open++;
			return this.publishOf(m, 0);
		}
		if (resent) this.open++;
		if (this.out[m] === Out.Sent) return this.publishOf(m, DUP);
		this.out[m] = Out.Released;
		return pack(T.Pubrel, this.outIds[m]);
	}

	/** Sends a PUBLISH once more on the same link, as 3.1.1 lets it. */
	repeat(m: number): number {
		this.repeats--;
		return this.publishOf(m, DUP);
	}

	mayRepeat(m: number): boolean {
		return this.repeats > 0 && this.inbound[m] === 2 && this.out[m] === Out.Sent && !this.again.includes(m);
	}

	private publishOf(m: number, dup: number): number {
		return pack(T.Publish, this.outIds[m], 0, (this.inbound[m] << 1) | dup, m);
	}

	private isOpen(m: number): boolean {
		return this.out[m] >= Out.Sent && this.out[m] <= Out.Released;
	}

	/** Nothing is left of any exchange. */
	get finished(): boolean {
		return this.takenIds.length === 0 && this.out.every((state) => state >= Out.Done);
	}
}
