// SPDX-License-Identifier: MIT
export const DEFECTS: readonly { readonly name: string }[];
