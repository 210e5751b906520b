// SPDX-License-Identifier: MIT

import { type Conditions, VirtualNetwork, World } from "../../simulator/world.js";
import { diallerContract } from "../contract/dialler.js";

function virtual(conditions: Partial<Conditions>) {
	return async (acceptor: Parameters<VirtualNetwork["listen"]>[0]) => {
		const world = new World({ seed: 7 });
		const network = new VirtualNetwork(world, { conditions });
		network.listen(acceptor);
		const hanging = network.dialler({ name: "hanging" });
		hanging.fault = "hang";
		return {
			dialler: network.dialler(),
			refused: network.dialler({ port: 1 }),
			hanging,
			async until(predicate: () => boolean) {
				if (!world.runUntil(predicate, world.now + 36_000_000)) throw world.error("it never happened");
			},
			async settle() {
				world.run(world.now + 60_000);
			},
			async close() {
				world.run(world.now + 60_000);
				if (world.pending > 0) throw world.error(`${world.pending} events are left behind`);
				if (network.links.size > 0) throw world.error(`${network.links.size} links are left behind`);
			},
		};
	};
}

diallerContract("The virtual dialler", virtual({}));
diallerContract(
	"The virtual dialler over a slow link",
	virtual({ upMs: 40, downMs: 70, lookupMs: 5, bytesPerSecond: 2e6 }),
);
diallerContract("The virtual dialler in random pieces", virtual({ randomPieces: true, upMs: 1 }));
