// SPDX-License-Identifier: MIT
// alone: it opens sockets
import { DeviceClock } from "../../../firmware/drivers/clock.js";
import { elsewhere } from "../../../firmware/drivers/elsewhere.js";
import { DeviceMemory } from "../../../firmware/drivers/memory.js";
import { TlsDialler } from "../../../firmware/drivers/tls-dialler.js";
import { diallerContract, type OpenHarness } from "../../contract/dialler.js";
import { tcpHost } from "../../kit/ecma419/tcp.js";
import { RealTime } from "../../kit/ecma419/timer.js";
import { certificates, secureAcceptor, tlsHost, usual, x509 } from "../../kit/ecma419/tls.js";
import { freePort, handles, listen, settle, until } from "../../simulator/node/loopback.js";
import { der } from "./tls-rig.js";

const real =
	(led: boolean): OpenHarness =>
	async (acceptor) => {
		const before = handles().length;
		const server = await listen(secureAcceptor(acceptor, usual([der("server"), der("ca")])));
		const silent = await listen({ accept: () => ({ onData() {}, onDrain() {}, onClose() {} }) });
		const { io } = tcpHost();
		const { tls } = tlsHost();
		const time = new RealTime();
		const clock = new DeviceClock({ Timer: time, Time: time });
		const memory = new DeviceMemory();
		const secure = { ca: der("ca") };
		const at = (host: string, port: number): TlsDialler =>
			new TlsDialler({ io, tls, x509, certificates, secure, memory, clock, host, port });
		const to = (port: number): TlsDialler =>
			led ? elsewhere(() => at("here.example", 1), 1)("127.0.0.1", port)! : at("127.0.0.1", port);
		return {
			dialler: to(server.port),
			refused: to(await freePort()),
			hanging: to(silent.port),
			room: 8192 - 96,
			framed: true,
			until,
			settle,
			async close() {
				await server.close();
				await silent.close();
				await until(() => handles().length <= before);
			},
		};
	};

diallerContract("The TLS dialler of the device", real(false));
diallerContract("The TLS dialler of the device, led elsewhere,", real(true));
