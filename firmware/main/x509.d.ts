// SPDX-License-Identifier: MIT
/** The SDK's module "x509" (`modules/crypt/etc/x509.js`), which has no typings there. */
declare const X509: import("../drivers/trust.js").X509;
export default X509;
