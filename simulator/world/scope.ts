// SPDX-License-Identifier: MIT
/** Power: everything of one virtual board that dies at the same instant. */

/** Something that can vanish without a word: no callback comes from it afterwards. */
export interface Mortal {
	/** Cancels what it has under way, calls nobody back. Called at most once by its scope. */
	vanish(): void;
}

/**
 * The life of one board, from power-on to power-off. Clocks and diallers made with a scope put their timers and links
 * into it; {@link dispose} is legal at any instant, also from inside a callback of the very board.
 */
export class Scope {
	readonly #members = new Set<Mortal>();
	#alive = true;

	/** False after {@link dispose}: whatever is tried through this scope then throws. */
	get alive(): boolean {
		return this.#alive;
	}

	/** How many timers and links are under way. */
	get size(): number {
		return this.#members.size;
	}

	/** Throws after {@link dispose}: code of a board without power is running, which is a mistake of its host. */
	add(member: Mortal): void {
		if (!this.#alive) throw new Error("this board has no power any more");
		this.#members.add(member);
	}

	/** Forgets a member that has come to its own end. */
	delete(member: Mortal): void {
		this.#members.delete(member);
	}

	/** Power off, now: timers are cancelled, links go silent. Peers are not told, as in life. */
	dispose(): void {
		this.#alive = false;
		for (const member of this.#members) member.vanish();
		this.#members.clear();
	}
}
