// SPDX-License-Identifier: MIT
/** A door before a broker that can be shut: what a broken cable, a NAT that forgets, or a router's reboot do to a link. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class Door {
	/** False: whoever knocks is turned away. */
	open = true;
	readonly #pairs = new Set<readonly [Socket, Socket]>();
	readonly #server: Server;

	private constructor(target: () => number) {
		this.#server = createServer({ noDelay: true }, (near) => {
			if (this.open) this.#join(near, connect({ port: target(), host: "127.0.0.1", noDelay: true }));
			else near.destroy();
		});
	}

	/** A door to the port that `target` tells at the time. */
	static async to(target: () => number): Promise<Door> {
		const door = new Door(target);
		door.#server.listen(0, "127.0.0.1");
		await once(door.#server, "listening");
		return door;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	/** Breaks every link without a word of MQTT. */
	cut(): void {
		for (const [near, far] of this.#pairs) {
			near.destroy();
			far.destroy();
		}
	}

	/** Breaks every link, and lets nobody in until `open` is true again. */
	shut(): void {
		this.open = false;
		this.cut();
	}

	async close(): Promise<void> {
		const closed = once(this.#server, "close");
		this.#server.close();
		this.cut();
		await closed;
	}

	#join(near: Socket, far: Socket): void {
		const pair = [near, far] as const;
		this.#pairs.add(pair);
		for (const [from, to] of [pair, [far, near] as const]) {
			from.pipe(to);
			from.on("error", () => {});
			from.on("close", () => {
				to.destroy();
				this.#pairs.delete(pair);
			});
		}
	}
}
