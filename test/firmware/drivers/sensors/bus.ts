// SPDX-License-Identifier: MIT
/**
 * An I2C bus with chips on it, each a model of its registers. `FakeI2c` is the ECMA-419 class as
 * `modules/io/i2c/esp32/_i2c.c` of the SDK behaves: the constructor asks nobody on the bus, and every transfer to a
 * chip that does not answer throws "read failed" or "write failed".
 */

import type { I2c, I2cOptions } from "../../../../firmware/drivers/sensors/i2c.js";

export interface Chip {
	/** The bytes of one transfer. */
	write(bytes: Uint8Array): void;
	read(count: number): Uint8Array;
}

export class Bus {
	/** By address. */
	readonly chips = new Map<number, Chip>();
	/** Open devices, as "data/clock/address": the SDK refuses the same one twice. */
	readonly open = new Set<string>();
	/** Nobody answers for so many transfers. */
	dead = 0;
	transfers = 0;

	/** The class of this bus. */
	get io(): new (
		options: I2cOptions,
	) => I2c {
		const bus = this;
		return class extends FakeI2c {
			constructor(options: I2cOptions) {
				super(bus, options);
			}
		};
	}

	chip(address: number): Chip | undefined {
		this.transfers++;
		if (this.dead === 0) return this.chips.get(address);
		this.dead--;
		return undefined;
	}
}

class FakeI2c implements I2c {
	readonly #bus: Bus;
	readonly #address: number;
	readonly #name: string;
	#closed = false;

	constructor(bus: Bus, { data, clock, address, hz = 0 }: I2cOptions) {
		if (address === undefined) throw new RangeError("address required");
		if (address < 0 || address > 127) throw new RangeError("invalid address");
		this.#name = `${data}/${clock}/${address}`;
		if (bus.open.has(this.#name)) throw new RangeError("duplicate address");
		if (hz <= 0 || hz > 20_000_000) throw new RangeError("invalid hz");
		bus.open.add(this.#name);
		this.#bus = bus;
		this.#address = address;
	}

	read(view: Uint8Array): number {
		const chip = this.#chip("read failed");
		view.set(chip.read(view.length));
		return view.length;
	}

	write(view: Uint8Array): void {
		this.#chip("write failed").write(view);
	}

	/** As often as one likes. */
	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		this.#bus.open.delete(this.#name);
	}

	#chip(words: string): Chip {
		if (this.#closed) throw new SyntaxError("invalid host data");
		const chip = this.#bus.chip(this.#address);
		if (chip === undefined) throw new Error(words);
		return chip;
	}
}
