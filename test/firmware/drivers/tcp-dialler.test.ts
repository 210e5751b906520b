// SPDX-License-Identifier: MIT
/** What the contract cannot show: the deadline, what the SDK's class throws and returns, late callbacks, exceptions. */
import { beforeEach, describe, expect, test } from "vitest";
import { DeviceClock } from "../../../firmware/drivers/clock.js";
import { DeviceMemory } from "../../../firmware/drivers/memory.js";
import type { Answer } from "../../../firmware/drivers/resolver.js";
import type { Socket, SocketOptions } from "../../../firmware/drivers/socket.js";
import { TcpDialler, type TcpOptions } from "../../../firmware/drivers/tcp-dialler.js";
import { LinkFault } from "../../../lib/ports.js";
import { Recorder } from "../../contract/ends.js";
import { VirtualTime } from "../../kit/ecma419/timer.js";

/** A native socket whose callbacks a test makes. */
class Native implements Socket {
	static made: Native[] = [];
	static throwing = "";
	readonly options: SocketOptions;
	readonly written: number[] = [];
	closed = 0;
	/** What `write` does: a room, undefined, or a message that it throws. */
	answer: number | undefined | string = 1000;

	constructor(options: SocketOptions) {
		if (Native.throwing !== "") throw new Error(Native.throwing);
		this.options = { ...options };
		Native.made.push(this);
	}

	read(view: Uint8Array): number {
		return view.fill(9).length;
	}

	write(view: Uint8Array): number | undefined {
		if (typeof this.answer === "string") throw new Error(this.answer);
		this.written.push(view.length);
		return this.answer;
	}

	close(): void {
		this.closed++;
	}

	readable = (count: number): void => this.options.onReadable?.call(this, count);
	writable = (room: number): void => this.options.onWritable?.call(this, room);
	error = (): void => this.options.onError?.call(this);
}

let time: VirtualTime;
let link: Recorder;

beforeEach(() => {
	Native.made = [];
	Native.throwing = "";
	time = new VirtualTime(2 ** 31 - 1000); // ticks wrap in the middle
	link = new Recorder();
});

function make(options: Partial<TcpOptions> = {}): TcpDialler {
	const clock = new DeviceClock({ Timer: time, Time: time });
	return new TcpDialler({ io: Native, memory: new DeviceMemory(16), clock, host: "10.0.0.1", ...options });
}

function up(dialler: TcpDialler): Native {
	link.dial(dialler);
	const native = Native.made[Native.made.length - 1];
	native.writable(1000);
	return native;
}

describe("The TCP dialler of the device", () => {
	test("hands the SDK's class an address, a port, and no Nagle", () => {
		link.dial(make({ port: 1884 }));
		expect(Native.made[0].options).toMatchObject({ address: "10.0.0.1", port: 1884, nodelay: true });
	});

	test("gives up by itself: lwIP would send SYNs for minutes, and tells nobody of an error before them", () => {
		const dialler = make({ connectMs: 5000 });
		link.dial(dialler);
		time.advance(4999);
		expect(link.calls).toEqual([]);
		time.advance(2);
		expect(link.faults).toEqual([LinkFault.TimedOut]);
		expect(Native.made[0].closed).toBe(1);
		expect(dialler.lastError).toMatch(/10\.0\.0\.1:1883 does not answer/);
		Native.made[0].writable(100);
		time.advance(60_000);
		expect(link.calls).toEqual(["error"]);
	});

	test("the deadline is over when the link is up", () => {
		up(make());
		time.advance(3_600_000);
		expect(link.calls).toEqual(["writable"]);
	});

	test.each([
		["no network", LinkFault.NoNetwork, /join/],
		["invalid address", LinkFault.Dns, /resolver/],
		["no socket", LinkFault.Unknown, /no socket/],
		["no memory", LinkFault.Unknown, /no memory/],
	] as const)(
		"a constructor that throws %j is told with its cause, and not from inside",
		(message, fault, words) => {
			Native.throwing = message;
			const dialler = make();
			link.dial(dialler);
			expect(link.calls).toEqual([]);
			time.advance(1);
			expect(link.calls).toEqual(["error"]);
			expect(link.faults).toEqual([fault]);
			expect(dialler.lastError).toMatch(words);
			Native.throwing = "";
			link.dial(dialler);
			Native.made[0].writable(5);
			expect(link.calls).toEqual(["error", "writable"]);
		},
	);

	test("without a network it does not even try", () => {
		link.dial(make({ network: { up: false } }));
		time.advance(1);
		expect(link.faults).toEqual([LinkFault.NoNetwork]);
		expect(Native.made).toEqual([]);
	});

	test.each([undefined, "not ready", "would block"])(
		"a write that answers %j ends the link, a moment later",
		(answer) => {
			const native = up(make());
			native.answer = answer;
			expect(link.write(new Uint8Array(5))).toBe(0);
			expect(link.transport?.room).toBe(0);
			expect(link.calls).toEqual(["writable"]);
			time.advance(1);
			native.error();
			expect(link.calls).toEqual(["writable", "error"]);
			expect(native.closed).toBe(1);
		},
	);

	test("a long write goes out in pieces of the window", () => {
		const native = up(make());
		expect(link.write(new Uint8Array(40))).toBe(1000);
		expect(native.written).toEqual([16, 16, 8]);
	});

	test("calls after the close, which the Linux socket makes, are swallowed; also when the next link is there", () => {
		const dialler = make();
		const old = up(dialler);
		link.close();
		const next = new Recorder().dial(dialler);
		for (const late of [() => old.readable(5), () => old.writable(5), () => old.error()]) late();
		expect(next.calls).toEqual([]);
		Native.made[1].writable(7);
		expect(next.calls).toEqual(["writable"]);
		expect(link.calls).toEqual(["writable"]);
	});

	test("what arrives together with the connection is told after it", () => {
		link.dial(make());
		Native.made[0].readable(3);
		expect(link.calls).toEqual([]);
		Native.made[0].writable(1000);
		expect(link.calls).toEqual(["writable", "readable"]);
	});

	test("a peer that speaks first and closes is told as closed", () => {
		link.dial(make({ connectMs: 1000 }));
		Native.made[0].readable(3); // no onWritable: the SDK leaves it out after an error
		time.advance(1001);
		expect(link.faults).toEqual([LinkFault.Closed]);
	});

	test("an exception of the application goes to whoever takes it, and the link lives", () => {
		const caught: unknown[] = [];
		const failure = new Error("of the application");
		const native = up(make({ onException: (error) => void caught.push(error) }));
		link.onEach = () => {
			throw failure;
		};
		native.readable(1);
		native.writable(900);
		native.error();
		expect(caught).toEqual([failure, failure, failure]);
		link.dial(make());
		expect(() => Native.made[1].writable(1)).toThrow(failure);
	});
});

describe("Names", () => {
	class Names {
		lastError = "The name was not found.";
		answer: Answer | undefined;
		asked = "";
		cancelled = 0;
		resolve(host: string, answer: Answer): void {
			this.asked = host;
			this.answer = answer;
		}
		cancel(): void {
			this.cancelled++;
			this.answer = undefined;
		}
	}

	test("are resolved first, and the deadline is for both", () => {
		const resolver = new Names();
		link.dial(make({ host: "broker", resolver, connectMs: 1000 }));
		expect(resolver.asked).toBe("broker");
		time.advance(900);
		resolver.answer?.onResolved("10.0.0.9");
		expect(Native.made[0].options.address).toBe("10.0.0.9");
		time.advance(101);
		expect(link.faults).toEqual([LinkFault.TimedOut]);
	});

	test("that nobody knows are told, in the resolver's words", () => {
		const resolver = new Names();
		const dialler = make({ host: "broker", resolver });
		link.dial(dialler);
		resolver.answer?.onUnresolved();
		expect(link.faults).toEqual([LinkFault.Dns]);
		expect(dialler.lastError).toBe(resolver.lastError);
	});

	test("a close in between takes the question back", () => {
		const resolver = new Names();
		link.dial(make({ host: "broker", resolver }));
		const { answer } = resolver;
		link.close();
		expect(resolver.cancelled).toBe(1);
		answer?.onResolved("10.0.0.9"); // too late
		time.advance(60_000);
		expect(Native.made).toEqual([]);
		expect(link.calls).toEqual([]);
	});
});
