// SPDX-License-Identifier: MIT
/** What a reading looks like: the same for every program that sends one. */

import type { Writer } from "../../lib/index.js";
import type { Board } from "../ports.js";

/** Bytes of the longest reading: names and punctuation 54, eight numbers of at most 57 together. */
export const READING_BYTES = 128;

/**
 * What stands between the numbers. Constants of the module, because XS copies a string literal inside a preloaded function to
 * the heap each time that it is reached.
 */
const BEGIN = "{";
const TEMPERATURE = '"t":';
const HUMIDITY = '"h":';
const PRESSURE = '"p":';
const BATTERY = '"battery":';
const SIGNAL = '"rssi":';
const NUMBER = '"n":';
const NEXT = ',"next":';
const AT = ',"at":';
const UP = ',"up":';
const COMMA = ",";
const END = "}";

/**
 * Writes what the sensors measured last, as JSON; what is NaN is left out, because this board has no such sensor or it
 * failed. `number` counts the readings of this board; `nextSeconds` says when the next one is due, 0 leaves that out. `at` is
 * when it was taken, in seconds since 1970; where the time of day is not known yet, `up` stands in its place: seconds of the
 * board's own clock, good for the distance between two readings.
 */
export function writeReading(body: Writer, board: Board, number: number, nextSeconds: number): void {
	const { sensors, clock } = board;
	const epochSeconds = clock.epochSeconds;
	body.text(BEGIN);
	writeField(body, TEMPERATURE, sensors.temperature, 2);
	writeField(body, HUMIDITY, sensors.humidity, 2);
	writeField(body, PRESSURE, sensors.pressure, 2);
	writeField(body, BATTERY, sensors.battery, 0);
	writeField(body, SIGNAL, sensors.signal, 0);
	body.text(NUMBER);
	body.integer(number);
	if (nextSeconds > 0) {
		body.text(NEXT);
		body.integer(nextSeconds);
	}
	body.text(epochSeconds > 0 ? AT : UP);
	body.integer(epochSeconds > 0 ? epochSeconds : clock.seconds);
	body.text(END);
}

/** One field and the comma behind it, or nothing. */
function writeField(body: Writer, name: string, value: number | undefined, digits: number): void {
	if (value === undefined || Number.isNaN(value)) return;
	body.text(name);
	body.decimal(value, digits);
	body.text(COMMA);
}
