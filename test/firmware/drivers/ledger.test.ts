// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { Ledger } from "../../../firmware/drivers/ledger.js";
import { Ending } from "../../../firmware/ports.js";
import { BlobStorage } from "../../kit/ecma419/blob-storage.js";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function begun(io: BlobStorage, abrupt = true): Ledger {
	const ledger = new Ledger(io);
	ledger.begin(abrupt);
	return ledger;
}

describe("Ledger", () => {
	it("knows nothing at first, and counts the starts", () => {
		const io = new BlobStorage();
		expect(begun(io, false)).toMatchObject({ starts: 1, ending: Ending.Unknown, reason: 0, fault: "" });
		expect(begun(io, false)).toMatchObject({ starts: 2, crashes: 0 });
		expect(begun(io, false).starts).toBe(3);
		expect(io.writes).toBe(3);
	});

	it("tells the next life why this one ended, once", () => {
		const io = new BlobStorage();
		begun(io).close(Ending.NoBroker, -18, 900, "");
		const next = begun(io);
		expect(next).toMatchObject({ ending: Ending.NoBroker, reason: -18, seconds: 900, restarts: 1 });
		expect(text(next.words)).toBe("");
		expect(begun(io)).toMatchObject({ ending: Ending.Unknown, reason: 0, seconds: 0, restarts: 1 });
	});

	it("keeps the words of an exception: 48 printable characters that can stand in JSON", () => {
		const io = new BlobStorage();
		begun(io).close(Ending.Exception, 0, 1, 'no "such"\\thing\nµ');
		expect(text(begun(io).words)).toBe("no 'such''thing  ");
		begun(io).close(Ending.Exception, 0, 1, "x".repeat(100));
		expect(text(begun(io).words)).toBe("x".repeat(48));
		expect(text(begun(io).words)).toBe("");
	});

	it("waits longer from the third crash in a row on, up to five minutes", () => {
		const io = new BlobStorage();
		const pauses: number[] = [];
		for (let i = 0; i < 12; i++) {
			const ledger = begun(io);
			pauses.push(ledger.pauseMs / 1000);
			ledger.close(Ending.Exception, 0, 1, "again");
		}
		expect(pauses).toEqual([0, 0, 5, 10, 20, 40, 80, 160, 320, 320, 320, 320]);
	});

	it("counts as a crash what ended without a word, but not what people and brokers do", () => {
		const io = new BlobStorage();
		for (let i = 1; i <= 4; i++) expect(begun(io).crashes).toBe(i);
		expect(begun(io, false).crashes).toBe(0);
		begun(io).close(Ending.NoBroker, 0, 900, "");
		expect(begun(io).crashes).toBe(0);
		begun(io).close(Ending.Asleep, 0, 900, "");
		expect(begun(io).crashes).toBe(0);
	});

	it("forgets crashes when a life lasts, and restarts when there is a broker; writes only what changes", () => {
		const io = new BlobStorage();
		begun(io).close(Ending.NoBroker, 0, 900, "");
		begun(io);
		const ledger = begun(io);
		expect(ledger).toMatchObject({ crashes: 1, restarts: 1 });
		let { writes } = io;
		ledger.settle(false);
		expect(ledger).toMatchObject({ crashes: 0, restarts: 1 });
		expect(io.writes).toBe(++writes);
		ledger.settle(false);
		expect(io.writes).toBe(writes);
		ledger.settle(true);
		expect(ledger.restarts).toBe(0);
		expect(io.writes).toBe(++writes);
		ledger.settle(true);
		expect(io.writes).toBe(writes);
		expect(begun(io)).toMatchObject({ crashes: 1, restarts: 0 });
	});

	it.each(["open", "write"] as const)("goes on without storage (%s refused), and says so", (refuses) => {
		const io = new BlobStorage();
		io.refuses = refuses;
		const ledger = begun(io);
		ledger.settle(true);
		ledger.close(Ending.NoBroker, -18, 900, "");
		expect(ledger.starts).toBeNaN();
		expect(ledger.fault).toMatch(/^ESP_ERR_NVS_/);
		expect(ledger.pauseMs).toBe(0);
	});

	it("begins anew over what another version, or something else, has left", () => {
		const io = new BlobStorage();
		begun(io).close(Ending.NoBroker, -18, 900, "");
		const [key, blob] = [...io.blobs][0];
		blob[0] = 2;
		expect(begun(io)).toMatchObject({ starts: 1, ending: Ending.Unknown, restarts: 0 });
		io.blobs.set(key, new Uint8Array(8).fill(255));
		expect(begun(io)).toMatchObject({ starts: 1, reason: 0 });
		io.blobs.set(key, new Uint8Array(200));
		expect(new Ledger(io).fault).toBe("buffer too small");
	});
});
