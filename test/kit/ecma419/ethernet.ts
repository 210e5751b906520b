// SPDX-License-Identifier: MIT
/**
 * `embedded:network/interface/ethernet` as the SDK's `modules/io/ethernet/esp32/ethernet-esp32.c` has it, in virtual time: one
 * PHY with its cable, any number of instances. Times are guesses; what is thrown, told and not told is read from the source.
 */
import type { EthernetInterface } from "../../../firmware/drivers/ethernet.js";
import type { SeededRandom, World } from "../../../simulator/world.js";

const enum Ip {
	V4 = 1,
	V6 = 2,
	Both = 3,
}

interface Message {
	readonly event: "connected" | "disconnected" | "got ip";
}

type Told = (this: EthernetInterface, property: string) => void;

export class Port {
	/** What DHCP and IPv6 give to whoever is plugged in. */
	gives: "both" | "ipv4" | "ipv6" | "none" = "both";
	/** The PHY answers. */
	phy = true;
	/** ESP-IDF starts DHCP by itself; without it, `connect` has to. */
	startsDhcp = true;
	hostname = "";
	/** How often `connect` was called, and instances that were not closed. */
	connects = 0;
	instances = 0;
	readonly list: Instance[] = [];
	readonly world: World;
	readonly #random: SeededRandom;
	/** `gNetif`: the driver was installed. */
	installed = false;
	plugged = false;
	/** `gConnected` and `gIP`. */
	linked = false;
	ip = 0;
	#plugging = 0;

	constructor(world: World) {
		this.world = world;
		this.#random = world.random.fork("port");
	}

	/** The class, to be given to a driver as `io`. */
	get Ethernet(): new (options: {
		onChanged?: (property: string) => void;
	}) => EthernetInterface {
		const port = this;
		return class extends Instance {
			constructor(options: { onChanged?: (property: string) => void }) {
				super(port, options.onChanged as Told | undefined);
			}
		};
	}

	plug(): void {
		if (this.plugged) return;
		this.plugged = true;
		if (this.installed) this.#negotiate();
	}

	unplug(): void {
		this.plugged = false;
		this.#plugging++;
		if (!this.linked) return;
		this.linked = false;
		this.ip = 0;
		this.post({ event: "disconnected" });
	}

	/** `initEthernet`: again for each instance, until it has succeeded. */
	install(): void {
		if (this.installed || !this.phy) return;
		this.installed = true;
		if (this.plugged) this.#negotiate();
	}

	/** `esp_netif_dhcpc_start`. */
	startDhcp(): void {
		if (this.linked) this.#address();
	}

	post(message: Message): void {
		for (const instance of [...this.list]) {
			this.world.after(this.#some(0, 5), () => instance.deliver(message));
		}
	}

	#some(least: number, most: number): number {
		return least + this.#random.below(most - least + 1);
	}

	#negotiate(): void {
		const plugging = ++this.#plugging;
		this.world.after(this.#some(1500, 2500), () => {
			if (plugging !== this.#plugging || !this.plugged) return;
			this.linked = true;
			this.ip = 0;
			this.post({ event: "connected" });
			if (this.startsDhcp) this.#address();
		});
	}

	#address(): void {
		const plugging = this.#plugging;
		const { gives } = this;
		const got = (what: number) => (): void => {
			if (plugging !== this.#plugging || !this.linked || (this.ip & what) !== 0) return;
			this.ip |= what;
			if (this.ip === Ip.Both) this.post({ event: "got ip" });
		};
		if (gives === "both" || gives === "ipv4") this.world.after(this.#some(50, 3000), got(Ip.V4));
		if (gives === "both" || gives === "ipv6") this.world.after(this.#some(900, 1600), got(Ip.V6));
	}
}

class Instance implements EthernetInterface {
	readonly #port: Port;
	readonly #onChanged: Told | undefined;
	#connecting = false;
	#connected: boolean;
	#closed = false;
	#ip: number;

	constructor(port: Port, onChanged: Told | undefined) {
		this.#port = port;
		this.#onChanged = onChanged;
		// A PHY that does not answer is not told here.
		port.install();
		this.#connected = port.linked;
		this.#ip = port.ip;
		port.list.push(this);
		port.instances++;
	}

	get connection(): number {
		this.#validate();
		if (this.#connected && this.#ip === Ip.Both) return 500;
		return this.#connecting ? 300 : this.#connected ? 400 : 200;
	}

	get address(): string | undefined {
		this.#validate();
		if ((this.#port.ip & Ip.V4) !== 0) return "10.0.0.7";
		return (this.#port.ip & Ip.V6) !== 0 ? "FE80::A2B1:C2FF:FED3:E4F8" : undefined;
	}

	get MAC(): string {
		this.#validate();
		return "a0:b1:c2:d3:e4:f8";
	}

	connect(): void {
		this.#validate();
		if (this.#connecting) throw new Error("already connecting");
		this.#port.connects++;
		this.#connecting = true;
		this.#port.startDhcp();
	}

	configure({ hostname }: { hostname?: string }): void {
		this.#validate();
		if (!this.#port.installed) throw new Error("not initialized");
		if (hostname === undefined) return;
		if (new TextEncoder().encode(hostname).length > 32) throw new Error("set hostname failed");
		this.#port.hostname = hostname;
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#port.list.splice(this.#port.list.indexOf(this), 1);
		this.#port.instances--;
	}

	/** `ethernetConnectDeliver`; `connecting` stays when the link comes up. */
	deliver({ event }: Message): void {
		if (this.#closed) return;
		const before = [this.#connecting, this.#connected, this.#ip].join();
		const hadIpv4 = (this.#ip & Ip.V4) !== 0;
		if (event === "disconnected") this.#connecting = false;
		this.#connected = event !== "disconnected";
		this.#ip = event === "got ip" ? Ip.Both : 0;
		if ([this.#connecting, this.#connected, this.#ip].join() === before) return;
		this.#onChanged?.call(this, "connection");
		if (!this.#closed && !hadIpv4 && (this.#ip & Ip.V4) !== 0) this.#onChanged?.call(this, "address");
	}

	#validate(): void {
		if (this.#closed) throw new SyntaxError("invalid host data");
	}
}
