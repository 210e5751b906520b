// SPDX-License-Identifier: MIT

/** A sign of life has so long; with a shorter interval as long as that. */
const REPLY_MS = 10_000;

/** Whether the broker lives, and knows that we do. Looked at when the alarm goes, so that a packet costs a field and no timer. */
export class KeepAlive {
	/** Milliseconds of quiet before a PINGREQ; 0 is off. */
	intervalMs = 0;
	/** A PINGREQ is to be sent, as soon as the link has room and no payload is under way. */
	due = false;
	/** Ticks at which something was written last. */
	lastSent = 0;
	#lastHeard = 0;
	/** A sign of life is awaited since {@link asked}; any byte is one. */
	#asking = false;
	asked = 0;
	#replyMs = 0;

	/** CONNECT was sent. An eighth before the interval is over, so that a late alarm does not break it [MQTT-3.1.2-23]. */
	begin(now: number, seconds: number): void {
		this.intervalMs = seconds * 875;
		this.#replyMs = this.intervalMs < REPLY_MS ? this.intervalMs : REPLY_MS;
		this.lastSent = this.#lastHeard = now;
	}

	heard(now: number): void {
		this.#lastHeard = now;
		this.#asking = false;
	}

	/**
	 * A PINGREQ is due when nothing was sent, or nothing was received, for the interval [MQTT-3.1.2-20]. `excused`: it is the
	 * application's doing that no answer could come. Returns the milliseconds to the next look; -1: the link is dead.
	 */
	look(now: number, excused: boolean): number {
		if (this.#asking) {
			const left = this.#replyMs - ((now - this.asked) | 0);
			if (left > 0) return left;
			if (!excused) return -1;
			this.#asking = this.due;
			this.asked = now;
			return this.#replyMs;
		}
		const sentAgo = (now - this.lastSent) | 0;
		const heardAgo = (now - this.#lastHeard) | 0;
		const left = this.intervalMs - (sentAgo > heardAgo ? sentAgo : heardAgo);
		if (left > 0) return left;
		this.due = this.#asking = true;
		this.asked = now;
		return this.#replyMs;
	}
}
