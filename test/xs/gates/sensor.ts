// SPDX-License-Identifier: MIT
/** The programs of `firmware/programs` keep the promise, too: nothing is allocated after their start. */
import type { Board, Settings } from "../../../firmware/ports.js";
import { start as hello } from "../../../firmware/programs/hello.js";
import { start } from "../../../firmware/programs/sensor.js";
import { DEFAULT_LIMITS } from "../../../lib/limits.js";
import { LinkFault } from "../../../lib/ports.js";
import { RamStore } from "../../../lib/store/ram-store.js";
import { XsClock, XsRandom } from "../board.js";
import { XsBroker } from "../broker.js";
import { check, gate, steady } from "../gate.js";
import { XsDialler, XsMemory } from "../memory.js";

const bytesOf = (text: string): Uint8Array => Uint8Array.from(Array.from(text, (c) => c.charCodeAt(0)));

/** Reports are calls with numbers: the gate counts them as a board with a display would make them. */
class Told {
	settled_ = 0;
	commands = 0;
	seconds = 0;
	online(): void {}
	offline(): void {}
	sampled(): void {}
	queued(): void {}
	settled(): void {
		this.settled_++;
	}
	subscribed(): void {}
	command(): void {
		this.commands++;
	}
	interval(seconds: number): void {
		this.seconds = seconds;
	}
}

function makeBoard(version: 4 | 5, qos: 0 | 1 | 2) {
	const memory = new XsMemory(256);
	const broker = new XsBroker();
	broker.version5 = version === 5;
	const dialler = new XsDialler(memory, broker);
	broker.dialler = dialler;
	const clock = new XsClock();
	clock.afterAlarm = () => dialler.settle();
	const settings: Settings = {
		root: "ringbuoy", version, qos, intervalSeconds: 10, keepAliveSeconds: 60, sessionExpirySeconds: 3600,
	}; // biome-ignore format: a list
	const sensors = { temperature: 2153, humidity: 4520, battery: 3712, signal: -61, sample() {} };
	const report = new Told();
	const board: Board = {
		name: "board-1", memory, dialler, clock, random: new XsRandom(), store: new RamStore(DEFAULT_LIMITS),
		limits: DEFAULT_LIMITS, settings, sensors, indicator: { identify() {} }, report,
	}; // biome-ignore format: a list
	return { board, broker, dialler, clock, report };
}

function sensor(version: 4 | 5, qos: 0 | 1 | 2): void {
	const name = `sensor ${version === 5 ? "5.0" : "3.1.1"}, QoS ${qos}`;
	const { board, broker, dialler, clock, report } = makeBoard(version, qos);
	const program = start(board);
	dialler.settle();
	check(`${name}: online, and the first reading is out`, program.client.online && program.readings === 1);
	const readings = program.readings;
	gate(`${name}: a reading, from the alarm to the last acknowledgement`, () => clock.advance(10_000));
	check(
		`${name}: each was taken and settled`,
		program.readings - readings === 1043 && program.client.pending === 0,
	);
	const topic = bytesOf("ringbuoy/board-1/do");
	const words = [bytesOf("report"), bytesOf("identify"), bytesOf("dance")];
	gate(`${name}: three commands`, () => {
		for (let i = 0; i < 3; i++) {
			broker.publish(topic, words[i], 1);
			dialler.settle();
		}
	});
	check(`${name}: each was heard`, report.commands === 3 * 1043 && program.invalid === 1043);
	const set = bytesOf("ringbuoy/board-1/set/interval");
	const values = [bytesOf("30"), bytesOf("10"), bytesOf("soon")];
	gate(`${name}: three settings`, () => {
		for (let i = 0; i < 3; i++) {
			broker.publish(set, values[i], 1);
			dialler.settle();
		}
	});
	check(`${name}: each was obeyed, or counted`, report.seconds === 10 && program.invalid === 2 * 1043);
	const reconnect = (): void => {
		dialler.hangUp(LinkFault.Reset);
		dialler.settle();
		clock.advance(40_000);
		dialler.settle();
	};
	steady(`${name}: 500 reconnects leave nothing behind`, reconnect, 500);
	check(`${name}: online again`, program.client.online);
}

sensor(5, 1);
sensor(4, 1);
sensor(5, 0);
sensor(4, 2);

const { board, broker, dialler } = makeBoard(5, 1);
const program = hello(board);
dialler.settle();
check("hello: online", program.client.online);
const answer = bytesOf("ringbuoy/board-1/answer");
gate("hello: an answer", () => {
	broker.publish(answer, answer, 1);
	dialler.settle();
});
