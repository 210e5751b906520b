// SPDX-License-Identifier: MIT
// expect: exit 1 unparsed.txt:3: missing
import "./unparsed.txt";
