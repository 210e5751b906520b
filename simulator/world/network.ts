// SPDX-License-Identifier: MIT
/** The virtual network: who listens where, and the diallers that lead there. */

import { type Dialler, type Link, LinkFault, type Transport } from "../../lib/ports.js";
import type { Acceptor } from "../seams.js";
import type { World } from "../world.js";
import { type Conditions, conditionsOf, type DialFault } from "./conditions.js";
import { VirtualLink } from "./link.js";
import type { Scope } from "./scope.js";
import type { Tracer } from "./trace.js";

export interface VirtualNetworkOptions {
	/** What the links of diallers without conditions of their own are like. */
	conditions?: Partial<Conditions>;
	/** Sees every piece that arrives. */
	trace?: Tracer;
}

/** Somebody who listens. */
export interface Listening {
	/** No new connections from now on; those that exist go on. */
	close(): void;
}

export interface DiallerOptions {
	/** Default "broker". */
	host?: string;
	/** Default 1883. */
	port?: number;
	/** Names the links in traces, seeds their draws, and is the address that the broker sees. Default "board". */
	name?: string;
	/** The board that dials. */
	scope?: Scope;
	/** Over those of the network. */
	conditions?: Partial<Conditions>;
}

export class VirtualNetwork {
	readonly world: World;
	/** Copied for each new dialler. */
	readonly conditions: Conditions;
	/** Sees every piece that arrives; may be changed at any time. */
	trace: Tracer | undefined;
	readonly #listeners = new Map<string, Map<number, Acceptor>>();
	readonly #links = new Set<VirtualLink>();

	constructor(world: World, options: VirtualNetworkOptions = {}) {
		this.world = world;
		this.conditions = conditionsOf(options.conditions);
		this.trace = options.trace;
	}

	/** The links that at least one end still holds, in the order in which they were dialled. */
	get links(): ReadonlySet<VirtualLink> {
		return this.#links;
	}

	/** Hands new connections to `acceptor`; the name resolves from now on. Throws when the port is taken. */
	listen(acceptor: Acceptor, host = "broker", port = 1883): Listening {
		const ports = this.#listeners.get(host) ?? new Map<number, Acceptor>();
		if (ports.has(port)) throw this.world.error(`somebody listens at ${host}:${port} already`);
		this.#listeners.set(host, ports);
		ports.set(port, acceptor);
		return {
			close() {
				if (ports.get(port) === acceptor) ports.delete(port);
			},
		};
	}

	dialler(options: DiallerOptions = {}): VirtualDialler {
		return new VirtualDialler(this, options);
	}

	/** True when that name was ever listened at. */
	resolves(host: string): boolean {
		return this.#listeners.has(host);
	}

	/** Who listens there now. */
	acceptor(host: string, port: number): Acceptor | undefined {
		return this.#listeners.get(host)?.get(port);
	}

	/** For diallers: a link exists. */
	track(link: VirtualLink): void {
		this.#links.add(link);
	}

	/** For diallers: both ends are done with it. */
	untrack(link: VirtualLink): void {
		this.#links.delete(link);
	}
}

export class VirtualDialler implements Dialler {
	readonly host: string;
	readonly port: number;
	readonly name: string;
	/** How the next dials end; may be changed at any time, and a dial under way is not affected. */
	fault: DialFault = "none";
	/** Copied for each dial: changes are for the next link. Those of a link that exists are its own. */
	readonly conditions: Conditions;
	/** What happened last, in words; empty before the first failure. */
	lastError = "";
	/** The latest link, dead or alive. */
	link: VirtualLink | undefined;
	readonly #network: VirtualNetwork;
	readonly #scope: Scope | undefined;
	#dials = 0;

	constructor(network: VirtualNetwork, options: DiallerOptions) {
		this.#network = network;
		this.host = options.host ?? "broker";
		this.port = options.port ?? 1883;
		this.name = options.name ?? "board";
		this.#scope = options.scope;
		this.conditions = { ...network.conditions, ...options.conditions };
	}

	/** How often it was dialled, failures included. */
	get dials(): number {
		return this.#dials;
	}

	dial(link: Link): Transport {
		this.#dials++;
		if (this.fault === "no network") {
			this.lastError = "no network";
			throw new Error("no network");
		}
		const { world } = this.#network;
		const name = `${this.name}#${this.#dials}`;
		const dialled = new VirtualLink(link, {
			world,
			name,
			address: name,
			random: world.random.fork(`link ${name}`),
			conditions: { ...this.conditions },
			scope: this.#scope,
			tracer: () => this.#network.trace,
			onGone: (gone) => this.#network.untrack(gone),
			onFault: (_fault, words) => {
				this.lastError = words;
			},
		});
		this.link = dialled;
		this.#network.track(dialled);
		this.#connect(dialled, this.fault);
		return dialled;
	}

	/** Lookup, then one round trip. The events find a link that was closed meanwhile and leave it alone. */
	#connect(link: VirtualLink, fault: DialFault): void {
		const { world } = this.#network;
		const { lookupMs, upMs, downMs } = link.conditions;
		if (fault === "hang") return;
		world.after(lookupMs, () => {
			if (fault === "dns" || !this.#network.resolves(this.host)) {
				link.fail(LinkFault.Dns, `the name ${this.host} does not resolve`);
				return;
			}
			world.after(upMs + downMs, () => {
				const acceptor = fault === "refuse" ? undefined : this.#network.acceptor(this.host, this.port);
				if (acceptor !== undefined) link.establish(acceptor);
				else link.fail(LinkFault.Refused, `nobody listens at ${this.host}:${this.port}`);
			});
		});
	}
}
