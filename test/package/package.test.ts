// SPDX-License-Identifier: MIT
// alone: it starts processes
/** The package as others get it: packed, unpacked into an empty folder, and used from plain JavaScript and TypeScript. */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Broker, TcpListener } from "../../simulator/broker/index.js";
import { NodeSchedule } from "../../simulator/node/index.js";
import { pieces } from "../manifests/application.js";
import { examine } from "../manifests/mistakes.js";
import { namedSdk } from "../manifests/names.js";
import { disk } from "../manifests/tree.js";
import { imports } from "../tidy/source.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
/** A project that has nothing but the package. */
let project: string;
/** Paths inside the package. */
let packed: Set<string>;
const installed = (path = ""): string => join(project, "node_modules/ringbuoy", path);

async function add(name: string, text: string): Promise<string> {
	const path = join(project, name);
	await mkdir(dirname(path), { recursive: true });
	await writeFile(path, text);
	return path;
}

beforeAll(async () => {
	if (!existsSync(join(root, "dist/ringbuoy.js"))) throw new Error("nothing is built yet: npm run build");
	project = await mkdtemp(join(tmpdir(), "ringbuoy-package-"));
	// Built before the tests; building again here would take the files away from those that run beside us.
	const pack = ["pack", "--ignore-scripts", "--json", "--offline", "--pack-destination", project];
	const { stdout } = await run("npm", pack, { cwd: root, shell: process.platform === "win32" });
	const [{ filename, files }] = JSON.parse(stdout);
	packed = new Set(files.map(({ path }: { path: string }) => path));
	// It depends on nothing, so installing is unpacking.
	await mkdir(installed(), { recursive: true });
	await run("tar", ["-xzf", join(project, filename), "-C", installed(), "--strip-components=1"]);
	await add("package.json", JSON.stringify({ name: "consumer", private: true, type: "module" }));
}, 30_000);

afterAll(() => rm(project, { recursive: true, force: true }));

test("depends on nothing, and brings no tests, no keys, no packages along", async () => {
	const manifest = JSON.parse(await readFile(installed("package.json"), "utf8"));
	expect(manifest.dependencies ?? {}).toEqual({});
	expect(manifest.license).toBe("MIT");
	const wanted =
		/^(?:package\.json|LICENSE|README\.md|dist\/ringbuoy\.js|(?:dist\/js|lib|firmware|manifests|boards|simulator)\/.*)$/;
	expect([...packed].filter((path) => !wanted.test(path))).toEqual([]);
	expect([...packed].filter((path) => /node_modules|\.test\.|\.(?:key|pem|tgz|log)$/.test(path))).toEqual([]);
	for (const path of ["LICENSE", "README.md", "lib/index.ts", "firmware/programs/sensor.ts"])
		expect(packed).toContain(path);
});

test("every door that package.json names is there", async () => {
	const { exports, bin } = JSON.parse(await readFile(installed("package.json"), "utf8"));
	const targets = Object.values<string | Record<string, string>>(exports);
	const doors = targets.flatMap((door) => (typeof door === "string" ? [door] : Object.values(door)));
	doors.push(bin.ringbuoy);
	expect(doors.filter((door) => !packed.has(posix.normalize(door)))).toEqual([]);
});

test("every door opens on Node, those of drivers too", async () => {
	const { exports } = JSON.parse(await readFile(installed("package.json"), "utf8"));
	const doors = Object.keys(exports).filter((name) => name !== "./package.json");
	const path = await add(
		"doors.js",
		doors
			.map((name) => `console.log(Object.keys(await import("ringbuoy${name.slice(1)}")).length);`)
			.join("\n"),
	);
	const { stdout } = await run(process.execPath, [path], { cwd: project });
	expect(
		stdout
			.trim()
			.split("\n")
			.map(Number)
			.every((count) => count > 0),
	).toBe(true);
});

describe("The command line", () => {
	test("tells its version", async () => {
		const { version } = JSON.parse(await readFile(installed("package.json"), "utf8"));
		const { stdout } = await run(process.execPath, [installed("dist/ringbuoy.js"), "--version"], {
			cwd: project,
		});
		expect(stdout.trim()).toBe(version);
	});

	test("runs a board against the broker that it brings along", async () => {
		const sim = spawn(process.execPath, [installed("dist/ringbuoy.js"), "sim", "--json"], { cwd: project });
		let stdout = "";
		// Until a reading has arrived, however long that takes here.
		sim.stdout.setEncoding("utf8").on("data", (text) => {
			const before = stdout.includes('"event":"reading"');
			stdout += text;
			if (!before && stdout.includes('"event":"reading"')) sim.kill("SIGINT");
		});
		const code = await new Promise((resolve) => sim.on("close", resolve));
		expect(code).toBe(0);
		const end = JSON.parse(stdout.trim().split("\n").at(-1)!);
		expect(end).toMatchObject({ event: "end", boards: 1, refused: 0, unfinished: 0 });
		expect(end.acknowledged).toBeGreaterThan(0);
	});
});

test("the scenario in the simulator's README is played, and holds", async () => {
	const readme = await readFile(installed("simulator/README.md"), "utf8");
	const [, code] = /```js\n(\/\/ greenhouse\.mjs\n[\s\S]*?)```/.exec(readme) ?? ["", ""];
	await add("greenhouse.mjs", code);
	const command = [installed("dist/ringbuoy.js"), "run", "./greenhouse.mjs", "--verbose"];
	const { stdout } = await run(process.execPath, command, { cwd: project });
	expect(stdout).toContain("22:00:00  the plug is pulled in the middle of a flash write");
	expect(stdout).toContain("greenhouse loses its power in the middle of a flash command");
	expect(stdout).toMatch(/held: 2 expectations, /);
});

const program = `
import { Client, Counter, DEFAULT_LIMITS, LinkFault, Reason, Refusal, RETAIN, Settled } from "ringbuoy";
import { RamStore } from "ringbuoy/store";
import { brokerAt, NodeClock, NodeMemory, NodeRandom } from "ringbuoy/node";

const { dialler } = brokerAt(process.argv[2]);
const client = new Client({
	memory: new NodeMemory(), clock: new NodeClock(), random: new NodeRandom(), store: new RamStore(), dialler,
	clientId: "consumer",
	listener: {
		onSettled(ticket, outcome, reason) {
			if (outcome === Settled.Acknowledged) client.close();
			else throw new Error(\`\${ticket} \${outcome} \${reason}\`);
		},
		onOffline(reason) {
			const acknowledged = client.counters[Counter.Acknowledged];
			console.log(JSON.stringify({ reason, closed: Reason.ClosedByApplication, acknowledged }));
		},
	},
});
const topic = client.topic("consumer/a");
if (client.publish(topic, new Uint8Array(1), 0) !== Refusal.Offline) throw new Error("QoS 0 was taken");
if (client.publish(topic, new TextEncoder().encode("hello"), 1, RETAIN) < 0) throw new Error("refused");
if (LinkFault.Refused !== 2 || DEFAULT_LIMITS.window !== 16) throw new Error("other numbers");
client.open();
`;

test("plain JavaScript publishes a message with it", async () => {
	const broker = new Broker({ schedule: new NodeSchedule() });
	const listener = new TcpListener(broker);
	const { port } = await listener.listen();
	try {
		const path = await add("program.js", program);
		const { stdout } = await run(process.execPath, [path, `mqtt://127.0.0.1:${port}`], { cwd: project });
		expect(JSON.parse(stdout)).toEqual({ reason: -1, closed: -1, acknowledged: 1 });
	} finally {
		await listener.close();
	}
});

test("the program in the README does what it says, and has 25 lines", async () => {
	const readme = await readFile(installed("README.md"), "utf8");
	const [, code] = /```js\n([\s\S]*?)```/.exec(readme) ?? ["", ""];
	expect(code.split("\n").filter((line) => line.trim() !== "").length).toBe(25);
	const published: string[] = [];
	let deliver = (): void => {};
	const broker = new Broker({
		schedule: new NodeSchedule(),
		onEvent(event) {
			if (event.kind === "publish") published.push(event.topic);
			if (event.kind === "subscribe") deliver();
		},
	});
	deliver = () =>
		void broker.publish({ topic: "greenhouse/1/set/interval", payload: "42", qos: 1, retain: true });
	const listener = new TcpListener(broker);
	const { port } = await listener.listen();
	try {
		const path = await add("readme.js", code.replace("port: 1883", `port: ${port}`));
		const child = spawn(process.execPath, [path], { cwd: project, stdio: ["ignore", "pipe", "inherit"] });
		let told = "";
		for await (const chunk of child.stdout) {
			told += chunk;
			if (/settled 2 1/.test(told) && /interval 42/.test(told)) child.kill();
		}
		expect(told).toContain("settled 1 1");
		expect(published).toEqual(expect.arrayContaining(["greenhouse/1/temperature", "greenhouse/1/status"]));
	} finally {
		await listener.close();
	}
});

const typed = `
import { Client, type ClientOptions, Counter, type Listener, type Message, Reason, Refusal, RETAIN, Settled } from "ringbuoy";
import { RamStore } from "ringbuoy/store";
import { brokerAt, NodeClock, NodeMemory, NodeRandom } from "ringbuoy/node";
import { minutes, type Scene, type Setting } from "ringbuoy/scenario";

class Told implements Listener {
	onMessage(message: Message): void {
		const text: string = message.text();
		console.log(text);
	}
	onSettled(ticket: number, outcome: Settled, reason: number): void {
		if (outcome === Settled.Acknowledged && reason === Reason.Success) console.log(ticket);
	}
}
const options: ClientOptions = {
	memory: new NodeMemory(), clock: new NodeClock(), random: new NodeRandom(), store: new RamStore(),
	dialler: brokerAt("mqtt://localhost").dialler, clientId: "consumer", version: 5, listener: new Told(),
};
const client = new Client(options);
const refusal: Refusal = Refusal.Full;
const ticket: number = client.publish(client.topic("a"), Uint8Array.of(1), 1, RETAIN);
console.log(ticket === refusal, client.counters[Counter.Refusals]);
// @ts-expect-error there is no such quality of service
client.publish(client.topic("a"), Uint8Array.of(1), 3);
export const setting: Setting = { begins: "18:00", profile: "hivemq" };
export default function (scene: Scene): void {
	const board = scene.board("kitchen", { program: "sleeper", settings: { intervalSeconds: 60 } });
	scene.pass(minutes(5));
	scene.expect(board.missing.length === 0, "all is well");
	// @ts-expect-error there is no such program
	scene.board("cellar", { program: "snoozer" });
}
// @ts-expect-error the store is not optional
new Client({ memory: new NodeMemory(), clientId: "" });
`;

test.each([
	["bundler", "preserve"],
	["nodenext", "nodenext"],
])(
	"TypeScript that compiles file by file checks against its types (%s)",
	async (moduleResolution, module) => {
		const compilerOptions = {
			strict: true,
			noEmit: true,
			isolatedModules: true,
			verbatimModuleSyntax: true,
			skipLibCheck: false,
			target: "ES2024",
			lib: ["ES2024"],
			types: ["node"],
			typeRoots: [join(root, "node_modules/@types")],
			module,
			moduleResolution,
		};
		await add(`typed-${module}/program.ts`, typed);
		await add(`typed-${module}/tsconfig.json`, JSON.stringify({ compilerOptions, include: ["program.ts"] }));
		const tsc = [join(root, "node_modules/typescript/bin/tsc"), "-p", join(project, `typed-${module}`)];
		const { stdout } = await run(process.execPath, tsc, { cwd: project }).catch((error) => error);
		expect(stdout).toBe("");
	},
	30_000,
);

describe("A Moddable project", () => {
	const sdk = namedSdk();
	const platform = "esp32/nodemcu";
	const base = "$(MODDABLE)/examples/manifest_base.json";

	test.each(pieces)("includes manifests/%s.json from node_modules", async (name) => {
		await add("main.js", "");
		const include = [base, `./node_modules/ringbuoy/manifests/${name}.json`];
		const manifest = await add("manifest.json", JSON.stringify({ include, modules: { "*": "./main" } }));
		expect(examine({ manifest, platform, sdk, tree: disk }).mistakes).toEqual([]);
	});

	test("makes a firmware of a board and a program out of node_modules", async () => {
		const include = ["boards/esp32-devkit/manifest", "manifests/sensor"].map(
			(path) => `./node_modules/ringbuoy/${path}.json`,
		);
		const manifest = await add("manifest.json", JSON.stringify({ include }));
		expect(examine({ manifest, platform, sdk, tree: disk }).mistakes).toEqual([]);
	});

	test.each(["npm", "git"])("is the example %s", async (name) => {
		await rm(join(project, "main.js"), { force: true });
		await cp(installed(`manifests/examples/${name}`), project, { recursive: true });
		const repositories = { "https://example.org/ringbuoy.git": installed() };
		const manifest = join(project, "manifest.json");
		const { build, mistakes } = examine({ manifest, platform, sdk, tree: disk, repositories });
		expect(mistakes.filter((line) => !line.endsWith("main is not preloaded"))).toEqual([]);
		expect(build.imports().get("main")?.file).toBe(join(project, "main.ts"));
	});

	test("is the example mcpack, which needs exact names in exports, and preloads what it gets", async () => {
		const { exports, moddable } = JSON.parse(await readFile(installed("package.json"), "utf8"));
		expect(moddable.manifest).toEqual({ preload: ["ringbuoy", "ringbuoy/*"] });
		// tools/mcpack.js of SDK 8.2.3 stops at a pattern: it calls a method without `this`.
		expect(Object.keys(exports).filter((name) => name.includes("*"))).toEqual([]);
		const program = await readFile(installed("manifests/examples/mcpack/main.js"), "utf8");
		const queue = imports(program).map(({ specifier }) => specifier);
		const files = new Set<string>();
		for (const specifier of queue) {
			if (!/^ringbuoy(?:\/|$)/.test(specifier)) continue;
			const door = exports[specifier.replace("ringbuoy", ".")]?.moddable;
			expect(door, specifier).toMatch(/^\.\/dist\/js\//);
			files.add(posix.normalize(door));
		}
		// Grows while it is walked.
		for (const path of files) {
			expect(packed).toContain(path);
			for (const { specifier } of imports(await readFile(installed(path), "utf8"))) {
				expect(specifier, path).toMatch(/^\.\.?\//);
				files.add(posix.join(posix.dirname(path), specifier));
			}
		}
		expect(files.size).toBeGreaterThan(30);
		expect([...files].filter((path) => /store\/(?!ram)/.test(path))).toEqual([]);
	});
});
