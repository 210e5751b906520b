// SPDX-License-Identifier: MIT
/** For scenarios: durations, and the types of what a scenario has in its hands. Becomes `ringbuoy/scenario`. */

export type { Board, Program, Settings } from "../../firmware/ports.js";
export type { ProgramChoice, SceneBoard, SceneBoardOptions } from "./board.js";
export type { Scenario } from "./play.js";
export type { Heard, Scene, Setting } from "./scene.js";
export { days, hours, minutes, seconds } from "./units.js";
