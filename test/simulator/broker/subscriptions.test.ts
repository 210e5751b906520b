// SPDX-License-Identifier: MIT
/** The table and the tree of filters; that they match by the rule stands in `strict.test.ts`. */
import { describe, expect, it } from "vitest";
import type { SubscribeOptions } from "../../../simulator/broker/subscription.js";
import { Subscriptions } from "../../../simulator/broker/subscriptions.js";

interface One {
	name: string;
	ready: boolean;
}

const quiet: SubscribeOptions = { qos: 1, noLocal: false, retainAsPublished: false, identifier: 0 };
const named = (name: string): One => ({ name, ready: true });

function scene() {
	const tree = new Subscriptions<One>();
	const reached = (topic: string) => tree.route(topic).targets.map(({ subscriber }) => subscriber.name);
	const isReady = ({ ready }: One) => ready;
	const chosen = (topic: string) =>
		tree.route(topic).groups.map((group) => group.choose(isReady)?.subscriber.name);
	return { tree, reached, chosen };
}

describe("subscriptions", () => {
	it("are found by filter and subscriber, and keep their place when their options change", () => {
		const { tree, reached } = scene();
		const [a, b] = [named("a"), named("b")];
		for (const filter of ["x/y", "x/+", "x/#", "$share/g/x/y", "$share/g/x/+"]) {
			expect(tree.find(filter, a)).toBeUndefined();
			const added = tree.add(filter, a, quiet);
			tree.add(filter, b, quiet);
			expect(tree.find(filter, a)).toBe(added);
			tree.change(added, { ...quiet, qos: 2, identifier: 7 });
			expect(tree.find(filter, a)).toMatchObject({ qos: 2, identifiers: [7], filter, order: added.order });
			expect(tree.find(filter, named("a"))).toBeUndefined();
		}
		expect(tree.count).toBe(10);
		expect(reached("x/y")).toEqual(["a", "b"]);
		expect(tree.find("x/#/y", a)).toBeUndefined();
	});

	it("what is known about a topic is forgotten when one changes that concerns it", () => {
		const { tree, reached, chosen } = scene();
		const [a, b] = [named("a"), named("b")];
		const steps: [filter: string, found: string[], members: string[]][] = [
			["x/y", ["a"], []],
			["x/+", ["a", "b"], []],
			["#", ["a", "b"], []],
			["$share/g/x/y", ["a", "b"], ["b"]],
		];
		expect(reached("x/y")).toEqual([]);
		steps.forEach(([filter, found, members], at) => {
			tree.add(filter, at === 0 ? a : b, quiet);
			expect([reached("x/y"), chosen("x/y")]).toEqual([found, members]);
			expect(reached("x/z")).toEqual(at > 0 ? ["b"] : []);
		});
		expect(tree.route("x/y").targets[0].grant.qos).toBe(1);
		tree.change(tree.find("x/y", a)!, { ...quiet, qos: 0 });
		expect(tree.route("x/y").targets[0].grant.qos).toBe(0);
		for (const [filter] of steps) {
			expect(tree.remove(filter, filter === "x/y" ? a : b)).toBe(true);
			expect(tree.remove(filter, filter === "x/y" ? a : b)).toBe(false);
		}
		expect([reached("x/y"), chosen("x/y"), tree.count]).toEqual([[], [], 0]);
	});

	it("topics beyond what is remembered are found all the same, and in the end take the place of others", () => {
		const { tree, reached } = scene();
		tree.add("+/x", named("a"), quiet);
		const known = tree.route("0/x");
		for (let number = 1; number < 20_000; number++) tree.route(`${number}/x`);
		expect(tree.route("0/x")).toBe(known);
		expect([reached("19999/x"), reached("19999/y")]).toEqual([["a"], []]);
		for (let number = 20_000; number < 100_000; number++) tree.route(`${number}`);
		expect(tree.route("0/x")).not.toBe(known);
		expect(reached("0/x")).toEqual(["a"]);
	});

	it("[5.0 MQTT-3.3.4-2] [5.0 MQTT-3.3.4-3] of one subscriber that overlap give one target, the highest QoS, all identifiers", () => {
		const { tree } = scene();
		const [a, b] = [named("a"), named("b")];
		tree.add("x/+", a, { ...quiet, qos: 0, noLocal: true, identifier: 5 });
		tree.add("x/y", b, { ...quiet, identifier: 9 });
		tree.add("x/y", a, { ...quiet, qos: 2, retainAsPublished: true, identifier: 3 });
		const [first, second] = tree.route("x/y").targets;
		expect(first).toMatchObject({
			subscriber: a,
			grant: { qos: 2, retainAsPublished: true, identifiers: [5, 3] },
			own: { qos: 2, identifiers: [3] },
		});
		expect(second).toMatchObject({ subscriber: b, grant: { qos: 1, identifiers: [9] } });
	});

	it("a no-local subscription gives its own messages to nobody", () => {
		const { tree } = scene();
		tree.add("x", named("a"), { ...quiet, noLocal: true });
		expect(tree.route("x").targets[0].own).toBeUndefined();
	});

	it("members of a group take turns, who is not ready is passed over, and groups come in their order", () => {
		const { tree, chosen } = scene();
		const [a, b, c] = [named("a"), named("b"), named("c")];
		for (const one of [a, b, c]) tree.add("$share/g/x", one, quiet);
		tree.add("$share/late/+", c, quiet);
		tree.add("$share/first/#", a, quiet);
		expect([chosen("x"), chosen("x"), chosen("x")]).toEqual([
			["a", "c", "a"],
			["b", "c", "a"],
			["c", "c", "a"],
		]);
		a.ready = false;
		expect(chosen("x")[0]).toBe("b");
		for (const one of [b, c]) one.ready = false;
		expect(chosen("x")[0]).toBe("b");
		tree.remove("$share/g/x", b);
		a.ready = true;
		expect([chosen("x")[0], chosen("x")[0]]).toEqual(["a", "a"]);
	});
});
