// SPDX-License-Identifier: MIT
// xs: --heap 114688 --stack 384
/** A million short writes and reads on a heap as small as a device's, after which no collection has happened. */
import { noCollection } from "../gate.js";
import { type Peer, XsDialler, XsMemory } from "../memory.js";

class Echo implements Peer {
	dialler: XsDialler | undefined;
	onBytes(bytes: Uint8Array, start: number, end: number): void {
		this.dialler?.socket.deliver(bytes, start, end);
	}
}

const memory = new XsMemory(256);
const arena = memory.allocate(512);
const peer = new Echo();
const dialler = new XsDialler(memory, peer, 1024, 512);
peer.dialler = dialler;
const pipe = dialler.dial({ onReadable() {}, onWritable() {}, onError() {} });
dialler.settle();

noCollection(
	"a million round trips of 40 bytes on a fixed heap",
	() => {
		pipe.write(arena, 0, 40);
		dialler.settle();
		pipe.read(arena, 40, 512);
	},
	1_000_000,
);
