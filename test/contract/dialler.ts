// SPDX-License-Identifier: MIT
/**
 * What every dialler promises, as one suite: the virtual one, those of Node, later those of the device. The rules are
 * the comments in `lib/ports.ts`; the suite runs them from the client's side against a scripted peer.
 */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Dialler, LinkFault, type Transport } from "../../lib/ports.js";
import type { Acceptor } from "../../simulator/seams.js";
import { Peer, pattern, patterned, Recorder } from "./ends.js";

/** One surrounding in which the suite runs; made anew for each test. */
export interface Harness {
	/** Leads to the acceptor. */
	readonly dialler: Dialler & { readonly lastError: string };
	/** Leads to a port where nobody listens. */
	readonly refused: Dialler & { readonly lastError: string };
	/** Room of a link that is up and idle; default 8192. */
	readonly room?: number;
	/**
	 * What is written and what is announced is in frames or records: each costs room beside its bytes, and an announcement
	 * is at least 1 and at most what waits. Default false: the bytes are all there is.
	 */
	readonly framed?: boolean;
	/** Never comes up while the test runs; only where the suite was told that there is one. */
	readonly hanging?: Dialler;
	/** Lets the world go on until the predicate holds; rejects after a generous deadline. */
	until(predicate: () => boolean): Promise<void>;
	/** Lets everything happen that is on its way. */
	settle(): Promise<void>;
	/** Closes the listener; rejects when something was left behind. */
	close(): Promise<void>;
}

export type OpenHarness = (acceptor: Acceptor) => Promise<Harness>;

export interface Promises {
	/** The surrounding has a dialler that never comes up, which on loopback a plain connect cannot be. Default true. */
	readonly hangs?: boolean;
	/** What an orderly end by the peer is told as. Default `Closed`; the socket of a device knows no reason. */
	readonly closed?: LinkFault;
}

export function diallerContract(name: string, open: OpenHarness, promises: Promises = {}): void {
	const { hangs = true, closed = LinkFault.Closed } = promises;
	describe(`${name} keeps the dialler's contract`, () => {
		let harness: Harness;
		let peers: Peer[];
		let onPeer: (peer: Peer) => void;
		let full: number;

		beforeEach(async () => {
			peers = [];
			onPeer = () => {};
			harness = await open({
				accept(socket) {
					const peer = new Peer(socket);
					peers.push(peer);
					onPeer(peer);
					return peer;
				},
			});
			full = harness.room ?? 8192;
		});

		afterEach(async () => {
			for (const peer of peers) peer.socket.destroy();
			await harness.close();
		});

		/** Dials and waits until both ends are up. */
		async function connect(): Promise<{ link: Recorder; peer: Peer; transport: Transport }> {
			const link = new Recorder().dial(harness.dialler);
			expect(link.transport!.room).toBe(0);
			await harness.until(() => link.writables > 0 && peers.length > 0);
			return { link, peer: peers[0], transport: link.transport! };
		}

		test("comes up with onWritable first, and with room", async () => {
			const { link, transport } = await connect();
			expect(link.calls).toEqual(["writable"]);
			expect(link.room).toBe(full);
			expect(transport.room).toBe(full);
			expect(link.read(new Uint8Array(8), 0, 8)).toBe(0);
			link.close();
		});

		/** What is left of the room after a write of so many bytes into all of it. */
		function expectLeft(room: number, written: number, writes = 1): void {
			if (!harness.framed) expect(room).toBe(full - written);
			else {
				expect(room).toBeLessThanOrEqual(Math.max(0, full - written));
				expect(room).toBeGreaterThanOrEqual(Math.max(0, full - written - 100 * writes));
			}
		}

		test.each([1, 2, 3, 127, 128, 1000, 1436, 1437, 4096, 8191, 8192])("echoes %i bytes", async (wanted) => {
			const { link, peer } = await connect();
			const size = Math.min(wanted, full);
			peer.echo = true;
			const sent = patterned(size + 10);
			expectLeft(link.write(sent, 5, 5 + size), size);
			expectLeft(link.transport!.room, size);
			sent.fill(0); // consumed when write returns
			const got = new Uint8Array(size + 2);
			let at = 1;
			link.onEach = (call) => {
				if (call === "readable") at += link.read(got, at, size + 1);
			};
			await harness.until(() => at === size + 1 && link.transport!.room === full);
			expect(got.subarray(1, size + 1)).toEqual(patterned(size, 5));
			expect(got[0] + got[size + 1]).toBe(0);
			expect(link.room).toBe(full);
			expect(link.calls.filter((call) => call.endsWith("inside"))).toEqual([]);
			link.close();
		});

		test("several writes of one turn arrive in order", async () => {
			const { link, peer } = await connect();
			const bytes = patterned(300);
			for (let at = 0; at < 300; at += 30) expectLeft(link.write(bytes, at, at + 30), at + 30, 1 + at / 30);
			expect(link.write(bytes, 7, 7)).toBe(link.transport!.room);
			await harness.until(() => peer.bytes === 300);
			expect(Buffer.concat(peer.received)).toEqual(Buffer.from(bytes));
			link.close();
		});

		test("is edge-triggered: what is left unread is told again only with the next bytes, as the total", async () => {
			const { link, peer } = await connect();
			peer.socket.send(patterned(4));
			await harness.until(() => link.readable === 4);
			await harness.settle();
			expect(link.calls.filter((call) => call === "readable")).toHaveLength(1);
			peer.socket.send(patterned(6, 4));
			const got = new Uint8Array(10);
			if (harness.framed) {
				// The next record may be opened only when the one before is read.
				let at = 0;
				await harness.until(() => {
					at += link.read(got, at, Math.min(at + 3, 10));
					return at === 10;
				});
			} else {
				await harness.until(() => link.readable === 10);
				for (let at = 0; at < 9; at += 3) expect(link.read(got, at, at + 3)).toBe(3);
				expect(link.read(got, 9, 9)).toBe(0);
				expect(link.read(got, 9, 10)).toBe(1);
			}
			expect(link.read(got, 0, 10)).toBe(0);
			expect(got).toEqual(patterned(10));
			link.close();
		});

		test("a read asks for more than waits and gets what waits", async () => {
			const { link, peer } = await connect();
			peer.socket.send(patterned(5));
			await harness.until(() => link.readable === 5);
			expect(link.read(new Uint8Array(100), 10, 100)).toBe(5);
			expect(link.read(new Uint8Array(100), 10, 100)).toBe(0);
			link.close();
		});

		test("data before the remote close stays readable; then exactly one onError", async () => {
			const { link, peer } = await connect();
			const got = new Uint8Array(500);
			let at = 0;
			peer.socket.send(patterned(500));
			peer.socket.end();
			await harness.until(() => link.readable === 500);
			await harness.settle();
			while (at < 500) {
				const count = link.read(got, at, Math.min(500, at + 64));
				expect(count).toBeGreaterThan(0);
				at += count;
			}
			await harness.until(() => link.faults.length > 0);
			await harness.settle();
			expect(got).toEqual(patterned(500));
			expect(link.faults).toEqual([closed]);
			expect(link.calls.at(-1)).toBe("error");
			expect(link.calls.filter((call) => call.endsWith("inside"))).toEqual([]);
			expect(link.transport!.room).toBe(0);
			expect(harness.dialler.lastError).not.toBe("");
			link.close();
			link.close();
			await harness.until(() => peer.closed === 1);
		});

		test("a remote close without data is one onError", async () => {
			const { link, peer } = await connect();
			peer.socket.end();
			await harness.until(() => link.faults.length > 0);
			await harness.settle();
			expect(link.calls).toEqual(["writable", "error"]);
			expect(link.faults).toEqual([closed]);
			expect(link.write(patterned(3), 0, 0)).toBe(0);
		});

		test("nobody listens: Refused, once, with words", async () => {
			const link = new Recorder().dial(harness.refused);
			await harness.until(() => link.faults.length > 0);
			await harness.settle();
			expect(link.calls).toEqual(["error"]);
			expect(link.faults).toEqual([LinkFault.Refused]);
			expect(harness.refused.lastError).toMatch(/listens/);
		});

		test("close right after dial: no callback at all", async () => {
			const link = new Recorder().dial(harness.dialler);
			link.close();
			link.close();
			const refused = new Recorder().dial(harness.refused);
			refused.close();
			await harness.settle();
			expect(link.calls).toEqual([]);
			expect(refused.calls).toEqual([]);
			expect(link.transport!.room).toBe(0);
		});

		if (hangs) {
			test("close of a dial that never completes", async () => {
				const link = new Recorder().dial(harness.hanging!);
				await harness.settle();
				link.close();
				await harness.settle();
				expect(link.calls).toEqual([]);
			});
		}

		test.each(["writable", "readable", "error"])("close inside %s: no callback afterwards", async (when) => {
			onPeer = (peer) => {
				peer.socket.send(patterned(100));
				peer.socket.send(patterned(100));
				peer.socket.end();
			};
			const link = new Recorder().dial(harness.dialler);
			const got = new Uint8Array(200);
			let callsAtClose = 0;
			link.onEach = (call) => {
				if (call === "readable" && when === "error") link.read(got, 0, 200);
				if (call !== when || callsAtClose > 0) return;
				link.close();
				callsAtClose = link.calls.length;
			};
			await harness.until(() => callsAtClose > 0);
			await harness.settle();
			expect(link.calls.length).toBe(callsAtClose);
			expect(link.read(got, 0, 200)).toBe(0);
			await harness.until(() => peers[0].closed === 1);
		});

		test("what was written before close still arrives", async () => {
			const { link, peer } = await connect();
			link.write(patterned(2000));
			link.write(patterned(2, 2000));
			link.close();
			await harness.until(() => peer.closed === 1);
			expect(Buffer.concat(peer.received)).toEqual(Buffer.from(patterned(2002)));
			expect(link.calls).toEqual(["writable"]);
		});

		test("a long stream comes back whole through one overwritten buffer and a slow reader", async () => {
			const { link, peer } = await connect();
			peer.echo = true;
			const total = harness.framed ? 1 << 18 : 1 << 20;
			const outgoing = new Uint8Array(8192);
			const incoming = new Uint8Array(700);
			let sent = 0;
			let got = 0;
			let wrong = -1;
			const fill = (): void => {
				while (sent < total && link.transport!.room > 0) {
					const count = Math.min(link.transport!.room, 1 + (sent % 3001), total - sent);
					for (let i = 0; i < count; i++) outgoing[i] = pattern(sent + i);
					sent += count;
					link.write(outgoing, 0, count);
					outgoing.fill(0xee);
				}
			};
			const drain = (): void => {
				// One short read per turn of the world: the link has to hold back the rest.
				const count = link.read(incoming, 0, 1 + (got % 700));
				for (let i = 0; i < count && wrong < 0; i++) if (incoming[i] !== pattern(got + i)) wrong = got + i;
				got += count;
			};
			link.onEach = (call) => {
				if (call === "writable") fill();
			};
			fill();
			await harness.until(() => {
				drain();
				return got === total || wrong >= 0 || link.faults.length > 0;
			});
			expect(wrong).toBe(-1);
			expect(link.faults).toEqual([]);
			expect(got).toBe(total);
			expect(link.calls.filter((call) => call.endsWith("inside"))).toEqual([]);
			link.close();
		});

		test("flow control: while the client does not read, the peer's backlog grows, and nothing is lost", async () => {
			const { link, peer } = await connect();
			const total = 16 << 20; // more than what a kernel buffers on loopback
			const chunk = patterned(1 << 16);
			for (let at = 0; at < total; at += chunk.length) peer.socket.send(chunk.slice());
			await harness.settle();
			expect(peer.socket.backlog).toBeGreaterThan(0);
			const bytes = new Uint8Array(1 << 16);
			let got = 0;
			const drain = (): void => {
				for (
					let count = link.read(bytes, 0, bytes.length);
					count > 0;
					count = link.read(bytes, 0, bytes.length)
				) {
					got += count;
				}
			};
			link.onEach = (call) => {
				if (call === "readable") drain();
			};
			drain();
			await harness.until(() => got === total);
			expect(peer.socket.backlog).toBe(0);
			link.close();
		});

		test("one dialler serves one connection after the other", async () => {
			for (let round = 1; round <= 5; round++) {
				const link = new Recorder().dial(harness.dialler);
				await harness.until(() => link.writables > 0 && peers.length === round);
				link.write(patterned(round));
				await harness.until(() => peers[round - 1].bytes === round);
				link.close();
				await harness.until(() => peers[round - 1].closed === 1);
			}
		});
	});
}
