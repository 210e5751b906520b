// SPDX-License-Identifier: MIT
/** A fleet in virtual time, on a broker of its own. */

import { TINY_LIMITS } from "../../../lib/index.js";
import { FACTORY_SETTINGS } from "../../../simulator/board/index.js";
import { Broker } from "../../../simulator/broker/index.js";
import { Course, type Ground, type Stage, type StageFigures } from "../../../simulator/fleet/course.js";
import { DirectNetwork } from "../../../simulator/fleet/direct.js";
import { Fleet } from "../../../simulator/fleet/fleet.js";
import { World } from "../../../simulator/world.js";

export class VirtualFleet implements Ground {
	readonly world: World;
	readonly broker: Broker;
	readonly network: DirectNetwork;
	readonly fleet: Fleet;

	constructor(boards: number, { seed = 1, latencyMs = 20, intervalSeconds = 60 } = {}) {
		this.world = new World({ seed });
		this.broker = new Broker({ schedule: this.world });
		this.network = new DirectNetwork(this.world, { latencyMs });
		this.network.acceptor = this.broker;
		const dialler = this.network.dialler("board");
		this.fleet = new Fleet({
			timeline: this.world,
			names: Array.from({ length: boards }, (_, index) => `board-${index + 1}`),
			dialler: () => dialler,
			settings: Object.freeze({ ...FACTORY_SETTINGS, user: undefined, intervalSeconds }),
			limits: TINY_LIMITS,
			seed,
		});
	}

	/** Goes through all of them. */
	run(
		stages: readonly Stage[],
		options: { windowMs?: number; patienceSeconds?: number } = {},
	): StageFigures[] {
		const all: StageFigures[] = [];
		let over = false;
		const course = new Course({
			...{ fleet: this.fleet, ground: this, stages, ...options },
			onFigures: (figures) => void all.push(figures),
			onEnd: () => {
				over = true;
			},
		});
		course.start();
		if (!this.world.runUntil(() => over, 1e9)) throw this.world.error("the course has no end");
		return all;
	}

	cut(): void {
		this.network.cut();
	}

	fall(): void {
		this.network.acceptor = undefined;
		this.broker.restart({ keepSessions: true });
	}

	rise(): void {
		this.network.acceptor = this.broker;
	}
}
