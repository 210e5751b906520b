// SPDX-License-Identifier: MIT
/** Waits on events: a predicate is looked at again whenever somebody says that something changed. */

/** How long anything over loopback may take before a test gives up, milliseconds. */
const patienceMs = 8000;

export class Watch {
	readonly #waiting = new Set<() => void>();

	/** Something changed: look again. */
	changed(): void {
		for (const look of this.#waiting) look();
	}

	/** Resolves as soon as the predicate holds; rejects with `what` and `story()` when it never does. */
	until(what: string, predicate: () => boolean, story: () => string = () => ""): Promise<void> {
		return new Promise((resolve, reject) => {
			const settle = (): void => {
				clearTimeout(timeout);
				this.#waiting.delete(look);
			};
			const look = (): void => {
				if (!predicate()) return;
				settle();
				resolve();
			};
			const timeout = setTimeout(() => {
				settle();
				reject(new Error(`${what}: not within ${patienceMs} ms. ${story()}`));
			}, patienceMs);
			this.#waiting.add(look);
			look();
		});
	}
}

/** Things to undo when a test ends, last first. */
export class Undo {
	readonly #actions: (() => unknown)[] = [];

	add<Thing>(thing: Thing, action: (thing: Thing) => unknown): Thing {
		this.#actions.push(() => action(thing));
		return thing;
	}

	async all(): Promise<void> {
		for (let action = this.#actions.pop(); action !== undefined; action = this.#actions.pop()) await action();
	}
}
