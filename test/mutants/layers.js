// SPDX-License-Identifier: MIT
/** Every mutant against every layer, whatever kills it first: who would notice what, and what is noticed by one alone. */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Copies, copySound, root } from "./copies.js";
import { judge } from "./judging.js";

/** Slow files of tests, which do not stand in for a mirror that is not there. */
const SLOW = ["every-command", "figures", "fuzz", "marginal"].map((name) => `${name}.test.ts`);

const isOne =
	(...kinds) =>
	(check) =>
		kinds.includes(check.split(": ")[0]);
const isUnit = isOne("rule", "test");
const isPower = isOne("store", "one cut", "two cuts", "three cuts", "swarm");
const isModel = isOne("model");
const isWorld = isOne("world");

/** Boards of the world have what the client consists of, and of lib/extras these two. */
const isCommon = (file) => !file.startsWith("lib/extras/") || /aliases|holds/.test(file);

/**
 * What each layer runs for a mutant: the checks that the catalogue names for it. Tests that mirror its source stand in for those
 * that it does not name, and every mutant is tried in the world.
 * `seconds` are of processor time, `most` is the number of runs of a check.
 */
export const LAYERS = {
	unit: ({ by, file }) => ({ checks: named(by, isUnit, () => [mirrorOf(file)]), seconds: 30 }),
	power: ({ by }) => ({ checks: by.filter(isPower), seconds: 10 }),
	model: ({ by }) => ({ checks: by.filter(isModel), seconds: 10 }),
	world: ({ by, file }) => {
		const any = isCommon(file) ? ["world: ten minutes"] : [];
		return { checks: named(by, isWorld, () => any), seconds: 20 };
	},
};

const HEADS = { unit: "unit tests", power: "power cuts", model: "model", world: "world" };

function named(by, is, others) {
	const own = by.filter(is);
	return own.length > 0 ? own : others();
}

/** The files of tests that mirror a source, or else those of its folder that take a second or two. */
function mirrorOf(file) {
	const base = basename(file, ".ts");
	let folder = `test/${dirname(file)}`;
	if (existsSync(join(root, folder, base))) folder = `${folder}/${base}`;
	const tests = readdirSync(join(root, folder)).filter((name) => name.endsWith(".test.ts"));
	const mirrors = tests.filter((name) => name === `${base}.test.ts` || name.startsWith(`${base}-`));
	const others = tests.filter((name) => !SLOW.includes(name));
	return `test: ${(mirrors.length > 0 ? mirrors : others).map((name) => `${folder}/${name}`).join(" ")}`;
}

/** What was found so far, in a file with a line of JSON for each mutant and layer; the last one counts. */
export class Results {
	constructor(path) {
		this.path = path;
		this.rows = new Map();
		if (!existsSync(path)) return;
		for (const line of readFileSync(path, "utf8").split("\n")) {
			if (line !== "") this.#keep(JSON.parse(line));
		}
	}

	add(row) {
		appendFileSync(this.path, `${JSON.stringify(row)}\n`);
		this.#keep(row);
	}

	/** What that layer said of the mutant, when neither is another since. */
	of(mutant, layer) {
		const row = this.rows.get(`${mutant.name} ${layer}`);
		return row?.key === keyOf(mutant, layer) ? row : undefined;
	}

	#keep(row) {
		this.rows.set(`${row.name} ${row.layer}`, row);
	}
}

function keyOf(mutant, layer) {
	const { file, find, replace, without } = mutant;
	const { checks } = LAYERS[layer](mutant);
	const text = JSON.stringify([file, find, replace, without, checks]);
	return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/**
 * Judges what is not in the results yet in these layers, or all of it `again`; `runs` of the world at most, `workers` mutants at
 * the same time.
 */
export async function tryLayers(mutants, results, { of, again, runs, workers }) {
	const due = [];
	for (const mutant of mutants) {
		const jobs = [];
		for (const layer of of) {
			const most = layer === "world" ? runs : undefined;
			const row = again ? undefined : results.of(mutant, layer);
			const isOpen = layer === "world" && row?.by === "" && row.runs < runs;
			const job = { layer, ...LAYERS[layer](mutant), most, known: row?.runs };
			if (row === undefined || isOpen) jobs.push(job);
		}
		if (jobs.length > 0) due.push({ mutant, jobs });
	}
	if (due.length === 0) return;
	const whole = await copySound();
	const green = [];
	const work = async (mark) => {
		const copies = new Copies(whole, mark);
		for (let one = due.shift(); one !== undefined; one = due.shift()) {
			console.error(`mutants: ${one.mutant.name} (${due.length} to come)`);
			try {
				await tryOne(copies, one, results, green);
			} catch (error) {
				console.error(`mutants: ${error.message}`);
			}
		}
	};
	await Promise.all(Array.from({ length: workers }, (_, index) => work(`-${index + 1}`)));
}

async function tryOne(copies, { mutant, jobs }, results, green) {
	const started = performance.now();
	const record = (layer, { by, runs, total, noise, wrong }) => {
		const seconds = Math.round(performance.now() - started) / 1000;
		const what = wrong.split("\n", 1)[0].slice(0, 300);
		results.add({
			...{
				name: mutant.name,
				key: keyOf(mutant, layer),
				layer,
				by,
				runs,
				total,
				noise,
				wrong: what,
				seconds,
			},
		});
	};
	for (const { layer, checks } of jobs)
		if (checks.length === 0) record(layer, { by: "", runs: 0, total: 0, noise: 0, wrong: "" });
	const layers = jobs.filter(({ checks }) => checks.length > 0);
	if (layers.length === 0) return;
	const made = await copies.make(mutant);
	// Tests that passed without a patch did so without the layers that hide a mutant.
	const known = mutant.without === undefined ? green : [];
	await judge({ ...made, layers, green: known }, (verdict, { layer }) => record(layer, verdict));
	copies.restore(mutant);
}

/** The table, of what has results; and how many mutants no layer killed. */
export function tableOf(mutants, results) {
	const layers = Object.keys(LAYERS);
	const killed = Object.fromEntries(layers.map((layer) => [layer, 0]));
	const alone = Object.fromEntries(layers.map((layer) => [layer, 0]));
	const lines = [
		`| name | rule | ${layers.map((layer) => HEADS[layer]).join(" | ")} |`,
		`|---|---|${layers.map(() => "---|").join("")}`,
	];
	let survivors = 0;
	for (const mutant of mutants) {
		const rows = layers.map((layer) => results.of(mutant, layer));
		const by = layers.filter((_, index) => rows[index] !== undefined && rows[index].by !== "");
		for (const layer of by) killed[layer]++;
		if (by.length === 1) alone[by[0]]++;
		if (by.length === 0) survivors++;
		lines.push(`| ${mutant.name} | ${mutant.rule} | ${rows.map(cellOf).join(" | ")} |`);
	}
	const counts = layers.map((layer) => `${HEADS[layer]} ${killed[layer]} (${alone[layer]} alone)`);
	lines.push("", `${mutants.length} mutants, killed by: ${counts.join(", ")}; ${survivors} survivors.`);
	return { text: lines.join("\n"), survivors };
}

/** What killed it, and in which run of it; or after how many it had not; empty where there is nothing to run. */
function cellOf(row) {
	if (row === undefined) return "?";
	const { layer, by, runs, total } = row;
	if (by === "") return runs === 0 ? "" : layer === "unit" ? "–" : `> ${total}`;
	if (layer === "unit") return by.startsWith("rule: ") ? "rule" : fileIn(row);
	return layer === "power" ? `${runs}, ${by}` : String(total);
}

/** The file whose test failed. */
function fileIn({ by, wrong }) {
	const [name = by.split(" ")[1]] = /[\w/-]+\.test\.ts/.exec(wrong) ?? [];
	return basename(name, ".test.ts");
}
