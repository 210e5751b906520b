// SPDX-License-Identifier: MIT
/**
 * Topic aliases that the broker uses on one connection: the first topics it sends get one, for as long as it
 * lives.
 */

export class AliasesOut {
	readonly #byTopic = new Map<string, number>();
	readonly #maximum: number;

	/** `maximum`: how many the client allows. */
	constructor(maximum: number) {
		this.#maximum = maximum;
	}

	/** The alias of `topic`, 0: none; and whether the topic still has to be named beside it. */
	pick(topic: string): { alias: number; named: boolean } {
		const known = this.#byTopic.get(topic);
		if (known !== undefined) return { alias: known, named: false };
		if (this.#byTopic.size >= this.#maximum) return { alias: 0, named: true };
		const alias = this.#byTopic.size + 1;
		this.#byTopic.set(topic, alias);
		return { alias, named: true };
	}
}
