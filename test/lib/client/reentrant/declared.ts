// SPDX-License-Identifier: MIT
/** What a class or an interface offers, by its source: a test that goes through all of it cannot forget what is new. */
import { read, strip } from "../../../tidy/source.js";

/** Members that are not private, and no constructor: the lines of the body that are one step in and begin with a name. */
export function members(path: string, name: string): string[] {
	const text = strip(read(path));
	const head = new RegExp(`^export (?:abstract )?(?:class|interface) ${name}\\b[^{]*\\{`, "m").exec(text);
	if (head === null) throw new Error(`there is no ${name} in ${path}`);
	const from = head.index + head[0].length;
	const body = text.slice(from, text.indexOf("\n}", from));
	const pattern = /^\t(?:readonly |declare |get |set )?([a-z]\w*)[?!]?(?: ?=|\(|:|;|<)/gm;
	const names = [...body.matchAll(pattern)].map(([, member]) => member);
	return [...new Set(names)].filter((member) => member !== "constructor");
}
