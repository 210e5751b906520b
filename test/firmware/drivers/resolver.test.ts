// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import {
	type Answer,
	CachingResolver,
	type CachingResolverOptions,
	isAddress,
	lookUpBy,
} from "../../../firmware/drivers/resolver.js";
import { VirtualClock, World } from "../../../simulator/world.js";

type Done = (host: string, address?: string) => void;

/** A name server that answers when it is told to, as `System.resolve` does: later, once, in the order of the questions. */
class Bench implements Answer {
	readonly world = new World({ seed: 1 });
	readonly questions: { host: string; done: Done }[] = [];
	readonly answers: string[] = [];
	readonly resolver: CachingResolver;
	inside = false;

	constructor(options: Partial<CachingResolverOptions> = {}) {
		const clock = new VirtualClock(this.world);
		const lookUp = (host: string, done: Done): void => void this.questions.push({ host, done });
		this.resolver = new CachingResolver({ lookUp, clock, ...options });
	}

	resolve(host: string): this {
		this.inside = true;
		this.resolver.resolve(host, this);
		this.inside = false;
		return this;
	}

	wait(ms: number): void {
		this.world.run(this.world.now + ms);
	}

	/** Answers the oldest open question. */
	reply(address?: string): void {
		const { host, done } = this.questions.shift()!;
		done(host, address);
	}

	onResolved(address: string): void {
		this.answers.push(this.inside ? `${address} at once` : address);
	}

	onUnresolved(): void {
		this.answers.push(this.inside ? "none at once" : "none");
	}
}

test("an address is answered at once, and nobody is asked", () => {
	const bench = new Bench().resolve("192.168.4.1").resolve("fe80::1");
	expect(bench.answers).toEqual(["192.168.4.1 at once", "fe80::1 at once"]);
	expect(bench.questions).toEqual([]);
	expect(bench.resolver.lastError).toBe("");
});

test.each([
	["1.2.3.4", true],
	["255.255.255.255", true],
	["::1", true],
	["1.2.3", false],
	["1.2.3.4.5", false],
	["1.2.3.256", false],
	["1.2.3.", false],
	[".1.2.3", false],
	["1..2.3", false],
	["0001.2.3.4", false],
	["1.2.3.4x", false],
	["broker", false],
	["", false],
])("%j is an address: %s", (host, expected) => {
	expect(isAddress(host)).toBe(expected);
});

test("an answer is good for a minute, then it is asked again", () => {
	const bench = new Bench().resolve("broker.example");
	expect(bench.answers).toEqual([]);
	bench.reply("10.0.0.1");
	expect(bench.answers).toEqual(["10.0.0.1"]);
	bench.wait(59_000);
	bench.resolve("broker.example");
	expect(bench.answers).toEqual(["10.0.0.1", "10.0.0.1 at once"]);
	expect(bench.questions).toEqual([]);
	bench.wait(2_000);
	bench.resolve("broker.example");
	bench.reply("10.0.0.2");
	expect(bench.answers.at(-1)).toBe("10.0.0.2");
	expect(bench.resolver.lastError).toBe("");
});

test("a name that was never known is not resolved, and says so; that is not remembered", () => {
	const bench = new Bench().resolve("broker.example");
	bench.reply();
	expect(bench.answers).toEqual(["none"]);
	expect(bench.resolver.lastError).toBe(
		"The name broker.example could not be resolved; check its spelling and the network's DNS.",
	);
	bench.resolve("broker.example");
	bench.reply("10.0.0.1");
	expect(bench.answers).toEqual(["none", "10.0.0.1"]);
});

test("when the look-up fails, the last address is better than none", () => {
	const bench = new Bench().resolve("broker.example");
	bench.reply("10.0.0.1");
	bench.wait(3_600_000);
	bench.resolve("broker.example");
	bench.reply();
	expect(bench.answers).toEqual(["10.0.0.1", "10.0.0.1"]);
	expect(bench.resolver.lastError).toBe(
		"The name broker.example could not be resolved; its last address 10.0.0.1 is tried.",
	);
});

test("no answer in time is none, once; what comes later is swallowed, and kept for the next time", () => {
	const bench = new Bench().resolve("broker.example");
	bench.wait(9_999);
	expect(bench.answers).toEqual([]);
	bench.wait(1);
	expect(bench.answers).toEqual(["none"]);
	expect(bench.resolver.lastError).toMatch(/was not resolved in time; check/);
	bench.reply("10.0.0.1");
	expect(bench.answers).toEqual(["none"]);
	bench.resolve("broker.example");
	expect(bench.answers).toEqual(["none", "10.0.0.1 at once"]);
});

test("a question under way is joined, not repeated; one that is lost is asked again after a minute", () => {
	const bench = new Bench().resolve("broker.example");
	bench.wait(10_000);
	bench.resolve("broker.example");
	expect(bench.questions).toHaveLength(1);
	bench.reply("10.0.0.1");
	expect(bench.answers).toEqual(["none", "10.0.0.1"]);

	const lost = new Bench().resolve("broker.example");
	lost.wait(61_000);
	lost.resolve("broker.example");
	expect(lost.questions).toHaveLength(2);
});

test("after cancel no answer comes, nor the deadline", () => {
	const bench = new Bench().resolve("broker.example");
	bench.resolver.cancel();
	bench.resolver.cancel();
	bench.reply("10.0.0.1");
	bench.wait(20_000);
	expect(bench.answers).toEqual([]);
});

test("a new question replaces the one before, whose answer is not taken for it", () => {
	const bench = new Bench().resolve("one.example").resolve("two.example");
	bench.reply("10.0.0.1");
	expect(bench.answers).toEqual([]);
	bench.reply("10.0.0.2");
	expect(bench.answers).toEqual(["10.0.0.2"]);
	bench.resolve("one.example");
	expect(bench.answers).toEqual(["10.0.0.2", "10.0.0.1 at once"]);
});

test("a name gives way when there are more than the table holds; its late answer is for nobody", () => {
	const bench = new Bench({ names: 1 }).resolve("one.example").resolve("two.example");
	bench.reply("10.0.0.1");
	bench.reply("10.0.0.2");
	expect(bench.answers).toEqual(["10.0.0.2"]);
	bench.resolve("one.example");
	expect(bench.answers).toEqual(["10.0.0.2"]);
	expect(bench.questions).toHaveLength(1);
});

test("who asks again from inside an answer is answered", () => {
	const bench = new Bench();
	const answers: string[] = [];
	const again: Answer = {
		onResolved: (address) => void answers.push(address),
		onUnresolved: () => bench.resolver.resolve("broker.example", again),
	};
	bench.resolver.resolve("broker.example", again);
	bench.reply();
	bench.reply("10.0.0.1");
	expect(answers).toEqual(["10.0.0.1"]);
	bench.wait(20_000);
	expect(answers).toEqual(["10.0.0.1"]);
});

test.each([0, 60])(
	"a look-up may answer from inside, kept for %i seconds; its failure is told later",
	(keepSeconds) => {
		let address: string | undefined = "10.0.0.1";
		const bench = new Bench({ keepSeconds, lookUp: (host, done) => done(host, address) });
		bench.resolve("broker.example");
		address = undefined;
		bench.resolve("other.example");
		expect(bench.answers).toEqual(["10.0.0.1 at once"]);
		bench.wait(1);
		expect(bench.answers).toEqual(["10.0.0.1 at once", "none"]);
		expect(bench.resolver.lastError).toMatch(/could not be resolved/);
	},
);

test('a look-up that throws (System.resolve: "no memory") is a failure, told later', () => {
	const bench = new Bench({
		lookUp: () => {
			throw new RangeError("no memory");
		},
	});
	bench.resolve("broker.example");
	expect(bench.answers).toEqual([]);
	bench.wait(1);
	expect(bench.answers).toEqual(["none"]);
});

test("a resolver of ECMA-419 does as well", () => {
	const asked: string[] = [];
	const lookUp = lookUpBy({
		resolve: ({ host, onResolved, onError }) => {
			asked.push(host);
			if (host === "broker.example") onResolved(host, "10.0.0.1");
			else onError(host);
		},
	});
	const bench = new Bench({ lookUp }).resolve("broker.example").resolve("nobody.example");
	bench.wait(1);
	expect(asked).toEqual(["broker.example", "nobody.example"]);
	expect(bench.answers).toEqual(["10.0.0.1 at once", "none"]);
});

test("a table without a place is a mistake", () => {
	expect(() => new Bench({ names: 0 })).toThrow(RangeError);
});
