// SPDX-License-Identifier: MIT
// alone: it starts processes and opens sockets
import { describe, expect, it, vi } from "vitest";
import { shortage } from "../../../simulator/cli/descriptors.js";
import type { FleetProgress } from "../../../simulator/cli/fleet-events.js";
import { FLEET_OPTIONS } from "../../../simulator/cli/fleet-options.js";
import { FleetText } from "../../../simulator/cli/fleet-output.js";
import { type FleetSettings, fleetSettings } from "../../../simulator/cli/fleet-settings.js";
import { parseOptions } from "../../../simulator/cli/options.js";
import { UsageError } from "../../../simulator/cli/usage.js";
import { describeMosquitto, Mosquitto } from "../../interop/kit/mosquitto.js";
import { Run, ringbuoy, withBroker } from "./run.js";

/** Processes of their own on a busy machine. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

function settings(line: string, environment: Record<string, string> = {}): FleetSettings {
	return fleetSettings(parseOptions(line === "" ? [] : line.split(" "), FLEET_OPTIONS), environment);
}

const ends = (run: Run) => run.of("end")[0] as Record<string, unknown>;
const stages = (run: Run) => run.of("figures").map(({ stage }) => stage);

describe("options of ringbuoy fleet", () => {
	it("has a default for everything", () => {
		const given = settings("");
		expect(given).toMatchObject({
			boards: 1000,
			first: 0,
			intervalSeconds: 10,
			world: false,
			sockets: false,
		});
		expect(given.stages).toEqual([
			{ name: "ramp", seconds: 0 },
			{ name: "steady", seconds: Number.POSITIVE_INFINITY },
		]);
		expect([given.names.length, given.names[0], given.names[999]]).toEqual([1000, "board-1", "board-1000"]);
	});

	it("puts the stages in their order, with rest before each trial", () => {
		const { stages: all } = settings("--restart 1,30 --storm --for 5 --ramp 2");
		expect(all.map(({ name, seconds }) => `${name} ${seconds}`)).toEqual([
			"ramp 2",
			"steady 5",
			"rest 31",
			"storm 0",
			"rest 31",
			"restart 1",
			"rest 31",
			"restart 30",
		]);
	});

	it("gives each shard its boards, and all of them names that agree", () => {
		const part = settings("--boards 10 --shard 2/3 --broker mqtt://h");
		expect(part).toMatchObject({ first: 6, names: ["fleet-7", "fleet-8", "fleet-9", "fleet-10"] });
		expect(settings("--boards 4 --shard 0/2 --name load --broker mqtt://h").names).toEqual([
			"load-1",
			"load-2",
		]);
	});

	it("does not take a broker from the environment into a world", () => {
		expect(settings("--world", { RINGBUOY_BROKER: "mqtt://h" }).broker).toBeUndefined();
		expect(settings("", { RINGBUOY_BROKER: "mqtt://h" }).broker?.host).toBe("h");
	});

	it.each([
		["--borads 5", "there is no option --borads; did you mean --boards?"],
		["--boards 0", "--boards must be a whole number from 1 to 2000000"],
		["--shard 3/3 --broker mqtt://h", "--shard must be I/N with I from 0 to N-1"],
		["--shard 1 --broker mqtt://h", "--shard must be I/N"],
		["--shard 0/2", "--shard needs --broker"],
		["--world --broker mqtt://h", "--world has a network and a broker of its own: no --broker"],
		["--world --port 1883", "no --port"],
		["--restart 5 --broker mqtt://h", "--restart is for our own broker"],
		["--restart 5,x", '--restart must be seconds, or several with commas between (1,30,120), not "x"'],
		["--latency 5", "--latency is for --world"],
		["--ca x", "--ca needs --broker mqtts://host:port"],
	])("refuses %s", (line, message) => {
		expect(() => settings(line)).toThrow(UsageError);
		expect(() => settings(line)).toThrow(message);
	});

	it("says what to type when there are too few open files, before anything is begun", () => {
		expect(shortage(10_000, 20_000, 10_000)).toBeUndefined();
		expect(shortage(10_000, undefined, 10_000)).toBeUndefined();
		const words = shortage(20_000, 1024, 10_000);
		expect(words).toContain("10000 boards need 20064 open files, and this process may have 1024.");
		expect(words).toContain("\n  ulimit -n 20064\n");
		expect(words).toContain("--boards 480 fit");
	});
});

describe("the display of a fleet", () => {
	const progress: FleetProgress = {
		...{
			event: "progress",
			stage: "steady",
			stageSeconds: 3,
			ofSeconds: 10,
			powered: 20,
			connected: 10,
			boards: 20,
		},
		...{ perSecond: 1234.5, p50Ms: 0.5, p95Ms: 12.25, p99Ms: 1500 },
		strain: { busy: 0.95, lateP99Ms: 1, lateMostMs: 2, limited: true },
	};

	it("draws a panel anew on a terminal, and takes it away for what stays", () => {
		let text = "";
		const output = new FleetText((more) => (text += more), { colour: false, columns: 80, live: true });
		output.tell(progress);
		expect(text).toContain("███████████████░░░░░░░░░░░░░░░  10 of 20");
		expect(text).toContain("busy 95 %, at most 2.0 ms late: it is the bottleneck");
		const lines = text.split("\n").length - 1;
		output.tell({ event: "stopping" });
		expect(text).toContain(`\r\u001b[${lines}A\u001b[J`);
	});

	it("writes plain lines elsewhere, a few", () => {
		let text = "";
		const output = new FleetText((more) => (text += more), { colour: false, columns: 80, live: false });
		for (let second = 0; second < 10; second++) output.tell({ ...progress, stageSeconds: second });
		expect(text.split("\n").filter((line) => line !== "")).toHaveLength(2);
		expect(text).toContain("10 of 20 connected · 1,235 messages/s · p50 0.50  p95 12.3  p99 1,500 ms");
	});
});

describe.concurrent("ringbuoy fleet", () => {
	it("runs in the process, reports, and ends in order", async () => {
		const run = await ringbuoy(["fleet", "--boards", "50", "--interval", "1", "--for", "2", "--json"]);
		expect([run.code, run.stderr]).toEqual([0, ""]);
		expect(stages(run)).toEqual(["ramp", "steady"]);
		const end = ends(run);
		expect(end).toMatchObject({
			boards: 50,
			connected: 50,
			connects: 50,
			resends: 0,
			failures: [],
			lost: [],
		});
		expect(end["acknowledged"]).toBe(end["readings"]);
		expect(end["acknowledged"]).toBeGreaterThanOrEqual(100);
		expect(end["bytesPerBoard"]).toBeGreaterThan(7168);
	});

	it("runs in virtual time, the same for the same seed", async () => {
		const line = ["fleet", "--boards", "20", "--world", "--restart", "2", "--tiny", "--json"];
		const runs = await Promise.all([ringbuoy(line), ringbuoy(line)]);
		const [first, second] = runs.map((run) =>
			run.of("figures").map(({ time: _, cpuSeconds: __, ...figures }) => figures),
		);
		expect(first).toEqual(second);
		expect(runs[0].code).toBe(0);
		expect(stages(runs[0])).toEqual(["ramp", "steady", "rest", "restart"]);
	});

	it("over sockets to our own broker; boards whose connections are cut come back", async () => {
		await withBroker({}, async (broker, url) => {
			const run = new Run([
				"fleet",
				"--boards",
				"50",
				"--broker",
				url,
				"--interval",
				"1",
				"--name",
				"t",
				"--json",
			]);
			await run.until(() => run.of("figures").length === 1);
			expect(broker.counters.clients).toBe(50);
			broker.restart({ keepSessions: true });
			await run.until(() => run.of("progress").some(({ connected }) => Number(connected) < 50));
			await run.until(() => run.of("progress").at(-1)!["connected"] === 50);
			run.child.kill("SIGINT");
			expect(await run.exit).toBe(0);
			expect(ends(run)).toMatchObject({ connects: 100, connected: 50, failures: [] });
			expect(broker.counters).toMatchObject({ clients: 0, faults: 0 });
		});
	});

	it("fails, and says why, when nobody is there", async () => {
		const run = new Run(["fleet", "--boards", "3", "--broker", "mqtt://127.0.0.1:1"]);
		await run.until(() => run.stdout.includes("connected ·"));
		run.child.kill("SIGINT");
		expect(await run.exit).toBe(1);
		expect(run.stdout).toContain("Nobody listens at that port");
		expect(run.stdout).toContain("failed   no reading was acknowledged");
		expect(run.stdout).not.toContain("\u001b");
	});

	it("fails what exceeds --within and --most-bytes, and explains itself", async () => {
		const line = [
			"fleet",
			"--boards",
			"5",
			"--for",
			"1",
			"--within",
			"0.001",
			"--most-bytes",
			"100",
			"--json",
		];
		const [run, help] = await Promise.all([ringbuoy(line), ringbuoy(["help", "fleet"])]);
		expect(run.code).toBe(1);
		expect(ends(run)["failures"]).toHaveLength(2);
		expect(help.stdout).toContain("--shard I/N");
	});
});

describeMosquitto("a fleet at mosquitto", () => {
	it("connects from two processes, each with its part, in 3.1.1", async () => {
		const mosquitto = await Mosquitto.start();
		try {
			const url = `mqtt://127.0.0.1:${mosquitto.port}`;
			const line = (part: string) => ["fleet", "--boards", "50", "--broker", url, "--shard", part, "--json"];
			const runs = ["0/2", "1/2"].map(
				(part) => new Run([...line(part), "--interval", "1", "--protocol", "4"]),
			);
			for (const run of runs) await run.until(() => run.of("progress").at(-1)?.["stage"] === "steady");
			for (const run of runs) run.child.kill("SIGTERM");
			expect(await Promise.all(runs.map(({ exit }) => exit))).toEqual([0, 0]);
			for (const run of runs)
				expect(ends(run)).toMatchObject({ boards: 25, connected: 25, forgotten: 25, lost: [] });
		} finally {
			await mosquitto.close();
		}
	});
});
