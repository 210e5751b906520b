// SPDX-License-Identifier: MIT
/** Counts, and tells a broker: a whole program with ringbuoy on a board, over Wi-Fi. */

import TCP from "embedded:io/socket/tcp";
import WiFi from "embedded:network/interface/wifi";
import config from "mc/config";
import { Client, type Listener } from "ringbuoy";
import { RamStore } from "ringbuoy/store/ram";
import { CachingResolver, DeviceClock, DeviceMemory, DeviceRandom, TcpDialler } from "ringbuoy/tcp";
import { WifiStation } from "ringbuoy/wifi";
import Time from "time";
import Timer from "timer";

const { broker, wifi_ssid: ssid, wifi_password: password = "" } = config as Record<string, string>;
if (!broker || !ssid)
	throw new Error("say where: mcconfig ... broker=192.168.1.10 wifi_ssid=... wifi_password=...");

const clock = new DeviceClock({ Timer, Time });
const random = new DeviceRandom();
const memory = new DeviceMemory();
const wifi = new WifiStation({ io: WiFi, clock, random, networks: [{ ssid, password }] });
const resolver = new CachingResolver({ clock, lookUp: (host, done) => System.resolve(host, done) });
const dialler = new TcpDialler({ io: TCP, memory, clock, resolver, network: wifi, host: broker });

const listener: Listener = {
	onOnline: () => trace(`connected to ${broker}\n`),
	onSettled: (ticket) => trace(`message ${ticket} has arrived\n`),
	onOffline: (reason) => trace(`offline, reason ${reason}: ${dialler.lastError}\n`),
};
const clientId = `ringbuoy-${random.below(1_000_000_000)}`;
const client = new Client({ memory, clock, random, dialler, clientId, listener, store: new RamStore() });
const topic = client.topic("ringbuoy/example/count");

let count = 0;
const timer = clock.timer({
	onAlarm() {
		timer.arm(10_000);
		const body = client.compose(topic, 1);
		if (!body) return; // no room: the broker is away, and the outbox is full
		body.integer(count++);
		client.commit();
	},
});

wifi.onChange = ({ up, address }) => {
	trace(up ? `Wi-Fi is up: ${address}\n` : `no Wi-Fi: ${wifi.lastError}\n`);
	if (up) client.redial();
};
wifi.open();
client.open();
timer.arm(0);
