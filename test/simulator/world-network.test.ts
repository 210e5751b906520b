// SPDX-License-Identifier: MIT
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Link, LinkFault, type Transport } from "../../lib/ports.js";
import type { Acceptor, BrokerPeer, BrokerSocket } from "../../simulator/seams.js";
import {
	Scope,
	type TraceEntry,
	VirtualClock,
	type VirtualDialler,
	VirtualNetwork,
	World,
} from "../../simulator/world.js";

/** A peer that notes what happens to it. */
class Peer implements BrokerPeer {
	socket!: BrokerSocket;
	text = "";
	drains = 0;
	closed = 0;
	onData(chunk: Uint8Array): void {
		this.text += Buffer.from(chunk).toString("latin1");
	}
	onDrain(): void {
		this.drains++;
	}
	onClose(): void {
		this.closed++;
	}
}

class Board implements Link {
	transport: Transport;
	text = "";
	calls = 0;
	greedy = true;
	readonly faults: LinkFault[] = [];
	constructor(dialler: VirtualDialler) {
		this.transport = dialler.dial(this);
	}
	send(text: string): void {
		this.transport.write(Buffer.from(text), 0, text.length);
	}
	onReadable(count: number): void {
		this.calls++;
		if (this.greedy) this.drain(count);
	}
	drain(count: number): void {
		const bytes = Buffer.alloc(count);
		this.text += bytes.toString("latin1", 0, this.transport.read(bytes, 0, count));
	}
	onWritable(): void {
		this.calls++;
	}
	onError(fault: LinkFault): void {
		this.faults.push(fault);
	}
}

function setting(options: Parameters<VirtualNetwork["dialler"]>[0] = {}) {
	const world = new World({ seed: 5 });
	const trace: TraceEntry[] = [];
	const network = new VirtualNetwork(world, { trace: (entry) => trace.push(entry) });
	const peers: Peer[] = [];
	const acceptor: Acceptor = {
		accept(socket) {
			const peer = new Peer();
			peer.socket = socket;
			peers.push(peer);
			return peer;
		},
	};
	const listening = network.listen(acceptor);
	const dialler = network.dialler(options);
	return { world, network, trace, peers, acceptor, listening, dialler };
}

function connected(options: Parameters<VirtualNetwork["dialler"]>[0] = {}) {
	const made = setting(options);
	const board = new Board(made.dialler);
	made.world.run(made.world.now + 1000);
	return { ...made, board, peer: made.peers[0], link: made.dialler.link! };
}

describe("A virtual link", () => {
	test("has a latency per direction and a bandwidth", () => {
		const { world, trace, dialler, peers } = setting({
			conditions: { upMs: 30, downMs: 50, bytesPerSecond: 1000 },
		});
		const board = new Board(dialler);
		world.run(79);
		expect(board.calls).toBe(0);
		world.run(80);
		expect(board.calls).toBe(1);
		board.send("x".repeat(100));
		peers[0].socket.send(Buffer.from("y"));
		world.run(1000);
		const data = trace.filter((entry) => entry.event === "data");
		expect(data.map(({ time, direction, bytes }) => [time, direction, bytes.length])).toEqual([
			[80 + 1 + 50, "down", 1],
			[80 + 100 + 30, "up", 100],
		]);
	});

	test("delivers byte by byte, each an event of its own", () => {
		const { world, trace, board, peer } = connected({ conditions: { pieceBytes: 1 } });
		board.send("hello");
		peer.socket.send(Buffer.from("world"));
		world.run(2000);
		expect(peer.text + board.text).toBe("helloworld");
		expect(trace.filter((entry) => entry.event === "data").map((entry) => entry.bytes.length)).toEqual(
			new Array(10).fill(1),
		);
	});

	test("keeps the order when the latency shrinks", () => {
		const { world, board, peer, link } = connected({ conditions: { upMs: 100 } });
		board.send("slow ");
		world.run(world.now + 1);
		link.conditions.upMs = 0;
		board.send("fast");
		world.run(world.now + 200);
		expect(peer.text).toBe("slow fast");
	});

	test("is cut now: both sides learn, what is under way is lost", () => {
		const { world, board, peer, link, network } = connected({ conditions: { upMs: 10, downMs: 10 } });
		board.send("lost");
		peer.socket.send(Buffer.from("lost"));
		world.run(world.now + 5);
		link.cut();
		link.cut();
		expect(board.faults).toEqual([]);
		world.run(world.now + 100);
		expect([board.faults, peer.closed, board.text, peer.text]).toEqual([[LinkFault.Reset], 1, "", ""]);
		expect(network.links.size).toBe(0);
	});

	test.each(["up", "down"] as const)("is cut in the middle of a packet %s", (direction) => {
		const { world, board, peer, link } = connected();
		link.cutAfter(direction, 3);
		board.send("abcdef");
		peer.socket.send(Buffer.from("ABCDEF"));
		world.run(world.now + 100);
		expect(direction === "up" ? peer.text : board.text).toBe(direction === "up" ? "abc" : "ABC");
		expect([board.faults, peer.closed]).toEqual([[LinkFault.Reset], 1]);
	});

	test("tells the error only after everything was read, as the SDK does", () => {
		const { world, board, peer } = connected();
		board.greedy = false;
		peer.socket.send(Buffer.from("last words"));
		peer.socket.destroy();
		world.run(world.now + 1000);
		expect(board.faults).toEqual([]);
		board.drain(5);
		world.run(world.now + 1000);
		expect(board.faults).toEqual([]);
		board.drain(5);
		expect(board.faults).toEqual([]);
		world.run(world.now + 1000);
		expect([board.text, board.faults, peer.closed]).toEqual(["last words", [LinkFault.Reset], 0]);
	});

	test("stalls and goes on without loss", () => {
		const { world, board, peer, link } = connected();
		link.stall(5000);
		board.send("late");
		peer.socket.send(Buffer.from("too"));
		world.run(world.now + 4999);
		expect(peer.text + board.text).toBe("");
		world.run(world.now + 1);
		expect(peer.text + board.text).toBe("latetoo");
	});

	test("half-open: nobody hears anything, nobody is told, room runs out", () => {
		const { world, board, peer, link, network } = connected();
		link.silence();
		board.send("x".repeat(8000));
		peer.socket.send(Buffer.alloc(9000));
		world.run(world.now + 3_600_000);
		expect([peer.text, board.text, board.faults, peer.closed]).toEqual(["", "", [], 0]);
		expect(board.transport.room).toBe(192);
		expect(peer.socket.backlog).toBe(9000 - 8192);
		board.transport.close();
		peer.socket.destroy();
		world.run(world.now + 1000);
		expect([board.faults, peer.closed, network.links.size]).toEqual([[], 0, 0]);
	});

	test("holds bytes back while the board does not read; the broker is told when they are gone", () => {
		const { world, board, peer } = connected();
		board.greedy = false;
		peer.socket.send(new Uint8Array(10_000));
		world.run(world.now + 1000);
		expect([peer.socket.backlog, peer.drains]).toEqual([10_000 - 8192, 0]);
		board.drain(8192);
		world.run(world.now + 1000);
		expect([peer.socket.backlog, peer.drains]).toEqual([0, 1]);
		board.drain(8192);
		expect(board.text.length).toBe(10_000);
	});

	test("a write without room and a range that is none are the caller's mistake", () => {
		const { board } = connected();
		const bytes = new Uint8Array(9000);
		expect(() => board.transport.write(bytes, 0, 8193)).toThrow("would block [seed 5");
		expect(() => board.transport.write(bytes, 5, 4)).toThrow("write 5..4");
		expect(() => board.transport.read(bytes, 0, 9001)).toThrow("read 0..9001");
	});
});

describe("A virtual dial goes wrong", () => {
	test("no network: it throws", () => {
		const { dialler } = setting();
		dialler.fault = "no network";
		expect(() => new Board(dialler)).toThrow("no network");
		dialler.fault = "none";
		expect(() => new Board(dialler)).not.toThrow();
		expect(dialler.dials).toBe(2);
	});

	test.each([
		["dns", LinkFault.Dns, /resolve/],
		["refuse", LinkFault.Refused, /listens/],
	] as const)("%s", (fault, number, words) => {
		const { world, dialler } = setting();
		dialler.fault = fault;
		const board = new Board(dialler);
		world.run(10);
		expect(board.faults).toEqual([number]);
		expect(dialler.lastError).toMatch(words);
	});

	test("an unknown name does not resolve; a closed listener refuses", () => {
		const { world, network, listening, dialler } = setting();
		const unknown = new Board(network.dialler({ host: "nowhere" }));
		listening.close();
		const late = new Board(dialler);
		world.run(10);
		expect([unknown.faults, late.faults]).toEqual([[LinkFault.Dns], [LinkFault.Refused]]);
	});

	test("hang: never a word", () => {
		const { world, dialler } = setting();
		dialler.fault = "hang";
		const board = new Board(dialler);
		world.run(1e9);
		expect([board.calls, board.faults]).toEqual([0, []]);
	});

	test("the same port twice is a mistake", () => {
		const { network, acceptor } = setting();
		expect(() => network.listen(acceptor)).toThrow("somebody listens at broker:1883");
	});
});

test("Power off kills timers and links without a word; the broker keeps a dead connection", () => {
	const scope = new Scope();
	const { world, board, peer, network } = connected({ scope });
	const clock = new VirtualClock(world, { scope });
	clock.timer({ onAlarm: () => expect.unreachable() }).arm(50);
	peer.socket.send(Buffer.from("into the dark"));
	board.send("never left");
	scope.dispose();
	world.run(world.now + 100_000);
	expect([board.text, peer.text, board.faults, peer.closed]).toEqual(["", "", [], 0]);
	expect(network.links.size).toBe(1);
	expect(() => new Board(network.dialler({ scope }))).toThrow("no power");
	peer.socket.destroy();
	expect(network.links.size).toBe(0);
});

test("What was written in the turn in which the power goes away may have left already", () => {
	const scope = new Scope();
	const { world, board, peer, network } = connected({ scope });
	board.send("just left");
	for (const link of network.links) link.depart();
	scope.dispose();
	world.run(world.now + 1000);
	expect(peer.text).toBe("just left");
	peer.socket.destroy();
});

/** Some boards, random pieces, random cuts: everything that draws. Returns a digest of the trace. */
function digest(seed: number): string {
	const world = new World({ seed });
	const hash = createHash("sha256");
	let entries = 0;
	const network = new VirtualNetwork(world, {
		conditions: { randomPieces: true, pieceBytes: 50, upMs: 3 },
		trace({ time, link, direction, event, bytes }) {
			entries++;
			hash.update(`${time} ${link} ${direction} ${event} ${bytes.length}\n`).update(bytes);
		},
	});
	network.listen({
		accept: (socket) => ({ onData: (chunk) => socket.send(chunk.slice()), onDrain() {}, onClose() {} }),
	});
	for (let i = 0; i < 10; i++) {
		const dialler = network.dialler({ name: `board-${i}` });
		const random = world.random.fork(dialler.name);
		const live = (): void => {
			const board = new Board(dialler);
			const speak = (): void => {
				if (board.faults.length > 0) return;
				const count = Math.min(board.transport.room, random.below(400));
				board.transport.write(
					Uint8Array.from({ length: count }, () => random.below(256)),
					0,
					count,
				);
				if (random.chance(0.1)) dialler.link?.cutAfter("down", random.below(300));
				world.after(random.below(50), speak);
			};
			speak();
			board.onError = (fault) => {
				board.faults.push(fault);
				world.after(random.below(100), live);
			};
		};
		live();
	}
	world.run(5000);
	return `${entries} ${world.events} ${hash.digest("hex")}`;
}

test("The same seed gives the same trace, byte for byte; another seed another one", () => {
	const first = digest(1234);
	expect(digest(1234)).toBe(first);
	expect(digest(1235)).not.toBe(first);
	expect(Number.parseInt(first, 10)).toBeGreaterThan(10_000);
});
