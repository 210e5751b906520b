// SPDX-License-Identifier: MIT
// alone: it opens sockets
import { TcpDialler, TlsDialler } from "../../../simulator/node/index.js";
import { diallerContract, type OpenHarness } from "../../contract/dialler.js";
import { freePort, handles, listen, pem, settle, until } from "./loopback.js";

function real(secure: boolean): OpenHarness {
	return async (acceptor) => {
		const before = handles().length;
		const server = await listen(
			acceptor,
			secure ? { cert: pem("server.pem"), key: pem("server.key") } : undefined,
		);
		const silent = await listen({ accept: () => ({ onData() {}, onDrain() {}, onClose() {} }) });
		const dialler = (port: number): TcpDialler | TlsDialler =>
			secure
				? new TlsDialler({ host: "127.0.0.1", port, ca: pem("ca.pem") })
				: new TcpDialler({ host: "127.0.0.1", port });
		return {
			dialler: dialler(server.port),
			refused: dialler(await freePort()),
			// A handshake that nobody answers.
			hanging: dialler(silent.port),
			until,
			settle,
			async close() {
				await server.close();
				await silent.close();
				await until(() => handles().length <= before);
			},
		};
	};
}

diallerContract("The TCP dialler of Node", real(false), { hangs: false });
diallerContract("The TLS dialler of Node", real(true));
