// SPDX-License-Identifier: MIT
/**
 * Topic names and filters by the book (5.0, section 4.7 and 4.8). Strings here: the broker is not the part
 * that is small.
 */

/** How a filter is written. */
export interface FilterForm {
	/** The shared group, or "". */
	readonly group: string;
	/** The filter that topics are matched with. */
	readonly filter: string;
	readonly wildcards: boolean;
}

/** The levels of a topic or filter; a loop, because it runs for each new topic. */
function levelCount(topic: string): number {
	let count = 1;
	for (let at = topic.indexOf("/"); at >= 0; at = topic.indexOf("/", at + 1)) count++;
	return count;
}

/** Whether a topic or filter keeps within these limits. */
export function isWithin(
	topic: string,
	limits: { readonly topicBytes: number; readonly topicLevels: number },
): boolean {
	const { topicBytes, topicLevels } = limits;
	if (topic.length > topicBytes) return false;
	if (topic.length * 3 > topicBytes && Buffer.byteLength(topic) > topicBytes) return false;
	return levelCount(topic) <= topicLevels;
}

/**
 * Takes a filter apart, or returns undefined when it is malformed [MQTT-4.7.1-1] [MQTT-4.7.1-2]
 * [MQTT-4.8.2-1].
 */
export function formOf(text: string): FilterForm | undefined {
	let group = "";
	let filter = text;
	if (text.startsWith("$share/")) {
		const end = text.indexOf("/", 7);
		if (end <= 7) return undefined;
		group = text.slice(7, end);
		filter = text.slice(end + 1);
		if (group.includes("+") || group.includes("#")) return undefined; // [MQTT-4.8.2-2]
	}
	if (filter.length === 0) return undefined;
	let wildcards = false;
	for (let at = 0; at < filter.length; at++) {
		const letter = filter[at];
		if (letter !== "+" && letter !== "#") continue;
		wildcards = true;
		if (at > 0 && filter[at - 1] !== "/") return undefined;
		if (letter === "#" && at !== filter.length - 1) return undefined;
		if (letter === "+" && at < filter.length - 1 && filter[at + 1] !== "/") return undefined;
	}
	return { group, filter, wildcards };
}

/** Whether `topic` matches `filter` (without its share prefix): the plain rule, used to check the trees. */
export function matches(filter: string, topic: string): boolean {
	const wanted = filter.split("/");
	const levels = topic.split("/");
	if (topic.startsWith("$") && (wanted[0] === "+" || wanted[0] === "#")) return false; // [MQTT-4.7.2-1]
	for (let at = 0; at < wanted.length; at++) {
		if (wanted[at] === "#") return true;
		if (at >= levels.length) return false;
		if (wanted[at] !== "+" && wanted[at] !== levels[at]) return false;
	}
	return wanted.length === levels.length;
}
