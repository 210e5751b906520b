// SPDX-License-Identifier: MIT
/** Several brokers in one world, and a client that goes among them. */
import { Brokers, type BrokersOptions } from "../../lib/extras/index.js";
import type { Dialler, Link, Transport } from "../../lib/index.js";
import { VirtualNetwork, World } from "../../simulator/world.js";
import { Peer, type Version } from "./peer.js";
import { Rig, type RigOptions } from "./rig.js";
import { StrictDialler } from "./strict-dialler.js";

export interface TownOptions extends RigOptions {
	/** Hosts of the list; default "a" and "b". */
	readonly list?: readonly string[];
	/** Of the list. */
	readonly brokers?: Partial<BrokersOptions>;
	/** Hosts that listen besides. */
	readonly more?: readonly string[];
}

/** Each host has a peer at 1883; what is dialled is written down as `host` or `host:port`. */
export class Town {
	readonly rig: Rig;
	readonly peers: Readonly<Record<string, Peer>>;
	readonly brokers: Brokers;
	/** Every dial, in order. */
	readonly dialled: string[] = [];
	/** What the factory was asked for. */
	readonly asked: string[] = [];
	/** Hosts to which no connection comes up. */
	readonly down = new Set<string>();
	readonly #network: VirtualNetwork;

	constructor(version: Version, options: TownOptions = {}) {
		const { list = ["a", "b"], more = [], brokers, ...rest } = options;
		const world = new World({ seed: options.seed ?? 1 });
		const network = new VirtualNetwork(world);
		this.#network = network;
		const peers: Record<string, Peer> = {};
		for (const host of [...list, ...more]) {
			peers[host] = new Peer(world, version);
			network.listen(peers[host], host);
		}
		this.peers = peers;
		this.brokers = new Brokers({
			brokers: list.map((host) => this.#lead(host, 0)),
			diallerTo: (host, port) => {
				this.asked.push(port === 0 ? host : `${host}:${port}`);
				return this.#lead(host, port);
			},
			...brokers,
		});
		this.rig = new Rig({ version, dialler: this.brokers, ...rest }, world, network);
	}

	#lead(host: string, port: number): Dialler {
		const dialler = this.#network.dialler({ host, port: port === 0 ? 1883 : port, name: host });
		const strict = new StrictDialler(dialler);
		const { dialled, down } = this;
		return {
			dial(link: Link): Transport {
				dialled.push(port === 0 ? host : `${host}:${port}`);
				dialler.fault = down.has(host) ? "refuse" : "none";
				return strict.dial(link);
			},
		};
	}

	/** What was dialled since the last call. */
	take(): string[] {
		return this.dialled.splice(0);
	}

	/** Answers the next CONNECTs to `host` with a redirect, or DISCONNECT after `onlineMs`. */
	sends(host: string, reference: string | undefined, permanent = false, byDisconnect = false): void {
		const peer = this.peers[host];
		const reasonCode = permanent ? 0x9d : 0x9c;
		const properties = reference === undefined ? {} : { serverReference: reference };
		peer.polite.delete("connect");
		peer.onPacket = ({ cmd }, line) => {
			if (cmd !== "connect") return;
			if (!byDisconnect) line.connack({ reasonCode, properties });
			else line.connack().send({ cmd: "disconnect", reasonCode, properties });
		};
	}

	/** Answers as a broker does, from now on. */
	stays(host: string): void {
		const peer = this.peers[host];
		peer.polite.add("connect");
		peer.onPacket = undefined;
	}

	/** The connection has lasted. */
	last(): void {
		this.rig.until("online", () => this.rig.client.online);
		this.rig.pass(31_000);
	}
}
