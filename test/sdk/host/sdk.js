// SPDX-License-Identifier: MIT
export { default as TCP } from "embedded:io/socket/tcp";
export { default as Time } from "time";
export { default as Timer } from "timer";
