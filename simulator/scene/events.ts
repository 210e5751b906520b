// SPDX-License-Identifier: MIT
/** What happens in a scene, as facts: written as lines for people, or as JSON. */

import type { Cause } from "../board/index.js";

export type SceneEvent =
	| { readonly event: "story"; readonly text: string }
	/** `afterMs`: how long it took to come true, of those that are waited for. */
	| {
			readonly event: "expectation";
			readonly what: string;
			readonly held: boolean;
			readonly afterMs?: number;
	  }
	/** A life of a board begins, the `boot`th. */
	| { readonly event: "boot"; readonly board: string; readonly boot: number; readonly cause: Cause }
	/** Its power has gone; `torn`: in the middle of a flash command. */
	| { readonly event: "cut"; readonly board: string; readonly torn: boolean }
	| { readonly event: "asleep"; readonly board: string; readonly ms: number }
	| { readonly event: "online"; readonly board: string; readonly sessionPresent: boolean }
	/** `reason` and `retryMs` as `Listener.onOffline` has them. */
	| {
			readonly event: "offline";
			readonly board: string;
			readonly reason: number;
			readonly retryMs: number;
	  }
	/** Reading `n` is in its store. */
	| { readonly event: "reading"; readonly board: string; readonly n: number }
	/** The broker has reading `n`. */
	| { readonly event: "arrived"; readonly board: string; readonly n: number }
	/** Its store did not take reading `n`: a `Refusal`. */
	| {
			readonly event: "refused";
			readonly board: string;
			readonly n: number;
			readonly refusal: number;
	  }
	/** Reading `n` was taken and will not arrive: `outcome` is a `Settled`. */
	| {
			readonly event: "lost";
			readonly board: string;
			readonly n: number;
			readonly outcome: number;
			readonly reason: number;
	  }
	| { readonly event: "restart"; readonly keepSessions: boolean };

/** Told of each, while the time of the scene stands at it. */
export type Teller = (event: SceneEvent) => void;
