// SPDX-License-Identifier: MIT
/** In place of the SDK's module "system", which is for boards: an empty device. */
globalThis.device = Object.freeze({});
