// SPDX-License-Identifier: MIT
/**
 * Re-authentication costs no slot and no chunk, while messages go on; nor does an exchange of SCRAM-SHA-256 whose key is there.
 * What the objects cost is told, and how long a key takes: a desktop's time, an ESP32 takes a hundred times as long or more.
 */

import { Client } from "../../../lib/client.js";
import { Authentication, type AuthenticationMethod } from "../../../lib/extras/authentication.js";
import { ScramSha256 } from "../../../lib/extras/scram.js";
import { DEFAULT_LIMITS } from "../../../lib/limits.js";
import { Arena } from "../../../lib/memory/arena.js";
import { LinkFault } from "../../../lib/ports.js";
import { RamStore } from "../../../lib/store/ram-store.js";
import { Writer } from "../../../lib/wire/writer.js";
import { XsClock, XsRandom } from "../board.js";
import { check, cost, gate, row, steady } from "../gate.js";
import { type Peer, XsDialler, XsMemory } from "../memory.js";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Array.from(text, (c) => c.charCodeAt(0)));

class Echo implements AuthenticationMethod {
	readonly name = "X";
	begin(out: Writer): void {
		out.text("hello");
	}
	answer(bytes: Uint8Array, start: number, end: number, out: Writer): boolean {
		out.byte(end - start);
		return bytes[start] === 0x61;
	}
	finish(_bytes: Uint8Array, start: number, end: number): boolean {
		return end > start;
	}
}

/** Lets in who names the method; challenges who comes again, and is content with any answer; acknowledges QoS 1. */
class Doorkeeper implements Peer {
	dialler!: XsDialler;
	readonly #connack = Uint8Array.of(0x20, 11, 0, 0, 8, 0x15, 0, 1, 0x58, 0x16, 0, 1, 0x62);
	readonly #challenge = Uint8Array.of(0xf0, 10, 0x18, 8, 0x15, 0, 1, 0x58, 0x16, 0, 1, 0x61);
	readonly #success = Uint8Array.of(0xf0, 10, 0x00, 8, 0x15, 0, 1, 0x58, 0x16, 0, 1, 0x62);
	readonly #puback = Uint8Array.of(0x40, 2, 0, 0);

	onBytes(bytes: Uint8Array, start: number, end: number): void {
		for (let at = start; at < end; at += 2 + bytes[at + 1]) {
			const kind = bytes[at] >> 4;
			if (kind === 1) this.#send(this.#connack);
			else if (kind === 15) this.#send(bytes[at + 2] === 0x19 ? this.#challenge : this.#success);
			else if (kind === 3) {
				const id = at + 4 + bytes[at + 3];
				this.#puback[2] = bytes[id];
				this.#puback[3] = bytes[id + 1];
				this.#send(this.#puback);
			}
		}
	}

	#send(packet: Uint8Array): void {
		this.dialler.socket.deliver(packet, 0, packet.length);
	}
}

class Counts {
	again = 0;
	settled = 0;
	onReauthenticated(): void {
		this.again++;
	}
	onSettled(): void {
		this.settled++;
	}
}

const memory = new XsMemory(256);
const peer = new Doorkeeper();
const dialler = new XsDialler(memory, peer);
peer.dialler = dialler;
const clock = new XsClock();
clock.afterAlarm = () => dialler.settle();
const counts = new Counts();
const { cost: object } = cost("authentication, without its region", () => new Authentication(new Echo()));
check("without its region", object.bytes <= (xs.bits === 32 ? 320 : 640), "more than it was", {
	bytes: object.bytes,
});
const client = new Client({
	memory,
	dialler,
	clock,
	random: new XsRandom(),
	store: new RamStore(DEFAULT_LIMITS),
	clientId: "greenhouse-1",
	listener: counts,
	authentication: new Authentication(new Echo(), { dataBytes: 16 }),
});
client.open();
dialler.settle();
check("let in", client.online);
const topic = client.topic("greenhouse/1/temperature");
const payload = bytesOf("21.53");

gate("re-authentication, from the call to its end", () => {
	client.reauthenticate();
	dialler.settle();
});
check("each came to its end", counts.again === 1043, `${counts.again}`);
gate("re-authentication, with messages in between", () => {
	client.reauthenticate();
	client.publish(topic, payload, 1);
	dialler.turn();
	client.publish(topic, payload, 1);
	dialler.settle();
});
check(
	"each came to its end, and each message",
	counts.again === 2086 && counts.settled === 2086,
	`${counts.settled}`,
);
steady(
	"100 reconnects with authentication leave nothing behind",
	() => {
		dialler.hangUp(LinkFault.Reset);
		dialler.settle();
		clock.advance(200_000);
		dialler.settle();
	},
	100,
);
check("online", client.online && client.pending === 0);

// The exchange of one user with one server, byte by byte: our nonce is 24 times A.
const arena = new Arena({ allocate: (bytes) => new Uint8Array(bytes) }, 1024);
const out = new Writer(arena);
const first = bytesOf("r=AAAAAAAAAAAAAAAAAAAAAAAAx,s=YWJj,i=256");
const last = bytesOf("v=bXLa9Ga5ftXZN5S07ryoCg8G9AdNEXXRhIzluywV/SA=");
arena.bytes.set(first, 0);
arena.bytes.set(last, 100);
const random = { below: () => 0 };
const { made: scram, cost: scramCost } = cost(
	"SCRAM-SHA-256",
	() => new ScramSha256({ user: "user", password: "pencil", random, leastIterations: 256 }),
);
check("SCRAM-SHA-256", scramCost.bytes <= (xs.bits === 32 ? 1400 : 2200), "more than it was", {
	bytes: scramCost.bytes,
});
let good = 0;
function exchange(): void {
	out.begin(256, 1024);
	scram.begin(out);
	out.begin(256, 1024);
	if (scram.answer(arena.bytes, 0, first.length, out) && scram.finish(arena.bytes, 100, 100 + last.length))
		good++;
}
row("the key of a password, each of 256 iterations", { us: Math.round(xs.repeat(exchange, 1) / 256_000) });
check("the server has proved itself", good === 1);
gate("an exchange of SCRAM-SHA-256", exchange, { n: 30, warmUp: 3 });
check("each time", good === 34, `${good}`);
row("an exchange of SCRAM-SHA-256", { ms: Math.round(xs.repeat(exchange, 10) / 1e4) / 1000 });
