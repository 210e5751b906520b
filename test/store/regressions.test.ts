// SPDX-License-Identifier: MIT
/** Random runs that went wrong once, each with what was wrong; as `swarm` draws them today. */
import { expect, test } from "vitest";
import { swarm } from "./campaign/swarm.js";
import { withoutViolation } from "./with.js";

test.each([
	[
		610_455,
		"three cuts in a row put a header on a cell that one of them had begun without a trace: a life marks its beginning twice",
	],
	[
		2_011_791,
		"on an encrypted partition a record ran over a torn cell that looked blank: after a cut the next sector is taken",
	],
	[
		2_007_310,
		"a life ended in order while a CONNECT of it was not answered, and the next one trusted the session",
	],
	[198_750, "identifiers of a session that the broker had lost held the table for ever"],
	[4_945, "a record that one life had not found came back when what the next one found was lost"],
	[1_236, "a life began a page before the place where an earlier one had begun without a trace"],
	[
		6_010_287,
		"a record that was read once and not again, and so was given up, came back when its bits healed",
	],
	[
		110_631,
		"the torn head of a record, with another life's record where it would end, hid that its predecessor was denied",
	],
	[32_655, "a message that was torn, and noise in one life, was there in the one after it"],
])("seed %i: %s", (seed) => {
	expect(withoutViolation([swarm(seed)])).toBeGreaterThan(0);
});
