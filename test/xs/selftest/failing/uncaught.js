// SPDX-License-Identifier: MIT
// expect: exit 1 TypeError: bad
throw new TypeError("bad");
