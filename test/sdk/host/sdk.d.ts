// SPDX-License-Identifier: MIT
/** The SDK's own modules, as our drivers see them. */
import type { TimeModule, TimerModule } from "../../../firmware/drivers/clock.js";
import type { SocketClass } from "../../../firmware/drivers/socket.js";

export declare const TCP: SocketClass;
export declare const Time: TimeModule;
export declare const Timer: TimerModule;
