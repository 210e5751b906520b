// SPDX-License-Identifier: MIT
/** `device.network.mqtt` with the SDK's TLS socket in place of TCP, as its `examples/io/tcp/mqttsclient/config.js` has it; then the messages. */

import Resource from "Resource";
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import Host from "../host/host.js";

export default async function main() {
	const { mqtt } = device.network;
	const secure = { serverName: "localhost", certificate: new Resource(Host.argument("root")) };
	globalThis.device = { network: { mqtt: { ...mqtt, socket: { io: TLSSocket, TCP: { io: TCP }, secure } } } };
	const messages = await import("ringbuoy/test/sdk/ecma419/messages");
	messages.default();
}
