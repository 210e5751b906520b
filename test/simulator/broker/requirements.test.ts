// SPDX-License-Identifier: MIT
/** Every statement of both standards that binds a server has a test of the broker that names it, or a reason. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { identifiersOf, loadRequirements } from "../../conformance/requirements.js";

const here = new URL(".", import.meta.url);

const REASONS: Readonly<Record<string, string>> = {
	"3.1.1 MQTT-3.2.2-6": "3 fits whatever has no code of its own",
	"3.1.1 MQTT-4.8.0-2": "it works in one process and in memory: nothing fails for a while",
	"3.1.1 MQTT-7.0.0-1": "it is no client",
	"3.1.1 MQTT-7.0.0-2": "test/interop/matrix.test.ts",
	"3.1.1 MQTT-7.1.1-1": "it is what all the others say together",
	"5.0 MQTT-3.3.4-5": "it never sends several copies for overlapping subscriptions",
};

it("names each statement, with its version, or has a reason why not", () => {
	const requirements = loadRequirements();
	const named = new Set<string>();
	for (const name of readdirSync(here).filter((file) => file.endsWith(".test.ts"))) {
		if (name === "requirements.test.ts") continue;
		const source = readFileSync(new URL(name, here), "utf8");
		for (const [title] of source.matchAll(/"(?:[^"\\\n]|\\.)*"|`[^`]*`/g)) {
			const { keys, loose } = identifiersOf(title);
			expect(loose, `${name} names no version in ${title}`).toEqual([]);
			for (const key of keys) {
				expect(requirements.has(key), `${name} names ${key}, which there is not`).toBe(true);
				named.add(key);
			}
		}
	}
	for (const key of Object.keys(REASONS))
		expect(named.has(key), `${key} has a test and a reason`).toBe(false);
	const binding = [...requirements.values()].filter(({ binds }) => binds !== "client");
	expect(binding.map(({ key }) => key).filter((key) => !named.has(key) && !(key in REASONS))).toEqual([]);
	expect(binding.length).toBe(303);
});
