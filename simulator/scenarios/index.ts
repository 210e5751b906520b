// SPDX-License-Identifier: MIT
/** The scenarios that come with ringbuoy, by the name by which `ringbuoy run` knows them. */

import type { Scenario } from "../scene/index.js";
import * as brokerRestart from "./broker-restart.js";
import * as deepSleep from "./deep-sleep.js";
import * as powerCut from "./power-cut.js";
import * as revoked from "./revoked.js";
import * as satellite from "./satellite.js";
import * as thousandBoards from "./thousand-boards.js";

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
	"power-cut": powerCut,
	"broker-restart": brokerRestart,
	"thousand-boards": thousandBoards,
	satellite,
	"deep-sleep": deepSleep,
	revoked,
};
