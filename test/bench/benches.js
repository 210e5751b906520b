// SPDX-License-Identifier: MIT
/**
 * The benches by name. Each is a module that exports a function of that name, loaded when it is asked for: it gets {@link Options},
 * and answers with a line for each thing that it measured.
 */

/**
 * One line of a result. `ratio` is how many times better we are than the peer, so above 1 we are better, whatever the unit.
 * `floor` is what is demanded: the least ratio where there is one, else (or with `judged: "value"`) the most that `value` may be.
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {string} unit
 * @property {number} value ours
 * @property {number | null} peer what the other did in the same run, or null
 * @property {number | null} ratio
 * @property {number[] | undefined} [spread] the least, the median and the most of the rounds' ratios
 * @property {number | undefined} [rounds]
 * @property {number | null} floor null: it is only reported
 * @property {"ratio" | "value" | undefined} [judged] what the floor is for
 * @property {number | undefined} [aim] what we want beyond the floor
 * @property {boolean} pass
 * @property {string | undefined} [note] how it was measured
 *
 * @typedef {object} Options
 * @property {number | undefined} rounds of each comparison; undefined: as many as the bench thinks right
 * @property {number | undefined} messages of each round; undefined: likewise
 * @property {(text: string) => void} progress tells what is being done
 *
 * @typedef {{ name: string, module: string, help: string }} Bench
 */

/** @type {readonly Bench[]} */
export const BENCHES = Object.freeze([
	{
		name: "codec",
		module: "./codec.js",
		help: "encode and decode a 64-byte QoS 1 PUBLISH; peer: mqtt-packet",
	},
	{
		name: "client",
		module: "./client.js",
		help: "QoS 1 and 2 over loopback, and the garbage of it; peer: MQTT.js",
	},
	{
		name: "xs",
		module: "./xs.js",
		help: "byte codes and allocations of a message on XS; peer: the SDK's client",
	},
	{
		name: "store",
		module: "./store.js",
		help: "messages kept in flash: speed, bytes, commands; peer: JSON lines",
	},
	{ name: "broker", module: "./broker-speed.js", help: "the embedded broker: speed and memory; peer: aedes" },
	{ name: "fleet", module: "./fleet.js", help: "ten thousand boards in one process" },
	{ name: "topics", module: "./topics.js", help: "a topic against a thousand filters; peer: aedes" },
	{ name: "aliases", module: "./aliases.js", help: "bytes and writes of a reading; peer: MQTT.js" },
]);

/** @param {Bench} bench @param {Options} options @returns {Promise<Entry[]>} */
export async function perform({ name, module }, options) {
	return await (await import(new URL(module, import.meta.url).href))[name](options);
}
