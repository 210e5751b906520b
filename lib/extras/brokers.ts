// SPDX-License-Identifier: MIT
import { type Dialler, type Link, LinkFault, Next, type Transport } from "../ports.js";
import { LINK_FAULT_BASE } from "../wire/protocol.js";
import { NOWHERE, type Place, placesIn } from "./reference.js";

export type { Place } from "./reference.js";

/**
 * A dialler to `host`, at `port`, or for 0 at the port of the broker that it was made after. Both are a stranger's words: what
 * else belongs to a connection (TLS, trusted authorities, that the certificate must carry the name that is dialled) is up to
 * the maker and must not depend on them. Undefined, or what is thrown: one does not go there. Called before each dial
 * to another place; the dialler that it returned before is not used any more, so it may be returned again.
 */
export type DiallerTo<D extends Dialler = Dialler> = (host: string, port: number) => D | undefined;

export interface BrokersOptions<D extends Dialler = Dialler> {
	/** One for each broker, tried in this order; at least one. */
	readonly brokers: readonly D[];
	/** Leads to where a broker sends us. Without it nobody is followed. */
	readonly diallerTo?: DiallerTo<D> | undefined;
	/** How often one may be sent on until a connection has lasted, or the attempts have waited; 1 to 16, default 4. */
	readonly hops?: number | undefined;
	/**
	 * Whether the brokers of the list know each other's sessions: as parts of a cluster do ("shared", default), or not
	 * ("separate"). Then a session is begun anew with each change from one to another, and in each life: an old one that is
	 * found again would take new messages for old ones.
	 */
	readonly sessions?: "shared" | "separate" | undefined;
}

/**
 * Leads to one of several brokers, and where they send us [5.0, 4.11].
 *
 *     a broker fails, or falls before `stableMs` ──▶ the next one at once ──▶ ... all have failed: the client waits
 *     a connection that has lasted ends           ──▶ the client waits, then the same one
 *     use another server (0x9c)                   ──▶ the places it names in turn, for one connection
 *     server moved (0x9d)                         ──▶ the same, and for the rest of this life before the broker itself
 *
 * The client waits for its backoff; for the slow lane, when all brokers refused us in a way that stays the same. Without a
 * network there is no use in trying another one. Who sends us to and fro is followed `hops` times, then counts as failed.
 *
 * It is all one session, see {@link BrokersOptions.sessions}. A list of three takes 360 bytes.
 * Cold: a redirect makes strings, a dial what its dialler makes.
 */
export class Brokers<D extends Dialler = Dialler> implements Dialler {
	/** The dialler of the latest attempt. */
	latest: D;
	/** Where we are in the list, and how many of it have failed since the last wait. */
	private at = 0;
	private failed = 0;
	/** Where that broker has sent us, how far we are in it (its length: at the broker itself), and the dialler that leads there. */
	private places: readonly Place[] = NOWHERE;
	private place = 0;
	private target: D | null = null;
	/** Those places are for one connection. */
	private passing = false;
	private hops = 0;
	/** This connection has lasted. */
	private lasted = false;
	/** One of the failures may heal soon. */
	private heals = false;
	/** The broker of the list that has our session; -1: none. */
	private home = -1;
	/** Of each broker: where it has moved to. */
	private readonly moved: (readonly Place[])[];
	private readonly options: BrokersOptions<D>;

	constructor(options: BrokersOptions<D>) {
		const { brokers, hops = 4 } = options;
		if (brokers.length === 0) throw new RangeError("brokers: the list is empty");
		if (!(Number.isInteger(hops) && hops >= 1 && hops <= 16))
			throw new RangeError(`brokers: hops must be 1 to 16, not ${hops}`);
		this.options = options;
		this.latest = brokers[0];
		this.moved = brokers.map(() => NOWHERE);
	}

	/** Throws when the place that a broker named cannot be dialled. */
	dial(link: Link): Transport {
		this.lasted = false;
		this.latest = this.place < this.places.length ? this.follow() : this.options.brokers[this.at];
		return this.latest.dial(link);
	}

	redirect(bytes: Uint8Array, start: number, end: number, permanent: boolean): boolean {
		const { diallerTo, hops = 4 } = this.options;
		if (diallerTo === undefined || this.hops >= hops) return false;
		const places = placesIn(bytes, start, end);
		if (places.length === 0) return false;
		this.hops++;
		// What a place says that we were sent to for once is not the word of our broker.
		const forGood = permanent && !this.passing;
		if (forGood) this.moved[this.at] = places;
		this.go(places, !forGood);
		return true;
	}

	ended(next: Next, reason: number): Next {
		if (this.lasted) {
			if (this.passing) this.goTo(this.at);
			this.rest();
			return next;
		}
		if (reason === LINK_FAULT_BASE - LinkFault.NoNetwork) return next;
		if (next === Next.Retry) this.heals = true;
		if (this.advance()) return Next.AtOnce;
		const follows = this.heals ? Next.Retry : Next.Slow;
		this.rest();
		return follows;
	}

	accepted(lasting: boolean): void {
		if (lasting) {
			this.lasted = true;
			this.rest();
		} else this.home = this.at;
	}

	/** Where it stands in the list, also when it has sent us elsewhere. */
	get which(): number {
		return this.at;
	}

	get stranger(): boolean {
		const { sessions, brokers } = this.options;
		return sessions === "separate" && brokers.length > 1 && this.home !== this.at;
	}

	/** The client waits, or has no need to: what comes then is counted anew. */
	private rest(): void {
		this.failed = this.hops = 0;
		this.heals = false;
	}

	/** Goes on to who is next. Returns false when that one has failed already since the last wait. */
	private advance(): boolean {
		if (this.place < this.places.length) {
			this.place++;
			this.target = null;
			// A broker that moved may still be there; one that does not want us now need not be asked again.
			if (this.place < this.places.length || !this.passing) return true;
		}
		const count = this.moved.length;
		this.goTo(this.at + 1 < count ? this.at + 1 : 0);
		return ++this.failed < count;
	}

	private goTo(at: number): void {
		this.at = at;
		this.go(this.moved[at], false);
	}

	private go(places: readonly Place[], passing: boolean): void {
		this.places = places;
		this.passing = passing;
		this.place = 0;
		this.target = null;
	}

	private follow(): D {
		const { host, port } = this.places[this.place];
		this.target ??= this.options.diallerTo?.(host, port) ?? null;
		if (this.target === null) throw new Error(`${host} is not dialled`);
		return this.target;
	}
}
