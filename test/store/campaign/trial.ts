// SPDX-License-Identifier: MIT
/**
 * One run: a board with a flash store, the real client core, the embedded broker, a virtual network between them; a
 * script of what happens, and power cuts at flash commands. After the last of them the world heals, everything has to
 * finish, and the history has to be without a flaw.
 */
import { Counter, type Listener, type Message } from "../../../lib/index.js";
import type { StoreFault } from "../../../lib/ports.js";
import { Broker } from "../../../simulator/broker/index.js";
import { digest } from "./board.js";
import { History, indexIn, writePayload } from "./history.js";
import { Machine } from "./machine.js";
import { isLossy, type Plan, type Qos, type Step } from "./plan.js";

const PATIENCE_MS = 20_000;
const DRAIN_MS = 900_000;
/** Longer than the client waits for room to say DISCONNECT. */
const CLOSE_MS = 12_000;
/**
 * Flash commands of 64 bytes that one call of `publish` may take: the record is up to 32 cells, and cleaning may copy as much
 * for each of the three steps in it, which are room, the record, and what is sent; each of them may erase once.
 */
const COMMANDS_MAX = 250;

/** What a run counted. */
export interface Tally {
	cuts: number;
	/** Commands of the flash, and of these erases. */
	commands: number;
	erases: number;
	lives: number;
	/** Messages accepted from the application, and given to it. */
	published: number;
	received: number;
	repeats: number;
	/** The most commands that one `publish` took. */
	mostCommands: number;
	/** The most that one sector was erased more than another. */
	spread: number;
}

export class Trial implements Listener {
	readonly plan: Plan;
	readonly machine: Machine;
	readonly broker: Broker;
	readonly history: History;
	readonly tally: Tally = {
		cuts: 0, commands: 0, erases: 0, lives: 0, published: 0, received: 0, repeats: 0, mostCommands: 0, spread: 0,
	}; // biome-ignore format: a list
	/** Faults that the store has told of. */
	readonly faults: number[] = [];
	/** Called before each step of the script, with its index, and before everything has to finish. */
	onStep: ((index: number) => void) | undefined;
	#online = false;
	#flushed = false;
	/** The client has said DISCONNECT, or found no connection to say it on, and has flushed the store. */
	#closed = false;
	/** The last connection that ended had been up. */
	#inOrder = false;
	/** Which size is next. */
	#size = 0;
	/** The number that the application keeps with the messages. */
	#sum = 0;
	readonly #payload = new Uint8Array(1024);

	constructor(plan: Plan) {
		this.plan = plan;
		this.history = new History(isLossy(plan));
		this.machine = new Machine(plan, this.history, this);
		const { world, network } = this.machine;
		const random = world.random.fork("broker");
		this.broker = new Broker({
			schedule: world,
			random: (below) => random.below(below),
			limits: plan.broker,
			onEvent: (event) => this.history.onEvent(event),
		});
		this.broker.chaos.identifiers = plan.identifiers;
		this.broker.chaos.passOn = plan.passOn;
		network.listen(this.broker);
		this.machine.onBirth = () => {
			this.#online = this.#flushed = this.#closed = false;
			const { remembered } = this.machine.life.client;
			this.#sum = Number.isNaN(remembered) ? 0 : remembered;
		};
	}

	/** Runs the script, then lets everything finish. Returns what is wrong, or undefined. */
	run(): string | undefined {
		try {
			this.machine.boot(0);
			const { script } = this.plan;
			for (let index = 0; index < script.length && this.history.failure === undefined; index++) {
				this.onStep?.(index);
				this.machine.revive();
				this.#do(script[index]);
			}
			this.onStep?.(script.length);
			if (this.history.failure === undefined) this.#finish();
		} catch (error) {
			// Never tolerated, not even when the flash is damaged.
			this.history.lenient = false;
			this.history.fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
		}
		this.#count();
		return this.history.failure;
	}

	#count(): void {
		const { tally, machine, history } = this;
		const { flash } = machine;
		tally.cuts = history.cuts;
		tally.commands = flash.commands;
		tally.erases = flash.eraseCommands;
		tally.lives = machine.lives;
		tally.received = history.down.reduce((sum, { given }) => sum + given, 0);
		tally.repeats = history.repeats;
		tally.spread = Math.max(...flash.wear) - Math.min(...flash.wear);
	}

	// ── what happens ─────────────────────────────────────────────────────────────────────────────────────────────

	#do(step: Step): void {
		switch (step[0]) {
			case "publish":
				this.#publish(step[1], step[2], step[3] ?? 0, step[4] ?? 0, step[5] ?? 0);
				break;
			case "receive":
				this.#receive(step[1], step[2], step[3] ?? 0);
				break;
			case "pass":
				this.machine.pass(step[1]);
				break;
			case "online":
				this.machine.until(() => this.#online, PATIENCE_MS);
				break;
			case "settle":
				this.machine.until(() => this.#isSettled(), PATIENCE_MS);
				break;
			case "remember":
				this.machine.guard(() => this.machine.life.client.remember(this.#sum));
				this.machine.revive();
				break;
			case "sleep":
				this.#sleep(step[1], step[2] ?? false);
				break;
			case "off":
				this.machine.off(step[1]);
				break;
			case "loop":
				for (let i = 0; i < step[1]; i++) {
					this.machine.pass(step[2]);
					this.machine.off(1);
				}
				break;
			default:
				this.#disturb(step);
		}
	}

	/** What the network and the broker do to us. */
	#disturb(step: Step): void {
		const { broker, history, machine } = this;
		const { dialler } = machine.life;
		switch (step[0]) {
			case "cut link":
				for (const link of [...machine.network.links]) link.cut();
				machine.pass(0);
				break;
			case "cut after":
				dialler.link?.cutAfter(step[1], step[2]);
				break;
			case "silence":
				dialler.link?.silence();
				break;
			case "reachable":
				machine.reachable = step[1];
				dialler.fault = step[1] ? "none" : "refuse";
				if (!step[1]) this.#disturb(["cut link"]);
				break;
			case "restart":
				if (!step[1]) history.excuseDown();
				broker.restart({ keepSessions: step[1], downMs: machine.random.below(300) });
				break;
			case "forget":
				history.excuseDown();
				broker.forget(machine.clientId);
				break;
			case "rename":
				machine.clientId = `${machine.clientId}'`;
				history.excuseDown();
		}
	}

	#publish(qos: Qos, count: number, flags: number, ms: number, bytes: number): void {
		for (let i = 0; i < count; i++) {
			this.#publishOne(qos, flags, bytes);
			if (ms > 0) this.machine.pass(ms);
			this.machine.revive();
		}
	}

	#publishOne(qos: Qos, flags: number, bytes: number): void {
		const { history, plan, tally, machine } = this;
		const { flash, life } = machine;
		const size = bytes > 0 ? bytes : plan.sizes[this.#size++ % plan.sizes.length];
		const index = history.publishing(qos, flags, size);
		writePayload(this.#payload, index, size);
		const { commands, eraseCommands } = flash;
		let ticket = 0;
		machine.guard(() => {
			ticket = life.client.publish(life.topics[index & 3], this.#payload.subarray(0, size), qos, flags);
		});
		if (flash.dead) {
			history.interrupted();
			return;
		}
		history.published(index, ticket);
		if (ticket > 0) tally.published++;
		const took = flash.commands - commands;
		const erases = flash.eraseCommands - eraseCommands;
		tally.mostCommands = Math.max(tally.mostCommands, took);
		if (took > (COMMANDS_MAX * 64) / plan.sliceBytes || erases > 3)
			history.fail(`I12: publish took ${took} commands, ${erases} of them erases`);
	}

	#receive(qos: Qos, count: number, ms: number): void {
		const { history, broker, plan } = this;
		for (let i = 0; i < count; i++) {
			const size = Math.min(200, plan.sizes[i % plan.sizes.length]);
			const index = history.sending(qos, size);
			const payload = new Uint8Array(size);
			writePayload(payload, index, size);
			broker.publish({ topic: `down/${index}`, payload, qos });
			history.sent(index, this.#isSubscribed());
			this.machine.pass(ms);
		}
	}

	/** The broker has a subscription of the board as it is called now. */
	#isSubscribed(): boolean {
		const { clientId } = this.machine;
		return this.broker
			.sessions()
			.some((session) => session.clientId === clientId && session.filters.length > 0);
	}

	/** Nothing is under way in either direction. */
	#isSettled(): boolean {
		if (!this.#online || this.machine.life.client.pending > 0) return false;
		return this.broker
			.sessions()
			.every(({ connected, waiting, inflight }) => !connected || waiting + inflight === 0);
	}

	/**
	 * Flush, DISCONNECT, power off; the store must read afterwards as it was. With `early` nobody waits for the end of it,
	 * and then it may be a cut like any other.
	 */
	#sleep(ms: number, early: boolean): void {
		const { machine, history } = this;
		const { life } = machine;
		const { cuts } = history;
		this.#flushed = this.#closed = false;
		machine.guard(() => life.client.flush(machine.random.below(2000)));
		machine.revive();
		if (!early) machine.until(() => this.#flushed, 3000);
		if (history.cuts === cuts) machine.guard(() => life.client.close());
		machine.revive();
		if (history.cuts === cuts) machine.until(() => this.#closed, early ? 100 : CLOSE_MS);
		if (history.cuts !== cuts || history.failure !== undefined) return; // it did not get that far
		if (!this.#closed) {
			machine.off(ms);
			return;
		}
		const before = digest(life.store);
		const { lives } = machine;
		machine.sleep(ms);
		if (machine.lives !== lives + 1) return;
		const after = digest(machine.life.store);
		const whole = before.includes("bytes");
		if (!history.lossy && (whole ? after : after.split(";")[0]) !== (whole ? before : before.split(";")[0]))
			history.fail(`I11: before sleep ${before}, after it ${after}`);
		// While a CONNECT waits for its answer it is in doubt whose session the broker has, and no life ends in order.
		if (this.#inOrder && machine.life.store.unclean)
			history.fail("after sleep in order the store says that it was a cut");
	}

	// ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────

	#finish(): void {
		const { history, broker, machine } = this;
		machine.disarm();
		broker.chaos.clear();
		this.#disturb(["reachable", true]);
		this.#disturb(["cut link"]);
		const done = machine.until(() => this.#isSettled() && history.owed === 0, DRAIN_MS);
		if (!done && history.failure === undefined) {
			const { online, pending } = machine.life.client;
			const sessions = JSON.stringify(broker.sessions());
			history.fail(
				`I14: does not finish: online ${online}, ${pending} pending, ${history.owed} owed, ${sessions}`,
			);
		}
		machine.pass(100);
		if (history.failure !== undefined) return;
		history.conclude();
		this.#sleep(1000, false);
		const { client, store } = machine.life;
		const kept = Number.isNaN(client.remembered) ? 0 : client.remembered;
		// A session that was lost takes with it what was given to the handler and not yet written, and ends exchanges that
		// the board may never hear of.
		if (!history.lossy && store.inboundCount > 0)
			history.fail(`${store.inboundCount} inbound exchanges are left`);
		if (history.lossy ? kept > history.sum : kept !== history.sum)
			history.fail(`I8: the number kept with the messages is ${kept}, not ${history.sum}`);
		const { wear } = machine.flash;
		if (Math.max(...wear) - Math.min(...wear) > 2 + history.cuts)
			history.fail(`I12: erases [${wear.join(", ")}]`);
		machine.life.scope.dispose();
	}

	// ── what the client tells; without power nobody hears it ─────────────────────────────────────────────────────

	onOnline(sessionPresent: boolean): void {
		const { flash, life } = this.machine;
		if (flash.dead) return;
		this.#online = true;
		const first = life.client.counters[Counter.Connects] === 1;
		this.history.online(sessionPresent, first && life.store.unclean);
	}

	onOffline(_reason: number, retryMs: number): void {
		if (this.machine.flash.dead) return;
		this.#inOrder = this.#online;
		this.#online = false;
		this.#closed = retryMs < 0;
	}

	onFlushed(): void {
		if (!this.machine.flash.dead) this.#flushed = true;
	}

	onSettled(ticket: number, outcome: number, _reason: number, restored: boolean): void {
		if (!this.machine.flash.dead) this.history.settled(ticket, outcome, restored);
	}

	onStoreFault(fault: StoreFault): void {
		if (this.machine.flash.dead) return;
		this.faults.push(fault);
		this.history.fail(`the store tells of fault ${fault}`);
	}

	onMessage(message: Message): void {
		if (this.machine.flash.dead) return;
		const { qos, payloadStart, payloadEnd } = message;
		if (qos === 2 && this.plan.byHand >= 0) {
			this.#hold(message.hold(), message.payload(), message.mayRepeat);
			return;
		}
		const index = this.history.given(message.bytes, payloadStart, payloadEnd, qos, message.mayRepeat);
		if (index < 0) return;
		if (qos === 2) {
			this.#sum += index + 1;
			this.machine.life.client.remember(this.#sum);
		}
		if (this.plan.echo >= 0 && !this.machine.flash.dead) this.#publishOne(this.plan.echo as Qos, 0, 0);
	}

	/** Acknowledges by hand a while later, with the number. A handle that is void by then is one whose message comes again. */
	#hold(handle: number, payload: Uint8Array, mayRepeat: boolean): void {
		const { machine, history } = this;
		const { life } = machine;
		if (handle < 0) history.fail(`hold was refused with ${handle}`);
		machine.world.after(this.plan.byHand, () => {
			if (machine.life !== life || machine.flash.dead) return;
			const sum = this.#sum + indexIn(payload, 0) + 1;
			let said = 0;
			try {
				said = life.client.acknowledge(handle, 0, sum);
			} finally {
				if (said === 0) {
					history.given(payload, 0, payload.length, 2, mayRepeat);
					this.#sum = sum;
				}
			}
		});
	}
}
