// SPDX-License-Identifier: MIT
/**
 * Makes hostile input out of valid packets and watches the decoder take it. Used by fuzz.js and, in small, by the tests;
 * the caller brings the compiled classes, so that sources and build are fuzzed alike.
 */

const BEFORE = 16;
const AFTER = 64;
/** No input is longer. */
const LENGTH_MAX = 512;
/** What `decode` may say. */
const FAULTS = [0, 0x81, 0x82, 0x90, 0x94];

/** Takes five topic aliases, whatever they mean. */
const ALIASES = { inboundMaximum: 5, inbound: () => 0 };

/** A small generator of random numbers (mulberry32): the same seed, the same inputs, on every machine. */
export function randomFrom(seed) {
	let state = seed >>> 0;
	return (limit) => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
		return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * limit);
	};
}

const PROPERTY_IDS = [
	1, 2, 3, 8, 9, 11, 17, 18, 19, 21, 22, 23, 24, 25, 26, 28, 31, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42,
];
const INTERESTING = [0, 1, 2, 0x23, 0x2b, 0x2f, 0x7f, 0x80, 0x81, 0xc0, 0xc3, 0xed, 0xf0, 0xf4, 0xff];

/** Writes a variable byte integer, sometimes with bytes too many, and returns where it ends. */
function putLength(bytes, at, n, extra) {
	while (n >= 0x80 || extra > 0) {
		if (n < 0x80) extra--;
		bytes[at++] = (n & 0x7f) | 0x80;
		n >>>= 7;
	}
	bytes[at++] = n;
	return at;
}

/** Ways to spoil the input `[0, size)` of `bytes`; each returns the new size. */
const mutations = [
	function flip(bytes, size, random) {
		if (size > 0) bytes[random(size)] ^= 1 << random(8);
		return size;
	},
	function overwrite(bytes, size, random) {
		if (size > 0) bytes[random(size)] = random(2) ? INTERESTING[random(INTERESTING.length)] : random(256);
		return size;
	},
	function truncate(_bytes, size, random) {
		return random(size + 1);
	},
	function extend(bytes, size, random) {
		const end = Math.min(LENGTH_MAX, size + 1 + random(12));
		for (let at = size; at < end; at++) bytes[at] = random(256);
		return end;
	},
	function cutOut(bytes, size, random) {
		const from = random(size + 1);
		const to = Math.min(size, from + 1 + random(6));
		bytes.copyWithin(from, to, size);
		return size - (to - from);
	},
	function repeat(bytes, size, random) {
		const length = Math.min(1 + random(8), LENGTH_MAX - size);
		const from = random(size + 1);
		bytes.copyWithin(from + length, from, size);
		return size + length;
	},
	function splice(bytes, size, random, seeds) {
		const other = seeds[random(seeds.length)].bytes;
		const from = random(other.length);
		const at = random(size + 1);
		const length = Math.min(other.length - from, LENGTH_MAX - at);
		for (let i = 0; i < length; i++) bytes[at + i] = other[from + i];
		return Math.max(random(2) ? size : 0, at + length);
	},
	function lieAboutLength(bytes, size, random) {
		// A two-byte length somewhere in the packet.
		if (size < 4) return size;
		const at = 1 + random(size - 2);
		bytes[at] = random(3) ? 0 : random(256);
		bytes[at + 1] = random(2) ? size - at : random(256);
		return size;
	},
	function propertySoup(bytes, size, random) {
		const types = [0x20, 0x30, 0x32, 0x40, 0x62, 0x90, 0xb0, 0xe0, 0xf0];
		const first = types[random(types.length)];
		bytes[0] = first;
		let at = 2;
		const head = { 32: [0, 0], 48: [0, 1, 97], 50: [0, 1, 97, 0, 7], 224: [0], 240: [0x18] }[first] ?? [
			0, 7, 0,
		];
		for (const byte of first === 0x90 || first === 0xb0 ? [0, 7] : head) bytes[at++] = byte;
		const lengthAt = at++;
		for (let n = random(8); n > 0 && at < 110; n--) {
			bytes[at++] = random(12) ? PROPERTY_IDS[random(PROPERTY_IDS.length)] : random(256);
			const length = random(4);
			for (let i = 0; i < length; i++) bytes[at++] = random(3) ? random(3) : random(256);
		}
		bytes[lengthAt] = random(8) ? at - lengthAt - 1 : random(128);
		if (random(2)) bytes[at++] = random(256);
		bytes[1] = random(8) ? at - 2 : random(128);
		return Math.max(size > LENGTH_MAX ? 0 : 2, at);
	},
];

/** Makes the remaining length say what is there, so that the mutation gets beyond the header. */
function repairLength(bytes, size, random, scratch) {
	let at = 1;
	while (at < size && at < 4 && bytes[at] >= 0x80) at++;
	at = Math.min(size, at + 1);
	const body = size - at;
	for (let i = 0; i < body; i++) scratch[i] = bytes[at + i];
	let end = putLength(bytes, 1, body, random(40) === 0 ? 1 : 0);
	for (let i = 0; i < body; i++) bytes[end++] = scratch[i];
	return end;
}

/**
 * `lib` has Arena, Decoder and Packet; `seeds` are `{ bytes, version5 }`. `next()` makes one input and checks it; it
 * throws an Error that shows the input when something is wrong.
 */
export class Fuzzer {
	inputs = 0;
	accepted = 0;
	slowestMs = 0;
	/** The last input and what was said of it. */
	last;
	#random;
	#seeds;
	#arena;
	#packet;
	#decoder;
	#result = 0;
	#input = new Uint8Array(LENGTH_MAX + 16);
	#scratch = new Uint8Array(LENGTH_MAX + 16);

	constructor(lib, seeds, seed) {
		this.#random = randomFrom(seed);
		this.#seeds = seeds;
		const memory = { allocate: (bytes) => new Uint8Array(bytes) };
		this.#arena = new lib.Arena(memory, BEFORE + LENGTH_MAX + 16 + AFTER);
		this.#packet = new lib.Packet(this.#arena);
		this.#decoder = new lib.Decoder(this.#packet);
	}

	next() {
		const random = this.#random;
		const bytes = this.#input;
		const seed = this.#seeds[random(this.#seeds.length)];
		bytes.set(seed.bytes);
		let size = seed.bytes.length;
		for (let n = random(5); n >= 0; n--) {
			size = mutations[random(mutations.length)](bytes, size, random, this.#seeds);
			if (size > LENGTH_MAX) size = LENGTH_MAX;
		}
		if (size > 1 && random(4) > 0)
			size = Math.min(LENGTH_MAX, repairLength(bytes, size, random, this.#scratch));
		const decoder = this.#decoder;
		decoder.version5 = random(4) > 0 ? seed.version5 : !seed.version5;
		decoder.aliases = random(2) ? ALIASES : null;
		this.inputs++;
		this.#check(size, random);
		this.last = { bytes: bytes.subarray(0, size), version5: decoder.version5, result: this.#result };
	}

	#fail(size, what) {
		const hex = Buffer.from(this.#input.slice(0, size)).toString("hex");
		throw new Error(`${what}: ${this.#decoder.version5 ? "5.0" : "3.1.1"}, input ${this.inputs}: ${hex}`);
	}

	#check(size, random) {
		const started = performance.now();
		let first = "";
		try {
			first = this.#run(size, 0);
		} catch (error) {
			this.#fail(size, `threw ${error}`);
		}
		const ms = performance.now() - started;
		if (ms > this.slowestMs) this.slowestMs = ms;
		if (ms > 1000) this.#fail(size, `took ${ms} ms`);
		// On a sample: bytes outside the range make no difference.
		if (random(8) === 0) {
			const second = this.#run(size, 0xff);
			if (second !== first) this.#fail(size, `over-read, ${first} or ${second}`);
			const third = this.#run(size, 0x2b);
			if (third !== first) this.#fail(size, `over-read, ${first} or ${third}`);
		}
	}

	/** One input between two fills of `poison`; returns everything that came of it. */
	#run(size, poison) {
		const { bytes } = this.#arena;
		const end = BEFORE + size;
		bytes.fill(poison, 0, BEFORE);
		bytes.set(this.#input, BEFORE);
		bytes.fill(poison, end);
		const decoder = this.#decoder;
		const framed = decoder.frame(BEFORE, end);
		if (!Number.isInteger(framed) || framed < -0x94 || framed === 1 || framed > 268_435_460 + 3)
			this.#fail(size, `frame said ${framed}`);
		if (framed < 0 && !FAULTS.includes(-framed)) this.#fail(size, `frame said ${framed}`);
		// Mostly as the client does it; else with a range that frame did not name.
		const stop = framed > 0 && framed <= size ? BEFORE + framed : end;
		const result = decoder.decode(BEFORE, stop);
		if (!FAULTS.includes(result)) this.#fail(size, `decode said ${result}`);
		this.#result = result;
		if (result === 0) {
			if (poison === 0) this.accepted++;
			this.#checkPacket(size, stop);
		}
		return `${framed} ${result} ${result === 0 ? this.#show() : ""}`;
	}

	#show() {
		const p = this.#packet;
		let text = `${p.type} ${p.flags} ${p.id} ${p.reason} ${p.topicStart} ${p.payloadStart} ${p.propertiesStart} ${p.propertiesEnd}`;
		for (let id = 0; id < 43; id++) text += ` ${p.property(id, -1)}`;
		return text;
	}

	/** What a packet says lies inside of it, in order. */
	#checkPacket(size, stop) {
		const p = this.#packet;
		const inside = (start, end) => start >= BEFORE && start <= end && end <= stop;
		if (!inside(p.payloadStart, p.payloadEnd)) this.#fail(size, "payload outside");
		if (!inside(p.propertiesStart, p.propertiesEnd)) this.#fail(size, "properties outside");
		if (p.type === 3 && !(inside(p.topicStart, p.topicEnd) && p.topicEnd <= p.payloadStart))
			this.#fail(size, "topic outside");
		if (p.id < 0 || p.id > 65_535 || p.reason < 0 || p.reason > 0xa2)
			this.#fail(size, "a field out of range");
		if (!this.#decoder.version5 && p.propertiesStart !== p.propertiesEnd)
			this.#fail(size, "properties in 3.1.1");
	}
}
