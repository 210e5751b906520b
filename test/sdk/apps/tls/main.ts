// SPDX-License-Identifier: MIT
import Host from "../../host/host.js";
import { Messages } from "../tcp/messages.js";
import { runSensor } from "../tcp/sensor.js";
import { makePorts } from "./board.js";
import { Outcome } from "./outcome.js";

/** What `--case` names. */
export default function main(): void {
	const name = Host.argument("name") ?? "";
	const ports = makePorts();
	const what = Host.argument("case");
	if (what === "outcome") new Outcome(ports, name);
	else if (what === "sensor") runSensor(ports, name);
	else new Messages(ports, name);
}
