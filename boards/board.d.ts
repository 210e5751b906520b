// SPDX-License-Identifier: MIT
/** The type of the module `ringbuoy/board`, which is a board's `board.json`. */

import type { Facts } from "../firmware/main/facts.js";

declare const board: Facts;
export default board;
