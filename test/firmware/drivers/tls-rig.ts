// SPDX-License-Identifier: MIT
import { createPrivateKey, X509Certificate } from "node:crypto";
import { pem } from "../../simulator/node/loopback.js";

/** A test certificate in DER. */
export function der(name: string): Uint8Array {
	return new Uint8Array(new X509Certificate(pem(`${name}.pem`)).raw);
}

/** A test key in DER, as PKCS#8. */
export function keyOf(name: string): Uint8Array {
	return new Uint8Array(createPrivateKey(pem(`${name}.key`)).export({ format: "der", type: "pkcs8" }));
}
