// SPDX-License-Identifier: MIT
/** The ports of a board, as a firmware would make them, over the SDK's TCP class. */
import { DeviceClock } from "../../../../firmware/drivers/clock.js";
import { DeviceMemory } from "../../../../firmware/drivers/memory.js";
import { DeviceRandom } from "../../../../firmware/drivers/random.js";
import { TcpDialler } from "../../../../firmware/drivers/tcp-dialler.js";
import {
	type Clock,
	DEFAULT_LIMITS,
	type Dialler,
	type Limits,
	type Memory,
	type Random,
	type Store,
	TINY_LIMITS,
} from "../../../../lib/index.js";
import { FlashStore, RamStore } from "../../../../lib/store/index.js";
import HostFlash from "../../host/flash.js";
import Host from "../../host/host.js";
import { TCP, Time, Timer } from "../../host/sdk.js";

export interface Ports {
	readonly memory: Memory;
	readonly dialler: Dialler & { readonly lastError: string };
	readonly clock: Clock;
	readonly random: Random;
	readonly store: Store;
	readonly limits: Limits;
}

/** By the command line: `--port`, `--store ram|flash`, `--limits default|tiny`. */
export function makePorts(): Ports {
	const limits = Host.argument("limits") === "tiny" ? TINY_LIMITS : DEFAULT_LIMITS;
	const memory = new DeviceMemory(limits === TINY_LIMITS ? 128 : 256);
	const clock = new DeviceClock({ Timer, Time });
	return {
		memory,
		clock,
		limits,
		dialler: new TcpDialler({
			io: TCP,
			memory,
			clock,
			host: "127.0.0.1",
			port: Number(Host.argument("port")),
		}),
		random: new DeviceRandom(),
		store:
			Host.argument("store") === "flash" ? new FlashStore(new HostFlash(), limits) : new RamStore(limits),
	};
}

export const version = (): 4 | 5 => (Host.argument("version") === "4" ? 4 : 5);
