// SPDX-License-Identifier: MIT
import { runs } from "./seeds.js";

runs(501, 500, 50);
