// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import type { Program } from "../../../firmware/ports.js";
import { type Cause, Machine, MortalClock, MortalDialler, Orphans } from "../../../simulator/board/index.js";
import { Scope, VirtualClock, VirtualNetwork, World } from "../../../simulator/world.js";

/** A machine whose program counts its seconds, and what it was told. */
function metronome() {
	const world = new World();
	const lives: { cause: Cause; scope: Scope; ticks: number }[] = [];
	const sleeps: number[] = [];
	const boot = (scope: Scope, cause: Cause): Program => {
		const life = { cause, scope, ticks: 0 };
		lives.push(life);
		const alarm = {
			onAlarm() {
				life.ticks++;
				timer.arm(1_000);
			},
		};
		const timer = new VirtualClock(world, { scope }).timer(alarm);
		timer.arm(1_000);
		return { stop() {} } as Program;
	};
	const machine = new Machine({ schedule: world, boot, onSleep: (ms) => sleeps.push(ms) });
	const pass = (seconds: number) => world.run(world.now + seconds * 1000);
	return { world, machine, lives, sleeps, pass };
}

describe("a machine", () => {
	it("does nothing without power, and runs its program with it", () => {
		const { machine, lives, pass } = metronome();
		pass(10);
		expect(machine).toMatchObject({ running: false, boots: 0, program: undefined });
		machine.powerOn();
		machine.powerOn();
		pass(3.5);
		expect(machine).toMatchObject({ running: true, boots: 1 });
		expect(lives).toMatchObject([{ cause: "power", ticks: 3 }]);
	});

	it("loses everything at once when its power is cut, and begins anew when that comes back", () => {
		const { world, machine, lives, pass } = metronome();
		machine.powerOn();
		pass(3.5);
		machine.cutPower(2_000);
		expect(machine.running).toBe(false);
		expect(lives[0].scope).toMatchObject({ alive: false, size: 0 });
		pass(4.5);
		expect(lives).toMatchObject([
			{ cause: "power", ticks: 3 },
			{ cause: "power", ticks: 2 },
		]);
		machine.cutPower();
		pass(100);
		expect(lives).toHaveLength(2);
		expect(world.pending).toBe(0);
		machine.powerOn();
		pass(1);
		expect(lives).toHaveLength(3);
	});

	it("sleeps and wakes, unless its power goes meanwhile", () => {
		const { machine, lives, sleeps, pass } = metronome();
		machine.powerOn();
		pass(1.5);
		machine.deepSleep(60_000);
		expect(machine.running).toBe(false);
		pass(59.9);
		expect(lives).toHaveLength(1);
		pass(0.2);
		expect(lives.map(({ cause }) => cause)).toEqual(["power", "wake"]);
		machine.deepSleep(60_000);
		machine.cutPower(1_000);
		pass(120);
		expect(lives.map(({ cause }) => cause)).toEqual(["power", "wake", "power"]);
		expect(sleeps).toEqual([60_000, 60_000]);
		machine.restart();
		pass(0);
		expect(lives.at(-1)).toMatchObject({ cause: "restart" });
	});

	it("wakes early when somebody switches it on", () => {
		const { machine, lives, pass } = metronome();
		machine.powerOn();
		machine.deepSleep(60_000);
		machine.powerOn();
		pass(120);
		expect(lives).toHaveLength(2);
		expect(lives[1].ticks).toBe(120);
	});
});

describe("ports of real time that lose their power", () => {
	const made = () => {
		const world = new World();
		const scope = new Scope();
		const clock = new VirtualClock(world, { synchronised: true });
		return { world, scope, clock, mortal: new MortalClock(clock, scope) };
	};

	it("have a clock that is the one inside, and timers that never fire again", () => {
		const { world, scope, clock, mortal } = made();
		world.run(5_500);
		expect(mortal).toMatchObject({ ticks: 5_500, seconds: 5, epochSeconds: clock.epochSeconds });
		const fired: string[] = [];
		const timer = (name: string) => mortal.timer({ onAlarm: () => fired.push(name) });
		const [early, late, never] = [timer("early"), timer("late"), timer("never")];
		early.arm(10);
		late.arm(100);
		never.arm(10);
		never.disarm();
		world.run(5_550);
		expect(scope.size).toBe(1);
		scope.dispose();
		early.arm(10); // a program on its way out
		world.run(10_000);
		expect(fired).toEqual(["early"]);
	});

	/** A link to a broker's end that writes down what it hears. */
	function linked() {
		const world = new World();
		const network = new VirtualNetwork(world, { conditions: { upMs: 1, downMs: 1 } });
		const heard: string[] = [];
		let socket!: { send(bytes: Uint8Array): void; end(): void; destroy(): void };
		network.listen({
			accept(accepted) {
				socket = accepted;
				return {
					onData: (chunk) => heard.push(`broker: ${chunk.length}`),
					onDrain() {},
					onClose: () => heard.push("broker: closed"),
				};
			},
		});
		const scope = new Scope();
		const orphans = new Orphans();
		const dialler = new MortalDialler(network.dialler(), scope, orphans);
		const transport = dialler.dial({
			onReadable: (count) => heard.push(`board: ${count}`),
			onWritable: () => heard.push("board: room"),
			onError: (fault) => heard.push(`board: fault ${fault}`),
		});
		world.run(100);
		return { world, heard, scope, orphans, transport, socket, network };
	}

	it("have links that are those inside while there is power", () => {
		const { world, heard, scope, transport, socket } = linked();
		const bytes = Uint8Array.of(1, 2, 3);
		expect(transport.room).toBeGreaterThan(1000);
		transport.write(bytes, 0, 3);
		socket.send(Uint8Array.of(4, 5));
		world.run(200);
		expect(transport.read(bytes, 0, 3)).toBe(2);
		expect([...bytes]).toEqual([4, 5, 3]);
		expect(scope.size).toBe(1);
		transport.close();
		expect(scope.size).toBe(0);
		world.run(300);
		expect(heard.filter((event) => event !== "board: room").sort()).toEqual([
			"board: 2",
			"broker: 3",
			"broker: closed",
		]);
	});

	it("have links that fall silent: the broker hears nothing, not even a goodbye", () => {
		const { world, heard, scope, transport, socket } = linked();
		scope.dispose();
		socket.send(Uint8Array.of(4, 5));
		expect(transport.room).toBe(0);
		transport.write(Uint8Array.of(1), 0, 1);
		expect(transport.read(new Uint8Array(4), 0, 4)).toBe(0);
		transport.close();
		world.run(60_000);
		expect(heard).toEqual(["board: room"]);
	});

	it("leave no connection behind, whoever closes it", () => {
		const { world, heard, scope, orphans, socket, network } = linked();
		scope.dispose();
		socket.end();
		world.run(1_000);
		expect(network.links.size).toBe(0);
		const other = linked();
		other.scope.dispose();
		other.orphans.close();
		other.world.run(1_000);
		expect(other.heard).toEqual(["board: room", "broker: closed"]);
		expect(other.network.links.size).toBe(0);
		orphans.close();
		expect(heard).toEqual(["board: room", "broker: closed"]);
	});
});
