// SPDX-License-Identifier: MIT
/**
 * `embedded:network/interface/wifi` as the SDK's `modules/io/wifi/esp32/wifi-esp32.c` has it, in virtual time: one radio with
 * its driver, any number of instances, access points to be switched on and off. What takes how long is a guess; what is
 * thrown, told and not told is read from the source.
 */
import type { AccessPoint, WifiInterface } from "../../../firmware/drivers/wifi.js";
import type { SeededRandom, World } from "../../../simulator/world.js";

export interface Point {
	readonly ssid: string;
	/** "": open. */
	password: string;
	rssi: number;
	on: boolean;
	/** Answers no scan; it is found by whoever asks for its name. */
	hidden?: boolean;
	/** What it does to somebody who is let in: default both addresses. */
	gives?: "both" | "ipv4" | "ipv6" | "none";
}

const enum Ip {
	V4 = 1,
	V6 = 2,
	Both = 3,
}

/** One message to the machine: `WiFiEventMsg`. */
interface Message {
	readonly event: "connected" | "disconnected" | "got ip";
	readonly ip: number;
}

type Told = (this: WifiInterface, property: string) => void;

export class Radio {
	readonly points: Point[] = [];
	/** When `connect` was called, and for what. */
	readonly attempts: { readonly at: number; readonly ssid: string }[] = [];
	/** How many scans were made. */
	scans = 0;
	/** How many instances there are that were not closed. */
	instances = 0;
	/** The next calls of these methods throw. */
	refuses: "" | "new" | "connect" | "configure" = "";
	/** Probability that a message to the machine is lost. */
	loss = 0;
	hostname = "";
	readonly world: World;
	readonly #random: SeededRandom;
	readonly list: Instance[] = [];
	/** The driver: what it is associated with, and what it is about to be. */
	associated: Point | undefined;
	#attempt = 0;
	#numbers = 0;
	#association = 0;
	ip = 0;
	scanning: Instance | undefined;

	constructor(world: World) {
		this.world = world;
		this.#random = world.random.fork("radio");
	}

	/** The class, to be given to a driver as `io`. */
	get WiFi(): new (options: {
		onChanged?: (property: string) => void;
	}) => WifiInterface {
		const radio = this;
		return class extends Instance {
			constructor(options: { onChanged?: (property: string) => void }) {
				super(radio, options.onChanged as Told | undefined);
			}
		};
	}

	/** Adds an access point that is on. */
	point(ssid: string, password: string, rssi = -60, more: Partial<Point> = {}): Point {
		const point: Point = { ssid, password, rssi, on: true, ...more };
		this.points.push(point);
		return point;
	}

	/** Switches it off; who is associated notices when the beacons fail to come. */
	off(point: Point): void {
		point.on = false;
		if (this.associated !== point) return;
		this.world.after(this.some(3000, 7000), () => {
			if (this.associated !== point || point.on) return;
			this.associated = undefined;
			this.ip = 0;
			this.post({ event: "disconnected", ip: 0 });
		});
	}

	/** It throws us out, and stays. */
	kick(): void {
		if (this.associated === undefined) return;
		this.associated = undefined;
		this.ip = 0;
		this.post({ event: "disconnected", ip: 0 });
	}

	some(least: number, most: number): number {
		return least + this.#random.below(most - least + 1);
	}

	/** `esp_wifi_connect`. */
	associate(ssid: string, password: string): boolean {
		if (this.associated !== undefined) return false;
		if (this.scanning !== undefined) this.#scanDone([]);
		const attempt = ++this.#numbers;
		this.#attempt = attempt;
		// All channels are searched, and the strongest access point of that name is taken.
		this.world.after(this.some(1500, 3000), () => {
			if (attempt !== this.#attempt) return;
			const found = this.points.filter((point) => point.on && point.ssid === ssid);
			const best = found.sort((a, b) => b.rssi - a.rssi)[0];
			if (best === undefined) this.#failed(attempt, 0);
			else if (best.password !== password) this.#failed(attempt, this.some(1000, 4000));
			else this.#connected(best);
		});
		return true;
	}

	/** `esp_wifi_disconnect`: the event of it comes later. */
	dissociate(): void {
		const busy = this.#attempt !== 0 || this.associated !== undefined;
		this.#attempt = 0;
		this.associated = undefined;
		this.ip = 0;
		if (busy) this.world.after(this.some(5, 300), () => this.post({ event: "disconnected", ip: 0 }));
	}

	get attempting(): boolean {
		return this.#attempt !== 0;
	}

	scan(instance: Instance): void {
		this.scans++;
		this.scanning = instance;
		this.world.after(this.some(1800, 3000), () => {
			if (this.scanning === instance) {
				this.#scanDone(this.points.filter(({ on, hidden }) => on && !hidden));
			}
		});
	}

	post(message: Message): void {
		for (const instance of [...this.list]) {
			if (this.#random.chance(this.loss)) continue;
			this.world.after(this.some(0, 5), () => instance.deliver(message));
		}
	}

	#scanDone(found: readonly Point[]): void {
		const scan = this.scanning;
		this.scanning = undefined;
		if (scan !== undefined) this.world.after(this.some(0, 5), () => scan.deliverScan(found));
	}

	#failed(attempt: number, afterMs: number): void {
		this.world.after(afterMs, () => {
			if (attempt !== this.#attempt) return;
			this.#attempt = 0;
			this.post({ event: "disconnected", ip: 0 });
		});
	}

	#connected(point: Point): void {
		this.#attempt = 0;
		this.associated = point;
		const association = ++this.#numbers;
		this.#association = association;
		this.ip = 0;
		this.post({ event: "connected", ip: 0 });
		const gives = point.gives ?? "both";
		const got = (what: number) => (): void => {
			if (this.associated !== point || association !== this.#association) return;
			const before = this.ip;
			this.ip |= what;
			if (this.ip === Ip.Both && before !== Ip.Both) this.post({ event: "got ip", ip: Ip.Both });
		};
		if (gives === "both" || gives === "ipv4") this.world.after(this.some(50, 3000), got(Ip.V4));
		if (gives === "both" || gives === "ipv6") this.world.after(this.some(900, 1600), got(Ip.V6));
	}
}

class Instance implements WifiInterface {
	readonly #radio: Radio;
	readonly #onChanged: Told | undefined;
	#onFound: ((point: AccessPoint) => void) | undefined;
	#onComplete: (() => void) | undefined;
	#scanning = false;
	#connecting = false;
	#connected = false;
	#closed = false;
	#ip = 0;

	constructor(radio: Radio, onChanged: Told | undefined) {
		if (radio.refuses === "new") throw new Error("no memory");
		this.#radio = radio;
		this.#onChanged = onChanged;
		// An existing link is read, and nobody is called for it.
		this.#connected = radio.associated !== undefined;
		this.#ip = radio.ip;
		radio.list.push(this);
		radio.instances++;
	}

	get connection(): number {
		this.#validate();
		if (this.#connected && this.#ip === Ip.Both) return 500;
		return this.#connected ? 400 : this.#connecting ? 300 : 200;
	}

	get address(): string | undefined {
		this.#validate();
		if ((this.#radio.ip & Ip.V4) !== 0) return "192.168.4.20";
		return (this.#radio.ip & Ip.V6) !== 0 ? "FE80::A2B1:C2FF:FED3:E4F5" : undefined;
	}

	get MAC(): string {
		this.#validate();
		return "a0:b1:c2:d3:e4:f5";
	}

	get RSSI(): number | undefined {
		this.#validate();
		return this.#radio.associated?.rssi;
	}

	connect(options: { SSID: string; password?: string }): void {
		this.#validate();
		if (this.#connecting) throw new Error("already connecting");
		if (!("SSID" in options)) throw new Error("SSID required");
		const bytes = (text: string): number => new TextEncoder().encode(text).length;
		if (bytes(options.SSID) > 32 || bytes(options.password ?? "") > 64)
			throw new RangeError("buffer too small");
		this.#radio.attempts.push({ at: this.#radio.world.now, ssid: options.SSID });
		this.#connecting = true;
		const refused = this.#radio.refuses === "connect";
		if (refused || !this.#radio.associate(options.SSID, options.password ?? "")) {
			this.#connecting = false;
			throw new Error("connect failed");
		}
	}

	disconnect(): void {
		this.#validate();
		this.#radio.dissociate();
		this.#connecting = false;
		this.#connected = false;
		this.#ip = 0;
	}

	scan(options: { onFound?: (point: AccessPoint) => void; onComplete?: () => void }): void {
		this.#validate();
		if (this.#radio.scanning !== undefined) throw new Error("already scanning");
		this.#onFound = options.onFound;
		if (this.#onFound === undefined) throw new Error("onFound required");
		this.#onComplete = options.onComplete;
		if (this.#radio.attempting) throw new Error("scan failed");
		this.#scanning = true;
		this.#radio.scan(this);
	}

	configure({ hostname }: { hostname?: string }): void {
		this.#validate();
		if (hostname === undefined) return;
		const long = new TextEncoder().encode(hostname).length > 32;
		if (long || this.#radio.refuses === "configure") throw new Error("set hostname failed");
		this.#radio.hostname = hostname;
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		if (this.#radio.scanning === this) this.#radio.scanning = undefined;
		this.#radio.list.splice(this.#radio.list.indexOf(this), 1);
		this.#radio.instances--;
	}

	/** `wifiConnectDeliver`. An exception out of it would abort the machine; here it ends the test. */
	deliver({ event, ip }: Message): void {
		if (this.#closed) return;
		const before = [this.#connecting, this.#connected, this.#ip].join();
		const hadIpv4 = (this.#ip & Ip.V4) !== 0;
		if (event !== "got ip") this.#connecting = false;
		this.#connected = event !== "disconnected";
		this.#ip = ip;
		if ([this.#connecting, this.#connected, this.#ip].join() === before) return;
		this.#onChanged?.call(this, "connection");
		if (!this.#closed && !hadIpv4 && (this.#ip & Ip.V4) !== 0) this.#onChanged?.call(this, "address");
	}

	/** `wifiScanDeliver`. Exceptions of `onFound` are swallowed there, those of `onComplete` are not. */
	deliverScan(found: readonly Point[]): void {
		if (this.#closed || !this.#scanning) return;
		this.#scanning = false;
		for (const { ssid, rssi } of found) {
			try {
				this.#onFound?.call(this, { SSID: ssid, RSSI: rssi });
			} catch {}
		}
		this.#onComplete?.call(this);
	}

	#validate(): void {
		if (this.#closed) throw new SyntaxError("invalid host data");
	}
}
