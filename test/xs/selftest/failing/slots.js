// SPDX-License-Identifier: MIT
// xs: --heap 4096
// expect: exit 3 no room for more slots
let list;
for (;;) list = { list };
