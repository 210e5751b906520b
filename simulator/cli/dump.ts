// SPDX-License-Identifier: MIT
/** A flash image, record by record, read by the store's own recovery on a copy; nothing is written to the file. */

import { Arena } from "../../lib/memory/arena.js";
import { StoreFault } from "../../lib/ports.js";
import { Geometry, SessionFlag, Version } from "../../lib/store/format.js";
import { Journal } from "../../lib/store/journal.js";
import { Log } from "../../lib/store/log.js";
import { MessageState } from "../../lib/wire/record.js";
import { NodeFlash, SeededRandom } from "../node/index.js";
import { type Entry, Examination, sessionWords } from "./examination.js";

/** The most that a store can be made for. */
const RECORD_BYTES = Geometry.RecordCells * Geometry.CellBytes;
const MESSAGES = 4096;
const INBOUND = 1024;

export interface Sector {
	readonly block: number;
	/** Undefined: it has no header that is right. */
	readonly sequence: number | undefined;
	readonly role: "log" | "head" | "ready" | "dead" | "blank" | "no header";
	/** Cells that are not blank, and that are needed. */
	readonly used: number;
	readonly needed: number;
}

export interface Dump {
	readonly bytes: number;
	readonly fault: StoreFault;
	/** Something is missing that no power cut can have taken. */
	readonly damaged: boolean;
	readonly clean: boolean;
	readonly storeId: number;
	readonly sectors: readonly Sector[];
	readonly entries: readonly Entry[];
	readonly session: string;
	readonly established: boolean;
	readonly remembered: number;
	/** Messages that are not done, each in words. */
	readonly messages: readonly string[];
	readonly inbound: readonly number[];
	readonly nextNumber: number;
	/** Erases since the store was made, as its sequence tells. */
	readonly erases: number;
}

/** Reads an image. Throws a RangeError when it cannot be a partition of a store. */
export function dumpOf(image: Uint8Array): Dump {
	const flash = new NodeFlash({ size: image.length });
	flash.write(image, 0);
	const log = new Log(flash, RECORD_BYTES, false);
	const journal = new Journal(log);
	const size = Journal.bytes(log, MESSAGES, INBOUND);
	const arena = new Arena({ allocate: (bytes) => new Uint8Array(bytes) }, size);
	journal.attach(arena, arena.region(size), MESSAGES, INBOUND);
	const examination = new Examination(journal);
	const fault = examination.run(new SeededRandom(1));
	if (fault === StoreFault.None)
		for (const entry of examination.entries) judge(entry, journal, examination.session);
	const sectors = sectorsOf(image, examination, log, fault);
	return {
		bytes: image.length,
		fault,
		damaged: examination.damaged,
		clean: examination.clean,
		storeId: log.storeId,
		sectors,
		entries: examination.entries.toSorted((a, b) => a.block - b.block || a.cell - b.cell),
		...stateOf(journal),
		erases: Math.max(0, log.head + (log.entry > 0 ? 1 : 0) - log.blocks),
	};
}

/** What each block is; of dead sectors the records are told, too. */
function sectorsOf(image: Uint8Array, examination: Examination, log: Log, fault: StoreFault): Sector[] {
	const sectors: Sector[] = [];
	for (let block = 0; block < log.blocks; block++) {
		const bytes = image.subarray(block * Geometry.BlockBytes, (block + 1) * Geometry.BlockBytes);
		const used = Array.from({ length: Geometry.Cells }, (_, cell) =>
			bytes
				.subarray(cell * Geometry.CellBytes, (cell + 1) * Geometry.CellBytes)
				.some((byte) => byte !== 0xff),
		).filter(Boolean).length;
		const found = used === 0 ? 0 : examination.headerOf(block);
		const sequence = found > 0 ? found : undefined;
		let role: Sector["role"] = used === 0 ? "blank" : "no header";
		if (sequence !== undefined && fault !== StoreFault.None) role = "log";
		else if (sequence !== undefined) role = roleOf(sequence, log);
		const live = role === "log" || role === "head";
		if (role === "dead") examination.look(sequence!);
		else if (live && fault === StoreFault.None) examination.lookAgain(sequence!);
		sectors.push({
			block,
			sequence,
			role,
			used,
			needed: live && fault === StoreFault.None ? log.needed(block) : 0,
		});
	}
	return sectors;
}

function roleOf(sequence: number, log: Log): Sector["role"] {
	if (sequence < log.tail) return "dead";
	if (sequence === log.head) return "head";
	return sequence > log.head ? "ready" : "log";
}

/** What recovery makes of a record, and why. */
function judge(entry: Entry, journal: Journal, session: number): void {
	const { table, inbound } = journal;
	const position = entry.block * Geometry.Cells + entry.cell;
	if (entry.fate !== "done") return;
	if (entry.type === "boot" || entry.type === "end" || entry.type === "proof") entry.fate = "mark";
	else if (entry.type === "session") {
		entry.fate = position === session ? "live" : "superseded";
		entry.why = position === session ? "the newest one" : "a later one says it all";
	} else if (entry.number !== undefined) {
		const state = table.state(entry.number);
		const here = state !== MessageState.Done && table.position(entry.number) === position;
		entry.fate = here ? "live" : state === MessageState.Done ? "done" : "superseded";
		entry.why = here
			? STATES[state]
			: state === MessageState.Done
				? "it has ended"
				: "known by a later record";
	} else {
		const needs = needing(journal, position);
		entry.fate = needs.length > 0 ? "live" : "done";
		entry.why = needs.length > 0 ? `the only word of ${needs.join(", ")}` : "nothing depends on it any more";
	}

	function needing({ table: messages }: Journal, at: number): string[] {
		const found: string[] = [];
		for (let n = messages.after(0); n !== 0; n = messages.after(n))
			if (messages.cells(n) > 0 && messages.position(n) === at) found.push(`message ${n}`);
		for (let index = 0; index < inbound.count; index++)
			if (inbound.position(inbound.row(index)) === at)
				found.push(`identifier ${inbound.id(inbound.row(index))}`);
		return found;
	}
}

function stateOf(
	journal: Journal,
): Pick<Dump, "session" | "established" | "remembered" | "messages" | "inbound" | "nextNumber"> {
	const { table, inbound, log, session } = journal;
	const messages: string[] = [];
	for (let n = table.after(0); n !== 0; n = table.after(n)) messages.push(`${n} ${STATES[table.state(n)]}`);
	const flags =
		(journal.established ? SessionFlag.Established : 0) |
		(Number.isNaN(journal.remembered) ? 0 : SessionFlag.Remembers);
	return {
		session: sessionWords(log.bytes, log.view, session, flags),
		established: journal.established,
		remembered: journal.remembered,
		messages,
		inbound: Array.from({ length: inbound.count }, (_, index) => inbound.id(inbound.row(index))),
		nextNumber: table.next,
	};
}

const STATES: readonly string[] = [
	"has ended",
	"waits",
	"waits",
	"may have been sent, PUBACK awaited",
	"may have been sent, PUBREC awaited",
	"PUBREC came, PUBCOMP awaited",
];

/** The version of the format that this reads. */
export const FORMAT_VERSION: number = Version.Major;
