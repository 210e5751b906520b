// SPDX-License-Identifier: MIT
/** What a dialler of the device does at a place where a broker has sent it. */
import { describe, expect, test } from "vitest";
import { elsewhere, type Leading } from "../../../firmware/drivers/elsewhere.js";
import { LinkFault } from "../../../lib/ports.js";
import { certificateMessage, record } from "../../kit/ecma419/tls.js";
import { Bench, finished, good } from "./tls-bench.js";
import { der } from "./tls-rig.js";

class Log implements Leading {
	readonly places: string[] = [];
	leadTo(host: string, port: number): void {
		this.places.push(`${host}:${port}`);
	}
	dial(): never {
		throw new Error("not here");
	}
}

describe("elsewhere", () => {
	test("makes one dialler, when it is needed, for all places", () => {
		const made: Log[] = [];
		const to = elsewhere(() => made[made.push(new Log()) - 1], 8883);
		expect(made).toEqual([]);
		expect(to("a", 0)).toBe(to("b", 1883));
		expect(made[0].places).toEqual(["a:8883", "b:1883"]);
	});

	test("has no way to IPv6, and makes nothing for it", () => {
		const to = elsewhere(() => expect.fail() as Log, 8883);
		expect(to("fe80::1", 1883)).toBeUndefined();
	});
});

describe("TLS at another place", () => {
	const others = [good[0], record(22, certificateMessage([der("other"), der("ca")])), good[2], good[3]];

	test("asks for the name that is dialled, and the certificate must carry it", () => {
		const bench = new Bench({ ca: der("ca"), serverName: "elsewhere.example" });
		bench.dialler.leadTo("localhost", 8884);
		bench
			.dial()
			.arrive(...good)
			.arrive(...finished);
		expect(bench.link.calls).toEqual(["writable"]);
	});

	test("the name that was an option of the first does not count", () => {
		const bench = new Bench();
		bench.dialler.leadTo("elsewhere.example", 8884);
		bench.dial().arrive(...good);
		expect(bench.outcome[0]).toEqual([LinkFault.HostName]);
		expect(bench.dialler.lastError).toMatch(
			/^elsewhere\.example:8884 .*localhost, .*not for elsewhere\.example/,
		);
	});

	test("the same roots are trusted, and no others", () => {
		const bench = new Bench({ ca: der("self-signed") });
		bench.dialler.leadTo("elsewhere.example", 8884);
		bench.dial().arrive(...others);
		expect(bench.outcome[0]).toEqual([LinkFault.Certificate]);
	});

	test("the session of the first place is not taken for one of the other", () => {
		const bench = new Bench().up();
		bench.dialler.known = Uint8Array.of(1, 2, 3);
		bench.dialler.leadTo("elsewhere.example", 8884);
		expect(bench.dialler.known).toBeUndefined();
	});
});
