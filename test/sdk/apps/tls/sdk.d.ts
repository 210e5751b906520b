// SPDX-License-Identifier: MIT
/** The SDK's TLS class, what it knows of certificates, and its resources, as our drivers see them. */
import type { TlsSocketClass } from "../../../../firmware/drivers/secure-socket.js";
import type { CertificateManager, Der, X509 as X509Module } from "../../../../firmware/drivers/trust.js";

export declare const TLSSocket: TlsSocketClass;
export declare const X509: X509Module;
export declare const Certificates: CertificateManager;
export declare const Resource: new (name: string) => Der;
