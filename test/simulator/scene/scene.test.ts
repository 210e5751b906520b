// SPDX-License-Identifier: MIT
/** What a scenario has in its hands: time, promises, listeners, accounts, and the readings that a board owes. */
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../../lib/index.js";
import { Cut } from "../../../simulator/nor-flash.js";
import type { SceneEvent } from "../../../simulator/scene/events.js";
import { hours, minutes, type Scene, type Setting, seconds } from "../../../simulator/scene/index.js";
import { type Outcome, play } from "../../../simulator/scene/play.js";

/** Plays a script, and returns what was told. */
function played(
	script: (scene: Scene) => void,
	setting?: Setting,
): Omit<Outcome, "events"> & { events: SceneEvent[] } {
	const events: SceneEvent[] = [];
	const scenario = { title: "", about: "", setting, default: script };
	return { ...play(scenario, { tell: (event) => void events.push(event) }), events };
}

/** Plays a script in which nothing goes wrong. */
function well(script: (scene: Scene) => void, setting?: Setting): SceneEvent[] {
	const { broken, error, events } = played(script, setting);
	expect(error).toBeUndefined();
	expect(broken).toBeUndefined();
	return events;
}

describe("Time", () => {
	test("begins when the setting says, and passes until a time of day", () => {
		const times: string[] = [];
		well(
			(scene) => {
				times.push(scene.time);
				scene.passUntil("23:30");
				times.push(scene.time);
				scene.passUntil("03:00");
				times.push(scene.time);
				scene.passUntil("03:00");
				times.push(`${scene.time} ${scene.now}`);
			},
			{ begins: "22:15:30" },
		);
		expect(times).toEqual(["22:15:30", "23:30:00", "03:00:00", `03:00:00 ${hours(28.75) - seconds(30)}`]);
	});

	test.each(["24:00", "3", "03:60", "three"])("%s is no time of day", (begins) => {
		expect(String(played(() => {}, { begins }).error)).toContain("is no time of day");
	});

	test("does things later, once and again", () => {
		const done: number[] = [];
		well((scene) => {
			scene.after(seconds(5), () => done.push(scene.now));
			scene.every(minutes(1), () => done.push(scene.now));
			scene.pass(minutes(3));
		});
		expect(done).toEqual([5_000, 60_000, 120_000, 180_000]);
	});
});

describe("A promise", () => {
	test("that is broken ends the scenario, with the time and what it was", () => {
		let after = false;
		const { broken, error, expectations, events } = played((scene) => {
			scene.pass(1_234);
			scene.expect(true, "first");
			scene.expect(false, "second");
			after = true;
		});
		expect([broken?.message, broken?.atMs, error, expectations, after]).toEqual([
			...["second", 1_234, undefined, 1, false],
		]);
		expect(events).toEqual([
			{ event: "expectation", what: "first", held: true },
			{ event: "expectation", what: "second", held: false },
		]);
	});

	test("with a time limit is waited for, and broken when the time is over", () => {
		const { broken, events } = played((scene) => {
			let open = false;
			scene.after(700, () => {
				open = true;
			});
			scene.expectWithin(seconds(1), () => open, "it opens");
			scene.expectWithin(seconds(2), () => false, "never");
		});
		expect(events[0]).toEqual({ event: "expectation", what: "it opens", held: true, afterMs: 700 });
		expect([broken?.message, broken?.atMs]).toEqual(["never", 2_700]);
	});

	test("for always is looked at after each event, and told at the end", () => {
		const script = (limit: number) => (scene: Scene) => {
			let count = 0;
			scene.always(() => count < limit, "few");
			scene.every(100, () => count++);
			scene.pass(seconds(1));
		};
		expect(well(script(20))).toEqual([{ event: "expectation", what: "few", held: true }]);
		const { broken } = played(script(5));
		expect([broken?.message, broken?.atMs]).toEqual(["few", 500]);
	});

	test("that is broken in an action in which the power went is not forgotten", () => {
		const { broken } = played((scene) => {
			const board = scene.board("board");
			board.device.onCut = () => scene.expect(false, "inside");
			scene.pass(seconds(1));
			board.cutPowerInFlash(1, Cut.Before);
			scene.pass(seconds(10));
		});
		expect(broken?.message).toBe("inside");
	});

	test("of an async scenario is none", async () => {
		const { error } = played(async () => {
			await null;
		});
		expect(String(error)).toContain("a scenario is no async function");
	});

	test("is not made by what a scenario throws, wherever it does", () => {
		const { broken, error } = played((scene) => {
			scene.after(5, () => {
				throw new TypeError("a slip");
			});
			scene.pass(10);
		});
		expect(broken).toBeUndefined();
		expect(error).toBeInstanceOf(TypeError);
	});
});

describe("Boards", () => {
	test("owe the readings that their stores accepted, until the broker has them", () => {
		const events = well((scene) => {
			const board = scene.board("board", { settings: { intervalSeconds: 10 } });
			scene.pass(seconds(55));
			scene.expect(board.taken === 6 && board.arrived === 6 && board.missing.length === 0, "all are there");
			board.loseNetwork();
			scene.pass(seconds(30));
			scene.expect(board.missing.join() === "7,8,9", "they wait");
			board.cutPower(seconds(1));
			scene.expect(!board.running && board.pending === 0, "it is off");
			scene.pass(seconds(2));
			board.regainNetwork();
			scene.expectWithin(seconds(20), () => board.missing.length === 0, "they have arrived");
			scene.expect(board.boots === 2 && board.lost === 0 && board.dials > 3, "after a boot");
		});
		expect(events.filter(({ event }) => event === "cut")).toEqual([
			{ event: "cut", board: "board", torn: false },
		]);
	});

	test("owe nothing of what their code says on its way out of a torn flash command", () => {
		for (let nth = 1; nth <= 3; nth++)
			well((scene) => {
				const board = scene.board("board");
				scene.pass(seconds(5));
				board.cutPowerInFlash(nth);
				scene.expectWithin(seconds(20), () => board.boots === 2, "it has booted");
				scene.pass(seconds(20));
				scene.expect(board.missing.length === 0, "no reading is missing");
			});
	});

	test("without flash lose with the power what waits, and say which", () => {
		well((scene) => {
			const board = scene.board("board", { flash: false, limits: "tiny", settings: { intervalSeconds: 10 } });
			scene.pass(seconds(15));
			board.loseNetwork();
			scene.pass(seconds(20));
			board.cutPower();
			board.regainNetwork();
			scene.pass(minutes(5));
			scene.expect(board.missing.join() === "3,4", "two are gone for good");
		});
	});

	test("know what gave way, and sleep", () => {
		const events = well((scene) => {
			const board = scene.board("board", { flash: false, limits: { ...DEFAULT_LIMITS, outboxMessages: 16 } });
			const sleeper = scene.board("sleeper", { program: "sleeper", settings: { intervalSeconds: 60 } });
			scene.pass(seconds(5));
			board.loseNetwork();
			scene.pass(minutes(5));
			scene.expect(board.lost > 50, "old readings gave way");
			scene.expect(sleeper.sleptMs > minutes(4) && sleeper.missing.length === 0, "the other one slept");
		});
		expect(events.some(({ event }) => event === "asleep")).toBe(true);
		expect(events.some(({ event }) => event === "lost")).toBe(true);
	});

	test("come in numbers, later, and run programs that are not ours", () => {
		well((scene) => {
			let started = "";
			const many = scene.boards(3, "many", {
				off: true,
				program(board) {
					started += board.name;
					return { client: {} as never, stop() {} };
				},
			});
			scene.expect(many.map(({ name }) => name).join() === "many-1,many-2,many-3", "they have names");
			scene.expect(started === "", "nobody is on");
			many[1].powerOn();
			scene.expect(started === "many-2", "one is");
		});
		const nobody = played((scene) => void scene.board("a", { program: "snoozer" as "sensor" }));
		expect(String(nobody.error)).toContain('there is no program "snoozer"; there are sensor, sleeper, soak');
	});
});

describe("The broker's side", () => {
	test("hears what boards publish, on topics that match", () => {
		const heard: string[] = [];
		well((scene) => {
			scene.hear("ringbuoy/+/status", ({ board, topic, payload, qos, retain }) =>
				heard.push([board, topic, payload, qos, retain].join(" ")),
			);
			scene.board("kitchen");
			scene.pass(seconds(10));
		});
		expect(heard).toEqual(["kitchen ringbuoy/kitchen/status online 1 true"]);
	});

	test("lets in who has an account, throws out whose account is revoked, and asks what one may do", () => {
		well((scene) => {
			scene.permit("ann", "sesame");
			const user = { user: "ann", password: "sesame" };
			const ann = scene.board("ann", { settings: user });
			const eve = scene.board("eve", { settings: { ...user, password: "guess" } });
			const bob = scene.board("bob");
			scene.pass(seconds(5));
			scene.expect(ann.online && !eve.online && !bob.online, "only ann is in");
			scene.revoke("ann");
			scene.pass(seconds(5));
			scene.expect(!ann.online, "nobody is");
		});
		well((scene) => {
			scene.permits = ({ action, topic }) => action !== "publish" || !topic.endsWith("/reading");
			const board = scene.board("board");
			scene.pass(seconds(9));
			scene.expect(board.online && board.arrived === 0 && board.lost > 3, "no reading is taken");
		});
	});

	test("tells that it restarts", () => {
		const events = well((scene) => scene.broker.restart({ keepSessions: false }));
		expect(events).toEqual([{ event: "restart", keepSessions: false }]);
	});
});
