// SPDX-License-Identifier: MIT
/** The SDK's module "ssl/cert" (`modules/crypt/ssl/ssl_cert.js`), which has no typings there. */
declare const Certificates: import("../drivers/trust.js").CertificateManager;
export default Certificates;
