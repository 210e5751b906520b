// SPDX-License-Identifier: MIT
/** Over a TLS socket that behaves as the SDK's does (`examples/io/tcp/tlssocket/tlssocket.js`): its exceptions go no further than us. */
import { describe, expect, test } from "vitest";
import type { MqttClient } from "../../../../firmware/drivers/mqtt-client/client.js";
import type {
	Bytes,
	More,
	Socket,
	SocketClass,
	SocketOptions,
} from "../../../../firmware/drivers/mqtt-client/types.js";
import { publishBytes, Stand } from "./stand.js";

interface Tcp extends Socket {
	readable: number;
	writable: number;
}

/** Where it throws, and what its timer did. */
interface Ways {
	throwsIn?: "onReadable" | "onWritable";
	timers: number;
}

/** Records of at most 7 bytes, one at a time, in the clear. */
function tlsClass(ways: Ways): SocketClass {
	return class implements Socket {
		readonly #tcp: Tcp;
		readonly #options: SocketOptions;
		#data: Uint8Array | undefined;
		#gathered: number[] = [];

		constructor(options: SocketOptions) {
			this.#options = options;
			const { TCP } = options as unknown as { TCP: { io: SocketClass } };
			const tcp = new TCP.io({
				...options,
				onReadable: (count) => {
					tcp.readable = count;
					if (this.#data === undefined) this.#next();
				},
				onWritable: (room) => {
					if (ways.throwsIn === "onWritable") throw new Error("bad certificate");
					tcp.writable = room;
					if (room > 96) options.onWritable(room - 96);
				},
				onError: () => options.onError(),
			}) as Tcp;
			this.#tcp = tcp;
			tcp.readable = tcp.writable = 0;
		}

		#next(): void {
			if (ways.throwsIn === "onReadable") throw new Error("bad record");
			const count = Math.min(this.#tcp.readable, 7);
			if (count === 0) return;
			this.#data = new Uint8Array(count);
			this.#tcp.read(this.#data);
			this.#tcp.readable -= count;
			this.#options.onReadable(count);
		}

		read(what: number | Bytes): ArrayBuffer | number | undefined {
			const data = this.#data;
			if (data === undefined) return undefined;
			let result: ArrayBuffer | number;
			let count: number;
			if (typeof what === "number") {
				if (what > data.length) throw new Error("invalid");
				count = what;
				result = data.slice(0, count).buffer;
			} else {
				if (!ArrayBuffer.isView(what)) throw new RangeError("it takes no ArrayBuffer");
				result = count = Math.min(what.byteLength, data.length);
				new Uint8Array(what.buffer, what.byteOffset, count).set(data.subarray(0, count));
			}
			this.#data = count === data.length ? undefined : data.subarray(count);
			if (this.#data === undefined && this.#tcp.readable > 0) ways.timers++;
			return result;
		}

		write(bytes: Bytes, options?: More): number | undefined {
			const view = ArrayBuffer.isView(bytes)
				? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
				: new Uint8Array(bytes);
			this.#gathered.push(...view);
			if (options?.more) return 0;
			const record = Uint8Array.from(this.#gathered.splice(0));
			const room = this.#tcp.write(record);
			return room === undefined ? undefined : room - 32;
		}

		close(): void {
			this.#tcp.close();
		}
	};
}

function overTls(stand: Stand, ways: Ways, options: object = {}): MqttClient {
	const io = stand.host.io as unknown as SocketClass;
	return stand.client({ socket: { io: tlsClass(ways), TCP: { io } }, ...options });
}

describe("Over TLS", () => {
	test("records of any size are put together, and its timer, which nobody guards, is never set", () => {
		const stand = new Stand();
		const ways: Ways = { timers: 0 };
		overTls(stand, ways);
		stand.pass(10, 10);
		expect(stand.heard()).toEqual(["connect"]);
		stand.send(
			0x20,
			2,
			0,
			0,
			...publishBytes("a/topic/of/some/length", "a payload", 1, 3),
			...publishBytes("b", "x", 1, 4),
		);
		// Its records cut the payload of the first: what there is, is told.
		const [welcome, ...messages] = stand.noted();
		expect(welcome).toBe("control 2 0");
		const told = messages.map((note) => /"(.*)"/.exec(note)![1]).join("");
		expect(told).toBe("a payloadx");
		expect(messages[0]).toMatch(/^a\/topic\/of\/some\/length 9 q1 ".*" more$/);
		expect(stand.heard()).toEqual(["puback #3", "puback #4"]);
		expect(ways.timers).toBe(0);
	});

	test.each(["onReadable", "onWritable"] as const)(
		"an exception in %s is an error with its words, and no more",
		(throwsIn) => {
			const stand = new Stand();
			overTls(stand, { throwsIn, timers: 0 });
			stand.pass(10, 10);
			if (throwsIn === "onReadable") stand.send(0x20, 2, 0, 0);
			stand.pass(100);
			const words = throwsIn === "onReadable" ? "bad record" : "bad certificate";
			expect(stand.noted()).toEqual([`error TLS: Error: ${words}`]);
			expect(stand.socket.closed).toBe(true);
			expect(stand.time.timers).toBe(0);
		},
	);

	test("an exception of the application is not taken for one of TLS", () => {
		const stand = new Stand();
		const onControl = (): void => {
			throw new Error("mine");
		};
		overTls(stand, { timers: 0 }, { onControl });
		stand.pass(10, 10);
		expect(() => stand.send(0x20, 2, 0, 0)).toThrow("mine");
		stand.pass(100);
		expect(stand.noted().filter((note) => note.startsWith("error"))).toEqual([]);
	});

	test("close() in onReadable, and reading later than that", () => {
		const stand = new Stand();
		const client = overTls(
			stand,
			{ timers: 0 },
			{ onReadable: (count: number) => void stand.notes.push(`readable ${count}`) },
		);
		stand.pass(10, 10);
		stand.send(0x20, 2, 0, 0, ...publishBytes("a", "12", 1, 3), ...publishBytes("b", "34", 1, 4));
		for (let i = 0; i < 6; i++) {
			client.read();
			stand.pass(10, 10);
		}
		expect(stand.heard()).toEqual(["connect", "puback #3", "puback #4"]);
		client.close();
		stand.pass(100);
		expect(stand.heard()).toEqual(["disconnect"]);
		expect(stand.socket.closed).toBe(true);
	});
});
