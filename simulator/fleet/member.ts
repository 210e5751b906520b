// SPDX-License-Identifier: MIT
/** One board of a fleet, and what its program tells. */

import type { Command, Inlet, Report } from "../../firmware/ports.js";
import type { Sensor } from "../../firmware/programs/sensor.js";
import { Settled } from "../../lib/index.js";
import type { Fleet } from "./fleet.js";

export class Member implements Report {
	/** Undefined until its power is on. */
	program: Sensor | undefined;
	/** CONNACK has come, and the connection is up. */
	isOnline = false;
	readonly #fleet: Fleet;
	readonly #index: number;

	constructor(fleet: Fleet, index: number) {
		this.#fleet = fleet;
		this.#index = index;
	}

	online(): void {
		this.isOnline = true;
		this.#fleet.onOnline();
	}

	offline(reason: number, retryMs: number): void {
		const wasOnline = this.isOnline;
		this.isOnline = false;
		this.#fleet.onOffline(wasOnline, reason, retryMs);
	}

	sampled(): void {}

	queued(_number: number, ticket: number): void {
		const fleet = this.#fleet;
		fleet.taken++;
		if (ticket < 0) fleet.refused++;
		else fleet.flights.begin(this.#index, ticket, fleet.timeline.now);
	}

	settled(ticket: number, outcome: number): void {
		const fleet = this.#fleet;
		const ms = fleet.flights.end(this.#index, ticket, fleet.timeline.now);
		if (ms < 0) return;
		if (outcome !== Settled.Acknowledged) return;
		fleet.acknowledged++;
		fleet.latency.add(ms);
	}

	subscribed(reason: number): void {
		if (reason >= 0x80) this.#fleet.denied++;
	}

	command(_command: Command, _inlet: Inlet): void {}

	interval(): void {}
}
