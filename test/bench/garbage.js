// SPDX-License-Identifier: MIT
/**
 * Counts the garbage that messages make, in a process of its own: `node --expose-gc garbage.js PART MESSAGES PORT`.
 *
 * `pipe` is the core alone: link and clock are scripted, and make none. `clock` is the same with Node's clock, where each
 * look makes a number of 16 bytes. `socket` is the whole client, and `raw` a socket without one.
 *
 * heapUsed before (after a full collection) and after (before any): what has been allocated in between, as long as
 * nothing was collected. That is seen to by a large nursery and checked by listening for collections.
 */
import { connect } from "node:net";
import { PerformanceObserver } from "node:perf_hooks";
import { Ours, PAYLOAD, TOPIC, WINDOW } from "./ours.js";

const [part, messagesText, portText] = process.argv.slice(2);
const messages = Number(messagesText);
const port = Number(portText);
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A link that loops to a scripted broker: it answers CONNECT and PUBLISH, from blocks made once. */
class Pipe {
	room = 0;
	#link;
	#answers = new Uint8Array(4096);
	#from = 0;
	#to = 0;

	/** As a dialler. */
	dial(link) {
		this.#link = link;
		return this;
	}

	/** Lets the link come up. */
	up() {
		this.room = 8192;
		this.#link.onWritable(this.room);
		this.deliver();
	}

	/** Hands the client all answers that wait. */
	deliver() {
		while (this.#to > this.#from) this.#link.onReadable(this.#to - this.#from);
	}

	read(bytes, start, limit) {
		let at = start;
		while (at < limit && this.#from < this.#to) bytes[at++] = this.#answers[this.#from++];
		if (this.#from === this.#to) this.#from = this.#to = 0;
		return at - start;
	}

	write(bytes, start, end) {
		while (start < end) {
			const next = start + 2 + bytes[start + 1]; // no packet here has 128 bytes
			const type = bytes[start] >> 4;
			if (type === 3) {
				const id = start + 4 + bytes[start + 3];
				this.#answer(0x40, bytes[id], bytes[id + 1]);
			} else if (type === 1) this.#answer(0x20, 0, 0);
			start = next;
		}
		return this.room;
	}

	close() {
		this.room = 0;
	}

	#answer(first, third, fourth) {
		const answers = this.#answers;
		answers[this.#to] = first;
		answers[this.#to + 1] = 2;
		answers[this.#to + 2] = third;
		answers[this.#to + 3] = fourth;
		this.#to += 4;
	}
}

/** A clock that goes on by a millisecond with every eighth look. */
class StillClock {
	seconds = 0;
	epochSeconds = 0;
	#looks = 0;

	get ticks() {
		return ++this.#looks >> 3;
	}

	/** Its alarms never go: the scripted broker keeps no deadline waiting. */
	timer() {
		return { arm() {}, disarm() {} };
	}
}

/** @param {import("../../dist/js/lib/index.js").Clock} [clock] */
function throughPipe(clock) {
	const pipe = new Pipe();
	const ours = new Ours(pipe, "garbage", clock);
	ours.onOnline = () => {};
	ours.client.open();
	pipe.up();
	const { client, topic } = ours;
	return (count) => {
		const goal = ours.acknowledged + count;
		for (let sent = 0; sent < count; sent++) {
			if (client.publish(topic, PAYLOAD, 1) < 0) throw new Error(`refused: ${client.refusal}`);
			if ((sent & 7) === 7) pipe.deliver();
		}
		pipe.deliver();
		if (ours.acknowledged !== goal) throw new Error(`${goal - ours.acknowledged} were not acknowledged`);
	};
}

async function overSocket() {
	const ours = await Ours.to(port, "garbage");
	return (count) => ours.publish(count);
}

/** A socket without a client: the same packets, as many under way, one write for all that the acknowledgements let through. */
async function overRawSocket() {
	const id = Buffer.from("raw");
	const hello = Buffer.from([
		0x10,
		12 + id.length,
		0,
		4,
		...Buffer.from("MQTT"),
		4,
		2,
		0,
		0,
		0,
		id.length,
		...id,
	]);
	const topic = Buffer.from(TOPIC);
	const body = 2 + topic.length + 2 + PAYLOAD.length;
	const head = [0x32, body, 0, topic.length, ...topic];
	const one = 2 + body;
	const block = Buffer.concat(
		Array.from({ length: WINDOW }, (_, i) => Buffer.from([...head, 0, i + 1, ...PAYLOAD])),
	);
	let toSend = 0;
	let bytesToCome = 4;
	let done;
	const socket = connect({
		host: "127.0.0.1",
		port,
		noDelay: true,
		onread: {
			buffer: Buffer.alloc(16384),
			callback(length) {
				bytesToCome -= length;
				if (bytesToCome === 0) done();
				const some = Math.min(toSend, length >> 2);
				toSend -= some;
				if (some > 0) socket.write(block.subarray(0, some * one));
				return true;
			},
		},
	});
	await new Promise((resolve) => {
		done = resolve;
		socket.write(hello);
	});
	return (count) => {
		const first = Math.min(WINDOW, count);
		toSend = count - first;
		bytesToCome = count * 4;
		socket.write(block.subarray(0, first * one));
		return new Promise((resolve) => {
			done = resolve;
		});
	};
}

const parts = {
	pipe: () => throughPipe(new StillClock()),
	clock: () => throughPipe(),
	socket: overSocket,
	raw: overRawSocket,
};
const run = await parts[part]();
let collections = 0;
const observer = new PerformanceObserver((list) => {
	collections += list.getEntries().length;
});
observer.observe({ entryTypes: ["gc"] });
// The engine has to know the hot code first; and compiling goes on in the background for a while.
await run(Math.min(messages, 100_000));
await run(Math.min(messages, 100_000));
await turn();
globalThis.gc();
globalThis.gc();
await turn();
await turn();
collections = 0;
const before = process.memoryUsage().heapUsed;
await run(messages);
const bytes = process.memoryUsage().heapUsed - before;
await turn();
await turn();
if (collections > 0) throw new Error(`${collections} collections while counting: the number means nothing`);
process.send({ bytesPerMessage: bytes / messages }, () => process.exit(0));
