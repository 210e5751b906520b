// SPDX-License-Identifier: MIT
/** The embedded broker in a process of its own, so that what is measured is the client. Tells its port; ends with its parent. */
import { Broker, TcpListener } from "../../dist/js/simulator/broker/index.js";
import { NodeSchedule } from "../../dist/js/simulator/node/index.js";

const broker = new Broker({ schedule: new NodeSchedule() });
const { port } = await new TcpListener(broker).listen();
process.on("disconnect", () => process.exit(0));
process.send({ port });
