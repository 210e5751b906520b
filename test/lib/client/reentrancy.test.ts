// SPDX-License-Identifier: MIT
/**
 * Every public call inside every callback, made from the lists of both as they are declared: whoever adds one has to say
 * how it is called, or where it is. `REENTRANCY_SEED=7` repeats one of the random lives,
 * `REENTRANCY_RUNS=5000` lives more of them.
 */
import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../../simulator/world.js";
import { VERSIONS, type Version } from "../../kit/peer.js";
import { CLIENT_CALLS, LOOKS, MESSAGE_CALLS } from "./reentrant/calls.js";
import { members } from "./reentrant/declared.js";
import { INSIDE, LISTENER, Life, type Where } from "./reentrant/life.js";

type Call = (life: Life) => unknown;

const all: readonly (readonly [name: string, call: Call])[] = [
	...Object.entries(CLIENT_CALLS).flatMap(([member, calls]) =>
		Object.entries(calls).map(([how, call]) => [`${member} ${how}`.trim(), call] as const),
	),
	...Object.entries(MESSAGE_CALLS).map(([name, call]) => [`message: ${name}`, call] as const),
];
const looks = all.filter(([name]) => LOOKS.includes(name));
/** Those that only look are made together. */
const CALLS: ReadonlyMap<string, Call> = new Map([
	...all.filter((one) => !looks.includes(one)),
	["look", (life: Life) => looks.map(([, call]) => call(life))],
]);

/** What an application hands to each extra that calls it back. */
const HANDED: Readonly<Record<string, readonly Where[]>> = {
	aliases: [],
	authentication: [
		"AuthenticationMethod.begin",
		"AuthenticationMethod.answer",
		"AuthenticationMethod.finish",
	],
	credentials: ["UserName", "Password"],
	fallback: [],
	fragments: [],
	holds: [],
	requests: ["ReplyHandler"],
	router: ["Handler"],
	sources: ["Source.read"],
};

/** Where a client of this kind calls its application. */
function places(version: Version, full: boolean): Where[] {
	const listener = Object.values(LISTENER).filter((where) => {
		if (where === "onOversize") return version === 4 && !full;
		return where !== "onReauthenticated" || (version === 5 && full);
	});
	if (!full) return listener;
	const handed = Object.entries(HANDED).flatMap(([extra, list]) =>
		version === 4 && (extra === "authentication" || extra === "requests") ? [] : list,
	);
	return [...listener, ...handed];
}

/**
 * What may come inside another one, from the call in it: tickets are settled of what gives way, or is stored; a request that gives
 * way has no answer; and a method of authentication is asked for its beginning.
 */
const NESTED = ["onSettled", "ReplyHandler", "AuthenticationMethod.begin"];

/** Whether the innermost of these callbacks may have come there. What is told inside of a call is followed by a turn of its own. */
function mayNest(running: readonly Where[]): boolean {
	const [inner, outer] = running.toReversed();
	return outer === undefined || NESTED.includes(inner.replace(INSIDE, "")) || outer.endsWith(INSIDE);
}

/** Lives with `act` in each callback; whatever is wrong is thrown. Returns how often each was called. */
function lived(version: Version, full: boolean, act: (where: Where, life: Life) => void): Map<Where, number> {
	const life = new Life(version, full);
	const counts = new Map<Where, number>();
	life.hook = (where) => {
		if (!mayNest(life.running)) throw new Error(`inside each other: ${life.running.join(", ")}`);
		counts.set(where, (counts.get(where) ?? 0) + 1);
		act(where, life);
	};
	life.live();
	life.end();
	return counts;
}

/** Both halves of it. */
const clientMembers = (): string[] => [
	...members("lib/client.ts", "Client"),
	...members("lib/publisher.ts", "Publisher"),
];

describe("The lists are whole", () => {
	test("every public member of Client is called", () => {
		expect(Object.keys(CLIENT_CALLS).sort()).toEqual(clientMembers().sort());
	});

	test("every public member of Message is called", () => {
		const calls = Object.values(MESSAGE_CALLS).map(String).join();
		const missing = members("lib/wire/message.ts", "Message").filter((name) => !calls.includes(`.${name}`));
		// Fields of the lens, and who keeps messages.
		expect(missing).toEqual([
			"flags",
			"topicStart",
			"topicEnd",
			"payloadStart",
			"payloadEnd",
			"mayRepeat",
			"holder",
		]);
	});

	test("every callback of Listener, and of what is handed to extras", () => {
		expect(Object.values(LISTENER).sort()).toEqual(members("lib/listener.ts", "Listener").sort());
		expect(Object.keys(HANDED).sort()).toEqual(members("lib/session/extras.ts", "Extras").sort());
		const method = members("lib/extras/authentication.ts", "AuthenticationMethod").filter(
			(name) => name !== "name",
		);
		expect(HANDED["authentication"]).toEqual(method.map((name) => `AuthenticationMethod.${name}`));
		expect(HANDED["sources"]).toEqual(
			members("lib/session/extras.ts", "Source").map((name) => `Source.${name}`),
		);
	});

	test("a member that is new would be seen", () => {
		const found = clientMembers();
		expect(found).toContain("publish");
		expect(found).toContain("online");
		expect(found).not.toContain("accept");
		expect(found).not.toContain("session");
	});
});

describe.each(VERSIONS)("version %i", (version) => {
	describe.each([false, true])("with all extras: %s", (full) => {
		test("the life has every callback in it", () => {
			const counts = lived(version, full, () => {});
			expect([...counts.keys()].sort()).toEqual(places(version, full).sort());
		});

		test.each(places(version, full))("each call inside %s, once and each time", (place) => {
			// What goes on for long is tried with all extras only, which have all that there is without them.
			for (const [name, call] of CALLS)
				for (const most of full ? [1, 40] : [1]) {
					let made = 0;
					try {
						lived(version, full, (where, life) => {
							if (where === place && made++ < most) call(life);
						});
					} catch (error) {
						throw new Error(`${name}, ${most} times at most: ${(error as Error).message}`, { cause: error });
					}
					expect(made, name).toBeGreaterThan(0);
				}
		});
	});

	test("random lives with anything anywhere", { timeout: 600_000 }, () => {
		const only = Number(process.env["REENTRANCY_SEED"] ?? 0);
		const runs = Number(process.env["REENTRANCY_RUNS"] ?? 100);
		const calls = [...CALLS];
		for (let seed = only || 1; seed <= (only || runs); seed++) {
			const random = new SeededRandom(seed, "reentrancy");
			const said: string[] = [];
			try {
				lived(version, random.chance(0.8), (where, life) => {
					for (let left = said.length < 60 ? random.below(3) : 0; left > 0; left--) {
						const [name, call] = calls[random.below(calls.length)];
						said.push(`${name} inside ${where}`);
						call(life);
					}
				});
			} catch (error) {
				const way = said.join("\n  ");
				throw new Error(`REENTRANCY_SEED=${seed}: ${(error as Error).message}\n  ${way}`, { cause: error });
			}
		}
	});
});
