// SPDX-License-Identifier: MIT
/** What a known service wants of a run with these options. */

import { entranceOf, misfits, profileOf, type Visitor } from "../../firmware/drivers/profiles.js";
import type { SimSettings } from "./settings.js";

/** The part of the options that a service looks at. */
export type Visiting = Pick<SimSettings, "user" | "cert" | "alpn" | "qos" | "root"> & {
	readonly broker: NonNullable<SimSettings["broker"]>;
	readonly clientId: string | undefined;
};

export function visitorOf({ broker, cert, user, clientId, root, qos }: Visiting): Visitor {
	const { secure, port, path } = broker;
	return {
		...{
			secure,
			port,
			websocket: path !== undefined,
			certificate: cert !== undefined,
			user: user !== undefined,
		},
		...{ clientId: clientId ?? "", root, qos, keepAliveSeconds: 60, sessionSeconds: 0 },
	};
}

/** What is offered by ALPN: as typed, or as the service wants it at that port; "": nothing. */
export function alpnOf(visiting: Visiting): string {
	const profile = profileOf(visiting.broker.host);
	if (visiting.alpn !== undefined || profile === undefined) return visiting.alpn ?? "";
	return entranceOf(profile, visitorOf(visiting))?.alpn ?? "";
}

/** What the service of that host will not do, as a sentence; "": nothing of it, or it is not known. */
export function objections(visiting: Visiting): string {
	const profile = profileOf(visiting.broker.host);
	return profile === undefined ? "" : misfits(profile, visitorOf(visiting)).join("; ");
}
