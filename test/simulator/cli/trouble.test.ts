// SPDX-License-Identifier: MIT
// alone: it starts processes
/** First mistakes and bad days: what the command line makes of a wrong port, a namesake, a broker that says no, or nothing. */

import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { eventually, Run, withBroker } from "./run.js";

/** Processes of their own on a busy machine. */
vi.setConfig({ testTimeout: 60_000 });

/** Something that listens, and is no broker. */
async function withServer<Result>(
	serve: (socket: net.Socket) => void,
	use: (port: number) => Promise<Result>,
): Promise<Result> {
	const server = net.createServer((socket) => serve(socket.on("error", () => {})));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	try {
		return await use((server.address() as net.AddressInfo).port);
	} finally {
		server.close();
	}
}

const offline = (run: Run) => run.of("offline").length > 0;
const sim = (...args: string[]) => new Run(["sim", "--json", "--interval", "60", ...args]);

describe.concurrent("ringbuoy sim", () => {
	it.each([
		[
			"HTTP",
			(socket: net.Socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
			/^127\.0\.0\.1:\d+ answers, but not as an MQTT broker; check the port, and whether it wants TLS/,
		],
		[
			"a TLS alert",
			(socket: net.Socket) => socket.once("data", () => socket.end(Buffer.from("15030100020246", "hex"))),
			/^127\.0\.0\.1:\d+ answers, but not as an MQTT broker; check the port, and whether it wants TLS/,
		],
		[
			"nothing, and closes",
			(socket: net.Socket) => socket.once("data", () => socket.end()),
			/^127\.0\.0\.1:\d+ closed the connection instead of answering; check the port, and whether it wants TLS/,
		],
	] as const)("tells a wrong port by its answer: %s", async (_what, serve, cause) => {
		await withServer(serve, async (port) => {
			const run = sim("--broker", `mqtt://127.0.0.1:${port}`);
			expect(await run.endWhen(offline)).toBe(0);
			expect(run.of("offline")[0]?.["cause"]).toMatch(cause);
		});
	});

	it("suspects a namesake when it is thrown out again and again", async () => {
		await withBroker({}, async (_broker, url) => {
			const args = ["--protocol", "4", "--broker", url, "--name", "twin"];
			const runs = [sim(...args), sim(...args)];
			const suspicion = /often another client has this name, too; try --name\.$/;
			const suspects = (run: Run) => run.of("offline").some(({ cause }) => suspicion.test(cause as string));
			await Promise.race(runs.map((run) => run.until(suspects)));
			for (const run of runs) run.child.kill("SIGINT");
			expect(await Promise.all(runs.map(({ exit }) => exit))).toEqual([0, 0]);
		});
	});

	it("says what a broker refuses, and by which filter", async () => {
		const authorize = ({ topic }: { readonly topic: string }) => !/reading$|do$/.test(topic);
		await withBroker({ authorize }, async (_broker, url) => {
			const run = sim("--broker", url, "--name", "kitchen");
			expect(await run.endWhen(() => run.of("lost").length > 0 && run.of("denied").length > 0)).toBe(0);
			expect(run.of("denied")).toMatchObject([
				{ filter: "ringbuoy/kitchen/do", reason: 0x87, cause: "not authorized", board: "kitchen" },
			]);
			expect(run.of("lost")[0]).toMatchObject({ cause: "not taken: not authorized", reason: 0x87 });
			expect(run.of("lost")[0]?.["advice"]).toMatch(/^check --user and --password/);
		});
	});

	it("counts what it ignored apart, and names the topic", async () => {
		await withBroker({}, async (broker, url) => {
			const run = sim("--broker", url, "--name", "kitchen");
			await run.until(() => run.of("reading").length > 0);
			const send = (topic: string, payload: string) =>
				broker.publish({ topic: `ringbuoy/kitchen/${topic}`, payload, qos: 1 });
			await eventually(() => send("do", "dance") > 0);
			send("set/interval", "soon");
			send("do", "identify");
			expect(await run.endWhen(() => run.of("identify").length > 0)).toBe(0);
			const topics = new Set(run.of("ignored").map(({ topic }) => topic));
			expect(topics).toEqual(new Set(["ringbuoy/kitchen/do", "ringbuoy/kitchen/set/interval"]));
			expect(run.of("end")).toMatchObject([{ commands: 1, ignored: 2 }]);
		});
	});

	it("says so when a reading is not acknowledged for long", async () => {
		await withBroker({}, async (broker, url) => {
			const run = new Run(["sim", "--json", "--interval", "1", "--broker", url]);
			await run.until(() => run.of("reading").length > 0);
			const speak = broker.chaos.silence();
			await run.until(() => run.of("waiting").length > 0);
			speak();
			await run.until(() => run.events.at(-1)?.event === "reading");
			expect(run.of("offline").length).toBeLessThanOrEqual(1); // the silence ends the connection
			run.child.kill("SIGINT");
			expect(await run.exit).toBe(0);
			const [{ n }] = run.of("waiting");
			expect(run.of("reading").map((one) => one["n"])).toContain(n);
		});
	});

	it.each([["sensor"], ["sleeper"]])(
		"leaves no session at a broker of 3.1.1 that nobody would come back to (%s)",
		async (program) => {
			await withBroker({}, async (broker, url) => {
				const run = sim("--protocol", "4", "--broker", url, "--program", program);
				await run.until(() => run.of(program === "sensor" ? "reading" : "asleep").length > 0);
				expect(broker.sessions()).toHaveLength(1);
				run.child.kill("SIGINT");
				expect(await run.exit).toBe(0);
				expect(run.of("forgotten")).toMatchObject([{ done: true }]);
				await eventually(() => broker.sessions().length === 0);
			});
		},
	);

	it("lets a broker of 5.0 keep its session for five minutes, and for an hour when it can come back", async () => {
		await withBroker({}, async (broker, url) => {
			const run = sim("--broker", url);
			await run.until(() => run.of("reading").length > 0);
			expect(broker.sessions()).toMatchObject([{ expirySeconds: 300 }]);
			run.child.kill("SIGINT");
			expect(await run.exit).toBe(0);
			expect(run.of("start")).toMatchObject([{ sessionSeconds: 300 }]);
			expect(run.of("forgotten")).toEqual([]);
			const folder = mkdtempSync(join(tmpdir(), "ringbuoy-session-"));
			const kept = sim("--broker", url, "--name", "kept", "--flash", join(folder, "kept.bin"));
			expect(await kept.endWhen(() => kept.of("reading").length > 0)).toBe(0);
			rmSync(folder, { recursive: true });
			expect(broker.sessions()).toMatchObject([{ expirySeconds: 300 }, { expirySeconds: 3_600 }]);
		});
	});

	it("shows the clearing of a session that a killed run has left, and nothing else of it", async () => {
		await withBroker({}, async (_broker, url) => {
			const args = ["--protocol", "4", "--broker", url, "--name", "phoenix", "--interval", "60"];
			const killed = new Run(["sim", ...args]);
			await killed.until(({ stdout }) => stdout.includes("acknowledged"));
			killed.child.kill("SIGKILL");
			await killed.exit;
			const run = new Run(["sim", ...args]);
			expect(await run.endWhen(({ stdout }) => stdout.includes("acknowledged"))).toBe(0);
			expect(run.stdout).toMatch(/session +an old one at the broker is being cleared\n/);
			expect(run.stdout.match(/being cleared/g)).toHaveLength(1);
			expect(run.stdout).not.toMatch(/offline/);
			expect(run.stdout).toMatch(/session +the broker has forgotten it\n/);
		});
	});

	it("takes no options that npm has kept for itself", async () => {
		const run = new Run(["sim", "5"], { env: { npm_lifecycle_event: "start", npm_config_boards: "true" } });
		expect(await run.exit).toBe(2);
		expect(run.stderr).toBe(
			"ringbuoy: with npm start, options stand behind --: npm start -- --boards NUMBER\n",
		);
	});
});
