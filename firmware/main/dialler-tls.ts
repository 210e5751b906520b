// SPDX-License-Identifier: MIT
/**
 * `ringbuoy/firmware/main/dialler` of a firmware with TLS: mqtt://, ws://, mqtts:// and wss://.
 *
 * Certificates are resources (`"data"` in a manifest), in DER, and stay in flash:
 *
 *     ca.der, ca-2.der, ... ca-8.der   who may sign the broker's certificate; without one, the SDK's public roots may
 *     client.der, client-key.der       the board's own certificate and its RSA key as PKCS#8, where the broker wants one
 */

import Resource from "Resource";
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import CertificateManager from "ssl/cert";
import X509 from "x509";
import type { Dialler } from "../../lib/index.js";
import { CachingResolver } from "../drivers/resolver.js";
import { TcpDialler } from "../drivers/tcp-dialler.js";
import { type SecureOptions, TlsDialler } from "../drivers/tls-dialler.js";
import type { Der } from "../drivers/trust.js";
import { WebSocketDialler } from "../drivers/websocket-dialler.js";
import type { DiallerParts } from "./parts.js";

const AUTHORITIES_MOST = 8;

export function openDialler(parts: DiallerParts): Dialler & { readonly lastError: string } {
	const { settings, memory, clock, random, network, onException } = parts;
	const { secure, websocket, host, port, path } = settings.address!;
	const resolver = new CachingResolver({ lookUp: (name, done) => System.resolve(name, done), clock });
	const tcp = { io: TCP, memory, clock, host, port, resolver, network, onException };
	const dialler = secure
		? new TlsDialler({
				...tcp,
				...{ tls: TLSSocket, x509: X509, certificates: CertificateManager },
				secure: { ...certificates(), ...(settings.alpn !== "" && !websocket && { alpn: settings.alpn }) },
			})
		: new TcpDialler(tcp);
	if (!websocket) return dialler;
	const usual = port === (secure ? 443 : 80);
	return new WebSocketDialler({ dialler, clock, random, host: usual ? host : `${host}:${port}`, path });
}

/** Those that are there. Views into flash; TLS reads them where they are. */
function certificates(): SecureOptions {
	const ca: Der[] = [];
	for (let i = 1; i <= AUTHORITIES_MOST; i++) {
		const name = i === 1 ? "ca.der" : `ca-${i}.der`;
		if (Resource.exists(name)) ca.push(new Resource(name));
	}
	if (!Resource.exists("client.der") && !Resource.exists("client-key.der")) return { ca };
	return { ca, clientCertificates: [new Resource("client.der")], clientKey: new Resource("client-key.der") };
}
