// SPDX-License-Identifier: MIT
/** Nothing is allocated per frame: no construct of the hot functions does on XS. */
import { expect, test } from "vitest";
import { costly } from "../../../tidy/costly.js";
import { read } from "../../../tidy/source.js";

/** What runs once in a connection. */
const cold = [
	"open",
	"address",
	"close",
	"onError",
	"#readAnswer",
	"#fail",
	"#violated",
	"#meet",
	"violationWords",
];

test.each(["frame-reader", "frame-writer", "mask", "transport"])("%s", (name) => {
	const path = `firmware/drivers/websocket/${name}.ts`;
	const found = costly(read(path), (fn) => cold.includes(fn));
	expect(found.map(({ line, name: fn, what }) => `${path}:${line} ${fn}: ${what}`)).toEqual([]);
});
