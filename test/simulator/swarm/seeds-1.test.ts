// SPDX-License-Identifier: MIT
import { runs } from "./seeds.js";

runs(1, 500, 50);
