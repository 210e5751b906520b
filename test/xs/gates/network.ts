// SPDX-License-Identifier: MIT
/** What a network costs while it is up: the look at the driver every few seconds, and the signal for each reading. */
import { type EthernetClass, EthernetPort } from "../../../firmware/drivers/ethernet.js";
import { Networks } from "../../../firmware/drivers/networks.js";
import { type WifiClass, WifiStation } from "../../../firmware/drivers/wifi.js";
import { XsClock, XsRandom } from "../board.js";
import { check, gate, steady } from "../gate.js";

/** The interfaces as these gates need them: numbers, as the native getters give them. */
class Interface {
	static connection = 500;
	static RSSI: number | undefined = -61;
	static made: Interface | undefined;
	readonly address = "192.168.4.20";
	readonly MAC = "a0:b1:c2:d3:e4:f5";
	readonly #onChanged: () => void;
	constructor(options: { onChanged: () => void }) {
		this.#onChanged = options.onChanged;
		Interface.made = this;
	}
	get connection(): number {
		return Interface.connection;
	}
	get RSSI(): number | undefined {
		return Interface.RSSI;
	}
	connect(): void {}
	disconnect(): void {}
	scan(): void {}
	configure(): void {}
	close(): void {}
	change(connection: number): void {
		Interface.connection = connection;
		Interface.RSSI = connection < 400 ? undefined : -61;
		this.#onChanged();
	}
}

const networks = [{ ssid: "home", password: "correct horse" }];
const random = new XsRandom();

const clock = new XsClock();
const wifi = new WifiStation({ io: Interface as unknown as WifiClass, clock, random, networks });
wifi.open();
clock.advance(10_000);
check("wifi: up", wifi.up);
gate("wifi: a minute, up", () => clock.advance(60_000));
gate("wifi: the signal", () => wifi.signal);
check("wifi: it is -61 dBm", wifi.signal === -61);
steady(
	"wifi: 500 losses and returns leave nothing behind",
	() => {
		Interface.made?.change(200);
		clock.advance(1);
		Interface.made?.change(500);
		clock.advance(120_000);
	},
	500,
);
check("wifi: up again", wifi.up);

const wired = new XsClock();
const ethernet = new EthernetPort({ io: Interface as unknown as EthernetClass, clock: wired, random });
const both = new Networks({ networks: [ethernet], clock: wired });
both.open();
wired.advance(10_000);
check("ethernet: it carries", both.kind === "ethernet");
gate("networks: a minute, up", () => wired.advance(60_000));
gate("networks: the signal, of none", () => both.signal);
