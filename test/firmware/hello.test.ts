// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { start } from "../../firmware/programs/hello.js";
import { BASE, Station } from "./station.js";

it("greets with a retained message, and shows itself when answered", () => {
	const station = new Station(start);
	station.pass(1);
	expect(station.published("hello")).toEqual([
		{ text: "Hello from board-1", qos: 1, retain: true, will: false },
	]);
	expect(station.broker.sessions()[0]?.filters).toEqual([`${BASE}/answer`]);
	station.publish("answer", "hi");
	expect(station.identified).toBe(1);
	station.program.stop();
	station.pass(1);
	expect(station.events.at(-1)).toMatchObject({ kind: "disconnect", by: "client" });
});

it("fits on a screen", () => {
	const source = readFileSync(new URL("../../firmware/programs/hello.ts", import.meta.url), "utf8");
	expect(source.trimEnd().split("\n").length).toBeLessThanOrEqual(30);
});
