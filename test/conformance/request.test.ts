// SPDX-License-Identifier: MIT
import { playChapter } from "./scenario/chapter.js";

playChapter("request");
