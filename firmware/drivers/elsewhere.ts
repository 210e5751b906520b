// SPDX-License-Identifier: MIT
/** Diallers to where a broker sends its clients, for `Brokers` of `ringbuoy/extras`. */

import type { Dialler } from "../../lib/index.js";

/** A dialler that can be led to another place. */
export interface Leading extends Dialler {
	/**
	 * From the next {@link Dialler.dial} on it leads there; what else its options say stays. Throws when there is no such
	 * place for it. Not while it has a connection.
	 */
	leadTo(host: string, port: number): void;
}

/**
 * Leads to each place by one and the same dialler, which `make` makes for the first of them; `port` is for references that
 * name none. One, because a timer of the SDK is never given back.
 *
 * A place is only host and port. All that protects a connection is in the options that `make` uses, which are to be those of
 * the broker's own dialler: a `TlsDialler` speaks nothing but TLS, with the same roots, and the certificate must carry
 * the name that it is led to. Undefined for IPv6: the SDK's
 * sockets have none.
 */
export function elsewhere<D extends Leading>(
	make: () => D,
	port: number,
): (host: string, port: number) => D | undefined {
	let dialler: D | undefined;
	return (host, named) => {
		if (host.indexOf(":") >= 0) return undefined;
		dialler ??= make();
		dialler.leadTo(host, named === 0 ? port : named);
		return dialler;
	};
}
