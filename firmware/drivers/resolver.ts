// SPDX-License-Identifier: MIT
/**
 * Names to addresses, for a board that has to find its broker again in the worst of times.
 *
 * The SDK's resolvers tell no time to live, do not cancel, and answer when they like. So answers are kept for a minute of
 * our own (brokers in clouds move within about that), every question has a deadline, and a name that cannot be looked up
 * now has the address that it had last: the name server is often the first thing to be missing, and the broker seldom moves.
 */

import type { Alarm, Clock, Timer } from "../../lib/index.js";

/** Who asked. */
export interface Answer {
	/** May be called from inside {@link Resolver.resolve}: the host is an address itself, or was looked up a moment ago. */
	onResolved(address: string): void;
	/** Never called from inside {@link Resolver.resolve}. */
	onUnresolved(): void;
}

/** Answers one question at a time. */
export interface Resolver {
	/** What happened last and what to do about it, in a sentence; empty before the first failure. */
	readonly lastError: string;
	/** Asks for an IPv4 address of `host`. A question that is still open is given up, as by {@link cancel}. */
	resolve(host: string, answer: Answer): void;
	/** No answer comes any more. May be called at any time. */
	cancel(): void;
}

/** Looks a name up: `done` is called once, some time or never, without an address when there is none. May throw. */
export type LookUp = (host: string, done: (host: string, address?: string) => void) => void;

/** The part that we use of `embedded:network/dns/resolver/udp` (ECMA-419, section 19; the SDK's `examples/io/udp/dns/dns.js`). */
export interface DnsResolver {
	resolve(question: {
		host: string;
		onResolved(host: string, address: string): void;
		onError(host: string): void;
	}): void;
}

/** Looks names up by an ECMA-419 resolver. `System.resolve` of the SDK is a {@link LookUp} as it is. */
export function lookUpBy(dns: DnsResolver): LookUp {
	return (host, done) => dns.resolve({ host, onResolved: done, onError: (name) => done(name) });
}

export interface CachingResolverOptions {
	readonly lookUp: LookUp;
	readonly clock: Clock;
	/** Names that are remembered, 1 and up. */
	readonly names?: number;
	/** How long an answer is good without asking again; a time to live is not told by the SDK. */
	readonly keepSeconds?: number;
	/** How long to wait for an answer. lwIP gives up by itself after about as long, for each of its name servers. */
	readonly deadlineMs?: number;
}

/** A name and what is known about it. */
class Name {
	host = "";
	/** The last known address; empty: none. */
	address = "";
	/** A time of `Clock.seconds`. */
	freshUntil = 0;
	/** A look-up is under way, which nobody can call back: not repeated meanwhile, because the SDK would queue them. */
	asked = false;
	/** A time of `Clock.seconds`: when that look-up was lost, and the next one may begin. */
	lostAt = 0;
}

/** No look-up of the SDK takes longer; one that does is taken for lost. */
const lostSeconds = 60;

export class CachingResolver implements Resolver, Alarm {
	lastError = "";
	readonly #lookUp: LookUp;
	readonly #clock: Clock;
	readonly #timer: Timer;
	readonly #keepSeconds: number;
	readonly #deadlineMs: number;
	readonly #names: Name[] = [];
	/** The place of the name that gives way to a new one. */
	#next = 0;
	#answer: Answer | undefined;
	/** What the open question is about. */
	#name: Name | undefined;
	readonly #done = (host: string, address?: string): void => this.#onAnswer(host, address);

	constructor(options: CachingResolverOptions) {
		const { names = 2, keepSeconds = 60, deadlineMs = 10_000 } = options;
		if (!(names >= 1)) throw new RangeError("a resolver remembers one name at least");
		this.#lookUp = options.lookUp;
		this.#clock = options.clock;
		this.#timer = options.clock.timer(this);
		this.#keepSeconds = keepSeconds;
		this.#deadlineMs = deadlineMs;
		for (let i = 0; i < names; i++) this.#names.push(new Name());
	}

	resolve(host: string, answer: Answer): void {
		this.cancel();
		if (isAddress(host)) {
			answer.onResolved(host);
			return;
		}
		const name = this.#nameOf(host);
		const { seconds } = this.#clock;
		if (!fresh(name, seconds) && !(name.asked && seconds < name.lostAt)) this.#ask(name, seconds);
		// A look-up may have answered from inside.
		if (fresh(name, seconds)) {
			answer.onResolved(name.address);
			return;
		}
		this.#name = name;
		this.#answer = answer;
		this.#timer.arm(name.asked ? this.#deadlineMs : 0);
	}

	cancel(): void {
		this.#answer = undefined;
		this.#timer.disarm();
	}

	/** The deadline has passed; or the look-up failed from inside `resolve`, where that may not be told. */
	onAlarm(): void {
		if (this.#answer === undefined) return;
		this.#fail(this.#name!.asked ? "was not resolved in time" : "could not be resolved");
	}

	#ask(name: Name, seconds: number): void {
		name.asked = true;
		name.lostAt = seconds + lostSeconds;
		try {
			this.#lookUp(name.host, this.#done);
		} catch {
			name.asked = false;
		}
	}

	/** Comes for every look-up that ends, also for one that nobody waits for any more: the next one will be glad of it. */
	#onAnswer(host: string, address: string | undefined): void {
		let name: Name | undefined;
		for (let i = 0; i < this.#names.length; i++) {
			if (this.#names[i].host === host) name = this.#names[i];
		}
		if (name === undefined) return; // it had to give way
		name.asked = false;
		if (address !== undefined && address !== "") {
			name.address = address;
			name.freshUntil = this.#clock.seconds + this.#keepSeconds;
		}
		if (this.#answer === undefined || name !== this.#name) return;
		if (address === undefined || address === "") this.#fail("could not be resolved");
		else this.#succeed(address);
	}

	#succeed(address: string): void {
		const answer = this.#answer!;
		this.cancel();
		answer.onResolved(address);
	}

	#fail(what: string): void {
		const answer = this.#answer!;
		const { host, address } = this.#name!;
		this.cancel();
		if (address === "") {
			this.lastError = `The name ${host} ${what}; check its spelling and the network's DNS.`;
			answer.onUnresolved();
		} else {
			this.lastError = `The name ${host} ${what}; its last address ${address} is tried.`;
			answer.onResolved(address);
		}
	}

	/** The entry of a name; of a new one that of the oldest. */
	#nameOf(host: string): Name {
		for (let i = 0; i < this.#names.length; i++) if (this.#names[i].host === host) return this.#names[i];
		const name = this.#names[this.#next];
		this.#next = (this.#next + 1) % this.#names.length;
		name.host = host;
		name.address = "";
		name.asked = false;
		return name;
	}
}

function fresh(name: Name, seconds: number): boolean {
	return name.address !== "" && seconds <= name.freshUntil;
}

/** True for a dotted IPv4 address, and for anything with a colon, which is IPv6. */
export function isAddress(host: string): boolean {
	if (host.indexOf(":") >= 0) return true;
	const { length } = host;
	let parts = 1;
	let digits = 0;
	let value = 0;
	for (let i = 0; i < length; i++) {
		const code = host.charCodeAt(i);
		if (code === 0x2e) {
			if (digits === 0) return false;
			parts++;
			digits = 0;
			value = 0;
			continue;
		}
		value = value * 10 + code - 0x30;
		if (!(code >= 0x30 && code <= 0x39) || ++digits > 3 || value > 255) return false;
	}
	return parts === 4 && digits > 0;
}
