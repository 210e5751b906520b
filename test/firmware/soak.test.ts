// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { type Soak, start } from "../../firmware/programs/soak.js";
import { TINY_LIMITS } from "../../lib/index.js";
import { NodeFlash } from "../../simulator/node/index.js";
import { BASE, Station, type StationOptions } from "./station.js";

function started(options: StationOptions = {}): Station<Soak> {
	return new Station(start, options);
}

const reports = (station: Station<Soak>) =>
	station.published("soak").map(({ text }) => JSON.parse(text) as Record<string, number | boolean>);

/** One of our own messages, as somebody else could send it to us. */
function forged(run: number, qos: number, number: number): Uint8Array {
	const bytes = Uint8Array.from({ length: 64 }, (_, i) => (number + i) & 0xff);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, run);
	view.setUint8(4, qos);
	view.setUint32(5, number);
	return bytes;
}

describe.each([
	["MQTT 3.1.1", 4],
	["MQTT 5.0", 5],
] as const)("The soak program on %s", (_name, version) => {
	it("counts what it sent and what came back, each minute, at each QoS", () => {
		const station = started({ settings: { version } });
		station.pass(181);
		const [first, second, third] = reports(station);
		expect(station.published("soak")[0]).toMatchObject({ qos: 1, retain: true });
		expect(first).toEqual({
			...{ minute: 1, well: true, lost: 0, doubled: 0, bent: 0, silent: 0, repeats: 0, missed: 0 },
			...{ excused: 0, refused: 0, failed: 0, earlier: 0, connects: 1 },
			...{ sent: first.sent, back: first.back, pending: first.pending },
		});
		for (const [i, report] of [first, second, third].entries()) {
			expect(report.minute).toBe(i + 1);
			expect(Number(report.sent)).toBeGreaterThan(178 * (i + 1));
			expect(Number(report.sent) - Number(report.back)).toBeLessThan(4);
		}
		const qos = new Map<number, number>();
		for (const event of station.events)
			if (event.kind === "publish" && event.topic.startsWith(`${BASE}/soak/`))
				qos.set(event.qos, (qos.get(event.qos) ?? 0) + 1);
		expect([...qos.keys()].sort()).toEqual([0, 1, 2]);
		for (const count of qos.values()) expect(count).toBeGreaterThan(170);
		expect(station.program).toMatchObject({ minutes: 3, wrong: 0 });
	});

	it("stays well through a broken link: QoS 0 is missed, nothing else is", () => {
		const station = started({ settings: { version } });
		for (let i = 0; i < 10; i++) {
			station.pass(31.3);
			station.broker.restart({ keepSessions: true, downMs: 4000 });
		}
		station.pass(120);
		const last = reports(station).at(-1)!;
		expect(last).toMatchObject({ well: true, lost: 0, doubled: 0, bent: 0, silent: 0 });
		expect(last.connects).toBeGreaterThan(5);
		expect(station.program.wrong).toBe(0);
	});

	it("excuses what went with the broker's session", () => {
		const station = started({ settings: { version } });
		for (let i = 0; i < 20; i++) {
			station.pass(17.1);
			station.broker.restart({ keepSessions: false, downMs: 3000 });
		}
		station.pass(120);
		expect(reports(station).at(-1)).toMatchObject({ well: true, lost: 0, doubled: 0 });
	});

	it("says that a message was lost, doubled or bent", () => {
		const station = started({ settings: { version } });
		station.pass(61);
		const payloads = station.events.flatMap((event) =>
			event.kind === "publish" && event.topic === `${BASE}/soak/2` ? [event.payload] : [],
		);
		const last = payloads.at(-1)!;
		const view = new DataView(last.buffer, last.byteOffset, last.length);
		const [run, number] = [view.getUint32(0), view.getUint32(5)];
		const send = (qos: 0 | 1 | 2, payload: Uint8Array): void => {
			station.broker.publish({ topic: `${BASE}/soak/${qos}`, payload, qos });
			station.pass(0.02);
		};
		send(2, forged(run, 2, number));
		expect(station.program.wrong).toBe(1);
		send(1, forged(run, 1, 1));
		expect(station.program.wrong).toBe(1);
		send(0, forged(run, 0, 1));
		expect(station.program.wrong).toBe(2);
		send(2, forged(run, 2, number + 10));
		expect(station.program.wrong).toBeGreaterThanOrEqual(2 + 8);
		const { wrong } = station.program;
		send(1, forged(run, 2, number + 11));
		send(2, forged(run, 2, number + 11).fill(0, 60));
		send(2, forged(run, 2, number + 11).subarray(0, 63));
		send(2, new Uint8Array(0));
		send(2, forged(run, 3, number + 11));
		expect(station.program.bent).toBe(5);
		expect(station.program.wrong).toBe(wrong + 5);
		send(2, forged(run ^ 1, 2, 5));
		expect(station.program).toMatchObject({ earlier: 1, wrong: wrong + 5 });
		station.pass(60);
		expect(reports(station).at(-1)).toMatchObject({ well: false, bent: 5, earlier: 1 });
	});

	it("says that it is online and nothing comes back", () => {
		const station = started({ settings: { version } });
		station.pass(70);
		// Its subscription is gone, and the broker does not say so.
		station.broker.chaos.packet({ way: "out", packet: "publish", deed: "drop", times: Infinity });
		station.pass(180);
		expect(station.program.silent).toBeGreaterThan(0);
		expect(reports(station).at(-1)).toMatchObject({ well: false });
	});

	it("goes on after a power cut, and does not take the earlier life's messages for its own", () => {
		const station = started({ settings: { version }, flash: new NodeFlash() });
		for (let i = 0; i < 5; i++) {
			station.pass(33.3);
			station.machine.cutPower(1000);
		}
		station.pass(125);
		expect(station.program.wrong).toBe(0);
		expect(reports(station).at(-1)).toMatchObject({ well: true, minute: 2 });
	});

	it("works with the limits of a small board, and stops in order", () => {
		const station = started({ settings: { version }, limits: TINY_LIMITS });
		station.pass(61);
		expect(station.program).toMatchObject({ minutes: 1, wrong: 0 });
		station.program.stop();
		station.program.stop();
		station.pass(1);
		expect(station.log.of("offline")).toEqual([[-1, -1]]);
		const { back } = station.program;
		station.pass(60);
		expect(station.program.back).toBe(back);
	});
});

it("waits for a broker, and is well as long as there is none", () => {
	const station = started({ unreachable: true });
	station.pass(200);
	expect(station.program).toMatchObject({ minutes: 3, wrong: 0, back: 0 });
	expect(reports(station)).toEqual([]);
});
