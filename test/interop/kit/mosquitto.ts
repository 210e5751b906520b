// SPDX-License-Identifier: MIT
/** Debian's mosquitto, started on a free port with a configuration of its own in a temporary folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../simulator/node/loopback.js";
import { describeWith, type Need } from "./needs.js";
import { Watch } from "./watch.js";

/** Where it is, or undefined. Debian puts it where only root looks. */
const program = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
	.map((folder) => join(folder, "mosquitto"))
	.find((path) => existsSync(path));

export const mosquitto: Need = {
	name: "mosquitto",
	found: program !== undefined,
	hint: "apt-get install mosquitto",
};

/** A group of tests that need mosquitto: skipped in one loud line where it is missing, a failure with `CI=true`. */
export function describeMosquitto(title: string, body: () => void): void {
	describeWith(mosquitto, title, body);
}

export interface MosquittoOptions {
	/** More lines of configuration, of the whole broker. */
	readonly lines?: readonly string[];
	/** Who may connect; default: everybody. */
	readonly users?: Readonly<Record<string, string>>;
	/** Speaks TLS with the test certificates and asks for a client certificate. */
	readonly tls?: boolean;
}

export class Mosquitto {
	/** What it has written to its log since it was started last. */
	log = "";
	readonly #folder: string;
	readonly #options: MosquittoOptions;
	readonly #watch = new Watch();
	#port = 0;
	#child: ChildProcess | undefined;

	private constructor(folder: string, options: MosquittoOptions) {
		this.#folder = folder;
		this.#options = options;
	}

	static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
		const mosquitto = new Mosquitto(await mkdtemp(join(tmpdir(), "ringbuoy-mosquitto-")), options);
		try {
			await mosquitto.run();
		} catch (error) {
			await mosquitto.close();
			throw error;
		}
		return mosquitto;
	}

	get port(): number {
		return this.#port;
	}

	/** Starts the process and resolves when it listens. The port is chosen at the first time and kept. */
	async run(): Promise<void> {
		for (let attempt = 1; ; attempt++) {
			if (this.#port === 0) this.#port = await freePort();
			await this.#configure();
			if (await this.#spawn()) return;
			// Somebody else was quicker with that port.
			if (attempt === 3) throw new Error(`mosquitto does not start: ${this.log}`);
			this.#port = 0;
		}
	}

	/** Stops the process: without persistence, it forgets everything. */
	async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
		const child = this.#child;
		this.#child = undefined;
		if (child === undefined || child.exitCode !== null) return;
		const closed = once(child, "close");
		child.kill(signal);
		await closed;
	}

	async close(): Promise<void> {
		await this.stop();
		await rm(this.#folder, { recursive: true, force: true });
	}

	/** Resolves when the log says so. */
	logged(pattern: RegExp): Promise<void> {
		return this.#watch.until(
			`the log says ${pattern}`,
			() => pattern.test(this.log),
			() => this.log.slice(-2000),
		);
	}

	/** Resolves to true when it listens, to false when it gave up. */
	async #spawn(): Promise<boolean> {
		this.log = "";
		const child = spawn(program!, ["-c", join(this.#folder, "mosquitto.conf")], {
			stdio: ["ignore", "pipe", "pipe"],
		});
		this.#child = child;
		const end = (): void => void child.kill("SIGKILL");
		process.once("exit", end); // a run that is broken off leaves none behind
		let gone = false;
		const hear = (chunk: Buffer): void => {
			this.log += chunk;
			this.#watch.changed();
		};
		child.stdout.on("data", hear);
		child.stderr.on("data", hear);
		child.on("close", () => {
			gone = true;
			process.off("exit", end);
			this.#watch.changed();
		});
		const running = /mosquitto version \S+ running/;
		await this.#watch.until(
			"mosquitto runs",
			() => gone || running.test(this.log),
			() => this.log,
		);
		return !gone;
	}

	async #configure(): Promise<void> {
		const { lines = [], users, tls = false } = this.#options;
		const text = [
			`user ${userInfo().username}`,
			"persistence false",
			"log_dest stderr",
			"log_type error",
			"log_type warning",
			"log_type notice",
			"log_type information",
			"connection_messages true",
			"set_tcp_nodelay true",
			`allow_anonymous ${users === undefined}`,
			...lines,
		];
		if (users !== undefined) {
			text.push(`password_file ${join(this.#folder, "passwords")}`);
			const entries = Object.entries(users).map(([user, password]) => `${user}:${hashed(password)}\n`);
			await writeFile(join(this.#folder, "passwords"), entries.join(""), { mode: 0o600 });
		}
		text.push(`listener ${this.#port} 127.0.0.1`);
		if (tls) text.push(...tlsLines);
		await writeFile(join(this.#folder, "mosquitto.conf"), `${text.join("\n")}\n`);
	}
}

/** Lines for a listener that speaks TLS with the test certificates and asks for a client certificate. */
export const tlsLines: readonly string[] = [
	`cafile ${fixture("ca.pem")}`,
	`certfile ${fixture("server.pem")}`,
	`keyfile ${fixture("server.key")}`,
	"require_certificate true",
];

function fixture(name: string): string {
	return fileURLToPath(new URL(`../../fixtures/tls/${name}`, import.meta.url));
}

/** As mosquitto_passwd of 2.0 writes it: PBKDF2 with SHA-512, 101 rounds. */
function hashed(password: string): string {
	const salt = randomBytes(12);
	const key = pbkdf2Sync(password, salt, 101, 64, "sha512");
	return `$7$101$${salt.toString("base64")}$${key.toString("base64")}`;
}
