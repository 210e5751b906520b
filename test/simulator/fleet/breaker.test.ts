// SPDX-License-Identifier: MIT
import { describe, expect, test } from "vitest";
import { type Link, LinkFault, type Transport } from "../../../lib/ports.js";
import { Breaker } from "../../../simulator/fleet/breaker.js";

/** A dialler whose connections are up at once; it notes what is done to them. */
function plain() {
	const links: Link[] = [];
	const closed: number[] = [];
	const dial = (link: Link): Transport => {
		const at = links.push(link) - 1;
		return { room: 100, read: () => 7, write: () => 93, close: () => void closed.push(at) };
	};
	return { dial, links, closed };
}

/** A board's end, and what it was told. */
function board() {
	const told: string[] = [];
	const link: Link = {
		onReadable: (count) => void told.push(`readable ${count}`),
		onWritable: (room) => void told.push(`writable ${room}`),
		onError: (fault) => void told.push(`error ${fault}`),
	};
	return { link, told };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("Connections that can be broken", () => {
	test("are what they were, until they are cut: then the board is told in a turn of its own, once", async () => {
		const breaker = new Breaker();
		const below = plain();
		const [first, second] = [board(), board()];
		const dialler = breaker.dialler(below);
		const transport = dialler.dial(first.link);
		dialler.dial(second.link);
		below.links[0].onWritable(100);
		below.links[0].onReadable(7);
		const bytes = new Uint8Array(8);
		expect([transport.room, transport.read(bytes, 0, 8), transport.write(bytes, 0, 7)]).toEqual([100, 7, 93]);
		below.links[1].onError(LinkFault.Refused);
		breaker.cut();
		expect(first.told).toEqual(["writable 100", "readable 7"]);
		expect([transport.room, transport.read(bytes, 0, 8), transport.write(bytes, 0, 7)]).toEqual([0, 0, 0]);
		below.links[0].onReadable(7);
		await turn();
		expect(first.told).toEqual(["writable 100", "readable 7", `error ${LinkFault.Reset}`]);
		expect(second.told).toEqual([`error ${LinkFault.Refused}`]);
		expect(below.closed).toEqual([0]);
		breaker.cut();
		await turn();
		expect(first.told).toHaveLength(3);
	});

	test("a board that closes in that moment hears nothing", async () => {
		const breaker = new Breaker();
		const below = plain();
		const { link, told } = board();
		const transport = breaker.dialler(below).dial(link);
		breaker.cut();
		transport.close();
		await turn();
		expect(told).toEqual([]);
	});
});
