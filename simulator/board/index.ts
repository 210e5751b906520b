// SPDX-License-Identifier: MIT
/** The virtual board: its public names, nothing else. */

export { FACTORY_SETTINGS, VirtualBoard, type VirtualBoardOptions } from "./board.js";
export { VirtualSensors } from "./sensors.js";
export { WatchedDialler, type Watcher } from "./watch.js";
