// SPDX-License-Identifier: MIT
import { DirectNetwork } from "../../../simulator/fleet/direct.js";
import { World } from "../../../simulator/world.js";
import { diallerContract, type OpenHarness } from "../../contract/dialler.js";

function direct(latencyMs: number): OpenHarness {
	return async (acceptor) => {
		const world = new World({ seed: 7 });
		const network = new DirectNetwork(world, { latencyMs });
		network.acceptor = acceptor;
		return {
			dialler: network.dialler("board"),
			refused: new DirectNetwork(world).dialler("board"),
			hanging: new DirectNetwork(world, { latencyMs: 1e12 }).dialler("board"),
			async until(predicate: () => boolean) {
				// A board that reads a little in each turn has turns of its own: reading alone is no event here.
				const turn = () => {
					ticking = world.after(1, turn);
				};
				let ticking = world.after(1, turn);
				const happened = world.runUntil(predicate, world.now + 600_000);
				world.cancel(ticking);
				if (!happened) throw world.error("it never happened");
			},
			async settle() {
				world.run(world.now + 60_000);
			},
			async close() {
				world.run(world.now + 60_000);
				if (network.size > 0) throw world.error(`${network.size} links are left behind`);
			},
		};
	};
}

diallerContract("The direct dialler", direct(0));
diallerContract("The direct dialler with latency", direct(25));
