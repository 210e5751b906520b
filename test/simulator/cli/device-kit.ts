// SPDX-License-Identifier: MIT
/**
 * A Moddable SDK and an ESP-IDF of scripts that write down how they were called and do, as far as files go, what the real
 * ones do. What the real ones print was taken from SDK 8.2.3.
 */

import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Options, ringbuoy } from "./run.js";

/** The makefile has the two rules that a check may ask for, and those that it must not. */
const MCCONFIG = `#!/usr/bin/env node
const fs = require("node:fs");
const path = require("node:path");
const args = process.argv.slice(2);
const after = (flag) => args[args.indexOf(flag) + 1];
const { FAKE_LOG, FAKE_MODE = "", MODDABLE, IDF_PATH, UPLOAD_PORT } = process.env;
fs.appendFileSync(FAKE_LOG, JSON.stringify({ tool: "mcconfig", args, cwd: process.cwd(), MODDABLE, IDF_PATH, UPLOAD_PORT }) + "\\n");
if (FAKE_MODE === "no manifest") { console.log("### Error: './nope.json': manifest not found!"); process.exit(1); }
if (FAKE_MODE === "silent") process.exit(3);
if (FAKE_MODE === "hangs") {
	const child = require("node:child_process").spawn("sleep", ["1000"]);
	fs.appendFileSync(FAKE_LOG, JSON.stringify({ tool: "sleep", pid: child.pid, parent: process.pid }) + "\\n");
	process.on("SIGTERM", () => {});
	return;
}
const manifest = JSON.parse(fs.readFileSync("manifest.json", "utf8"));
const example = manifest.include[0].startsWith("$");
const board = path.dirname(manifest.include[0]);
const facts = example ? { chip: "ESP32" } : JSON.parse(fs.readFileSync(path.join(board, "board.json"), "utf8"));
const subplatform = after("-p").split("/")[1];
const flavour = args.includes("-d") || args.includes("-dl") ? "debug" : args.includes("-i") ? "instrument" : "release";
const place = path.join("esp32", subplatform, flavour, path.basename(process.cwd()));
const made = path.join(after("-o"), "tmp", place);
const target = args.includes("-t") ? after("-t") : undefined;
if (target === "deploy") {
	console.log("Writing at 0x00010000... (100 %)");
	process.exit(FAKE_MODE === "no board" ? 2 : 0);
}
if (target === "build") {
	const images = path.join(after("-o"), "bin", place);
	fs.mkdirSync(images, { recursive: true });
	if (FAKE_MODE === "c error") { console.log("/sdk/modules/x.c:12: error: expected ';'"); process.exit(2); }
	const image = Buffer.alloc(FAKE_MODE === "too large" ? 0x1e0001 : 1_400_000);
	image[0] = 0xe9;
	if (FAKE_MODE !== "no image") fs.writeFileSync(path.join(images, "xs_esp32.bin"), image);
	process.exit(0);
}
const project = path.join(made, "xsProj-" + facts.chip.toLowerCase().replace("-", ""));
fs.mkdirSync(project, { recursive: true });
const table = FAKE_MODE === "other table" || example ? "nvs,data,nvs,0x9000,0x6000\\nfactory,app,factory,0x10000,0x3F0000\\n" : fs.readFileSync(path.join(board, "partitions.csv"), "utf8");
fs.writeFileSync(path.join(project, "partitions.csv"), table);
fs.writeFileSync(path.join(project, "sdkconfig.mc"), "CONFIG_ESPTOOLPY_FLASHSIZE_" + (FAKE_MODE === "other flash" ? 8 : 4) + "MB=y\\n");
const source = process.env.FAKE_SOURCE;
const modules = path.join(made, "modules");
fs.mkdirSync(modules, { recursive: true });
fs.writeFileSync(path.join(modules, "tsconfig-base.json"), JSON.stringify({ compilerOptions: { module: "preserve", target: "es2025", lib: ["es2025"], sourceMap: true, noEmitOnError: true, types: [] } }));
fs.writeFileSync(path.join(modules, "one-tsconfig.json"), JSON.stringify({ extends: "./tsconfig-base.json", compilerOptions: { outDir: path.join(made, "tsc/one") }, files: [source] }));
const said = {
	"not found": ["### ReferenceError: module \\"nowhere\\" not found!"],
	native: ["TypeError: link: unavailable function", " at ringbuoy/firmware/x ()", "### TypeError: link: unavailable function!"],
	syntax: [source + ":3: error: missing expression!", "### 1 error(s)"],
	warnings: ["### warning: ringbuoy/x: a: no const", "### warning: button: b: not frozen", MODDABLE + "/modules/io/a.js:26: warning: cannot optimize native!", "# warning: no modules match: /x/nofile!"],
}[FAKE_MODE] ?? [];
const fails = said.length > 0 && FAKE_MODE !== "warnings";
const echo = said.map((line) => "\\t@echo '" + line + "'\\n").join("");
const write = "\\t@echo '{\\"tool\\":\\"make\\",\\"target\\":\\"$@\\"}' >> $(FAKE_LOG)\\n";
const link = fails ? "\\t@false\\n" : "\\t@printf '#define mxAliasCount 5\\\\n#define mxHeapCount 100\\\\n#define mxStackCount 10\\\\n#define mxKeysCount 20\\\\nstatic const txU1 gxCode1[429];\\\\n' > $@\\n";
fs.writeFileSync(path.join(made, "makefile"),
	"# tsc -p $(MODULES_DIR)/one-tsconfig.json\\nall deploy xsbug:\\n" + write +
	made + "/mc.xs.c: " + project + "/build/config/sdkconfig.h\\n\\t@echo '# xsc one.xsb'\\n" + echo + write + link +
	made + "/mc.resources.c:\\n" + write + "\\t@touch $@\\n");
`;

/** Stands before the real one in PATH, as all that is in the folder of the SDK's tools: writes what it would, quickly. */
const TSC = `#!/bin/sh
made="$(dirname "$2")/out\${FAKE_SOURCE%.ts}.js"
mkdir -p "$(dirname "$made")"
echo > "$made"
echo '{}' > "$made.map"
`;

export class Workshop {
	readonly folder = mkdtempSync(join(tmpdir(), "ringbuoy-device-"));
	readonly sdk = join(this.folder, "sdk");
	readonly idf = join(this.folder, "idf");
	readonly out = join(this.folder, "out");
	readonly log = join(this.folder, "log");
	readonly #compilers: string[] = [];

	constructor() {
		this.file("sdk/tools/mcconfig.js", "");
		this.file("sdk/tools/VERSION", "8.2.3\n");
		for (const system of ["lin", "mac"]) {
			this.program(`sdk/build/bin/${system}/release/mcconfig`, MCCONFIG);
			for (const tool of ["xsc", "xsl", "mcrez", "xsid"])
				this.program(`sdk/build/bin/${system}/release/${tool}`, "#!/bin/sh\n");
			this.#compilers.push(this.program(`sdk/build/bin/${system}/release/tsc`, TSC));
		}
		this.file("idf/export.sh", 'export FAKE_SOURCED=yes; PATH="$PATH"\n');
		this.file("source.ts", "export const one: number = 1;\n");
		writeFileSync(this.log, "");
	}

	/** Writes a file below the folder; returns its path. */
	file(name: string, text: string): string {
		const path = join(this.folder, name);
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, text);
		return path;
	}

	program(name: string, text: string): string {
		return this.#program(this.file(name, text), text);
	}

	#program(path: string, text: string): string {
		writeFileSync(path, text);
		chmodSync(path, 0o755);
		return path;
	}

	/** With the real compiler, which is slow, until the returned function is called. */
	withCompiler(): () => void {
		for (const path of this.#compilers) rmSync(path);
		return () => {
			for (const path of this.#compilers) this.#program(path, TSC);
		};
	}

	/** Runs `ringbuoy` with the SDK, and with ESP-IDF unless `env` says otherwise. */
	run(args: readonly string[], { mode = "", env = {}, ...rest }: Options & { mode?: string } = {}) {
		return ringbuoy(args, { ...rest, env: { ...this.env(mode), ...env } });
	}

	env(mode = ""): Record<string, string> {
		return {
			HOME: this.folder,
			MODDABLE: this.sdk,
			IDF_PATH: this.idf,
			FAKE_LOG: this.log,
			FAKE_MODE: mode,
			FAKE_SOURCE: join(this.folder, "source.ts"),
		};
	}

	/** How the scripts were called since the last time. */
	calls(): Record<string, unknown>[] {
		const lines = readFileSync(this.log, "utf8").split("\n");
		writeFileSync(this.log, "");
		return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
	}

	get manifest(): { include: string[]; config?: object; modules?: object } {
		return JSON.parse(readFileSync(join(this.out, "ringbuoy/manifest.json"), "utf8"));
	}

	close(): void {
		if (existsSync(this.folder)) rmSync(this.folder, { recursive: true });
	}
}
