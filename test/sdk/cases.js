// SPDX-License-Identifier: MIT
import { TLS_CASES, TLS_SMALLEST } from "./tls.js";

/**
 * What is run: an image, its arguments, and what the broker has to be. Whatever a case prints as a verdict counts.
 *
 * @typedef {object} Peer
 * @property {number} port
 * @property {string} log for whoever looks for a reason
 * @property {Record<string, string | number>} [args] more arguments for the image
 * @property {() => Promise<void>} restart
 * @property {() => Promise<void>} stop
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {string} app a folder of apps/
 * @property {Record<string, string | number>} args
 * @property {string[]} [broker] more lines of mosquitto's configuration, for its listener
 * @property {() => Promise<Peer>} [peer] who listens in place of mosquitto
 * @property {number} [exit] the exit code, when it is not 0
 * @property {boolean} [theirs] a measurement of the SDK's own client: shown, and compared
 */

const versions = /** @type {const} */ ([5, 4]);
const named = (/** @type {number} */ version) => (version === 5 ? "5.0" : "3.1.1");

/** @type {Case[]} */
const messages = [];
for (const store of ["ram", "flash"])
	for (const version of versions)
		for (const qos of [0, 1, 2])
			for (const echo of ["no", "yes"]) {
				const name = `${named(version)}, QoS ${qos}, ${echo === "yes" ? "out and in" : "out"}, store in ${store}`;
				messages.push({ name, app: "tcp", args: { store, version, qos, echo } });
			}

/**
 * A mosquitto of 2.0 forgets sessions of 5.0 when it is restarted while they are connected (their expiry was not written):
 * there everything has to be settled, what it owed us may be lost. In 3.1.1 all comes, and with QoS 2 once.
 * @type {Case[]}
 */
const restarts = [];
for (const store of ["ram", "flash"])
	for (const version of versions)
		for (const qos of [1, 2]) {
			const name = `${named(version)}, QoS ${qos}, out and in, store in ${store}, four broker restarts`;
			const forgets = version === 5 ? "yes" : "no";
			restarts.push({ name, app: "tcp", args: { store, version, qos, echo: "yes", restarts: 4, forgets } });
		}

/** @type {Case[]} */
const sensors = [];
for (const limits of ["default", "tiny"])
	for (const store of ["ram", "flash"]) {
		const name = `sensor, ${limits} limits, store in ${store}`;
		sensors.push({ name, app: "tcp", args: { case: "sensor", version: 5, store, limits, speed: 40 } });
	}

/** Three minutes of the board's time. @type {Case[]} */
const soaks = versions.map((version) => ({
	name: `soak, ${named(version)}`,
	app: "tcp",
	args: { case: "soak", version, store: "flash", speed: 10 },
}));

/** @type {Case[]} */
const reconnects = versions.map((version) => ({
	name: `${named(version)}, 100 reconnects`,
	app: "tcp",
	args: { case: "reconnects", version, store: "ram" },
}));

/** @type {Case[]} */
const theirs = [
	{ name: "the SDK's own client, 3.1.1, QoS 1, out", app: "theirs", args: { qos: 1 }, theirs: true },
];

/** @type {Case[]} */
export const CASES = [...messages, ...restarts, ...reconnects, ...sensors, ...soaks, ...theirs, ...TLS_CASES];

/** Those whose smallest heap is looked for. */
export const SMALLEST = [...sensors, ...TLS_SMALLEST];
