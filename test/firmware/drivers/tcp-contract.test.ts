// SPDX-License-Identifier: MIT
// alone: it opens sockets
import { DeviceClock } from "../../../firmware/drivers/clock.js";
import { elsewhere } from "../../../firmware/drivers/elsewhere.js";
import { DeviceMemory } from "../../../firmware/drivers/memory.js";
import { TcpDialler } from "../../../firmware/drivers/tcp-dialler.js";
import { LinkFault } from "../../../lib/ports.js";
import { diallerContract, type OpenHarness } from "../../contract/dialler.js";
import { tcpHost } from "../../kit/ecma419/tcp.js";
import { RealTime } from "../../kit/ecma419/timer.js";
import { freePort, handles, listen, settle, until } from "../../simulator/node/loopback.js";

function real(led: boolean): OpenHarness {
	return async (acceptor) => {
		const before = handles().length;
		const server = await listen(acceptor);
		const { io } = tcpHost();
		const time = new RealTime();
		const clock = new DeviceClock({ Timer: time, Time: time });
		const memory = new DeviceMemory();
		const at = (host: string, port: number) => new TcpDialler({ io, memory, clock, host, port });
		const to = (port: number): TcpDialler =>
			led ? elsewhere(() => at("here.example", 1), 1)("127.0.0.1", port)! : at("127.0.0.1", port);
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
	};
}

const promises = { hangs: false, closed: LinkFault.Unknown };
diallerContract("The TCP dialler of the device", real(false), promises);
diallerContract("The TCP dialler of the device, led elsewhere,", real(true), promises);
