// SPDX-License-Identifier: MIT
// alone: it starts processes
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { LINK_FAULT_BASE, LinkFault, Reason } from "../../../lib/index.js";
import { bundle, eventually, freePort, Run, ringbuoy, stoppedIn, withBroker } from "./run.js";

const { version } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"));

/** Processes of their own on a busy machine. */
vi.setConfig({ testTimeout: 60_000 });

/** Milliseconds that Node itself takes to start and end, when nobody else wants the processor. */
const NODE_MS = 100;
/** The same, now. */
function nodeMs(): number {
	const started = performance.now();
	spawnSync(process.execPath, ["-e", "0"]);
	return performance.now() - started;
}

describe("ringbuoy sim, alone on the machine", () => {
	it("has an acknowledged reading within two seconds, and ends in order", async () => {
		const before = nodeMs();
		const started = performance.now();
		const run = new Run(["sim", "--json", "--interval", "60"]);
		await run.until(() => run.of("reading").length > 0);
		const took = performance.now() - started;
		run.child.kill("SIGINT");
		expect(await run.exit).toBe(0);
		// A busy machine is given as much more as it takes longer for an empty program.
		const busy = Math.max(1, before / NODE_MS, nodeMs() / NODE_MS);
		expect(took).toBeLessThan(2_000 * busy);
		expect(run.stderr).toBe("");
		const names = run.events.map(({ event }) => event);
		expect(names.slice(0, 5)).toEqual(["start", "boot", "link", "online", "reading"]);
		expect(names.slice(-3)).toEqual(["stopping", "offline", "end"]);
		const [end] = run.of("end");
		expect(end).toMatchObject({ readings: 1, acknowledged: 1, refused: 0, unfinished: 0, connects: 1 });
		const memory = end?.["memory"] as { bytes: number }[];
		expect(memory.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(run.of("start")[0]?.["memoryBytes"]);
	});
});

describe.concurrent("ringbuoy sim", () => {
	it("shows that a command arrives", async () => {
		const run = new Run(["sim", "--json", "--interval", "1"]);
		expect(await run.endWhen(() => run.of("reading").length >= 4)).toBe(0);
		expect(run.of("demonstration")).toHaveLength(1);
		expect(run.of("command")).toMatchObject([{ command: "report", board: "board-1" }]);
		expect(
			run
				.of("reading")
				.map(({ n }) => n)
				.slice(0, 4),
		).toEqual([1, 2, 3, 4]);
	});

	it("needs no other file, and writes what was said into one", async () => {
		const folder = mkdtempSync(join(tmpdir(), "ringbuoy-"));
		try {
			const file = join(folder, "ringbuoy.mjs");
			copyFileSync(bundle, file);
			const told = await ringbuoy(["--version"], { file, cwd: folder });
			expect(told.stdout).toBe(`${version}\n`);
			const run = new Run(["sim", "--json", "--pcap", "out.pcapng"], { file, cwd: folder });
			expect(await run.endWhen(() => run.of("reading").length > 0)).toBe(0);
			const capture = readFileSync(join(folder, "out.pcapng"), "latin1");
			expect(capture).toMatch(/^\n\r\r\n[\s\S]*board-1\0[\s\S]*ringbuoy\/board-1\/reading/);
		} finally {
			rmSync(folder, { recursive: true });
		}
		expect(readFileSync(bundle, "utf8")).toMatch(/^#!\/usr\/bin\/env node\n/);
		expect(statSync(bundle).mode & 0o111).toBe(0o111);
		expect(readFileSync(bundle, "utf8")).toMatch(/mqtt-packet [\d.]+ \(MIT\)/);
	});

	it("writes plain lines of at most 100 columns when nobody sits there", async () => {
		const run = new Run(["sim", "--boards", "2", "--verbose"]);
		const both = ({ stdout }: Run) => /board-1 {2}reading/.test(stdout) && /board-2 {2}reading/.test(stdout);
		expect(await run.endWhen(both)).toBe(0);
		expect(run.stdout).not.toContain("\u001b");
		expect(run.stdout).not.toContain("\r");
		for (const line of run.stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
		expect(run.stdout).toMatch(/board-2 {2}reading +#1 .* °C .* % .* V .* dBm +acknowledged \d+ ms/);
		expect(run.stdout).toMatch(/sum +[\d,]+ {2}bytes\n/);
	});

	it("sums up what a crowd does", async () => {
		const run = new Run(["sim", "--boards", "12", "--interval", "1"]);
		const all = /in all +12 of 12 boards online · \d\d readings acknowledged/;
		expect(await run.endWhen(({ stdout }) => all.test(stdout))).toBe(0);
		expect(run.stdout).toMatch(/readings +(\d\d) taken · \1 acknowledged/);
		expect(run.stdout).not.toContain("#1");
	});

	it.each([4, 5])("runs several boards at QoS 2 with the tiny profile (--protocol %i)", async (protocol) => {
		const args = ["--boards", "12", "--qos", "2", "--tiny", "--protocol", `${protocol}`, "--interval", "60"];
		const run = new Run(["sim", "--json", ...args]);
		expect(await run.endWhen(() => run.of("reading").length >= 12)).toBe(0);
		expect(new Set(run.of("reading").map(({ board }) => board)).size).toBe(12);
		expect(run.of("end")[0]).toMatchObject({ boards: 12, readings: 12, acknowledged: 12 });
	});

	it("goes on trying when nobody listens", async () => {
		const port = await freePort();
		const run = new Run(["sim", "--json", "--broker", `mqtt://127.0.0.1:${port}`]);
		expect(await run.endWhen(() => run.of("offline").length >= 2)).toBe(0);
		const [first, second] = run.of("offline");
		expect(first).toMatchObject({ reason: LINK_FAULT_BASE - LinkFault.Refused });
		expect(first?.["cause"]).toMatch(/^Nobody listens at 127\.0\.0\.1:\d+; start the broker/);
		expect(first?.["retryMs"]).toBeGreaterThan(0);
		expect(second).toMatchObject({ reason: LINK_FAULT_BASE - LinkFault.Refused });
		expect(run.of("end")[0]).toMatchObject({ acknowledged: 0 });
	});

	it("ends after its time, and has failed when no reading arrived in it", async () => {
		const port = await freePort();
		const run = await ringbuoy(["sim", "--json", "--broker", `mqtt://127.0.0.1:${port}`, "--for", "0.5"]);
		expect(run.code).toBe(1);
		expect(run.of("end")).toMatchObject([{ acknowledged: 0, connects: 0 }]);
		expect(run.of("stopping")[0]?.time).toBeGreaterThanOrEqual(0.5);
	});

	it("says that its port is taken", async () => {
		const server = net.createServer();
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as net.AddressInfo;
		const run = await ringbuoy(["sim", "--port", `${port}`]);
		server.close();
		expect(run.code).toBe(1);
		expect(run.stderr).toMatch(new RegExp(`^ringbuoy: port ${port} is taken; try --port .*\n$`));
	});

	it("ends when its reader has seen enough", async () => {
		const run = new Run(["sim", "--json"]);
		await run.until(() => run.events.length > 2);
		run.child.stdout.destroy();
		expect(await run.exit).toBe(0);
		expect(run.stderr).toBe("");
	});
});

describe.concurrent("ringbuoy sim --broker", () => {
	it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
		"says DISCONNECT on %s and leaves nothing behind",
		async (signal) => {
			await withBroker({}, async (_broker, url, events) => {
				const run = new Run(["sim", "--json", "--broker", url, "--name", "kitchen", "--interval", "60"]);
				await run.until(() => run.of("reading").length > 0);
				run.child.kill(signal);
				expect(await run.exit).toBe(0);
				expect(run.events.at(-1)).toMatchObject({ event: "end", acknowledged: 1, unfinished: 0 });
				await eventually(() => events.some((event) => event.kind === "disconnect"));
				expect(events.at(-1)).toMatchObject({
					kind: "disconnect",
					clientId: "kitchen",
					by: "client",
					reason: 0,
				});
				const status = events.filter((event) => event.kind === "publish" && event.topic.endsWith("/status"));
				expect(
					status.map((event) => event.kind === "publish" && Buffer.from(event.payload).toString()),
				).toEqual(["online", "offline"]);
				// What a user publishes on a broker of his own is up to him.
				expect(run.of("demonstration")).toEqual([]);
			});
		},
	);

	it("ends at once on the second signal, also when the broker is silent", async () => {
		await withBroker({}, async (broker, url) => {
			const run = new Run(["sim", "--json", "--broker", url]);
			await run.until(() => run.of("reading").length > 0);
			broker.chaos.silence();
			run.child.kill("SIGINT");
			await run.until(() => run.of("stopping").length > 0);
			await new Promise((resolve) => setTimeout(resolve, 300)); // or it would be an echo of the first
			run.child.kill("SIGINT");
			expect(await run.exit).toBe(130);
			expect(run.of("end")).toEqual([]);
		});
	});

	it("ends at once when there is no connection to say goodbye to", async () => {
		const port = await freePort();
		const run = new Run(["sim", "--json", "--broker", `mqtt://127.0.0.1:${port}`]);
		await run.until(() => run.of("offline").length > 0);
		run.child.kill("SIGINT");
		expect(await run.exit).toBe(0);
		expect(stoppedIn(run)).toBeLessThan(2);
	});

	it.each([4, 5])("explains a wrong password, and takes the right one (--protocol %i)", async (protocol) => {
		const authenticate = ({ username, password }: { username?: string; password?: Uint8Array }) =>
			username === "ann" && Buffer.from(password ?? "").toString() === "secret";
		await withBroker({ authenticate }, async (_broker, url) => {
			const args = ["sim", "--json", "--broker", url, "--protocol", `${protocol}`, "--interval", "60"];
			const env = { RINGBUOY_USER: "ann", RINGBUOY_PASSWORD: "secret" };
			const right = new Run(args, { env });
			const wrong = new Run([...args, "--name", "other", "--password", "guess"], { env });
			await Promise.all([
				right.endWhen(() => right.of("reading").length > 0),
				wrong.endWhen(() => wrong.of("offline").length > 0),
			]);
			expect(right.of("end")).toMatchObject([{ acknowledged: 1 }]);
			expect(wrong.of("end")).toMatchObject([{ acknowledged: 0 }]);
			const [offline] = wrong.of("offline");
			expect([Reason.BadUserNameOrPassword, Reason.NotAuthorized]).toContain(offline?.["reason"]);
			expect(offline?.["cause"]).toMatch(/check --user and --password/);
			expect(offline?.["retryMs"]).toBeGreaterThan(1_000);
			expect(right.stdout).not.toContain("secret");
		});
	});

	it("keeps readings through a broken connection", async () => {
		await withBroker({}, async (broker, url, events) => {
			const run = new Run(["sim", "--json", "--broker", url, "--interval", "1"]);
			await run.until(() => run.of("reading").length > 0);
			broker.restart({ keepSessions: true, downMs: 500 });
			await run.until(() => run.of("online").length > 1 && run.of("reading").length > 2);
			run.child.kill("SIGINT");
			expect(await run.exit).toBe(0);
			const numbers = events
				.filter((event) => event.kind === "publish" && event.topic.endsWith("/reading"))
				.map((event) => event.kind === "publish" && JSON.parse(Buffer.from(event.payload).toString()).n);
			expect(numbers).toEqual(numbers.map((_, i) => i + 1));
		});
	});
});
