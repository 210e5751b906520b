// SPDX-License-Identifier: MIT
/** `ringbuoy doctor --broker URL`: the way to a broker, step by step, so that what is wrong has a name. */

import { randomBytes } from "node:crypto";
import { lookup } from "node:dns/promises";
import { connect, isIP } from "node:net";
import { type Profile, profileOf } from "../../firmware/drivers/profiles.js";
import { Client, DEFAULT_LIMITS, type Dialler, limitsFrom, Reason } from "../../lib/index.js";
import { RamStore } from "../../lib/store/index.js";
import { faultOf, wordsFor } from "../node/faults.js";
import { diallerAt, NodeClock, NodeMemory, NodeRandom } from "../node/index.js";
import { Diagnosis, NONSENSE } from "./diagnosis.js";
import { examineTls, type TlsFindings } from "./preflight-tls.js";
import { alpnOf, objections, type Visiting } from "./services.js";
import type { SimSettings } from "./settings.js";
import { duration, grouped } from "./words.js";

/** One step of the way. */
export interface Step {
	readonly step: "service" | "DNS" | "TCP" | "TLS" | "clock" | "CA" | "name" | "ALPN" | "MQTT";
	readonly ok: boolean;
	/** What was seen. */
	readonly found: string;
	/** What to do; "" when it is as it should be. */
	readonly advice: string;
}

/** What is asked for: that of `ringbuoy sim` with the same options. */
export type PreflightSettings = Visiting &
	Pick<SimSettings, "password" | "ca" | "key" | "insecure" | "version">;

/** What a test may have otherwise. */
export interface Surroundings {
	readonly resolve: (host: string) => Promise<readonly string[]>;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** For each step. */
	readonly deadlineMs: number;
}

const REAL: Surroundings = {
	resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
	now: Date.now,
	deadlineMs: 10_000,
};

/** Goes step by step until one fails that the next ones stand on; `tell` is called after each. Returns whether all is well. */
export async function preflight(
	settings: PreflightSettings,
	tell: (step: Step) => void,
	surroundings: Partial<Surroundings> = {},
): Promise<boolean> {
	const place = { ...REAL, ...surroundings };
	const { broker } = settings;
	let well = true;
	const told = (step: Step): boolean => {
		tell(step);
		well &&= step.ok;
		return step.ok;
	};
	const profile = profileOf(broker.host);
	const alpn = alpnOf(settings);
	if (profile !== undefined) told(service(profile, settings));
	if (isIP(broker.host) === 0 && !told(await dns(broker.host, place))) return false;
	if (!told(await tcp(broker, place))) return false;
	if (broker.secure) {
		const tls = await examineTls({ ...settings, ...broker, alpn }, place);
		for (const step of stepsOf(tls)) told(step);
		if (!well && !settings.insecure) return false;
	}
	told(await mqtt(settings, alpn, place));
	return well;
}

function service({ title, maximumQos, payloadBytes, notes }: Profile, settings: PreflightSettings): Step {
	const found = objections(settings);
	if (found !== "") return { step: "service", ok: false, found, advice: notes[0] };
	const limits = `QoS 0 to ${maximumQos}, messages of up to ${grouped(payloadBytes)} bytes`;
	return { step: "service", ok: true, found: `${title}: ${limits}`, advice: "" };
}

async function dns(host: string, { resolve, deadlineMs }: Surroundings): Promise<Step> {
	try {
		const addresses = await within(resolve(host), deadlineMs);
		if (addresses.length > 0)
			return { step: "DNS", ok: true, found: `${host} is ${addresses.join(", ")}`, advice: "" };
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code ?? "";
		const slow = error instanceof Late;
		const found = slow ? "the name servers do not answer" : `${host} has no address${code && ` (${code})`}`;
		const advice =
			slow || code === "EAI_AGAIN"
				? "check the network and the name servers of this machine"
				: "check its spelling";
		return { step: "DNS", ok: false, found, advice };
	}
	return { step: "DNS", ok: false, found: `${host} has no address`, advice: "check its spelling" };
}

async function tcp(
	{ host, port }: { host: string; port: number },
	{ deadlineMs }: Surroundings,
): Promise<Step> {
	const began = performance.now();
	const socket = connect({ host, port });
	try {
		await within(
			new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject)),
			deadlineMs,
		);
		const found = `${socket.remoteAddress}:${port} takes the connection, after ${duration(performance.now() - began)}`;
		return { step: "TCP", ok: true, found, advice: "" };
	} catch (error) {
		const late = error instanceof Late;
		const words = late ? `${host}:${port} does not answer` : wordsFor(faultOf(error), { host, port }, error);
		const [found, advice = ""] = words.replace(/\.$/, "").split("; ");
		const firewall = "check the port, and whether a firewall is between";
		return { step: "TCP", ok: false, found, advice: late ? firewall : advice };
	} finally {
		socket.destroy();
	}
}

function stepsOf(tls: TlsFindings): Step[] {
	const steps: Step[] = [];
	for (const step of ["TLS", "clock", "CA", "name", "ALPN"] as const) {
		const seen = tls[step];
		if (seen !== undefined) steps.push({ step, ok: seen.advice === "", ...seen });
	}
	return steps;
}

/** The client itself, once: what it says is what a board would say. */
async function mqtt(settings: PreflightSettings, alpn: string, { deadlineMs }: Surroundings): Promise<Step> {
	const { broker, ca, cert, key, insecure, version } = settings;
	const dialler = diallerAt(broker, {
		...(ca && { ca }),
		...(cert && key && { cert, key }),
		...(alpn !== "" && { alpn: [alpn] }),
		insecure,
	});
	const clientId = settings.clientId ?? `ringbuoy-doctor-${randomBytes(3).toString("hex")}`;
	const reason = await once({ ...settings, clientId }, dialler, deadlineMs);
	if (reason === Reason.ClosedByApplication) {
		const found = `the broker accepts ${clientId}, in MQTT ${version === 5 ? "5.0" : "3.1.1"}`;
		return { step: "MQTT", ok: true, found, advice: "" };
	}
	const said = reason >= Reason.Unspecified;
	const sentence = new Diagnosis(`${broker.host}:${broker.port}`, broker.secure).explain({
		reason,
		words: dialler.lastError,
		up: said || reason === Reason.ConnackTimeout || closed(reason),
		answered: said && !NONSENSE.has(reason),
		nowMs: 0,
	});
	const [found, ...advice] = sentence.replace(/\.$/, "").split("; ");
	return { step: "MQTT", ok: false, found, advice: advice.join("; ") || "look into its log" };
}

/** Connects, and ends the connection as soon as it is accepted; that ends as `ClosedByApplication`. */
function once(
	{ version, user, password, clientId }: PreflightSettings,
	dialler: Dialler,
	deadlineMs: number,
): Promise<number> {
	const own = Buffer.byteLength(`${clientId}${user ?? ""}${password ?? ""}`) + 128;
	const limits = limitsFrom({
		textBytes: Math.max(DEFAULT_LIMITS.textBytes, own),
		sendBytes: Math.max(DEFAULT_LIMITS.sendBytes, own),
		connectMs: deadlineMs,
		connackMs: deadlineMs,
	});
	return new Promise((resolve) => {
		const client = new Client({
			...{ memory: new NodeMemory(), dialler, clock: new NodeClock(), random: new NodeRandom() },
			...{ store: new RamStore(limits), limits, version, clientId: clientId ?? "" },
			// Nothing is to be left behind.
			...{ sessionExpirySeconds: 0, cleanStart: true },
			...(user !== undefined && { user }),
			...(password !== undefined && { password }),
			listener: {
				onOnline: () => client.close(),
				onOffline: (reason) => {
					client.close();
					resolve(reason);
				},
			},
		});
		client.open();
	});
}

/** Without a word, on a connection that was up before: TCP has just been tried. */
function closed(reason: number): boolean {
	return reason >= -19 && reason <= -16;
}

/** It took too long. */
class Late extends Error {}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		timer = setTimeout(() => reject(new Late()), ms);
	});
	try {
		return await Promise.race([promise, late]);
	} finally {
		clearTimeout(timer);
	}
}
