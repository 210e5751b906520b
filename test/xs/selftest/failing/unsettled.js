// SPDX-License-Identifier: MIT
// expect: exit 1 a promise that nothing settles
await new Promise(() => {});
