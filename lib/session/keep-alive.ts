// SPDX-License-Identifier: MIT

/**
 * Whether it is time to ask the broker for a sign of life, and whether it still owes one. Looked at when the alarm
 * goes, so that a message costs a field and no timer.
 */
export class KeepAlive {
	/** Ticks at which the last byte left, and came. */
	lastSent = 0;
	lastReceived = 0;
	/** A PINGREQ is to be written as soon as the link has room. */
	due = false;
	/** A sign of life is awaited; any byte is one. */
	awaiting = false;

	/** A connection begins. */
	reset(now: number): void {
		this.lastSent = this.lastReceived = now;
		this.due = this.awaiting = false;
	}

	/** Bytes came. */
	heard(now: number): void {
		this.lastReceived = now;
		this.awaiting = false;
	}

	/**
	 * A PINGREQ is due when nothing was sent, or nothing was received, for the interval [MQTT-3.1.2-20]. Returns how many
	 * milliseconds may pass before the next look.
	 */
	look(now: number, intervalMs: number): number {
		const sentAgo = (now - this.lastSent) | 0;
		const receivedAgo = (now - this.lastReceived) | 0;
		const left = intervalMs - (sentAgo > receivedAgo ? sentAgo : receivedAgo);
		if (left > 0) return left;
		this.due = this.awaiting = true;
		return intervalMs;
	}
}
