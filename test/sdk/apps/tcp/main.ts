// SPDX-License-Identifier: MIT
import Host from "../../host/host.js";
import { makePorts } from "./board.js";
import { Messages } from "./messages.js";
import { Reconnects } from "./reconnects.js";
import { runSensor } from "./sensor.js";
import { runSoak } from "./soak.js";

/** What `--case` names. */
export default function main(): void {
	const name = Host.argument("name") ?? "";
	const ports = makePorts();
	const which = Host.argument("case");
	if (which === "sensor") runSensor(ports, name);
	else if (which === "soak") runSoak(ports, name);
	else if (which === "reconnects") new Reconnects(ports, name);
	else new Messages(ports, name);
}
