// SPDX-License-Identifier: MIT
// xs: --heap 4096
// expect: exit 3 no room for more chunks
const kept = [null, null];
kept[0] = new ArrayBuffer(3000);
kept[1] = new ArrayBuffer(3000);
