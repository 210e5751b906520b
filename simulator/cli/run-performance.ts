// SPDX-License-Identifier: MIT
/** One performance of a scenario: what it tells goes to the output, and its packets and story into a capture, if one is wanted. */

import { type Capture, pcapOf } from "../pcap/index.js";
import type { SceneEvent } from "../scene/events.js";
import type { Scenario, Scene } from "../scene/index.js";
import { play } from "../scene/play.js";
import { begun, ended } from "./capture.js";
import type { RunOutput } from "./run-output.js";
import { RunError, UsageError } from "./usage.js";
import { duration, type Paint } from "./words.js";

/** Where lines go. */
export interface Terminal {
	readonly write: (line: string) => void;
	/** Shows a line that the next one replaces; undefined: nobody looks. */
	readonly progress?: (line: string) => void;
	readonly paint: Paint;
	readonly columns: number;
}

/** Real milliseconds without a line after which progress is shown, and between two of it. */
const PATIENCE_MS = 1_000;
const PROGRESS_MS = 250;

/** Who knows what was asked for. */
interface Story {
	/** As it was typed. */
	readonly name: string;
	readonly scenario: Scenario;
}

export class Performance {
	readonly #story: Story;
	readonly #seed: number;
	readonly #pcap: string | undefined;
	readonly #output: RunOutput;
	readonly #terminal: Terminal;
	#scene: Scene | undefined;
	#capture: Capture | undefined;
	/** When something was shown last, in real time. */
	#shownMs = performance.now();

	constructor(story: Story, seed: number, pcap: string | undefined, output: RunOutput, terminal: Terminal) {
		this.#story = story;
		this.#seed = seed;
		this.#pcap = pcap;
		this.#output = output;
		this.#terminal = terminal;
	}

	/** Returns whether all that was expected held. Throws a {@link UsageError} or a {@link RunError} when it cannot begin. */
	play(): boolean {
		const { name, scenario } = this.#story;
		const began = performance.now();
		const outcome = play(scenario, {
			seed: this.#seed,
			tell: (event) => this.#tell(event),
			onBeat: () => this.#beat(),
			onRise: (scene) => this.#rise(scene),
		});
		const { error, broken } = outcome;
		if (error instanceof RunError) throw error;
		if (this.#scene === undefined) throw new UsageError(`${name}: its setting: ${(error as Error).message}`);
		this.#output.end(outcome, performance.now() - began);
		if (this.#capture !== undefined) ended(this.#pcap!, this.#capture);
		return broken === undefined && error === undefined;
	}

	#rise(scene: Scene): void {
		const { name, scenario } = this.#story;
		const { title, about } = scenario;
		if (this.#pcap !== undefined)
			this.#capture = begun(this.#pcap, (file) => pcapOf(scene.stage.network, file));
		this.#scene = scene;
		this.#output.begin({ name, title, about, seed: this.#seed, epochMs: scene.stage.world.epochMs });
	}

	#tell(event: SceneEvent): void {
		if (this.#output.event(this.#scene!.now, event)) this.#shownMs = performance.now();
		if (event.event === "story") this.#capture?.comment(event.text);
	}

	/** Now and again. */
	#beat(): void {
		const now = performance.now();
		if (now - this.#shownMs < PATIENCE_MS) return;
		this.#shownMs = now - PATIENCE_MS + PROGRESS_MS;
		const scene = this.#scene!;
		this.#terminal.progress?.(`${scene.time}  ${duration(scene.now)} so far`);
	}
}
