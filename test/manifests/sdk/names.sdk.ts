// SPDX-License-Identifier: MIT
/** The list of names of the SDK that stands in for one where there is none. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { applying, boards } from "../application.js";
import { names } from "../names.js";
import { moddable, sdk } from "./build.js";

test("is of this version, or says so", () => {
	const version = readFileSync(`${moddable}/tools/VERSION`, "utf8").trim();
	if (version !== names.version) console.log(`!! sdk.json is of SDK ${names.version}, this is ${version}`);
	expect(version).toMatch(/^\d+\.\d+\.\d+$/);
});

test.each(names.files)("%s is there", (path) => {
	expect(existsSync(`${moddable}/${path}`)).toBe(true);
});

test.each(Object.entries(names.targets))("%s is what we take it for", (target, facts) => {
	const base = { include: "$(MODDABLE)/examples/manifest_base.json", modules: { "*": "./main" } };
	const { build } = applying(base, target, sdk);
	const base_ = `${moddable}/build/devices/esp32/targets/${target.slice("esp32/".length)}`;
	expect(build.environment.SDKCONFIGPATH?.startsWith(base_) ?? false).toBe(facts.sdkconfig);
	const network = { ...base, include: [base.include, "$(MODDABLE)/modules/io/manifest.json"] };
	const files = applying(network, target, sdk).build.files.map(({ file }) => file);
	expect(files.includes(`${moddable}/modules/network/ethernet/esp32/ethernet.c`)).toBe(facts.ethernet);
});

test("has the target of every board", () => {
	expect(boards.map(({ target }) => target).filter((target) => !(target in names.targets))).toEqual([]);
});
