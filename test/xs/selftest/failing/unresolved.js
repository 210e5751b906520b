// SPDX-License-Identifier: MIT
// expect: exit 1 not found
import "./there-is-no-such-module.js";
