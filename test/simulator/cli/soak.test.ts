// SPDX-License-Identifier: MIT
// alone: it starts processes
import { describe, expect, it } from "vitest";
import { TextOutput } from "../../../simulator/cli/text.js";
import { eventually, Run, withBroker } from "./run.js";

describe("ringbuoy sim --program soak", () => {
	it("sends to itself at each QoS, and says how the board is", async () => {
		await withBroker({}, async (_broker, url, events) => {
			const run = new Run(["sim", "--json", "--broker", url, "--program", "soak", "--name", "tough"]);
			const sent = (topic: string) =>
				events.filter((event) => event.kind === "publish" && event.topic === `ringbuoy/tough/${topic}`);
			await eventually(() => ["soak/0", "soak/1", "soak/2"].every((topic) => sent(topic).length >= 2));
			expect(await run.endWhen(() => true)).toBe(0);
			expect(run.of("start")).toMatchObject([{ program: "soak" }]);
			expect(run.of("end")).toMatchObject([{ readings: 0, lost: 0 }]);
			const [report] = sent("diagnostics");
			expect(report).toMatchObject({ retain: true });
			const text = Buffer.from((report as { payload: Uint8Array }).payload).toString();
			expect(JSON.parse(text)).toMatchObject({ reset: "power", starts: 1, connects: 1 });
		});
	});

	it("has a line for each minute", () => {
		const lines: string[] = [];
		const output = new TextOutput((line) => lines.push(line), {
			...{ colour: false, columns: 100, verbose: false, keys: false },
			seconds: () => 60,
			toolArguments: () => "",
		});
		output.board("board-1", { event: "soaked", minutes: 1, back: 179, wrong: 0 });
		output.board("board-1", { event: "soaked", minutes: 2, back: 358, wrong: 1 });
		expect(lines).toEqual([
			"  60.000  soak       1 minute: 179 messages came back, none lost, doubled or bent",
			"  60.000  soak       2 minutes: 358 messages came back, 1 fault: see its topic soak",
		]);
	});
});
