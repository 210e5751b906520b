// SPDX-License-Identifier: MIT
// xs: --heap 393216 --stack 512
/**
 * The sensor in the heap that `manifests/sensor.json` gives it, and not a byte more: what this engine holds besides (the
 * functions of the modules, which are in flash on a device) is there already, and ballast takes the rest.
 */
import type { Board } from "../../../firmware/ports.js";
import { start } from "../../../firmware/programs/sensor.js";
import { DEFAULT_LIMITS } from "../../../lib/limits.js";
import { LinkFault } from "../../../lib/ports.js";
import { FlashStore } from "../../../lib/store/index.js";
import { XsClock, XsFlash, XsRandom } from "../board.js";
import { XsBroker } from "../broker.js";
import { check } from "../gate.js";
import { XsDialler, XsMemory } from "../memory.js";

/** `creation` of manifests/sensor.json; a test compares them. */
const CHUNK = 16_384;
const HEAP = 1024;
/** What a machine with everything preloaded starts with (the SDK's, `moddable` 8.2): slots, and bytes of chunks. */
const BARE_SLOTS = 122;
const BARE_CHUNK = 250;

const broker = new XsBroker();
const flash = new XsFlash(16);
const clock = new XsClock();
const sensors = { temperature: 2153, humidity: 4520, battery: 3712, signal: -61, sample() {} };
const settings = {
	root: "ringbuoy",
	version: 5 as const,
	qos: 1 as const,
	intervalSeconds: 10,
	keepAliveSeconds: 60,
	sessionExpirySeconds: 3600,
};

const bytes = ((CHUNK - BARE_CHUNK + 16 * (HEAP - BARE_SLOTS)) * xs.bits) / 32;
xs.collect();
const ballast = new ArrayBuffer(xs.freeHeap() - bytes - 64);
xs.collect();
const free = xs.freeHeap();

const memory = new XsMemory(256);
const dialler = new XsDialler(memory, broker, 2048, 1024);
broker.dialler = dialler;
clock.afterAlarm = () => dialler.settle();
const board: Board = {
	name: "board-1",
	memory,
	dialler,
	clock,
	random: new XsRandom(),
	store: new FlashStore(flash, DEFAULT_LIMITS),
	limits: DEFAULT_LIMITS,
	settings,
	sensors,
	indicator: { identify() {} },
};
const program = start(board);
dialler.settle();
for (let i = 0; i < 50; i++) clock.advance(10_000);
dialler.hangUp(LinkFault.Reset);
dialler.settle();
for (let i = 0; i < 50; i++) clock.advance(10_000);
const left = xs.freeHeap();
check(
	"the sensor, store in flash, runs in the `creation` of manifests/sensor.json",
	free <= bytes && program.client.online && program.readings > 90 && program.client.pending === 0,
	`${free} bytes, ${program.readings} readings`,
	{ given: bytes, left, readings: program.readings, ballast: ballast.byteLength },
);
