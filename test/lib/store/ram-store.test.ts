// SPDX-License-Identifier: MIT
import { RamStore } from "../../../lib/store/ram-store.js";
import { storeContract } from "../../contract/store.js";

storeContract("RamStore", (limits) => new RamStore(limits));
