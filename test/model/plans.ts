// SPDX-License-Identifier: MIT
import type { Plan } from "./run.js";

type Qos = 0 | 1 | 2;

const TRIPLES: Qos[][] = [];
for (const a of [2, 1, 0] as const)
	for (const b of [2, 1, 0] as const) for (const c of [2, 1, 0] as const) TRIPLES.push([a, b, c]);

/** Version, identifiers, window, Receive Maximum: each with each. */
type Setting = Pick<Plan, "version" | "publishIds" | "window" | "receiveMaximum">;
const SETTINGS: Setting[] = [];
for (const publishIds of [2, 3])
	for (const window of [1, 2, 3]) {
		SETTINGS.push({ version: 4, publishIds, window, receiveMaximum: 65_535 });
		for (const receiveMaximum of [1, 2]) SETTINGS.push({ version: 5, publishIds, window, receiveMaximum });
	}

const BASE = {
	inbound: [],
	losses: 1,
	lazy: false,
	onSessionLost: "requeue",
	places: 0,
	repeats: 0,
} as const;
/** All of it takes minutes; what `npm test` takes is chosen so that each setting and each kind of messages is met. */
export const WHOLE = process.env.MODEL === "whole";

function three(): Plan[] {
	const plans: Plan[] = [];
	for (let index = 0; index < SETTINGS.length; index++)
		for (let which = 0; which < TRIPLES.length; which++) {
			const turn = index + which;
			if (!WHOLE && turn % 4 !== 0) continue;
			for (const lazy of [false, true])
				for (const onSessionLost of ["requeue", "drop"] as const)
					if (WHOLE || (lazy === (turn % 8 === 0) && (onSessionLost === "drop") === (turn % 3 === 0)))
						plans.push({ ...BASE, ...SETTINGS[index], qos: TRIPLES[which], lazy, onSessionLost });
		}
	return plans;
}

function twice(): Plan[] {
	const plans: Plan[] = [];
	for (const setting of SETTINGS)
		for (const qos of TRIPLES) {
			const wide = setting.window === 2 && setting.publishIds === 2 && setting.receiveMaximum !== 1;
			const chosen = wide && ["2,2,2", "1,1,1", "2,1,2", "1,2,1"].includes(qos.join());
			if (WHOLE || chosen) plans.push({ ...BASE, ...setting, qos, losses: 2 });
		}
	return plans;
}

function both(): Plan[] {
	const plans: Plan[] = [];
	for (const setting of SETTINGS)
		for (const inbound of [[2], [1], [2, 2], [1, 2], [2, 1], [1, 1]] as const)
			for (const qos of [[2], [1], [2, 2], [1, 2], [2, 1], [1, 1]] as const)
				for (const lazy of [false, true]) {
					const wide = setting.window === 2 && setting.publishIds === 2 && setting.receiveMaximum !== 1;
					const little = qos.length + inbound.length < (lazy ? 3 : 4);
					if (!wide || !(WHOLE || little)) continue;
					const repeats = setting.version === 4 ? 1 : 0;
					plans.push({ ...BASE, ...setting, qos, inbound, lazy, repeats });
				}
	return plans;
}

/** A broker of 3.1.1 that sends more QoS 2 than the client has places for: it comes with another connection. */
function heldBack(): Plan[] {
	const plans: Plan[] = [];
	for (const inbound of [
		[2, 2],
		[2, 1, 2],
		[2, 2, 2],
	] as const)
		for (const places of [1, 2])
			for (const lazy of [false, true])
				if (places < inbound.length && (WHOLE || inbound.length === 2))
					plans.push({ ...BASE, ...SETTINGS[0], qos: [2], inbound, places, lazy });
	return plans;
}

/** What is explored, by what it is about. */
export const PLANS: Readonly<{ [of: string]: readonly Plan[] }> = {
	"three messages out, one loss": three(),
	"three messages out, two losses": twice(),
	"messages out and in, one loss": both(),
	"more than the client has places for": heldBack(),
};
