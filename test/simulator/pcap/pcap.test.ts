// SPDX-License-Identifier: MIT
// alone: it starts processes
/** Captures: block by block as pcapng has them, and as Wireshark understands them. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { start } from "../../../firmware/programs/sensor.js";
import { Counter } from "../../../lib/index.js";
import type { Dialler } from "../../../lib/ports.js";
import { PacketType } from "../../../lib/wire/protocol.js";
import { Capture, CapturedDialler, pcapOf, Recorder } from "../../../simulator/pcap/index.js";
import { type Scene, seconds } from "../../../simulator/scene/index.js";
import { play } from "../../../simulator/scene/play.js";
import { Stage } from "../../../simulator/stage/index.js";
import { describeWith, type Need } from "../../interop/kit/needs.js";

const tshark: Need = {
	name: "tshark",
	found: (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, "tshark"))),
	hint: "apt-get install tshark",
};

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "ringbuoy-pcap-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Every packet of every board, by type: as the clients count them. */
type Counts = Record<number, number>;

/**
 * Boards of both versions and all QoS, in order, byte by byte, with messages that fill several frames. Then everything that
 * ends a connection: the board says goodbye, the broker throws it out, falls over, the link breaks in the middle of a packet,
 * falls silent, the power goes.
 */
function drama(file: string): Counts {
	const counts: Counts = {};
	let capture: Capture | undefined;
	const script = (scene: Scene): void => {
		const boards = [
			scene.board("plain", { settings: { qos: 0, version: 4 } }),
			scene.board("twice", { settings: { qos: 2 } }),
			scene.board("drops", { conditions: { pieceBytes: 1 } }),
		];
		scene.pass(seconds(20));
		const large = "x".repeat(5_000);
		for (const name of ["plain", "twice"])
			scene.broker.publish({ topic: `ringbuoy/${name}/do`, payload: large, qos: 1 });
		scene.pass(seconds(0.5));
		for (const { device } of boards)
			for (let index = 0; index < 2 * Counter.PacketsOut; index++) {
				const type = index % Counter.PacketsOut;
				counts[type] = (counts[type] ?? 0) + device.program.client.counters[index];
			}
		scene.story("from here on things go wrong");
		capture?.comment("from here on things go wrong");
		boards[0].device.program.stop();
		scene.broker.disconnect("twice");
		scene.pass(seconds(10));
		boards[1].device.link?.cutAfter("up", 40);
		boards[2].cutPower();
		scene.pass(seconds(10));
		scene.broker.restart({ keepSessions: true });
		scene.pass(seconds(10));
		boards[2].device.link?.silence("down");
		scene.pass(seconds(200));
	};
	const onRise = (scene: Scene): void => {
		capture = pcapOf(scene.stage.network, file);
	};
	const { error } = play({ title: "Drama", about: "", default: script }, { onRise });
	expect(error).toBeUndefined();
	capture!.close();
	return counts;
}

/** The blocks of a file: type and bytes without what every block has. */
function blocks(bytes: Buffer): [type: number, body: Buffer][] {
	const found: [number, Buffer][] = [];
	for (let at = 0; at < bytes.length; ) {
		const length = bytes.readUInt32LE(at + 4);
		expect(length % 4).toBe(0);
		expect(bytes.readUInt32LE(at + length - 4)).toBe(length);
		found.push([bytes.readUInt32LE(at), bytes.subarray(at + 8, at + length - 4)]);
		at += length;
	}
	return found;
}

describe("A capture", () => {
	test("is a section, an interface, names and packets, and can be read before its end", () => {
		const file = join(folder, "begun.pcapng");
		const capture = new Capture(file, () => Date.UTC(2026, 0, 1) + 0.5);
		const connection = capture.connection("kitchen");
		connection.data("up", Uint8Array.of(0xc0, 0));
		capture.flush();
		connection.data("down", Uint8Array.of(0xd0, 0));
		const read = blocks(readFileSync(file));
		expect(read.map(([type]) => type)).toEqual([0x0a0d0d0a, 1, 4, 6, 6, 6, 6, 6]);
		expect(read[2][1].toString("latin1")).toContain("kitchen\0");
		const [, packet] = read[3];
		const us = packet.readUInt32LE(4) * 2 ** 32 + packet.readUInt32LE(8);
		expect(us).toBe(Date.UTC(2026, 0, 1) * 1000 + 500);
		capture.close();
		capture.close();
		expect(blocks(readFileSync(file)).length).toBe(10);
	});

	test("does not remember connections whose end nobody has seen", () => {
		const capture = new Capture(join(folder, "many.pcapng"), () => 0);
		const links = new Set([{ name: "board/1#1" }]);
		const recorder = new Recorder(capture, links);
		for (let dial = 1; dial <= 2_000; dial++)
			recorder.record({
				...{ time: 0, link: `board/1#${dial}`, direction: "up", event: "open", bytes: new Uint8Array(0) },
			});
		expect(recorder.connections.size).toBeLessThan(300);
		expect(recorder.connections.has("board/1#1")).toBe(true);
		capture.close();
		expect(capture.packets).toBe(6_000);
	});

	test("of a board on a dialler has what it said, each connection of its own", () => {
		const file = join(folder, "dialler.pcapng");
		const stage = new Stage();
		const capture = new Capture(file, () => stage.world.epochMs);
		const dialler = (plain: Dialler) => new CapturedDialler(plain, capture, "kitchen");
		const board = stage.board({ name: "kitchen", start, dialler });
		stage.pass(5_000);
		board.cutPower();
		stage.pass(5_000);
		board.program.stop();
		stage.pass(100);
		capture.close();
		const frames = blocks(readFileSync(file)).filter(([type]) => type === 6);
		// Without what is before the TCP header: 20 of the block, 14 of Ethernet, 20 of IP.
		const segments = frames.map(([, body]) => body.subarray(54));
		const upward = segments.filter((segment) => segment.readUInt16BE(2) === 1883);
		const ports = new Set(upward.map((segment) => segment.readUInt16BE(0)));
		expect(ports.size).toBe(2);
		for (const port of ports) {
			const said = upward.filter((segment) => segment.readUInt16BE(0) === port && segment[13] === 0x18);
			expect(said[0][20] >> 4).toBe(PacketType.Connect);
		}
		expect(upward.at(-2)![13]).toBe(0x11); // FIN
	});

	test("that the disk has no room for says so at its end", () => {
		if (!existsSync("/dev/full")) return;
		const capture = new Capture("/dev/full", () => 0);
		capture.connection("kitchen");
		expect(() => capture.close()).toThrow(/ENOSPC/);
	});

	test("of a file that cannot be made throws", () => {
		expect(() => new Capture(join(folder, "no/such/folder.pcapng"), () => 0)).toThrow(/ENOENT/);
	});
});

/** What tshark has to say about each frame, in the order of the fields. */
function frames(file: string, fields: readonly string[]): string[][] {
	const { stdout, stderr, status } = spawnSync(
		"tshark",
		[
			...["-r", file, "-N", "n", "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"],
			...["-T", "fields", "-E", "separator=|", ...fields.flatMap((field) => ["-e", field])],
		],
		{ encoding: "utf8", maxBuffer: 1 << 26 },
	);
	expect(status, stderr).toBe(0);
	return stdout
		.trimEnd()
		.split("\n")
		.map((line) => line.split("|"));
}

describeWith(tshark, "Wireshark", () => {
	test("finds MQTT in it, every packet of every type, and nothing to complain of", () => {
		const file = join(folder, "drama.pcapng");
		const counts = drama(file);
		const seen = frames(file, [
			...["ip.checksum.status", "tcp.checksum.status", "tcp.analysis.flags", "_ws.malformed"],
			...["mqtt.msgtype", "ip.src_host", "frame.comment", "tcp.flags.reset", "tcp.flags.fin"],
		]);
		expect(seen.filter(([ip, tcp]) => ip !== "1" || tcp !== "1")).toEqual([]);
		expect(seen.filter(([, , flags, malformed]) => flags !== "" || malformed !== "")).toEqual([]);
		const turn = seen.findIndex((frame) => frame[6] === "from here on things go wrong");
		expect(turn).toBeGreaterThan(100);
		const types: Counts = {};
		for (const [, , , , type] of seen.slice(0, turn))
			for (const one of type.split(",").filter((text) => text !== ""))
				types[Number(one)] = (types[Number(one)] ?? 0) + 1;
		const counted = Object.entries(counts).filter(([, count]) => count > 0);
		expect(types).toEqual(Object.fromEntries(counted));
		expect(types[PacketType.Publish]).toBeGreaterThan(30);
		expect(types[PacketType.Pubcomp]).toBeGreaterThan(8);
		expect(new Set(seen.map((frame) => frame[5]))).toEqual(new Set(["plain", "twice", "drops", "192.0.2.1"]));
		const after = seen.slice(turn);
		expect(after.some((frame) => frame[7] === "1")).toBe(true);
		expect(after.some((frame) => frame[8] === "1")).toBe(true);
		expect(after.some((frame) => frame[4] === String(PacketType.Disconnect))).toBe(true);
	});
});
