// SPDX-License-Identifier: MIT
// expect: exit 1 unhandled rejection: Error: late
Promise.reject(new Error("late"));
