// SPDX-License-Identifier: MIT
/**
 * Many small worlds, each from its seed: a client with random limits, a broker, and faults at random moments. A checker
 * holds the promises against what the broker saw. `STORM_SEED=123` repeats one, `STORM_RUNS=5000` runs more.
 */
import mqttPacket from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { Counter, Settled } from "../../../lib/index.js";
import { Broker, type BrokerEvent, type Deed, type Kind } from "../../../simulator/broker/index.js";
import type { SeededRandom } from "../../../simulator/world.js";
import { Rig } from "../../kit/rig.js";

const RUNS = Number(process.env.STORM_RUNS ?? 100);
const MESSAGES = 60;
const KINDS: Kind[] = ["publish", "puback", "pubrec", "pubrel", "pubcomp", "suback", "connack"];

interface Storm {
	readonly version: 4 | 5;
	readonly seed: number;
	/** The broker may lose its sessions: then QoS 2 may come twice, or be uncertain. */
	readonly lossy: boolean;
}

class Checker {
	/** What the broker took from the client, by QoS and topic, in order. */
	readonly taken = new Map<string, number[]>();
	/** What the client was given, by QoS. */
	readonly given = new Map<string, number[]>();
	readonly accepted = new Map<number, { qos: number; index: number }>();
	readonly random: SeededRandom;
	readonly rig: Rig;
	readonly broker: Broker;
	readonly receiveMaximum: number;
	readonly window: number;
	readonly publishIds: number;
	downward = 0;
	/** Why the broker ended connections: not for cuts, silence, takeovers. */
	readonly faults: number[] = [];

	constructor(readonly storm: Storm) {
		const { seed, version } = storm;
		this.random = new Rig({ seed }).world.random.fork("storm");
		const { random } = this;
		this.window = 1 + random.below(6);
		this.publishIds = random.chance(0.3) ? 2 + random.below(2) : 65_279;
		this.receiveMaximum = 1 + random.below(6);
		this.rig = new Rig({
			version,
			seed,
			ticks: 0x7fff_ffff - random.below(60_000),
			keepAliveSeconds: 5,
			queueQos0: random.chance(0.5),
			limits: {
				window: this.window,
				receiveMaximum: 1 + random.below(4),
				publishIds: this.publishIds,
				backoffMs: 100,
				backoffMaxMs: 1000,
				pingReplyMs: 2000,
				requestMs: 3000,
				connackMs: 1000,
				packetBytes: 128,
				sendBytes: 128 + random.below(400),
				outboxBytes: 512 + random.below(1500),
				outboxMessages: 8 + random.below(20),
			},
			conditions: {
				upMs: random.below(40),
				downMs: random.below(40),
				pieceBytes: random.chance(0.3) ? 1 + random.below(5) : 1436,
				randomPieces: random.chance(0.5),
			},
		});
		this.broker = new Broker({
			schedule: this.rig.world,
			limits: { receiveMaximum: this.receiveMaximum, inflight: 1 + random.below(8) },
			onEvent: (event) => this.#onEvent(event),
		});
		this.rig.network.listen(this.broker);
		this.#watchWrites();
	}

	/** Publishes and receives while faults happen, then lets the world heal and everything finish. */
	run(): void {
		const { rig, random, broker } = this;
		rig.client.subscribe(rig.client.filter("down/#"), 2);
		rig.client.open();
		let index = 0;
		while (index < MESSAGES) {
			rig.pass(random.below(120));
			const qos = random.below(3) as 0 | 1 | 2;
			const text = `${index}`.padEnd(random.below(40), ".");
			const ticket = rig.publish(text, qos);
			if (ticket > 0) this.accepted.set(ticket, { qos, index });
			if (ticket > 0 || random.chance(0.3)) index++;
			if (random.chance(0.4))
				broker.publish({ topic: "down/x", payload: `${this.downward++}`, qos: random.below(3) as 0 | 1 | 2 });
			if (random.chance(0.15)) this.#fault();
		}
		broker.chaos.clear();
		rig.cut();
		rig.until(
			"everything is settled",
			() => rig.recorder.settled.size === this.accepted.size && rig.client.online,
			600_000,
		);
		rig.pass(20_000);
		rig.client.close();
		rig.pass(5000);
		this.#check();
	}

	#fault(): void {
		const { random, rig, broker } = this;
		switch (random.below(7)) {
			case 0:
				rig.cut();
				break;
			case 1:
				broker.restart({ keepSessions: !this.storm.lossy || random.chance(0.5), downMs: random.below(500) });
				break;
			case 2:
				rig.dialler.link?.cutAfter(random.chance(0.5) ? "up" : "down", random.below(80));
				break;
			case 3:
				rig.dialler.link?.silence(random.chance(0.5) ? "up" : undefined);
				break;
			case 4:
				// Not before CONNACK: a CONNECT that reaches the broker after that of a later connection begins a session
				// that the client knows nothing of, and no client can tell.
				if (rig.client.online) rig.dialler.link?.stall(random.below(3000));
				break;
			case 5: {
				const packet = KINDS[random.below(KINDS.length)];
				// TCP loses nothing in the middle: without CONNACK, or a PUBLISH, what follows would be in the wrong order.
				const whole = packet === "connack" || packet === "publish";
				const deed: Deed = whole || random.chance(0.5) ? "cut" : "drop";
				// The broker lets what follows a PUBLISH leave before it cuts in its place, so only those of the client are cut.
				const way = packet !== "publish" && random.chance(0.5) ? "out" : "in";
				broker.chaos.packet({ way, packet, deed, nth: 1 + random.below(3) });
				// An acknowledgement that is dropped on a live link is never missed there, so the link goes some time later.
				if (deed === "drop") rig.world.after(200 + random.below(500), () => rig.cut());
				break;
			}
			default:
				rig.client.close(random.chance(0.5));
				rig.world.after(random.below(500), () => rig.client.open());
		}
	}

	#onEvent(event: BrokerEvent): void {
		if (event.kind === "disconnect" && event.by === "broker" && ![0x80, 0x8d, 0x8e].includes(event.reason))
			this.faults.push(event.reason);
		if (event.kind !== "publish" || event.clientId !== "board") return;
		const key = `q${event.qos}`;
		if (!this.taken.has(key)) this.taken.set(key, []);
		this.taken.get(key)!.push(Number.parseInt(String(event.payload), 10));
	}

	/** Identifiers in flight, and how many, on the wire: what leaves against what came back. */
	#watchWrites(): void {
		const links = new Map<string, Wire>();
		this.rig.network.trace = ({ link, direction, event, bytes }) => {
			if (event !== "data") return;
			if (!links.has(link)) links.set(link, new Wire(this));
			links.get(link)!.take(direction, bytes);
		};
		const { recorder } = this.rig;
		recorder.hook = (note) => {
			if (note[0] !== "message") return;
			const key = `q${note[3]}`;
			if (!this.given.has(key)) this.given.set(key, []);
			this.given.get(key)!.push(Number(note[2]));
		};
	}

	#check(): void {
		const { rig, storm } = this;
		const { counters } = rig.client;
		for (const [ticket, { qos, index }] of this.accepted) {
			const outcome = rig.recorder.settled.get(ticket);
			const times = (this.taken.get(`q${qos}`) ?? []).filter((one) => one === index).length;
			const what = `message ${index}, QoS ${qos}: outcome ${outcome}, taken ${times} times`;
			if (qos === 0) expect(times, what).toBeLessThanOrEqual(1);
			else if (!storm.lossy || qos === 1) expect(outcome, what).toBe(Settled.Acknowledged);
			else expect([Settled.Acknowledged, Settled.Uncertain], what).toContain(outcome);
			if (qos > 0) expect(times, what).toBeGreaterThanOrEqual(1);
			if (qos === 2 && !storm.lossy) expect(times, what).toBe(1);
		}
		expect(rig.recorder.settled.size).toBe(this.accepted.size);
		// QoS 2 with sessions kept: exactly once both ways, in order; QoS 1: in order but for repetitions.
		if (!storm.lossy) {
			for (const list of [this.taken.get("q2"), this.given.get("q2")])
				expect(list ?? []).toEqual(ascending(list ?? []));
			for (const list of [this.taken.get("q1"), this.given.get("q1")])
				expect(firsts(list ?? [])).toEqual(ascending(firsts(list ?? [])));
		}
		expect(counters[Counter.PeakInFlight]).toBeLessThanOrEqual(this.window);
		expect(this.faults, "what the broker found wrong").toEqual([]);
		expect(counters[Counter.PeerFaults], "what the client found wrong").toBe(0);
		expect(rig.client.pending).toBe(0);
		for (const transport of rig.strict.transports)
			expect(transport.closed || transport.unread === 0).toBe(true);
		expect(rig.network.links.size).toBe(0);
	}
}

/** What one link carried: identifiers in flight differ, and are never more than both sides allow. */
class Wire {
	readonly #inFlight = new Set<number>();
	readonly #up;
	readonly #down;

	constructor(checker: Checker) {
		const protocolVersion = checker.storm.version;
		const most = Math.min(checker.window, protocolVersion === 5 ? checker.receiveMaximum : Infinity);
		this.#up = mqttPacket.parser({ protocolVersion });
		this.#down = mqttPacket.parser({ protocolVersion });
		this.#up.on("packet", (packet) => {
			if (packet.cmd !== "publish" || packet.qos === 0) return;
			if (this.#inFlight.has(packet.messageId!))
				throw new Error(`identifier ${packet.messageId} is in flight`);
			this.#inFlight.add(packet.messageId!);
			if (this.#inFlight.size > most) throw new Error(`${this.#inFlight.size} in flight, not ${most}`);
		});
		this.#down.on("packet", (packet) => {
			const done = packet.cmd === "puback" || packet.cmd === "pubcomp";
			const failed = packet.cmd === "pubrec" && (packet.reasonCode ?? 0) >= 0x80;
			if (done || failed) this.#inFlight.delete(packet.messageId!);
		});
	}

	take(direction: "up" | "down", bytes: Uint8Array): void {
		(direction === "up" ? this.#up : this.#down).parse(Buffer.from(bytes));
	}
}

function ascending(list: number[]): number[] {
	return [...new Set(list)].sort((a, b) => a - b);
}

function firsts(list: number[]): number[] {
	return [...new Set(list)];
}

describe.each([4, 5] as const)("version %i: a storm", (version) => {
	const only = Number(process.env.STORM_SEED ?? 0);
	test.each([false, true])(
		"every promise is kept through random histories (sessions lost: %s)",
		(lossy) => {
			for (let seed = only || 1; seed <= (only || RUNS); seed++) {
				try {
					new Checker({ version, seed, lossy }).run();
				} catch (error) {
					throw new Error(
						`STORM_SEED=${seed}, version ${version}, lossy ${lossy}: ${(error as Error).message}`,
						{
							cause: error,
						},
					);
				}
			}
		},
		600_000,
	);
});
