// SPDX-License-Identifier: MIT
// alone: it starts processes
/**
 * The simulator's process is killed (SIGKILL) again and again while its board talks to mosquitto over a slow link. Whoever
 * listens, with a client that we did not write, must miss nothing that the board had accepted, in its order, and at QoS 2
 * nothing may come twice. What was accepted is known from what the process had printed by then.
 *
 * `RINGBUOY_SEED=n` repeats the moments of a run, as far as a machine can repeat them.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { SeededRandom } from "../../../simulator/node/index.js";
import { Foreign } from "../../interop/kit/foreign.js";
import { describeMosquitto, Mosquitto } from "../../interop/kit/mosquitto.js";
import { Run } from "./run.js";

const KILLS = 12;
const seed = Number(process.env["RINGBUOY_SEED"] ?? Math.floor(Math.random() * 1e6));

/** A way to a port on which every piece takes its time: what is under way can then be cut off. */
class SlowLink {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();

	private constructor(target: number, eachWayMs: number) {
		this.#server = createServer({ noDelay: true }, (near) => {
			const far = connect({ port: target, host: "127.0.0.1", noDelay: true });
			for (const [from, to] of [
				[near, far],
				[far, near],
			] as const) {
				this.#sockets.add(from);
				from.on("data", (chunk) => setTimeout(() => to.writable && to.write(chunk), eachWayMs));
				from.on("error", () => {});
				from.on("close", () => {
					this.#sockets.delete(from);
					setTimeout(() => to.destroy(), eachWayMs);
				});
			}
		});
	}

	static async to(target: number, eachWayMs: number): Promise<SlowLink> {
		const link = new SlowLink(target, eachWayMs);
		await new Promise<void>((resolve) => link.#server.listen(0, "127.0.0.1", resolve));
		return link;
	}

	get port(): number {
		return (this.#server.address() as AddressInfo).port;
	}

	async close(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		await new Promise((resolve) => this.#server.close(resolve));
	}
}

/** Numbers of the readings that are in flash. */
const acceptedIn = (run: Run) => run.of("accepted").map(({ n }) => n as number);

describeMosquitto(`killing the simulator (RINGBUOY_SEED=${seed})`, () => {
	let mosquitto: Mosquitto;
	let link: SlowLink;
	let folder: string;

	beforeAll(async () => {
		mosquitto = await Mosquitto.start({ lines: ["max_queued_messages 0"] });
		link = await SlowLink.to(mosquitto.port, 6);
		folder = mkdtempSync(join(tmpdir(), "ringbuoy-kill-"));
	});

	afterAll(async () => {
		await link.close();
		await mosquitto.close();
		rmSync(folder, { recursive: true });
	});

	it.concurrent.each([
		[1, 4],
		[2, 5],
	] as const)(
		"at random moments loses nothing, and keeps the order (QoS %i, version %i)",
		async (qos, version) => {
			const name = `board-${qos}-${version}`;
			const random = new SeededRandom(seed).fork(name);
			const foreign = await Foreign.to(mosquitto.port, version, {
				clientId: `listener-${name}`,
				clean: false,
				properties: version === 5 ? { sessionExpiryInterval: 3600 } : undefined,
			});
			await foreign.subscribe(`ringbuoy/${name}/reading`, 2);
			const args = ["sim", "--json", "--verbose", "--broker", `mqtt://127.0.0.1:${link.port}`];
			args.push("--name", name, "--qos", `${qos}`, "--protocol", `${version}`, "--interval", "1");
			args.push("--flash", join(folder, `${name}.bin`));
			// Commands make readings, many more than the interval does.
			const work = setInterval(() => void foreign.publish(`ringbuoy/${name}/do`, "report", 0), 25);
			const accepted: number[] = [];
			let unclean = 0;
			for (let kill = 0; kill < KILLS; kill++) {
				const run = new Run(args, { guardMs: 60_000 });
				// Some are killed before they are up, some long after; most of them within an exchange.
				const many = random.below(12);
				if (random.chance(0.8)) await run.until(() => acceptedIn(run).length > many);
				await delay(random.below(60));
				run.child.kill("SIGKILL");
				expect(await run.exit).toBe("SIGKILL");
				expect(run.stderr).toBe("");
				accepted.push(...acceptedIn(run));
				unclean += run.of("boot").filter((boot) => boot["unclean"] === true).length;
				expect([...run.of("refused"), ...run.of("lost"), ...run.of("fault")]).toEqual([]);
			}
			clearInterval(work);
			const last = new Run(args, { guardMs: 60_000 });
			await last.until(() => last.of("online").length > 0 && acceptedIn(last).length > 0);
			await delay(300);
			last.child.kill("SIGINT");
			expect(await last.exit).toBe(0);
			expect(last.of("end")).toMatchObject([{ unfinished: 0 }]);
			expect(last.of("boot")).toMatchObject([{ unclean: true, session: true }]);
			accepted.push(...acceptedIn(last));
			const latest = accepted[accepted.length - 1];
			await foreign.until("the last reading", () =>
				foreign.texts.some((text) => JSON.parse(text).n === latest),
			);
			await foreign.close();

			const numbers = foreign.texts.map((text) => JSON.parse(text).n as number);
			const once = [...new Set(numbers)];
			console.log(
				`QoS ${qos}, version ${version}: ${KILLS} kills, ${unclean} unclean starts, ${accepted.length} readings accepted, ` +
					`${numbers.length} received, of which ${numbers.length - once.length} again`,
			);
			expect(unclean).toBeGreaterThan(0);
			expect(accepted.filter((n) => !once.includes(n))).toEqual([]);
			expect(once).toEqual([...once].sort((a, b) => a - b));
			if (qos === 2) expect(numbers).toEqual(once);
			// A number stands for one reading, whatever was cut.
			expect(new Set(foreign.texts).size).toBe(once.length);
			// And is missing only where the power went between it and its reading.
			expect(latest - once.length).toBeLessThanOrEqual(KILLS);
		},
		180_000,
	);
});
