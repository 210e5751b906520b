// SPDX-License-Identifier: MIT
/** The SDK's module "resetReason" (`build/devices/esp32/modules/resetReason`), which has no typings there. */

/** Why the chip started: a number of `esp_reset_reason_t`, and its name. */
export default function getResetReason(): { readonly reason: number; readonly string: string };
