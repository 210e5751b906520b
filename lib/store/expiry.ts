// SPDX-License-Identifier: MIT
import type { Clock } from "../ports.js";
import { Record } from "../wire/record.js";
import { EPOCH_EXPIRY, lengthened, Rec, shortened } from "./format.js";

/**
 * The time at which a message is stale, through lives. In this one it is a time of `Clock.seconds`. In flash it is a time of
 * day where that was known when the message was accepted; and always also how long it had to live then, in the head of the
 * record, for a life that does not know the time of day.
 */
export class Expiry {
	/** Numbers below this one are of earlier lives. */
	firstNumber = 1;
	/** `Clock.seconds` when this life began. */
	bornSeconds = 0;
	private clock: Clock;
	private view: DataView;

	constructor(clock: Clock, view: DataView) {
		this.clock = clock;
		this.view = view;
	}

	/** Seconds of this life so far. */
	get age(): number {
		return this.clock.seconds - this.bornSeconds;
	}

	/** A life begins, which gives away numbers from `firstNumber` on. */
	begin(firstNumber: number): void {
		this.firstNumber = firstNumber;
		this.bornSeconds = this.clock.seconds;
	}

	/** Makes the expiry in the body of the record at `at` one for flash. Returns what the head of the record says of it. */
	toFlash(at: number): number {
		const view = this.view;
		const body = at + Rec.Body;
		const expires = view.getUint32(body + Record.Expires);
		if (expires === 0) return 0;
		const left = expires - this.clock.seconds;
		const epoch = this.clock.epochSeconds;
		if (epoch > 0) {
			view.setUint32(body + Record.Expires, epoch + left);
			view.setUint8(body + Record.Traits, view.getUint8(body + Record.Traits) | EPOCH_EXPIRY);
		}
		return shortened(left > 1 ? left : 1);
	}

	/**
	 * Makes the expiry in the record at `at` one of this life. While the time of day is not known, what an earlier life
	 * left has as long to live as it had when it was accepted, from the beginning of this life on.
	 */
	fromFlash(at: number): void {
		const view = this.view;
		const body = at + Rec.Body;
		const expires = view.getUint32(body + Record.Expires);
		if (expires === 0) return;
		const traits = view.getUint8(body + Record.Traits);
		const isEpoch = (traits & EPOCH_EXPIRY) !== 0;
		const { seconds, epochSeconds } = this.clock;
		let here = expires;
		if (isEpoch && epochSeconds > 0) here = seconds + (expires - epochSeconds);
		else if (isEpoch || view.getUint32(at + Rec.Number) < this.firstNumber)
			here = this.bornSeconds + lengthened(view.getUint16(at + Rec.Arg));
		view.setInt32(body + Record.Expires, here === 0 ? -1 : here); // below 0: before this life
		view.setUint8(body + Record.Traits, traits & ~EPOCH_EXPIRY);
	}
}
