// SPDX-License-Identifier: MIT
/** The virtual board: its public names, nothing else. */

export { FACTORY_SETTINGS, VirtualBoard, type VirtualBoardOptions } from "./board.js";
export { VirtualHealth } from "./health.js";
export { type Cause, Machine, type MachineOptions } from "./machine.js";
export { MortalClock, MortalDialler, Orphans } from "./mortal.js";
export { PluggedFlash, type Torn } from "./plugged-flash.js";
export { VirtualSensors } from "./sensors.js";
export { WatchedDialler, type Watcher } from "./watch.js";
