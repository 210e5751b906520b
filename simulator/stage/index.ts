// SPDX-License-Identifier: MIT
/** The stage: its public names, nothing else. */

export { StageBoard, type StageBoardOptions } from "./board.js";
export { Stage, type StageOptions } from "./stage.js";
export { type Tap, TappedDialler } from "./tap.js";
