// SPDX-License-Identifier: MIT
/**
 * A live client against a server out of its mind: legal packets in any order, with identifiers that may be right, packets with one
 * thing wrong, lost links, and an application that calls at any time, also inside callbacks. Each run has a world of its own.
 * Then the server comes to its senses, and the client must get everything done.
 */
import mqttPacket from "mqtt-packet";
import { DEFECTS } from "./defects.js";
import { encode, packetOf } from "./grammar.js";
import { randomFrom } from "./mutate.js";

const STEPS = 60;
/** Virtual milliseconds for what is left to do when the server behaves: the slow lane is five minutes, and may be entered twice. */
const PATIENCE_MS = 30 * 60_000;

export class StatefulFuzzer {
	/** Packets that servers sent, and runs. */
	inputs = 0;
	runs = 0;
	#lib;
	#random;

	constructor(lib, seed) {
		this.#lib = lib;
		this.#random = randomFrom(seed);
	}

	/** One run. Throws an Error with the seed of the run when something is wrong. */
	next() {
		const seed = this.#random(0x7fffffff);
		this.runOf(seed);
	}

	/** The run of that seed. */
	runOf(seed) {
		this.runs++;
		const run = new Run(this.#lib, seed);
		try {
			for (let n = 0; n < STEPS; n++) run.step();
			run.recover();
		} catch (error) {
			throw new Error(
				`${error.message}: run ${seed}; ${run.log.slice(-(process.env.LOG ?? 12)).join(" | ")}`,
				{ cause: error },
			);
		} finally {
			this.inputs += run.inputs;
		}
	}
}

/** A source that may fail, and tells of nobody's bytes. */
class Zeros {
	#random;

	constructor(random) {
		this.#random = random;
	}

	read(bytes, start, end) {
		if (start < 0 || end > bytes.length || start >= end) throw new Error(`read ${start} to ${end}`);
		bytes.fill(0, start, end);
		return this.#random(60) ? end - start : 0;
	}
}

class Run {
	inputs = 0;
	log = [];
	#random;
	#version5;
	#world;
	#network;
	#client;
	#line;
	#mad = true;
	/** Tickets that wait to be settled, those of them that were before `publish` returned, and how many calls of it are under way. */
	#open = new Set();
	#early = new Set();
	#publishing = 0;
	#window;
	/** Bytes that have come of a message in pieces. */
	#come = 0;
	/** Inbound QoS 2 identifiers that were delivered, and not released since. */
	#held = new Set();
	/** Those whose PUBREL went out before they were delivered: it may cross them on the way. */
	#released = new Set();
	#topics;
	#filters;

	constructor(lib, seed) {
		this.#random = randomFrom(seed);
		const random = this.#random;
		this.#version5 = random(2) === 1;
		this.#world = new lib.World({ seed });
		const conditions = {
			upMs: random(3),
			downMs: random(3),
			pieceBytes: random(3) ? 1436 : 1 + random(9),
			randomPieces: random(2) === 1,
		};
		this.#network = new lib.VirtualNetwork(this.#world, { conditions });
		this.#network.listen(this);
		this.#window = 1 + random(4);
		const pieces = random(2) === 1;
		const limits = {
			...lib.TINY_LIMITS,
			...(pieces ? { packetBytes: 64 } : {}),
			...(random(2) ? { sendBytes: 64 } : {}),
			receiveMaximum: 1 + random(4),
			window: this.#window,
			publishIds: random(2) ? 3 : 65_279,
		};
		this.#client = new lib.Client({
			memory: { allocate: (bytes) => new Uint8Array(bytes) },
			dialler: this.#network.dialler(),
			clock: new lib.VirtualClock(this.#world),
			random: this.#world.random.fork("client"),
			store: new lib.RamStore(limits),
			clientId: "board",
			version: this.#version5 ? 5 : 4,
			limits,
			listener: this.#listener(),
			...(random(2) ? { aliases: new lib.Aliases({ inbound: 5, outbound: 2 }) } : {}),
			...(pieces ? { fragments: new lib.Fragments() } : {}),
			...(random(2) ? { sources: new lib.Sources(2) } : {}),
		});
		this.#topics = ["a", "a/b", "sensors/1/t"].map((name) => this.#client.topic(name));
		this.#filters = ["#", "in/+", "$share/g/x"].map((name) => this.#client.filter(name));
		this.#client.open();
	}

	#listener() {
		const note = (what) => {
			this.log.push(what);
			// The application acts from inside of its callbacks, too.
			if (this.#mad && this.#random(8) === 0) this.#call();
		};
		return {
			onOnline: (present) => {
				if (!present) this.#held.clear();
				note(`online ${present}`);
			},
			onOffline: (reason) => note(`offline ${reason}`),
			onMessage: (message) => {
				this.#follows(message);
				if (!message.last) {
					note(`piece ${message.offset}`);
					return;
				}
				if (message.qos === 2 && !message.mayRepeat && !this.#released.has(message.id)) {
					if (this.#held.has(message.id)) throw new Error(`QoS 2 message ${message.id} is delivered twice`);
					this.#held.add(message.id);
				}
				note(`message q${message.qos} #${message.id}`);
			},
			onSettled: (ticket, outcome) => {
				if (!this.#open.delete(ticket)) {
					if (this.#publishing === 0 || this.#early.has(ticket))
						throw new Error(`ticket ${ticket} is settled, and was not open`);
					this.#early.add(ticket);
				}
				note(`settled ${ticket} ${outcome}`);
			},
			onSubscribed: (_filter, reason) => note(`subscribed ${reason}`),
			onUnsubscribed: (_filter, reason) => note(`unsubscribed ${reason}`),
			onRoom: () => note("room"),
			onFlushed: () => note("flushed"),
		};
	}

	/** Pieces of a message come in order and without gaps. */
	#follows({ first, last, offset, length, totalLength }) {
		if (first) this.#come = 0;
		if (offset !== this.#come) throw new Error(`a piece from ${offset} on, not from ${this.#come}`);
		this.#come += length;
		if (last !== (this.#come === totalLength))
			throw new Error(`${this.#come} of ${totalLength}, last: ${last}`);
	}

	// ── the server ───────────────────────────────────────────────────────────────────────────────────────────────

	accept(socket) {
		const line = {
			socket,
			closed: false,
			owed: [],
			published: [],
			inFlight: new Set(),
			quota: this.#window,
			sure: true,
			greeted: false,
		};
		const parser = mqttPacket.parser({ protocolVersion: this.#version5 ? 5 : 4 });
		parser.on("packet", (packet) => this.#hears(line, packet));
		parser.on("error", (error) => {
			throw new Error(`the client sent what is no packet: ${error.message}`);
		});
		this.#line = line;
		return {
			onData: (chunk) => parser.parse(Buffer.from(chunk)),
			onDrain: () => {},
			onClose: () => {
				line.closed = true;
			},
		};
	}

	#hears(line, packet) {
		this.log.push(
			`> ${packet.cmd} ${packet.messageId ?? ""} q${packet.qos ?? ""}${packet.dup ? " dup" : ""}`,
		);
		const answer = this.#answerTo(packet);
		if (packet.cmd === "publish" && packet.qos > 0) {
			if (line.sure && line.inFlight.has(packet.messageId))
				throw new Error(`identifier ${packet.messageId} is in use twice`);
			line.inFlight.add(packet.messageId);
			if (line.sure && line.inFlight.size > line.quota)
				throw new Error(`${line.inFlight.size} in flight, ${line.quota} are allowed`);
		}
		if (answer === undefined) return;
		if (this.#mad) line.owed.push(answer);
		else this.#send(line, answer);
	}

	/** What a good server says to it, as a packet of the grammar. */
	#answerTo({ cmd, messageId: id, qos, subscriptions, unsubscriptions }) {
		const version5 = this.#version5;
		const base = {
			version5,
			flags: 0,
			id: id ?? 0,
			reason: 0,
			present: 0,
			topic: [],
			codes: [],
			payload: [],
			properties: [],
			short: 0,
		};
		switch (cmd) {
			case "connect":
				this.#held.clear(); // the session is lost each time: what was open may come anew
				return { ...base, type: 2 };
			case "publish":
				return qos === 0 ? undefined : { ...base, type: qos === 1 ? 4 : 5, short: 2 };
			case "pubrec":
				return { ...base, type: 6, flags: 2, short: 2 };
			case "pubrel":
				return { ...base, type: 7, short: 2 };
			case "subscribe":
				return { ...base, type: 9, codes: subscriptions.map((one) => one.qos) };
			case "unsubscribe":
				return { ...base, type: 11, codes: version5 ? unsubscriptions.map(() => 0) : [] };
			case "pingreq":
				return { ...base, type: 13 };
			default:
				return undefined;
		}
	}

	#send(line, packet) {
		if (line.closed) return;
		this.inputs++;
		const bytes = encode(packet);
		this.#note(line, packet);
		this.log.push(`< ${Buffer.from(bytes).toString("hex")}`);
		if (this.#mad && this.#random(6) === 0 && bytes.length > 1) {
			const cut = 1 + this.#random(bytes.length - 1);
			line.socket.send(bytes.slice(0, cut));
			this.#pass(this.#random(3));
			if (!line.closed) line.socket.send(bytes.slice(cut));
		} else line.socket.send(bytes);
	}

	/** What the server knows when it has sent this. */
	#note(line, packet) {
		const { type, id, reason, flags, properties } = packet;
		if (type === 6 && !this.#held.delete(id)) this.#released.add(id);
		// An answer before its question may cross it on the way: then nobody can say who counts how many.
		if ((type === 4 || type === 7 || (type === 5 && reason >= 0x80)) && !line.inFlight.delete(id))
			line.sure = false;
		const maximum = type === 2 ? properties.find(([property]) => property === 0x21) : undefined;
		if (maximum !== undefined && !line.greeted)
			line.quota = Math.min(this.#window, maximum[1][0] * 256 + maximum[1][1]);
		if (type === 2) line.greeted = true;
		if (type === 3 && (flags & 6) !== 0) line.published.push(packet);
	}

	// ── a step ───────────────────────────────────────────────────────────────────────────────────────────────────

	step() {
		const random = this.#random;
		const line = this.#line;
		const there = line !== undefined && !line.closed;
		const what = random(20);
		if (what < 8 && there && line.owed.length > 0)
			this.#send(line, line.owed.splice(random(2) ? 0 : random(line.owed.length), 1)[0]);
		else if (what < 10 && there) this.#send(line, this.#likely());
		else if (what < 11 && there && line.published.length > 0) {
			const again = line.published[random(line.published.length)];
			this.#send(line, { ...again, flags: again.flags | 8 });
		} else if (what < 12 && there) this.#spoilt(line);
		else if (what < 13 && there && random(3) === 0) random(2) ? line.socket.end() : this.#cut();
		else if (what < 18) this.#call();
		else this.#pass(random(4) ? random(500) : random(120_000));
		this.#pass(random(4));
	}

	/** A legal packet, with an identifier that may mean something. */
	#likely() {
		let packet = packetOf(this.#random, this.#version5);
		while (packet.type !== 3 && this.#random(2)) packet = packetOf(this.#random, this.#version5);
		if (packet.id > 0 && this.#random(4) > 0) packet.id = 1 + this.#random(6);
		return packet;
	}

	#spoilt(line) {
		const packet = this.#likely();
		const defect = DEFECTS[this.#random(DEFECTS.length)];
		if (!defect.fits(packet) || defect.spoil(packet, this.#random) === false) return;
		line.sure = false; // what it says is not to be believed
		this.log.push(defect.name);
		this.#send(line, packet);
		this.#pass(100);
		if (!line.closed) throw new Error(`the link stands after ${defect.name}`);
	}

	#call() {
		const client = this.#client;
		const random = this.#random;
		const what = random(16);
		if (what < 9) {
			const flags = [0, 1, 0x10, 0x20, 0x40][random(5)];
			const expiry = random(4) ? 0 : 1 + random(100);
			this.#publish(this.#topics[random(3)], random(40), random(3), flags, expiry);
		} else if (what < 11) client.subscribe(this.#filters[random(3)], random(3));
		else if (what < 12) client.unsubscribe(this.#filters[random(3)]);
		else if (what < 13) client.redial();
		else if (what < 14) client.flush(random(3) * 1000);
		else if (what < 15 && random(4) === 0) client.close(random(2) === 1);
		else client.open();
	}

	/** Returns the ticket or the refusal. A QoS 0 message may be settled before. */
	#publish(topic, length, qos, flags, expiry) {
		this.#publishing++;
		const ticket =
			!this.#mad || this.#random(3)
				? this.#client.publish(topic, new Uint8Array(length), qos, flags, expiry)
				: this.#client.publishFrom(topic, new Zeros(this.#random), length * 10, qos, flags, expiry);
		this.#publishing--;
		this.log.push(`publish ${ticket}`);
		if (ticket > 0 && !this.#early.delete(ticket)) this.#open.add(ticket);
		return ticket;
	}

	#cut() {
		for (const link of [...this.#network.links]) link.cut();
	}

	#pass(ms) {
		this.#world.run(this.#world.now + ms);
	}

	// ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────

	/** The server behaves from now on: everything must come to its end. */
	recover() {
		this.#mad = false;
		this.#cut();
		this.#pass(10);
		this.log.push("the server behaves");
		const until = this.#world.now + PATIENCE_MS;
		while (!(this.#client.online && this.#client.pending === 0 && this.#open.size === 0)) {
			this.#client.open();
			this.#pass(1000);
			if (this.#world.now > until)
				throw new Error(
					`not done: online ${this.#client.online}, ${this.#client.pending} pending, open ${[...this.#open]}`,
				);
		}
		const last = this.#publish(this.#topics[0], 3, 2, 0, 0);
		this.#pass(1000);
		if (last < 0 || this.#open.size > 0) throw new Error(`the last message is not settled: ${last}`);
	}
}
