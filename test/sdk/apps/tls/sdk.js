// SPDX-License-Identifier: MIT

export { default as Resource } from "Resource";
export { default as TLSSocket } from "embedded:io/socket/tcp/tls";
export { default as Certificates } from "ssl/cert";
export { default as X509 } from "x509";
