// SPDX-License-Identifier: MIT
/** The SDK's module `sntp` as `modules/network/sntp/sntp.js` and `modsntp.c` have it, in virtual time. */
import type { SntpClass } from "../../../firmware/drivers/sntp.js";
import type { World } from "../../../simulator/world.js";

/** What a server does. A number: the seconds by which its clock is ahead. */
export type Server = number | "silent" | "unknown" | "zero" | "short" | "kiss" | "deaf resolver";

export class TimeServers {
	/** By name; a name that is not here cannot be resolved. */
	readonly servers = new Map<string, Server>();
	/** There is a default route: otherwise the constructor throws. */
	network = true;
	/** When somebody asked, and whom. */
	readonly asked: { readonly at: number; readonly host: string }[] = [];
	/** Requests that are open. */
	open = 0;
	readonly world: World;

	constructor(world: World) {
		this.world = world;
	}

	/** The class, to be given to a driver as `io`. */
	get SNTP(): SntpClass {
		const servers = this;
		return class extends Request {
			static readonly time = 1;
			static readonly retry = 2;
			static readonly error = -1;
			constructor(options: { host: string }, callback: Callback) {
				super(servers, options.host, callback);
			}
		};
	}
}

type Callback = (message: number, value?: number | string) => string | undefined;

class Request {
	readonly #servers: TimeServers;
	readonly #callback: Callback;
	#host = "";
	#resolved = false;
	#closed = false;
	#retry = 5;
	#generation = 0;

	constructor(servers: TimeServers, host: string, callback: Callback) {
		if (!servers.network) throw new Error("no network");
		this.#servers = servers;
		this.#callback = callback;
		servers.open++;
		this.#start(host);
		this.#repeat();
	}

	close(): void {
		if (this.#closed) throw new Error("close on closed socket");
		this.#closed = true;
		this.#servers.open--;
	}

	get #answers(): Server {
		return this.#servers.servers.get(this.#host) ?? "unknown";
	}

	#start(host: string): void {
		this.#retry = 5;
		this.#host = host;
		this.#resolved = false;
		this.#servers.asked.push({ at: this.#servers.world.now, host });
		if (this.#answers === "deaf resolver") return;
		this.#servers.world.after(30, () => {
			if (this.#closed || host !== this.#host) return;
			if (this.#answers === "unknown") {
				this.#failed(`cannot resolve ${host}`);
				return;
			}
			this.#resolved = true;
			this.#write();
			this.#repeat();
		});
	}

	/** Timer.repeat every 5 s; scheduled anew when the name is resolved. */
	#repeat(): void {
		const generation = ++this.#generation;
		const tick = (): void => {
			if (this.#closed || generation !== this.#generation) return;
			if (--this.#retry === 0) this.#failed("no response from SNTP server");
			else {
				this.#write();
				this.#callback(2);
			}
			this.#servers.world.after(5000, tick);
		};
		this.#servers.world.after(5000, tick);
	}

	#failed(words: string): void {
		const host = this.#callback(-1, words);
		if (host !== undefined) {
			this.#repeat();
			this.#start(host);
		} else this.close();
	}

	#write(): void {
		if (!this.#resolved) return;
		const answer = this.#answers;
		if (answer === "silent" || answer === "kiss") return;
		this.#servers.world.after(40, () => {
			if (this.#closed) return;
			if (answer === "short") {
				this.#failed("unexpected SNTP packet length");
				return;
			}
			const seconds = Math.floor(this.#servers.world.epochMs / 1000);
			// In `toNumber` a signed 32-bit integer, from an NTP time that is unsigned.
			const unix = typeof answer === "number" ? (seconds + answer) | 0 : -2_208_988_800 | 0;
			this.close();
			this.#callback(1, unix);
		});
	}
}
