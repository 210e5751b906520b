// SPDX-License-Identifier: MIT
xs.print(xs.version);
