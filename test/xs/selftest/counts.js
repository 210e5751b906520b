// SPDX-License-Identifier: MIT
/** The counter against constructs whose cost on XS 13.3 is known. Figures of the ESP32's word size: bytes32. */
import { known } from "./helper/known.js";

let sink;
const s = ["sensors/kitchen", "/temperature"].join("");
const t = ["abc", "def"].join("");
const object = { x: 1, y: 2, cb: (a) => a, m() {}, o: { z: 1 } };
const array3 = [1, 2, 3];
const prebuilt = new Error("prebuilt");
const noop = () => {};
const take = (a) => a;

/* ---- what allocates ---- */

known("s.length boxes", () => s.length, { slots: 2 });
known("s.charCodeAt(i) boxes", () => s.charCodeAt(1), { slots: 2 });
known("s[i]: box and string", () => s[1], { slots: 2, chunks: 1, bytes32: 12, bytes64: 24 });
known("(5).constructor boxes", () => (5).constructor, { slots: 2 });
known("{}", () => ({}), { slots: 1 });
known("{x:1}", () => ({ x: 1 }), { slots: 2 });
known("{x:1,y:2,z:3}", () => ({ x: 1, y: 2, z: 3 }), { slots: 4 });
known("[]", () => [], { slots: 2 });
known("[1,2,3]: one exact chunk on this engine", () => [1, 2, 3], {
	slots: 2,
	chunks: 1,
	bytes32: 56,
	bytes64: 112,
});
known("new Uint8Array(8)", () => new Uint8Array(8), { slots: 7, chunks: 1, bytes32: 16, bytes64: 24 });
known("new ArrayBuffer(8)", () => new ArrayBuffer(8), { slots: 3, chunks: 1, bytes32: 16, bytes64: 24 });
const bytes = new Uint8Array(32);
known("ta.subarray", () => bytes.subarray(2, 9), { slots: 4 });
known("new Uint8Array(buffer, 8, 8)", () => new Uint8Array(bytes.buffer, 8, 8), { slots: 4 });
known("new DataView(buffer, 8, 8)", () => new DataView(bytes.buffer, 8, 8), { slots: 3 });
known("an arrow: 7 on this engine, 3 on XS 17", () => (sink = () => 1), { slots: 7 });
known(
	"an arrow capturing a local: 7 + 2 on this engine",
	() => {
		const a = 1;
		sink = () => a;
	},
	{ slots: 9 },
);
known("string concatenation", () => s + t, { chunks: 1, bytes32: 44, bytes64: 56 });
known("String.fromCharCode(65)", () => String.fromCharCode(65), { chunks: 1, bytes32: 12, bytes64: 24 });
known("BigInt literal", () => 5n, { chunks: 1, bytes32: 12, bytes64: 24 });
known("new Error('x') in a stripped image", () => new Error("x"), { slots: 3 });
known("Symbol(): 0 on this engine, 4 on XS 17", () => Symbol(), {});
known("for-of array: 1 native malloc on this engine", forOf, { slots: 8, mallocs: 1 });
known(
	"destructuring an array",
	() => {
		const [a] = array3;
		return a;
	},
	{ slots: 8, mallocs: 1 },
);
known("f(...array3)", () => take(...array3), { slots: 8 });
known("rest parameter, none given", () => rest(), { slots: 2 });
known(".call on a built-in makes a function object", () => String.prototype.charCodeAt.call(s, 1), {
	slots: 3,
});
known("Math.max.length makes a function object", () => Math.max.length, { slots: 3 });
known("an arrow created for forEach", () => array3.forEach(() => {}), { slots: 7 });
known("capturing branch that is not taken", () => conditional(0, 1), { slots: 2 });
known("bind", () => noop.bind(object), { slots: 6 });

function forOf() {
	for (const a of array3) sink = a;
}
function rest(...all) {
	sink = all;
}
function conditional(a, b) {
	if (a) sink = () => a + b;
}

/* ---- typed arrays and resizable buffers ---- */

const other = new Uint8Array(32);
const upper = new Uint8Array(bytes.buffer, 16, 16);
const lower = new Uint8Array(bytes.buffer, 0, 16);
known("dst.set(src) between buffers", () => other.set(bytes));
known("dst.set(src) within one buffer clones", () => upper.set(lower), {
	slots: 3,
	chunks: 1,
	bytes32: 24,
	bytes64: 32,
});
known("copyWithin", () => bytes.copyWithin(3, 10, 20));
known("indexOf in a typed array", () => bytes.indexOf(7));
known("fill", () => other.fill(0));
const wide = new DataView(other.buffer);
known("DataView of 32 bits, also above 2^31", () => {
	wide.setUint32(4, 0xfedcba98);
	return wide.getUint32(4) >>> 0;
});
const rab = new ArrayBuffer(256, { maxByteLength: 256 });
const tracking = new Uint8Array(rab);
known("resize 256 -> 10 -> 256 with a tracking view", () => {
	rab.resize(10);
	sink = tracking.length;
	rab.resize(256);
});
known("new resizable buffer of 64", () => new ArrayBuffer(64, { maxByteLength: 256 }), {
	slots: 5,
	chunks: 1,
	bytes32: 72,
	bytes64: 80,
});

/* ---- what does not allocate ---- */

class Base {
	#hidden = 1;
	shown = 2;
	get hidden() {
		return this.#hidden;
	}
	set hidden(value) {
		this.#hidden = value;
	}
	method(a) {
		return a;
	}
	static count = 0;
}
class Derived extends Base {
	method(a) {
		return super.method(a);
	}
}
const base = new Base();
const derived = new Derived();
const charCodeAt = Function.prototype.call.bind(String.prototype.charCodeAt);
const map = new Map([
	[1, 2],
	["a", 3],
]);
const double = { value: 1.5 };

known("empty function", noop);
known("method call", () => base.method(1));
known("super.method()", () => derived.method(1));
known("getter and setter over a private field", () => {
	base.hidden = base.hidden + 1;
});
known("static field", () => (Base.count += 1));
known("callback in a field", () => object.cb(1));
known("object destructuring", () => {
	const { x, y } = object;
	return x + y;
});
known("uncurried charCodeAt", () => charCodeAt(s, 3));
known("uncurried charCodeAt to the end of the string", toTheEnd);
known("string literal and ===", () => "sensors/kitchen" === s);
known("doubles in a property, >>> 0", () => {
	double.value = (double.value * 2 + 0x7fffffff) >>> 0;
});
known("Map get, has, overwrite", () => {
	map.set(1, map.get(1));
	return map.has("b");
});
known("pop and push", () => array3.push(array3.pop()));
known("Date.now, Math.floor", () => Math.floor(Date.now() / 1000));
known("switch on strings", () => choose("b"));
known("try without throw: a native malloc", tryOnly, { mallocs: 1 });
known("throw a prebuilt error through frames, catch", tryThrow, { mallocs: 2 });

function toTheEnd() {
	let c = 0;
	let sum = 0;
	for (let i = 0; (c = charCodeAt(s, i)) === c; i++) sum += c;
	return sum;
}
function choose(name) {
	switch (name) {
		case "a":
			return 1;
		case "b":
			return 2;
		default:
			return 0;
	}
}
function tryOnly() {
	try {
		return noop();
	} finally {
		sink = 0;
	}
}
function tryThrow() {
	try {
		return fail(3);
	} catch (error) {
		sink = error;
		return 0;
	}
}
function fail(depth) {
	if (depth > 0) return 1 + fail(depth - 1);
	throw prebuilt;
}
