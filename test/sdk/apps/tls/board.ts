// SPDX-License-Identifier: MIT
/** The ports of a board that speaks TLS, over the SDK's TLS class. */

import { DeviceClock } from "../../../../firmware/drivers/clock.js";
import { DeviceMemory } from "../../../../firmware/drivers/memory.js";
import { DeviceRandom } from "../../../../firmware/drivers/random.js";
import { TcpDialler } from "../../../../firmware/drivers/tcp-dialler.js";
import { type SecureOptions, TlsDialler } from "../../../../firmware/drivers/tls-dialler.js";
import type { Der } from "../../../../firmware/drivers/trust.js";
import { WebSocketDialler } from "../../../../firmware/drivers/websocket-dialler.js";
import { type Clock, DEFAULT_LIMITS, TINY_LIMITS } from "../../../../lib/index.js";
import { FlashStore, RamStore } from "../../../../lib/store/index.js";
import HostFlash from "../../host/flash.js";
import Host from "../../host/host.js";
import { TCP, Time, Timer } from "../../host/sdk.js";
import type { Ports } from "../tcp/board.js";
import { Certificates, Resource, TLSSocket, X509 } from "./sdk.js";

function resources(names: string): Der[] {
	const found: Der[] = [];
	for (const name of names.split(",")) found.push(new Resource(name));
	return found;
}

function secureOptions(): SecureOptions {
	const roots = Host.argument("roots");
	const client = Host.argument("client");
	const alpn = Host.argument("alpn");
	return {
		serverName: Host.argument("server") ?? "localhost",
		...(roots === undefined ? {} : { ca: resources(roots) }),
		...(client === undefined
			? {}
			: { clientCertificates: resources(`${client}.der`), clientKey: new Resource(`${client}.key.der`) }),
		...(alpn === undefined ? {} : { alpn }),
		...(Host.argument("resume") === "no" ? { resume: false } : {}),
		...(Host.argument("verify") === "no" ? { verify: false } : {}),
	};
}

/** A clock that was never set. */
function unset(clock: Clock): Clock {
	return {
		get ticks() {
			return clock.ticks;
		},
		get seconds() {
			return clock.seconds;
		},
		epochSeconds: 0,
		timer: (wake) => clock.timer(wake),
	};
}

/**
 * By the command line, besides what the TCP board takes: `--roots` and `--client`, names of resources; `--server`, the name
 * that the certificate has to carry; `--alpn`, a protocol; `--resume no`, `--verify no`, `--time unset`. Or `--websocket yes`: no TLS, a WebSocket over TCP.
 */
export function makePorts(): Ports {
	const limits = Host.argument("limits") === "tiny" ? TINY_LIMITS : DEFAULT_LIMITS;
	const memory = new DeviceMemory(limits === TINY_LIMITS ? 128 : 256);
	const real = new DeviceClock({ Timer, Time });
	const clock = Host.argument("time") === "unset" ? unset(real) : real;
	const port = Number(Host.argument("port"));
	const tcp = { io: TCP, memory, clock, host: "127.0.0.1", port };
	const random = new DeviceRandom();
	const webSocket = Host.argument("websocket") === "yes";
	const dialler = webSocket
		? new WebSocketDialler({ dialler: new TcpDialler(tcp), clock, random, host: `localhost:${port}` })
		: new TlsDialler({
				...tcp,
				tls: TLSSocket,
				x509: X509,
				certificates: Certificates,
				secure: secureOptions(),
				connectMs: Number(Host.argument("connect-ms") ?? 120_000),
			});
	return {
		memory,
		clock,
		limits: { ...limits, connectMs: 120_000, connackMs: 60_000 },
		dialler,
		random,
		store:
			Host.argument("store") === "flash" ? new FlashStore(new HostFlash(), limits) : new RamStore(limits),
	};
}
