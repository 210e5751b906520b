// SPDX-License-Identifier: MIT
import { DEFAULT_LIMITS, type Limits, limitsFrom } from "../limits.js";
import { Outbox } from "../memory/outbox.js";
import {
	type Block,
	type Clock,
	type Content,
	type Flash,
	type Random,
	type Store,
	StoreFault,
} from "../ports.js";
import { Refusal } from "../wire/refusal.js";
import { Beginning } from "./beginning.js";
import { Cleaner } from "./cleaner.js";
import { crc32 } from "./crc.js";
import { Expiry } from "./expiry.js";
import { EventKind, RecordType, SessionAt } from "./format.js";
import { ASSIGNED_MAX, Journal } from "./journal.js";
import { Log } from "./log.js";
import { Messages } from "./messages.js";
import { Recovery } from "./recovery.js";
import { Wear } from "./wear.js";

export interface FlashStoreOptions {
	/** The partition is encrypted: erased flash reads as noise. Default false. */
	readonly encrypted?: boolean;
	/** What becomes of messages that should be kept when the flash cannot be used: refused (default), or kept in RAM. */
	readonly whenFaulty?: "refuse" | "volatile";
}

/** Cells that a boot, and a step of {@link FlashStore.maintain}, pay for by cleaning. */
const BOOT_CELLS = 16;
const IDLE_CELLS = 16;
/** From this cell of a sector on the next one is erased when there is time. */
const IDLE_ERASE_CELL = 32;

/**
 * The store that survives pulling the plug: messages, exchange state and session in a partition of flash, as a log.
 *
 *     seal ─▶ Message record in flash ─▶ number           mark, openInbound, ... ─▶ Events ─commit─▶ one record for up to four
 *     open ─▶ Recovery: the log, once ─▶ Table, Inbound    maintain ─▶ Cleaner, one erase at most
 *
 * What need not survive (QoS 0, `Trait.Volatile`) is in an outbox in RAM, in the same order of numbers. When the flash fails,
 * that is told by {@link takeFault}, and the store goes on in RAM.
 */
export class FlashStore implements Store {
	readonly bytes: number;
	unclean = false;
	private journal: Journal;
	private cleaner: Cleaner;
	private messages!: Messages;
	private outbox!: Outbox;
	private expiry!: Expiry;
	private random!: Random;
	private limits: Limits;
	private opened = false;
	/** What should be kept is volatile when the flash has failed, instead of refused. */
	private volatileWhenFaulty: boolean;

	/** `limits` must be those of the client. Throws a RangeError on a partition that cannot hold a store. */
	constructor(flash: Flash, limits: Partial<Limits> = DEFAULT_LIMITS, options: FlashStoreOptions = {}) {
		this.limits = limitsFrom(limits);
		const { outboxMessages, keptMessages, receiveMaximum, recordBytes } = this.limits;
		const log = new Log(flash, recordBytes, options.encrypted ?? false);
		this.journal = new Journal(log);
		this.cleaner = new Cleaner(this.journal);
		this.volatileWhenFaulty = options.whenFaulty === "volatile";
		this.bytes =
			Outbox.bytes(outboxMessages, this.volatileBytes) + Journal.bytes(log, keptMessages, receiveMaximum);
	}

	attach(block: Block, start: number, clock: Clock, random: Random): void {
		const { outboxMessages, keptMessages, receiveMaximum } = this.limits;
		this.outbox = new Outbox(block, start, outboxMessages, this.volatileBytes);
		const at = start + Outbox.bytes(outboxMessages, this.volatileBytes);
		this.journal.attach(block, at, keptMessages, receiveMaximum);
		this.expiry = new Expiry(clock, block.view);
		this.messages = new Messages(this.journal, this.cleaner, this.outbox, this.expiry, this.limits);
		this.random = random;
	}

	/** Of the outbox's bytes those that are left when one record has its place to be made in; at least a quarter. */
	private get volatileBytes(): number {
		const { outboxBytes } = this.limits;
		const left = outboxBytes - this.journal.log.scratchBytes;
		return left > outboxBytes >> 2 ? left : outboxBytes >> 2;
	}

	// ── lives ────────────────────────────────────────────────────────────────────────────────────────────────────

	open(identity: number, expirySeconds: number): number {
		if (!this.opened) this.begin();
		const journal = this.journal;
		const { view } = journal.log;
		const at = journal.session;
		view.setUint32(at + SessionAt.ExpirySeconds, expirySeconds);
		if (view.getUint32(at + SessionAt.Identity) === identity >>> 0) return 0;
		view.setUint32(at + SessionAt.Identity, identity);
		view.setUint8(at + SessionAt.AssignedLength, 0);
		view.setUint32(at + SessionAt.Subscribed, 0);
		journal.established = false;
		return 1;
	}

	/** Reads what an earlier life left, and writes that this one has begun. */
	private begin(): void {
		const journal = this.journal;
		const recovery = new Recovery(journal);
		this.opened = true;
		journal.log.step();
		const fault = recovery.run(this.random);
		if (fault !== StoreFault.None) {
			journal.reset();
			journal.fail(fault);
		}
		this.expiry.begin(journal.table.next);
		this.unclean = !recovery.clean;
		if (journal.faulty) return;
		if (!new Beginning(journal).run(recovery)) journal.fail(StoreFault.WriteFailed);
		else this.settle(BOOT_CELLS);
		if (recovery.damaged) journal.lost();
	}

	get established(): boolean {
		return this.journal.established;
	}

	clear(established: boolean): void {
		const journal = this.journal;
		journal.log.step();
		journal.clearing = true;
		journal.inbound.clear();
		this.messages.unsend();
		journal.established = established;
		journal.sent = 0;
		journal.log.view.setUint32(journal.session + SessionAt.Subscribed, 0);
		const written = journal.faulty || (journal.write(true) && journal.writeSession(true));
		journal.clearing = false;
		if (!written) journal.fail(StoreFault.WriteFailed);
		this.settle(0);
	}

	flush(inOrder = true): void {
		const journal = this.journal;
		if (journal.faulty || !this.opened) return;
		journal.log.step();
		const written = journal.write(true) && (!inOrder || this.ended || journal.writeMark(RecordType.End));
		if (!written) journal.fail(StoreFault.WriteFailed);
		journal.check();
	}

	/**
	 * Erases the partition, whatever is in it, and makes an empty store of it: the only way in which a partition that holds
	 * something else is ever written to, and the way to begin on one that is encrypted. Before the first {@link open}; or when
	 * the flash has failed, then for the next life. Takes some 40 ms a block. Returns 0 or a refusal.
	 */
	format(): number {
		const journal = this.journal;
		const { log } = journal;
		if (this.opened && !journal.faulty) return Refusal.Busy;
		let done = true;
		for (let block = 0; done && block < log.blocks; block++) done = log.erase(block);
		if (done && log.format(1 + this.random.below(0x7fff_ffff), log.blocks)) return 0;
		journal.fail(StoreFault.WriteFailed);
		return Refusal.StoreFault;
	}

	// ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────

	get count(): number {
		return this.journal.table.count;
	}

	get used(): number {
		return this.outbox.used + this.journal.log.charged * 32;
	}

	get low(): number {
		return this.journal.table.low;
	}

	reserve(bytes: number, volatile: boolean): number {
		if (!this.opened) this.begin();
		const { faulty, log } = this.journal;
		log.step();
		if (faulty && !volatile && !this.volatileWhenFaulty) return Refusal.StoreFault;
		return this.messages.reserve(bytes, volatile || faulty);
	}

	seal(end: number): number {
		this.journal.log.step();
		const number = this.messages.seal(end);
		this.settle(0);
		return number;
	}

	discard(): void {
		this.messages.discard();
	}

	next(after: number): number {
		return this.journal.table.after(after);
	}

	state(number: number): number {
		return this.journal.table.state(number);
	}

	traits(number: number): number {
		const { table } = this.journal;
		return table.state(number) === 0 ? 0 : table.traits(number);
	}

	waiting(trait: number): number {
		return this.journal.table.waiting(0, trait);
	}

	latest(topicStart: number, topicEnd: number): number {
		return this.messages.latest(topicStart, topicEnd);
	}

	load(number: number): number {
		return this.messages.load(number);
	}

	get loadedEnd(): number {
		return this.messages.loadedEnd;
	}

	mark(number: number, state: number): void {
		this.messages.mark(number, state);
	}

	// ── inbound ──────────────────────────────────────────────────────────────────────────────────────────────────

	get inboundCount(): number {
		return this.journal.inbound.count;
	}

	inbound(id: number): boolean {
		return this.journal.inbound.find(id) >= 0;
	}

	stale(id: number, content: Content): boolean {
		const { inbound } = this.journal;
		const row = inbound.find(id);
		return row >= 0 && inbound.isRestored(row) && inbound.hash(row) !== this.hashOf(content);
	}

	openInbound(id: number, content: Content | number): number {
		const journal = this.journal;
		const hash = typeof content === "number" ? content : this.hashOf(content);
		if (!journal.inbound.open(id, hash, false)) return Refusal.Full;
		journal.note(EventKind.Opened, id, hash);
		return 0;
	}

	closeInbound(id: number): void {
		const journal = this.journal;
		if (journal.inbound.find(id) < 0) return;
		journal.inbound.close(id);
		journal.note(EventKind.Closed, id, 0);
	}

	get anyInbound(): number {
		const { inbound } = this.journal;
		return inbound.count === 0 ? 0 : inbound.id(inbound.row(0));
	}

	remember(value: number): void {
		this.journal.remember(value);
	}

	get remembered(): number {
		return this.journal.remembered;
	}

	// ── session ──────────────────────────────────────────────────────────────────────────────────────────────────

	assign(start: number, end: number): void {
		const journal = this.journal;
		const { view, bytes } = journal.log;
		const length = end - start;
		if (length > ASSIGNED_MAX) return;
		view.setUint8(journal.session + SessionAt.AssignedLength, length);
		bytes.copyWithin(journal.session + SessionAt.Assigned, start, end);
		if (journal.faulty) return;
		journal.log.step();
		if (!journal.writeSession(false)) journal.fail(StoreFault.WriteFailed);
		this.settle(0);
	}

	assigned(at: number): number {
		const { session, log } = this.journal;
		const length = log.view.getUint8(session + SessionAt.AssignedLength);
		log.bytes.copyWithin(at, session + SessionAt.Assigned, session + SessionAt.Assigned + length);
		return length;
	}

	get subscribed(): number {
		const journal = this.journal;
		return journal.log.view.getUint32(journal.session + SessionAt.Subscribed);
	}

	set subscribed(hash: number) {
		const journal = this.journal;
		if (hash === this.subscribed) return;
		journal.log.view.setUint32(journal.session + SessionAt.Subscribed, hash);
		journal.note(EventKind.Subscribed, 0, hash | 0);
	}

	// ── durability ───────────────────────────────────────────────────────────────────────────────────────────────

	commit(): number {
		const journal = this.journal;
		// A turn asks several times, and mostly there is nothing to do.
		if (journal.faulty || (!journal.mustWrite && !this.cleaner.due && journal.log.fault === StoreFault.None))
			return 0;
		journal.log.step();
		if (!journal.write(false)) journal.fail(StoreFault.WriteFailed);
		this.settle(0);
		return journal.faulty ? Refusal.StoreFault : 0;
	}

	get untidy(): boolean {
		if (this.journal.faulty || !this.opened || this.ended) return false;
		return this.wantsSector || this.cleaner.due || this.cleaner.held;
	}

	maintain(): void {
		if (!this.untidy) return;
		const journal = this.journal;
		journal.log.step();
		if (this.wantsSector) journal.log.prepare();
		else if (!this.cleaner.due) journal.writeSession(false);
		this.settle(IDLE_CELLS);
	}

	takeFault(): StoreFault {
		return this.journal.takeFault();
	}

	/** Bytes written, erases, projected life. Makes an object. */
	get wear(): Wear {
		return new Wear(this.journal.log, this.expiry.age);
	}

	/** The next sector is worth erasing before it is needed, and may be. */
	private get wantsSector(): boolean {
		const { log } = this.journal;
		return log.cell >= IDLE_ERASE_CELL && log.preparable;
	}

	/** The log says that this life has ended; nothing must come behind that but for a reason. */
	private get ended(): boolean {
		return this.journal.log.last === RecordType.End;
	}

	/** Pays for what this step wrote, and for `cells` more, by cleaning; and looks whether the flash has failed. */
	private settle(cells: number): void {
		if (!this.journal.faulty && !this.ended) this.cleaner.pay(cells);
		this.journal.check();
	}

	hashOf(content: Content): number {
		const { view } = this.journal.log;
		const before = content.hash ?? crc32(view, content.topicStart, content.topicEnd, 0);
		return crc32(view, content.payloadStart, content.payloadEnd, before);
	}
}
