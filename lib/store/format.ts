// SPDX-License-Identifier: MIT
/**
 * What stands where in a partition, as numbers; `FORMAT.md` says it in words. All integers are big-endian.
 *
 *     partition = blocks of 4096 bytes = 128 cells of 32 bytes      sector with sequence s = block s mod blocks
 *     cell 0 = header of the sector, cells 1 to 127 = the log
 */

export const enum Geometry {
	CellBytes = 32,
	/** Cells of a sector. */
	Cells = 128,
	/** Cells of a page, the unit that flash is programmed in. */
	PageCells = 8,
	BlockBytes = 4096,
	BlocksMin = 6,
	BlocksMax = 255,
	/** The longest record. */
	RecordCells = 32,
}

/** The header of a sector, one cell; again at the start of a later page when the first one is in doubt. */
export const enum Header {
	Magic = 0,
	Major = 4,
	/** Features that a reader must know, one bit each. */
	Incompatible = 5,
	/** Features that a reader may ignore. */
	Compatible = 6,
	Blocks = 7,
	Sequence = 8,
	StoreId = 12,
	/** Sectors below this sequence are dead, whatever is in them. */
	Tail = 16,
	/** 0. */
	Reserved = 20,
	/** No message had this number or a higher one when the header was written. */
	Next = 24,
	/** CRC-32 of all before it, seeded with the cell. */
	Crc = 28,
}

export const enum Version {
	/** "RBLG". */
	Magic = 0x52424c47,
	Major = 1,
	/** Bits of {@link Header.Incompatible} that this reader knows. */
	Known = 0,
}

/** A record: sixteen bytes of head, the body, zeros up to a whole cell. */
export const enum Rec {
	Type = 0,
	Cells = 1,
	/** Bytes of the body. */
	Length = 2,
	/** Message number, or by type. */
	Number = 4,
	/** By type. */
	Arg = 8,
	/** Two bytes that hold for this head at this cell only. */
	Check = 10,
	/** CRC-32 of the twelve bytes before it and the body, seeded with store and sector. */
	Crc = 12,
	Body = 16,
}

/** Bit 7: a reader that does not know it must refuse the store. Bit 6: it may skip it. Never 0x00, 0xFF or 0x52. */
export const enum RecordType {
	Critical = 0x80,
	/** Snapshot of the session; `Rec.Arg` is {@link SessionFlag}, the body is {@link SessionAt}. */
	Session = 0x81,
	/** A message: `Rec.Number`, the record of wire/record.ts as body; `Rec.Arg` is its {@link shortened} time to live. */
	Message = 0x82,
	/** Up to four events of four bytes, see {@link EventKind}. */
	Events = 0x83,
	/**
	 * A life began, or goes on in a sector whose first cells are in doubt: it uses up a cell in which an earlier life may have
	 * been cut short and have left no trace. `Rec.Arg` is the cell, counted in the partition, of the last record before it
	 * that is no mark and was read, 0: none.
	 */
	Boot = 0x41,
	/** A life ended in order. */
	End = 0x42,
	/** What stands before it was written to its end. */
	Proof = 0x43,
}

export const enum SessionFlag {
	Established = 1,
	/** All exchange state before it is void. Copies of it do not say so. */
	Barrier = 2,
	/** {@link SessionAt.Remembered} has a value. */
	Remembers = 4,
}

export const enum SessionAt {
	Identity = 0,
	ExpirySeconds = 4,
	Subscribed = 8,
	/** Messages up to this number may have been sent. */
	Sent = 12,
	/** Numbers below this one may have been given away. */
	Reserved = 16,
	/** The application's number, 8 bytes. */
	Remembered = 20,
	/** Length of the client identifier that the server assigned, one byte, and the identifier. */
	AssignedLength = 28,
	Assigned = 29,
}

/** An event: kind u8, aux u8, key u16; some are followed by a word of four bytes. */
export const enum EventKind {
	None = 0xff,
	/** The message is done. */
	Done = 1,
	/** PUBREC has come for the message: PUBREL is owed. */
	Released = 2,
	/** An inbound identifier was taken; the CRC-32 of topic and payload follows. */
	Opened = 3,
	/** An inbound identifier was freed. */
	Closed = 4,
	/** Messages up to this number may have been sent. */
	Sent = 5,
	/** Numbers below the one that follows may have been given away. */
	Reserved = 6,
	/** The hash of the subscriptions follows. */
	Subscribed = 7,
	/** The application's number follows, two words. With aux 1 of {@link Opened} it follows that one's word. */
	Remembered = 8,
	/** The message is done, and was never sent. */
	Dropped = 9,
}

/** Bytes of an event in its record. */
export function eventBytes(kind: number, aux: number): number {
	if (kind === EventKind.Opened) return aux === 1 ? 16 : 8;
	if (kind === EventKind.Subscribed || kind === EventKind.Reserved) return 8;
	return kind === EventKind.Remembered ? 12 : 4;
}

/** Body bytes of an Events record, always a whole cell. */
export const EVENT_BYTES = Geometry.CellBytes - Rec.Body;

/** In a message's traits: its expiry is in seconds since 1970. Only in flash. */
export const EPOCH_EXPIRY = 0x80;

/** Seconds as 16 bits, 11 of them significant, rounded up. */
export function shortened(seconds: number): number {
	let exponent = 0;
	let mantissa = seconds;
	while (mantissa > 0x7ff) {
		mantissa = (mantissa >>> 1) + (mantissa & 1);
		exponent++;
	}
	return (exponent << 11) | mantissa;
}

/** The seconds that {@link shortened} made 16 bits of. */
export function lengthened(bits: number): number {
	return (bits & 0x7ff) * (1 << (bits >>> 11));
}
