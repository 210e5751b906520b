// SPDX-License-Identifier: MIT
// xs: --stack 384
// expect: exit 4 stack overflow
const deep = (n) => 1 + deep(n + 1);
deep(0);
