// SPDX-License-Identifier: MIT
/** Durations of a scenario, in the milliseconds of virtual time. */

export function seconds(count: number): number {
	return count * 1_000;
}

export function minutes(count: number): number {
	return count * 60_000;
}

export function hours(count: number): number {
	return count * 3_600_000;
}

export function days(count: number): number {
	return count * 86_400_000;
}

const DAY_MS = 86_400_000;

/** "03:05": milliseconds since midnight. Throws for what is no time of day. */
export function timeOfDay(text: string): number {
	const [, hour, minute, second = "0"] = /^(\d\d?):(\d\d)(?::(\d\d))?$/.exec(text) ?? [];
	const ms = hours(Number(hour)) + minutes(Number(minute)) + seconds(Number(second));
	const right = ms < DAY_MS && Number(minute) < 60 && Number(second) < 60;
	if (!right) throw new RangeError(`"${text}" is no time of day, such as "03:00" or "23:59:30"`);
	return ms;
}

/** Milliseconds since 1970 as "03:05:12", in UTC. */
export function clockOf(epochMs: number): string {
	return new Date(epochMs).toISOString().slice(11, 19);
}
