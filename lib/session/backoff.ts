// SPDX-License-Identifier: MIT
import type { Limits } from "../limits.js";
import { LinkFault, type Random } from "../ports.js";
import { LINK_FAULT_BASE, Reason } from "../wire/protocol.js";

/**
 * How long to wait before the next attempt to connect: half fixed, half random, so that a thousand boards which lost the
 * same broker do not return in the same second; doubling to a cap; from the beginning only after a connection has lasted.
 */
export class Backoff {
	private random: Random;
	private ceiling: number;
	/** Milliseconds that may be taken off the wait that {@link next} told last. */
	private spare = 0;

	constructor(limits: Limits, random: Random) {
		this.random = random;
		this.ceiling = limits.backoffMs;
	}

	/** Milliseconds until the next attempt, after one that ended for `reason`. */
	next(reason: number, limits: Limits): number {
		const { backoffMs, backoffMaxMs, slowLaneMs } = limits;
		const slow = healsSlowly(reason);
		const ceiling = slow ? slowLaneMs : this.ceiling;
		if (!slow) this.ceiling = ceiling * 2 < backoffMaxMs ? ceiling * 2 : backoffMaxMs;
		const half = ceiling >> 1;
		const ms = half + this.random.below(ceiling - half + 1);
		this.spare = slow || ms < backoffMs ? 0 : ms - backoffMs;
		return ms;
	}

	/**
	 * What is left of the wait, `ms`, now that the network is back: attempts stay `backoffMs` apart, or as far as they were to
	 * be if that is less, and the slow lane stays as slow as it is.
	 */
	hasten(ms: number): number {
		const left = ms - this.spare;
		this.spare = 0;
		return left > 0 ? left : 0;
	}

	/** The connection has lasted: failures before it do not count any more. */
	stable(limits: Limits): void {
		this.ceiling = limits.backoffMs;
	}
}

/** Refusals that stay the same however often one asks. */
export function healsSlowly(reason: number): boolean {
	switch (reason) {
		case Reason.UnsupportedProtocolVersion:
		case Reason.ClientIdentifierNotValid:
		case Reason.BadUserNameOrPassword:
		case Reason.NotAuthorized:
		case Reason.Banned:
		case Reason.BadAuthenticationMethod:
		case Reason.RetainNotSupported:
		case Reason.QosNotSupported:
		case Reason.SessionTakenOver: // whoever took it over would be thrown out, and come back
		case Reason.UseAnotherServer:
		case Reason.ServerMoved:
		case LINK_FAULT_BASE - LinkFault.Certificate:
		case LINK_FAULT_BASE - LinkFault.HostName:
		case LINK_FAULT_BASE - LinkFault.Expired:
			return true;
		default:
			return false;
	}
}
