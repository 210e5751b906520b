// SPDX-License-Identifier: MIT
/** One board that lives many times: its flash, its network and its broker's end stay, everything else begins anew. */
import { FlashStore, type FlashStoreOptions } from "../../lib/store/index.js";
import { NodeFlash } from "../../simulator/node/flash.js";
import { Scope, VirtualNetwork, World } from "../../simulator/world.js";
import { Peer, type Version } from "./peer.js";
import { Rig, type RigOptions } from "./rig.js";

export class Lives {
	readonly world: World;
	readonly network: VirtualNetwork;
	readonly peer: Peer;
	readonly flash = new NodeFlash({ size: 16 * 4096 });
	readonly #version: Version;
	readonly #options: RigOptions;
	#scope: Scope | undefined;

	constructor(version: Version, options: RigOptions = {}) {
		this.world = new World({ seed: options.seed ?? 1 });
		this.network = new VirtualNetwork(this.world);
		this.peer = new Peer(this.world, version);
		this.network.listen(this.peer);
		this.#version = version;
		this.#options = options;
	}

	/** A life begins; the one before it, if it goes on, ends without a word. */
	boot(options: RigOptions = {}, how: FlashStoreOptions = {}): Rig {
		this.cut();
		this.#scope = new Scope();
		const all = { version: this.#version, ...this.#options, ...options, scope: this.#scope };
		const store = new FlashStore(this.flash, all.limits, how);
		return new Rig({ store, ...all }, this.world, this.network);
	}

	/** Power off. */
	cut(): void {
		this.#scope?.dispose();
		this.#scope = undefined;
		this.world.run(this.world.now + 1000);
	}
}

/** A client that is online in its first life, with CONNECT taken. */
export function born(version: Version, options: RigOptions = {}): { lives: Lives; rig: Rig; peer: Peer } {
	const lives = new Lives(version, options);
	const rig = lives.boot();
	rig.online();
	rig.pass(1);
	lives.peer.line.take();
	return { lives, rig, peer: lives.peer };
}
