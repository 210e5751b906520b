// SPDX-License-Identifier: MIT
/** The rest of the harness: the state of the heap, the stack, collections, modules, jobs. */
import * as self from "./failing/../helper/known.js";
import { check } from "./helper/known.js";

/* ---- one module, whatever way it is named ---- */

check("two spellings of a path are one module", self.check === check);
check("modules are strict", (() => typeof this)() === "undefined");
check(
	"nothing of Node or of the web is there",
	typeof process === "undefined" && typeof TextEncoder === "undefined",
);

/* ---- functions as in a stripped image, strings as UTF-8 ---- */

check(
	"functions have no name and no length",
	!Object.hasOwn(check, "name") && !Object.hasOwn(check, "length"),
);
// strings are UTF-8 on the ESP32: no surrogates, charCodeAt gives whole characters, above 0xFFFF too
check("strings are counted in characters", "é€😀".length === 3 && "é€😀".charCodeAt(2) === 0x1f600);

/* ---- live heap ---- */

let keep = [];
xs.collect();
const slots = xs.slots();
const bytes = xs.chunkBytes();
keep = [];
for (let i = 0; i < 100; i++) keep[i] = { x: i };
xs.collect();
check("100 objects of one property are 200 slots", xs.slots() - slots === 200, `${xs.slots() - slots}`);
check("the array of 100 is a chunk", xs.chunkBytes() - bytes >= 100 * xs.slotBytes);
keep = [];
xs.collect();
check("dropped, they are gone", xs.slots() === slots && xs.chunkBytes() === bytes);

/* ---- collections ---- */

const before = xs.collections();
xs.collect();
check("collections are counted", xs.collections() - before === 2);
const inside = xs.alloc(() => xs.collect(), 1, 0);
check("a collection inside a measure is told", inside.collections === 2);

/* ---- the stack ---- */

const flat = xs.alloc(() => 1, 10).stack;
const deep = (n) => (n === 0 ? 0 : 1 + deep(n - 1));
const ten = xs.alloc(() => deep(10), 10).stack;
const twenty = xs.alloc(() => deep(20), 10).stack;
check("an empty function takes a few slots of stack", flat > 5 && flat < 12, `${flat}`);
check("the stack grows by the frame", (twenty - ten) % 10 === 0 && twenty - ten >= 60, `${ten}, ${twenty}`);

/* ---- totals, growth, native copy ---- */

const r = xs.alloc(() => ({ x: 1 }), 1000);
check("totals are of all calls", r.n === 1000 && r.slots === 2000);
check("the result is one object, filled anew", xs.alloc(() => 1, 5) === r && r.slots === 0 && r.n === 5);
let rab = null;
let tail = null;
const renew = xs.alloc(
	() => {
		rab = new ArrayBuffer(16, { maxByteLength: 1024 });
		rab.resize(1024);
		tail = rab;
	},
	1,
	0,
);
check(
	"growth in place is counted",
	tail === rab && renew.grown === 1 && renew.grownBytes === 1008,
	JSON.stringify(renew),
);
const from = new Uint8Array([1, 2, 3, 4]);
const to = new Uint8Array(4);
xs.copy(to, 1, from, 0, 3);
check("copy moves a range", to.join() === "0,1,2,3");
let caught = 0;
for (const [at, start, end] of [
	[2, 0, 3],
	[0, 0, 5],
	[0, 3, 2],
	[-1, 0, 1],
])
	try {
		xs.copy(to, at, from, start, end);
	} catch {
		caught++;
	}
check("copy checks its bounds", caught === 4);
check("xs cannot be changed", Object.isFrozen(xs) || !Reflect.set(xs, "alloc", 1));

/* ---- time and jobs ---- */

const start = xs.nanoseconds();
check("repeat takes time", xs.repeat(() => {}, 1000) > 0 && xs.nanoseconds() > start);
let turns = 0;
await Promise.resolve().then(() => turns++);
await null;
check("promises are turned", turns === 1);
