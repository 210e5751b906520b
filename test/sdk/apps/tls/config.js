// SPDX-License-Identifier: MIT
/** The module `mc/config`, which mcconfig makes for boards and not for this platform: what the SDK's `tls_common.json` says. */
export default Object.freeze({ tls: Object.freeze({ DHE_RSA: true, ECDHE_RSA: true }) });
