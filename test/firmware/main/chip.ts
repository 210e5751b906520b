// SPDX-License-Identifier: MIT
/**
 * An ESP32 with the SDK on it, in virtual time: what main imports, made of the models in `test/kit/ecma419`, and a power
 * switch. What lives in a life (timers, sockets) dies with it; flash, NVS and the radio's surroundings stay.
 */
import type { TimeModule, TimerModule } from "../../../firmware/drivers/clock.js";
import type { Socket, SocketOptions } from "../../../firmware/drivers/socket.js";
import { LinkFault, type Transport } from "../../../lib/ports.js";
import { Broker, type BrokerEvent } from "../../../simulator/broker/index.js";
import { Scope, VirtualNetwork, World } from "../../../simulator/world.js";
import { BlobStorage } from "../../kit/ecma419/blob-storage.js";
import { FlashChip } from "../../kit/ecma419/flash.js";
import { Nvs } from "../../kit/ecma419/key-value.js";
import { TimeServers } from "../../kit/ecma419/sntp.js";
import { tcpHost } from "../../kit/ecma419/tcp.js";
import { Radio } from "../../kit/ecma419/wifi.js";
import type { Network, Wire, WireEvents } from "../../kit/ecma419/wire.js";

/** Numbers of `esp_reset_reason_t`. */
export const enum Esp {
	PowerOn = 1,
	Software = 3,
	Panic = 4,
	TaskWatchdog = 6,
}

const BROKER_ADDRESS = "10.0.0.1";
const SEND_BUFFER = 8192;

interface Scheduled {
	ms: number;
	repeat: number;
	generation: number;
	readonly callback: () => void;
}

/** The modules "timer" and "time" of one life. */
class LifeTime implements TimerModule, TimeModule {
	readonly #world: World;
	readonly #alive: () => boolean;
	readonly #bornMs: number;
	/** What the machine does with an exception out of a callback: `fxAbort`. */
	onException: (error: unknown) => void = () => {};

	constructor(world: World, alive: () => boolean) {
		this.#world = world;
		this.#alive = alive;
		this.#bornMs = world.now;
	}

	get ticks(): number {
		return Math.floor(this.#world.now - this.#bornMs) | 0;
	}

	set(callback: () => void, ms = 0, repeat = 0): object {
		const timer: Scheduled = { ms, repeat, generation: 0, callback };
		this.#arm(timer);
		return timer;
	}

	schedule(timer: object, ms?: number, repeat = 0): void {
		const entry = timer as Scheduled;
		entry.generation++;
		if (ms === undefined) return;
		entry.ms = ms;
		entry.repeat = repeat;
		this.#arm(entry);
	}

	#arm(timer: Scheduled): void {
		const { generation } = timer;
		this.#world.after(timer.ms, () => {
			if (!this.#alive() || generation !== timer.generation) return;
			if (timer.repeat > 0) {
				timer.ms = timer.repeat;
				this.#arm(timer);
			}
			try {
				timer.callback();
			} catch (error) {
				this.onException(error);
			}
		});
	}
}

export class Chip {
	readonly world = new World({ seed: 11 });
	readonly radio = new Radio(this.world);
	readonly servers = new TimeServers(this.world);
	readonly nvs = new Nvs();
	readonly blobs = new BlobStorage();
	flash = new FlashChip({ nvs: 24_576, ringbuoy: 65_536 });
	readonly events: BrokerEvent[] = [];
	readonly broker: Broker;
	readonly net: VirtualNetwork;
	/** What was said, in this life and the ones before. */
	readonly console: string[] = [];
	/** Levels that the lamp was set to. */
	readonly lamp: number[] = [];
	resetReason: number = Esp.PowerOn;
	/** Lives begun, and milliseconds at which they did. */
	readonly boots: number[] = [];
	/** `globalThis.abort`, as the engine finds it. */
	abort: ((message: string, exception: unknown) => unknown) | undefined;
	time!: LifeTime;
	tcp = tcpHost();
	#scope = new Scope();
	#main: () => void = () => {};

	constructor() {
		this.broker = new Broker({ schedule: this.world, onEvent: (event) => this.events.push(event) });
		this.net = new VirtualNetwork(this.world, { conditions: { upMs: 5, downMs: 5 } });
		this.net.listen(this.broker, BROKER_ADDRESS);
	}

	/** Power comes: `main` is what the SDK calls. */
	powerOn(main: () => void): void {
		this.#main = main;
		this.#boot(Esp.PowerOn);
	}

	/** `esp_restart`, or worse. */
	restart(reason: number = Esp.Software): void {
		this.#scope.dispose();
		const scope = new Scope();
		this.#scope = scope;
		this.radio.associated = undefined;
		this.radio.ip = 0;
		this.world.after(400, () => {
			if (scope === this.#scope) this.#boot(reason);
		});
	}

	#boot(reason: number): void {
		const scope = this.#scope;
		this.resetReason = reason;
		this.boots.push(this.world.now);
		this.time = new LifeTime(this.world, () => scope.alive);
		this.time.onException = (error) => this.#aborted(error);
		this.tcp = tcpHost(new WorldWires(this.world, this.net, scope));
		try {
			this.#main();
		} catch (error) {
			this.#aborted(error);
		}
	}

	/** `fxAbort` of the SDK's `xs/platforms/esp/xsPlatform.c` with `MODDEF_XS_ABORTHOOK`. */
	#aborted(error: unknown): void {
		if (this.abort?.("unhandled exception", error) !== false) this.restart();
	}

	/** `System.resolve`. */
	resolve(name: string, done: (name: string, address?: string) => void): void {
		const scope = this.#scope;
		this.world.after(20, () => {
			if (scope.alive) done(name, name === "broker.local" ? BROKER_ADDRESS : undefined);
		});
	}

	/** `new TCP(...)`: without a default route there is no network. */
	connect(options: SocketOptions): Socket {
		if (this.radio.associated === undefined) throw new Error("no network");
		return new this.tcp.io(options);
	}

	pass(seconds: number): void {
		this.world.run(this.world.now + seconds * 1000);
	}

	/** What the broker was sent below `ringbuoy/<name>/`. */
	published(topic: string): string[] {
		const found: string[] = [];
		for (const event of this.events)
			if (event.kind === "publish" && event.clientId !== "" && event.topic.endsWith(`/${topic}`))
				found.push(Buffer.from(event.payload).toString());
		return found;
	}
}

/** The wires of a world's network, under the model of the TCP class. */
class WorldWires implements Network {
	readonly #world: World;
	readonly #net: VirtualNetwork;
	readonly #scope: Scope;

	constructor(world: World, net: VirtualNetwork, scope: Scope) {
		this.#world = world;
		this.#net = net;
		this.#scope = scope;
	}

	post(action: () => void): void {
		this.#world.after(0, () => {
			if (this.#scope.alive) action();
		});
	}

	connect(host: string, port: number, events: WireEvents): Wire {
		let up = false;
		let held = false;
		let unsent = 0;
		const buffer = new Uint8Array(SEND_BUFFER);
		const drain = (): void => {
			for (let count = 1; !held && count > 0; ) {
				count = transport.read(buffer, 0, buffer.length);
				if (count > 0) events.onData(buffer.slice(0, count));
			}
		};
		const transport: Transport = this.#net.dialler({ host, port, name: "esp32", scope: this.#scope }).dial({
			onReadable: drain,
			onWritable: (room) => {
				const sent = unsent - (SEND_BUFFER - room);
				if (!up) events.onConnect();
				else if (sent > 0) events.onSent(sent);
				up = true;
				unsent = SEND_BUFFER - room;
			},
			onError: (fault) => (fault === LinkFault.Closed ? events.onEnd() : events.onReset()),
		});
		return {
			send: (bytes) => {
				unsent += bytes.length;
				transport.write(bytes, 0, bytes.length);
			},
			hold: (full) => {
				held = full;
				drain();
			},
			end: () => transport.close(),
			reset: () => transport.close(),
		};
	}
}
