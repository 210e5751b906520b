// SPDX-License-Identifier: MIT
/**
 * Every rule of the store's design and of connecting, and every classic bug of MQTT clients, and how to switch it off: in `file`
 * the text `find`, which is there exactly once, becomes `replace`. `by` is who should notice, the quickest first (checks.ts says
 * what each is). `without` names rules that are switched off with it, because they would hide that it is.
 */
import { BROKER_RULES } from "./catalogue/brokers.js";
import { CLASSIC_SESSION } from "./catalogue/classic-session.js";
import { CLASSIC_WIRE } from "./catalogue/classic-wire.js";
import { DAMAGE } from "./catalogue/damage.js";
import { EXCHANGE } from "./catalogue/exchange.js";
import { HAND_RULES } from "./catalogue/hands.js";
import { MESSAGE_RULES } from "./catalogue/messages.js";
import { RECORDS } from "./catalogue/records.js";
import { RING } from "./catalogue/ring.js";
import { SESSION_RULES } from "./catalogue/session.js";
import { SUBSCRIPTION_RULES } from "./catalogue/subscriptions.js";

export const CATALOGUE = [
	...RECORDS,
	...RING,
	...EXCHANGE,
	...SESSION_RULES,
	...MESSAGE_RULES,
	...SUBSCRIPTION_RULES,
	...HAND_RULES,
	...BROKER_RULES,
	...CLASSIC_SESSION,
	...CLASSIC_WIRE,
	...DAMAGE,
];
