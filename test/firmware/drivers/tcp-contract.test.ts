// SPDX-License-Identifier: MIT
import { DeviceClock } from "../../../firmware/drivers/clock.js";
import { DeviceMemory } from "../../../firmware/drivers/memory.js";
import { TcpDialler } from "../../../firmware/drivers/tcp-dialler.js";
import { LinkFault } from "../../../lib/ports.js";
import { diallerContract } from "../../contract/dialler.js";
import { tcpHost } from "../../kit/ecma419/tcp.js";
import { RealTime } from "../../kit/ecma419/timer.js";
import { freePort, handles, listen, settle, until } from "../../simulator/node/loopback.js";

diallerContract(
	"The TCP dialler of the device",
	async (acceptor) => {
		const before = handles().length;
		const server = await listen(acceptor);
		const { io } = tcpHost();
		const time = new RealTime();
		const clock = new DeviceClock({ Timer: time, Time: time });
		const memory = new DeviceMemory();
		const to = (port: number): TcpDialler => new TcpDialler({ io, memory, clock, host: "127.0.0.1", port });
		return {
			dialler: to(server.port),
			refused: to(await freePort()),
			until,
			settle,
			async close() {
				await server.close();
				await until(() => handles().length <= before);
			},
		};
	},
	{ hangs: false, closed: LinkFault.Unknown },
);
