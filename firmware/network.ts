// SPDX-License-Identifier: MIT
/** The public names of `ringbuoy/network`: what a board does with its networks. `manifests/network.json` brings them. */
export { openStorage, provision } from "./drivers/credentials.js";
export type { Network, Uplink } from "./drivers/network.js";
export { Networks, type NetworksOptions } from "./drivers/networks.js";
export { AWS_IOT, HIVEMQ_CLOUD, misfits, type Profile, profileOf, type Visitor } from "./drivers/profiles.js";
export { boardName, type DeviceSettings, readSettings, type SettingsSources } from "./drivers/settings.js";
export { Sntp, type SntpOptions } from "./drivers/sntp.js";
