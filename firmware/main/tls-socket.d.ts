// SPDX-License-Identifier: MIT
/** The SDK's module "embedded:io/socket/tcp/tls": its typings are at another name. */
declare const TLSSocket: import("../drivers/secure-socket.js").TlsSocketClass;
export default TLSSocket;
