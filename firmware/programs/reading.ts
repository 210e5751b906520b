// SPDX-License-Identifier: MIT
/** What a reading looks like: the same for every program that sends one. */

import type { Writer } from "../../lib/index.js";
import type { Board } from "../ports.js";

/** Bytes of the longest reading: names and punctuation 49, seven numbers of at most 11 characters. */
export const READING_BYTES = 128;

/**
 * Writes what the sensors measured last, as JSON. `number` counts the readings of this board; `nextSeconds` says when the
 * next one is due, 0 leaves that out. `at` is when it was taken, in seconds since 1970; where the time of day is not known
 * yet, `up` stands in its place: seconds of the board's own clock, good for the distance between two readings.
 */
export function writeReading(body: Writer, board: Board, number: number, nextSeconds: number): void {
	const { sensors, clock } = board;
	const epochSeconds = clock.epochSeconds;
	body.text('{"t":');
	body.decimal(sensors.temperature, 2);
	body.text(',"h":');
	body.decimal(sensors.humidity, 2);
	body.text(',"battery":');
	body.integer(sensors.battery);
	body.text(',"rssi":');
	body.integer(sensors.signal);
	body.text(',"n":');
	body.integer(number);
	if (nextSeconds > 0) {
		body.text(',"next":');
		body.integer(nextSeconds);
	}
	body.text(epochSeconds > 0 ? ',"at":' : ',"up":');
	body.integer(epochSeconds > 0 ? epochSeconds : clock.seconds);
	body.text("}");
}
