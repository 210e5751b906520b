// SPDX-License-Identifier: MIT
/** Staying alive and telling of it costs nothing: the diagnostics of a program, the lifeline's looks, the soak program. */

import { DeviceHealth } from "../../../firmware/drivers/health.js";
import { Ledger } from "../../../firmware/drivers/ledger.js";
import { Lifeline } from "../../../firmware/drivers/lifeline.js";
import type { Board, Program, Settings } from "../../../firmware/ports.js";
import { start as startSensor } from "../../../firmware/programs/sensor.js";
import { start as startSoak } from "../../../firmware/programs/soak.js";
import { DEFAULT_LIMITS } from "../../../lib/limits.js";
import { RamStore } from "../../../lib/store/ram-store.js";
import { XsClock, XsRandom } from "../board.js";
import { XsBroker } from "../broker.js";
import { check, gate } from "../gate.js";
import { XsDialler, XsMemory } from "../memory.js";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Array.from(text, (c) => c.charCodeAt(0)));

/** Key-value storage that keeps one blob. */
class OneBlob {
	readonly blob = new Uint8Array(64);
	writes = 0;
	open(): OneBlob {
		return this;
	}
	read(_key: string, view: Uint8Array): number | undefined {
		if (this.writes === 0) return undefined;
		xs.copy(view, 0, this.blob, 0, 64);
		return 64;
	}
	write(_key: string, view: Uint8Array): void {
		this.writes++;
		xs.copy(this.blob, 0, view, 0, 64);
	}
}

/** What an instrumented build of the SDK answers. */
const instrumentation = {
	map: (name: string) => (name === "System Free Memory" ? 1 : name === "XS Slot Heap Used" ? 2 : 3),
	get: (index: number) => 12_345 * index,
};

class Rig {
	readonly memory = new XsMemory(256);
	readonly broker = new XsBroker();
	readonly dialler = new XsDialler(this.memory, this.broker);
	readonly clock = new XsClock();
	readonly store = new RamStore(DEFAULT_LIMITS);
	readonly blob = new OneBlob();
	readonly ledger: Ledger;
	readonly lifeline: Lifeline;
	readonly health: DeviceHealth;
	restarts = 0;

	constructor() {
		const { broker, dialler, clock } = this;
		broker.version5 = true;
		broker.dialler = dialler;
		clock.afterAlarm = () => dialler.settle();
		new Ledger(this.blob).begin(true);
		// An earlier life that ended with an exception: its words are in each report.
		const earlier = new Ledger(this.blob);
		earlier.close(2, -18, 900, "TypeError: no such thing");
		const ledger = new Ledger(this.blob);
		ledger.begin(true);
		this.ledger = ledger;
		const power = { restart: () => void this.restarts++ };
		this.lifeline = new Lifeline({ ledger, power, clock, rebootMinutes: 15, log: () => {} });
		const network = { up: true, signal: -61, renew: () => {} };
		this.lifeline.network = network;
		this.health = new DeviceHealth({
			...{ ledger, lifeline: this.lifeline, network, resetReason: 3, instrumentation },
		});
	}

	start<Running extends Program>(start: (board: Board) => Running): Running {
		const { memory, dialler, clock, store, health } = this;
		const settings: Settings = {
			root: "ringbuoy", version: 5, qos: 1, intervalSeconds: 86_400, keepAliveSeconds: 0, sessionExpirySeconds: 3600,
		}; // biome-ignore format: a list
		const sensors = { temperature: 2153, humidity: 4520, battery: 3712, signal: -61, sample() {} };
		const program = start({
			name: "board-1", memory, dialler, clock, random: new XsRandom(), store, limits: DEFAULT_LIMITS, settings,
			sensors, health,
		}); // biome-ignore format: a list
		dialler.settle();
		this.lifeline.watch(program, store);
		return program;
	}
}

const rig = new Rig();
const sensor = rig.start(startSensor);
check("diagnostics: online", sensor.client.online && rig.health.lastWords.length > 0);
const packets = sensor.client.counters[16 + 3];
gate("diagnostics: a report, and the 60 looks of the lifeline between two", () => rig.clock.advance(600_000));
const sent = sensor.client.counters[16 + 3] - packets;
check("diagnostics: each report went out", sent >= 1043 && sensor.client.pending === 0, `${sent} packets`);
check("lifeline: all is well", rig.restarts === 0 && rig.ledger.crashes === 0 && rig.blob.writes === 4);
const FULL = "memory full";
gate("lifeline: the engine's heap is full", () => rig.lifeline.abort(FULL, undefined), { n: 1, warmUp: 0 });
check("lifeline: the reason is kept", new Ledger(rig.blob).ending === 3 && rig.restarts === 0);
check("health: sampled", rig.health.freeBytes === 12_345 && rig.health.signal === -61);

const other = new Rig();
const soak = other.start(startSoak);
check("soak: online", soak.client.online);
gate("soak: a minute, 180 messages of 64 bytes and a report", () => other.clock.advance(60_000), { n: 100 });
check(
	"soak: each was acknowledged",
	soak.client.pending <= 2 && soak.minutes >= 142,
	`${soak.client.pending}`,
);
const topic = bytesOf("ringbuoy/board-1/soak/2");
const payload = new Uint8Array(64);
gate("soak: a message of an earlier life comes", () => {
	other.broker.publish(topic, payload, 2);
	other.dialler.settle();
});
check("soak: it was counted", soak.earlier === 1043);
