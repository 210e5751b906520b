// SPDX-License-Identifier: MIT
// alone: it starts processes
/** `ringbuoy sim` against Debian's mosquitto, and mosquitto's clients against our own broker. */

import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { LINK_FAULT_BASE, LinkFault } from "../../../lib/index.js";
import { freePort, Run } from "./run.js";

const tools = ["mosquitto", "mosquitto_passwd", "mosquitto_sub", "mosquitto_pub"];
const path = `${process.env["PATH"]}:/usr/sbin:/usr/local/sbin`;
const missing = tools.filter(
	(tool) => spawnSync(tool, ["--help"], { env: { PATH: path } }).error !== undefined,
);
if (missing.length > 0) {
	const what = `${missing.join(", ")} not installed (apt-get install mosquitto mosquitto-clients)`;
	if (process.env["CI"] === "true") throw new Error(what);
	console.warn(`SKIPPED: the command line against mosquitto: ${what}`);
}

/** Processes of their own on a busy machine. */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const pem = (name: string) => fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
const own = ["--cert", pem("client.pem"), "--key", pem("client.key")];
const ca = ["--ca", pem("ca.pem")];

let folder: string;
let server: ChildProcess | undefined;
let plain: number;
let guarded: number;
let secure: number;
let elsewhere: number;

/** One process with four listeners: anonymous, with passwords, TLS with client certificates, and a certificate of another name. */
async function startMosquitto(): Promise<void> {
	[plain, guarded, secure, elsewhere] = [
		await freePort(),
		await freePort(),
		await freePort(),
		await freePort(),
	];
	folder = mkdtempSync(join(tmpdir(), "ringbuoy-mosquitto-"));
	const passwords = join(folder, "passwords");
	execFileSync("mosquitto_passwd", ["-b", "-c", passwords, "ann", "secret"], {
		env: { PATH: path },
		stdio: "ignore",
	});
	const tls = (name: string) =>
		`cafile ${pem("ca.pem")}\ncertfile ${pem(`${name}.pem`)}\nkeyfile ${pem(`${name}.key`)}`;
	const configuration = join(folder, "mosquitto.conf");
	writeFileSync(
		configuration,
		[
			"per_listener_settings true",
			`user ${userInfo().username}`,
			`listener ${plain} 127.0.0.1\nallow_anonymous true`,
			`listener ${guarded} 127.0.0.1\nallow_anonymous false\npassword_file ${passwords}`,
			`listener ${secure} 127.0.0.1\nallow_anonymous true\nrequire_certificate true\n${tls("server")}`,
			`listener ${elsewhere} 127.0.0.1\nallow_anonymous true\n${tls("other")}`,
			"",
		].join("\n"),
	);
	server = spawn("mosquitto", ["-c", configuration], { env: { PATH: path }, stdio: "ignore" });
	for (let i = 0; i < 1_000 && !(await listens(elsewhere)); i++)
		await new Promise((resolve) => setTimeout(resolve, 30));
}

function listens(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = net.connect(port, "127.0.0.1");
		socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
		socket.on("connect", () => socket.destroy());
	});
}

/** Runs until the first reading is acknowledged, or the first attempt has failed. */
async function sim(url: string, ...args: string[]): Promise<Run> {
	const name = `b${Math.random().toString(36).slice(2)}`;
	const run = new Run(["sim", "--json", "--broker", url, "--name", name, "--interval", "60", ...args]);
	expect(await run.endWhen(() => run.of("reading").length + run.of("offline").length > 0)).toBe(0);
	return run;
}

/** Readings that arrived. */
const acknowledged = (run: Run) => run.of("end")[0]?.["acknowledged"];

describe.skipIf(missing.length > 0).concurrent("ringbuoy sim against mosquitto", () => {
	beforeAll(startMosquitto);

	afterAll(() => {
		server?.kill();
		rmSync(folder, { recursive: true });
	});

	it.each([
		["4", "0"],
		["4", "1"],
		["4", "2"],
		["5", "0"],
		["5", "1"],
		["5", "2"],
	])("has its readings acknowledged (protocol %s, QoS %s)", async (protocol, qos) => {
		const run = await sim(`mqtt://127.0.0.1:${plain}`, "--protocol", protocol, "--qos", qos);
		expect(run.of("end")[0]).toMatchObject({ readings: 1, acknowledged: 1, connects: 1, unfinished: 0 });
	});

	it.each(["4", "5"])(
		"gets in with a password, and is told when it is wrong (protocol %s)",
		async (protocol) => {
			const [right, wrong] = await Promise.all([
				sim(`mqtt://ann:secret@127.0.0.1:${guarded}`, "--protocol", protocol),
				sim(`mqtt://ann:guess@127.0.0.1:${guarded}`, "--protocol", protocol),
			]);
			expect([right, wrong].map(acknowledged)).toEqual([1, 0]);
			expect(wrong.of("offline")[0]?.["cause"]).toMatch(/check --user and --password/);
		},
	);

	it.each(["4", "5"])("does TLS with a client certificate (protocol %s)", async (protocol) => {
		const run = await sim(`mqtts://localhost:${secure}`, "--protocol", protocol, ...ca, ...own);
		expect(acknowledged(run), run.stdout).toBe(1);
	});

	it.each([
		["is not trusted", () => secure, own, LinkFault.Certificate, /not trusted .*--ca FILE/],
		["is for another name", () => elsewhere, ca, LinkFault.HostName, /another name; .*elsewhere\.example/],
		[
			"of our own is missing",
			() => secure,
			ca,
			LinkFault.Certificate,
			/client certificate \(--cert FILE --key FILE\)\.$/,
		],
	] as const)("explains that the certificate %s", async (_what, port, args, fault, cause) => {
		const run = await sim(`mqtts://localhost:${port()}`, ...args);
		expect(acknowledged(run)).toBe(0);
		expect(run.of("offline")[0]).toMatchObject({ reason: LINK_FAULT_BASE - fault });
		expect(run.of("offline")[0]?.["cause"]).toMatch(cause);
	});

	it("accepts any certificate when told to", async () => {
		const run = await sim(`mqtts://localhost:${elsewhere}`, "--insecure");
		expect(acknowledged(run), run.stdout).toBe(1);
	});

	it("prints lines for mosquitto's clients that work as they are", async () => {
		const run = new Run(["sim", "--interval", "1"]);
		await run.until((one) => one.stdout.includes("acknowledged"));
		const line = (what: string) => new RegExp(`^ +${what} +(mosquitto_.*)$`, "m").exec(run.stdout)?.[1] ?? "";
		const shell = (command: string) =>
			new Promise<string>((resolve) => {
				const child = spawn("sh", ["-c", command], {
					env: { PATH: path },
					stdio: ["ignore", "pipe", "ignore"],
				});
				let text = "";
				child.stdout.on("data", (chunk) => (text += chunk));
				child.on("close", () => resolve(text));
			});
		const watched = shell(`${line("watch")} -C 2 -W 40`);
		await shell(line("setting"));
		await shell(line("command"));
		await run.until(
			(one) => /setting +a reading every 5 s/.test(one.stdout) && /command +report/.test(one.stdout),
		);
		expect(await watched).toMatch(/^ringbuoy\/board-1\/status online\n/);
		run.child.kill("SIGINT");
		expect(await run.exit).toBe(0);
	});
});
