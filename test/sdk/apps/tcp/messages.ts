// SPDX-License-Identifier: MIT
/** Messages to a broker, and with `--echo yes` back again: nothing may be allocated. */
import { Client, type Listener, type Message, type Qos, type Topic } from "../../../../lib/index.js";
import Host from "../../host/host.js";
import { ask, type Counts, check, countsOf, nothingMade } from "../../host/report.js";
import { type Ports, version } from "./board.js";

const PAYLOAD = 64;
/** Messages that are under way at a time. */
const AT_ONCE = 4;

export class Messages implements Listener {
	readonly #client: Client;
	readonly #topic: Topic;
	readonly #payload = new Uint8Array(PAYLOAD);
	readonly #qos: Qos;
	readonly #echo: boolean;
	readonly #name: string;
	readonly #steady: boolean;
	readonly #both: boolean;
	readonly #warmUp: number;
	readonly #total: number;
	/** Broker restarts that are still to come, and after how many messages the next one is due. */
	#restarts: number;
	#restartAt = 0;
	readonly #dialler: Ports["dialler"];
	#dials = 0;
	#published = 0;
	#settled = 0;
	#received = 0;
	#bad = 0;
	#marked = false;

	constructor(ports: Ports, name: string) {
		this.#name = name;
		this.#qos = Number(Host.argument("qos")) as Qos;
		this.#echo = Host.argument("echo") === "yes";
		this.#warmUp = Number(Host.argument("warm-up") ?? 50);
		this.#total = this.#warmUp + Number(Host.argument("messages") ?? 1000);
		this.#restarts = Number(Host.argument("restarts") ?? 0);
		this.#steady = this.#restarts === 0;
		this.#both = this.#echo && Host.argument("forgets") !== "yes";
		this.#dialler = ports.dialler;
		this.#client = new Client({
			...ports,
			version: version(),
			clientId: `ringbuoy-${Host.argument("port")}`,
			// Short, because the SDK's Linux socket does not tell an end before which something was left unread.
			keepAliveSeconds: 10,
			sessionExpirySeconds: 3600,
			listener: this,
		});
		this.#topic = this.#client.topic("greenhouse/1/temperature");
		for (let i = 0; i < PAYLOAD; i++) this.#payload[i] = i;
		if (this.#echo) this.#client.subscribe(this.#client.filter("greenhouse/1/temperature"), this.#qos);
		this.#client.open();
	}

	onOnline(): void {
		this.#dials++;
		if (!this.#echo || this.#published > 0) this.#more();
	}

	onSubscribed(): void {
		if (this.#published === 0) this.#more();
	}

	onSettled(_ticket: number, outcome: number): void {
		if (outcome < 0) this.#bad++;
		this.#settled++;
		this.#step();
	}

	onMessage(message: Message): void {
		if (message.payloadEnd - message.payloadStart !== PAYLOAD || message.byteAt(63) !== 63) this.#bad++;
		this.#received++;
		this.#step();
	}

	onRoom(): void {
		this.#more();
	}

	onOffline(reason: number): void {
		if (this.#restarts === 0 && this.#restartAt === 0) {
			check(this.#name, false, `offline ${reason}: ${this.#dialler.lastError}`);
			Host.exit(0);
		}
	}

	/** How many are done; both ways, unless the broker may have forgotten what it owed us. */
	get #done(): number {
		return this.#both && this.#received < this.#settled ? this.#received : this.#settled;
	}

	#step(): void {
		const done = this.#done;
		if (!this.#marked && done === this.#warmUp) {
			this.#marked = true;
			Host.collect();
			Host.mark();
			this.#restartAt = this.#restarts > 0 ? done + 100 : 0;
		}
		if (done === this.#total) this.#finish();
		else this.#more();
		if (this.#restartAt > 0 && done >= this.#restartAt) {
			this.#restartAt = --this.#restarts > 0 ? done + 100 : -1;
			ask("restart");
		}
	}

	#more(): void {
		const limit = this.#marked ? this.#total : this.#warmUp;
		while (this.#published < limit && this.#published - this.#done < AT_ONCE) {
			if (this.#client.publish(this.#topic, this.#payload, this.#qos) < 0) return;
			this.#published++;
		}
	}

	#finish(): void {
		const messages = this.#total - this.#warmUp;
		// Counted before anything else: a string literal of a preloaded module is copied into a chunk each time it is met.
		const counts = countsOf(messages);
		if (this.#bad > 0) check(this.#name, false, `${this.#bad} messages were not as sent`);
		else if (this.#steady) this.#measured(counts);
		else this.#survived(counts);
		Host.exit(0);
	}

	/** Nothing may be made, or, over TLS, no more slots per message than `--slots-most`. */
	#measured(counts: Counts): void {
		const most = Host.argument("slots-most");
		if (most === undefined) nothingMade(this.#name, counts);
		else check(this.#name, counts.slots <= Number(most), `more than ${most} slots per message`, counts);
	}

	/** What was allocated is what the dials took: a socket each, 2 slots, or the session anew. */
	#survived({ messages, slots, chunks, collections }: Counts): void {
		const reconnects = this.#dials - 1;
		const values = { messages, reconnects, slots: slots * messages, chunks: chunks * messages, collections };
		let fault = "";
		if (reconnects < 1) fault = "the broker was not restarted";
		else if (this.#both && this.#received < this.#total)
			fault = `${this.#received} of ${this.#total} received`;
		else if (this.#both && this.#qos === 2 && this.#received > this.#total) fault = "something came twice";
		check(this.#name, fault === "", fault, values);
	}
}
