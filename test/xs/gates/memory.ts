// SPDX-License-Identifier: MIT
/** Bytes in and out of the arena, by the driver's way on XS: no slot, no chunk, and the right bytes. */
import { check, cost, gate } from "../gate.js";
import { type Peer, XsDialler, XsMemory } from "../memory.js";

/** Sends everything back, and remembers the last bytes. */
class Echo implements Peer {
	dialler: XsDialler | undefined;
	count = 0;
	sum = 0;

	onBytes(bytes: Uint8Array, start: number, end: number): void {
		this.count += end - start;
		for (let i = start; i < end; i++) this.sum = (Math.imul(this.sum, 31) + bytes[i]) | 0;
		this.dialler?.socket.deliver(bytes, start, end);
	}
}

/** Takes everything and forgets it. */
class Sink implements Peer {
	count = 0;
	onBytes(_bytes: Uint8Array, start: number, end: number): void {
		this.count += end - start;
	}
}

const link = { onReadable() {}, onWritable() {}, onError() {} };

function sumOf(bytes: Uint8Array, start: number, end: number, sum: number): number {
	for (let i = start; i < end; i++) sum = (Math.imul(sum, 31) + bytes[i]) | 0;
	return sum;
}

const memory = new XsMemory(256);
const arena = memory.allocate(1024);
const region = memory.allocate(512);

const echo = new Echo();
const echoing = new XsDialler(memory, echo);
echo.dialler = echoing;
const pipe = echoing.dial(link);
echoing.settle();
for (let i = 0; i < 1024; i++) arena[i] = (i * 7 + 3) & 255;

const arenaBefore = sumOf(arena, 0, 1024, 0);
pipe.write(arena, 100, 500);
echoing.settle();
const arrived = pipe.read(region, 10, 512);
check("400 bytes through a window of 256 arrive unchanged", arrived === 400 && echo.count === 400);
check("the peer saw them in order", echo.sum === sumOf(arena, 100, 500, 0));
check(
	"the region holds them",
	sumOf(region, 10, 410, 0) === echo.sum && region[9] === 0 && region[410] === 0,
);
check("the arena is untouched", sumOf(arena, 0, 1024, 0) === arenaBefore && arena.length === 1024);
check("nothing waits", pipe.read(region, 0, 512) === 0 && pipe.read(region, 5, 5) === 0);
pipe.write(arena, 0, 100);
echoing.settle();
check(
	"a read takes no more than its limit",
	pipe.read(region, 0, 30) === 30 &&
		pipe.read(region, 30, 512) === 70 &&
		sumOf(region, 0, 100, 0) === sumOf(arena, 0, 100, 0),
);

const sink = new Sink();
const sinking = new XsDialler(memory, sink);
const drain = sinking.dial(link);
sinking.settle();

gate("write 1 byte", () => drain.write(arena, 1023, 1024));
gate("write 40 bytes", () => drain.write(arena, 100, 140));
gate("write 900 bytes, window 256", () => drain.write(arena, 100, 1000));
gate("write and read back 40 bytes", () => {
	pipe.write(arena, 7, 47);
	echoing.settle();
	pipe.read(region, 3, 512);
});
gate("write and read back 400 bytes", () => {
	pipe.write(arena, 7, 407);
	echoing.settle();
	pipe.read(region, 3, 512);
});
gate("deliver 40 bytes and tell the client", () => {
	echoing.socket.deliver(arena, 0, 40);
	echoing.settle();
	pipe.read(region, 0, 512);
});
cost("memory port, 1536 bytes in two blocks, windows of 256", () => {
	const fresh = new XsMemory(256);
	return [fresh, fresh.allocate(1024), fresh.allocate(512)];
});
