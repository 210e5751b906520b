// SPDX-License-Identifier: MIT
// alone: it opens sockets
/**
 * The drop-in against mosquitto, over the model of the ESP32's TCP class and real sockets: with every QoS, with a payload that
 * is longer than any buffer, and with the SDK's own example program, unchanged but for the host, where there is an SDK.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { MqttClient } from "../../../../firmware/drivers/mqtt-client/client.js";
import type { MqttClientOptions } from "../../../../firmware/drivers/mqtt-client/types.js";
import { describeMosquitto, Mosquitto } from "../../../interop/kit/mosquitto.js";
import { Undo, Watch } from "../../../interop/kit/watch.js";
import { tcpHost } from "../../../kit/ecma419/tcp.js";
import { RealTime } from "../../../kit/ecma419/timer.js";
import { NameServer, text, textOf, utf8 } from "./stand.js";

const { CONNACK, SUBACK, SUBSCRIBE, PUBACK, PUBCOMP, DISCONNECT } = MqttClient;

const time = new RealTime();
const platform = { Timer: time, Time: time, ...text };

/** As `device.network.mqtt`: a class that takes options only. */
class Client extends MqttClient {
	constructor(options: MqttClientOptions) {
		super(options, platform);
	}
}

const undo = new Undo();
afterEach(() => undo.all());

const main = join(process.env["MODDABLE"] ?? "", "examples/io/tcp/mqttclient/main.js");
const withSdk = (process.env["MODDABLE"] ?? "") !== "" && existsSync(main);
if (!withSdk) console.log("!! SKIPPED: the SDK's own example program; MODDABLE names no Moddable SDK");

describeMosquitto("The drop-in and mosquitto", () => {
	test.each([0, 1, 2] as const)(
		"200 messages of QoS %i there and back, in order, without one twice",
		async (QoS) => {
			const mosquitto = await Mosquitto.start();
			undo.add(mosquitto, (it) => it.close());
			const watch = new Watch();
			const received: string[] = [];
			const settled: number[] = [];
			let sent = 0;
			const client = new Client({
				host: "127.0.0.1",
				port: mosquitto.port,
				id: `drop-in-${QoS}`,
				socket: { io: tcpHost().io as never },
				onControl(message) {
					if (message.operation === CONNACK)
						client.write(null, { operation: SUBSCRIBE, items: [{ topic: "drop/+", QoS }] });
					if (message.operation === SUBACK) {
						expect(message.payload).toEqual([QoS]);
						go();
					}
					if (message.operation === PUBACK || message.operation === PUBCOMP) settled.push(message.id!);
					watch.changed();
				},
				onReadable(count, options) {
					expect(options).toMatchObject({ topic: "drop/in", QoS, more: false });
					received.push(textOf(client.read(count)));
					if (received.length === sent) go();
					watch.changed();
				},
				onError: (error) => {
					throw error;
				},
			});
			undo.add(client, (it) => it.close());
			function go(): void {
				for (const end = Math.min(sent + 10, 200); sent < end; sent++)
					client.write(utf8(`message ${sent}`), { topic: "drop/in", QoS, id: 1000 + sent });
			}
			const done = (): boolean => received.length === 200 && settled.length === (QoS === 0 ? 0 : 200);
			await watch.until("all came", done, () => `${received.length} ${settled.length}`);
			expect(received).toEqual(Array.from({ length: 200 }, (_, i) => `message ${i}`));
			if (QoS > 0)
				expect([...settled].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => 1000 + i));
		},
	);

	test("100 KiB there and back, in fragments both ways, and a will only for who vanishes", async () => {
		const mosquitto = await Mosquitto.start();
		undo.add(mosquitto, (it) => it.close());
		const watch = new Watch();
		const total = 100 * 1024;
		const data = Uint8Array.from({ length: total }, (_, i) => (i * 7) ^ (i >> 8));
		const back = new Uint8Array(total);
		const wills: string[] = [];
		let at = 0;
		let sent = 0;
		let fragments = 0;
		let closed = false;
		const make = (options: Partial<MqttClientOptions>): Client => {
			const one = new Client({
				host: "127.0.0.1",
				port: mosquitto.port,
				socket: { io: tcpHost().io as never },
				...options,
			});
			undo.add(one, (it) => it.close());
			return one;
		};
		const client = make({
			id: "long",
			onControl({ operation }) {
				if (operation === CONNACK)
					client.write(null, {
						operation: SUBSCRIBE,
						items: [{ topic: "long", QoS: 1 }, { topic: "will/+" }],
					});
				if (operation === SUBACK) {
					client.write(data.subarray(0, 1), { topic: "long", QoS: 1, byteLength: total });
					sent = 1;
				}
			},
			onWritable(count) {
				if (sent === 0 || sent === total) return;
				const end = Math.min(sent + count, total);
				client.write(data.subarray(sent, end));
				sent = end;
			},
			onReadable(count, { topic }) {
				if (topic?.startsWith("will")) wills.push(`${topic} ${textOf(client.read())}`);
				else {
					fragments++;
					expect(client.read(back.subarray(at, at + count))).toBe(count);
					at += count;
				}
				watch.changed();
			},
			onClose: () => {
				closed = true;
				watch.changed();
			},
		});
		await watch.until("it is back", () => at === total);
		expect(back).toEqual(data);
		expect(fragments).toBeGreaterThan(1);
		let up = 0;
		const onControl = (): void => {
			up++;
			watch.changed();
		};
		const parts = ["vanishes", "closes"].map((id) => {
			const host = tcpHost();
			const will = { topic: `will/${id}`, message: "gone" };
			return { host, one: make({ id, will, onControl, socket: { io: host.io as never } }) };
		});
		await watch.until("both are there", () => up === 2);
		parts[1].one.close();
		await mosquitto.logged(/Client closes disconnected\./);
		parts[0].host.sockets[0].close();
		await watch.until("one will came", () => wills.length > 0);
		expect(wills).toEqual(["will/vanishes gone"]);
		client.write(null, { operation: DISCONNECT });
		await watch.until("the end is told", () => closed);
	});

	test.runIf(withSdk)("the SDK's own example program", async () => {
		const mosquitto = await Mosquitto.start();
		undo.add(mosquitto, (it) => it.close());
		const watch = new Watch();
		const program = readFileSync(main, "utf8")
			.replace("test.mosquitto.org", "localhost")
			.replace("1883", `${mosquitto.port}`);
		let said = "";
		const trace = (...words: unknown[]): void => {
			said += words.join("");
			watch.changed();
		};
		const names = new NameServer();
		const clients: Client[] = [];
		class Theirs extends Client {
			constructor(options: MqttClientOptions) {
				super(options);
				clients.push(this);
			}
		}
		const device = { network: { mqtt: { io: Theirs, dns: { io: names.io }, socket: { io: tcpHost().io } } } };
		const xsArrayBuffer = Object.assign(class extends ArrayBuffer {}, { fromString: utf8 });
		const xsString = Object.assign((value: unknown) => `${value}`, {
			fromArrayBuffer: textOf,
			fromCharCode: String.fromCharCode,
		});
		new Function("device", "trace", "ArrayBuffer", "String", program)(device, trace, xsArrayBuffer, xsString);
		for (const one of clients) undo.add(one, (it) => it.close());
		const [question] = names.questions;
		expect(question.host).toBe("localhost");
		question.onResolved(question.host, "127.0.0.1");
		// The letters of each part of the long payload, and "XXL" before them, come back: 16 KiB and 3 bytes.
		const letters = (): number => said.match(/[A-Z]{4,}|XXL[A-Z]*/g)?.join("").length ?? 0;
		const settled = (): boolean =>
			["SUBACK", "UNSUBACK", "PUBREC", "PUBCOMP", "PUBREL", "Ping response", "PUBACK - 1234"].every((word) =>
				said.includes(word),
			);
		await watch.until(
			"it has said everything",
			() => settled() && letters() > 16 * 1024,
			() => `${said.length} ${said.slice(0, 600)}`,
		);
		expect(said).toContain("SMALL\n");
		expect(said).not.toContain("ERROR");
	});

	test.runIf(withSdk)(
		"the SDK's wrapper in the manner of MQTT.js, which is written against its own client",
		async () => {
			const mosquitto = await Mosquitto.start();
			undo.add(mosquitto, (it) => it.close());
			const watch = new Watch();
			const module = readFileSync(join(main, "../../mqtt/mqtt.js"), "utf8")
				.replace(/^import .*$/gm, "")
				.replace(/^export /gm, "");
			const timer = { set: (action: () => void, ms = 0) => setTimeout(action, ms), clear: clearTimeout };
			const mqtt = { io: Client, socket: { io: tcpHost().io } };
			const xsArrayBuffer = Object.assign(ArrayBuffer, { fromString: utf8 });
			const connect = new Function("Timer", "device", "ArrayBuffer", `${module}; return connect;`)(
				timer,
				{ network: { mqtt } },
				xsArrayBuffer,
			);
			const seen: string[] = [];
			const note = (text: string): void => {
				seen.push(text);
				watch.changed();
			};
			const client = connect(`mqtt://127.0.0.1:${mosquitto.port}`);
			client.on("message", (topic: string, message: ArrayBuffer) => note(`${topic} ${textOf(message)}`));
			client.on("error", () => note("error"));
			client.subscribe("xs/test", { qos: 2 }, (_: unknown, [granted]: [{ topic: string; qos: number }]) => {
				note(`granted ${granted.topic} ${granted.qos}`);
				for (const qos of [0, 1, 2])
					client.publish("xs/test", `of ${qos}`, { qos }, () => note(`published ${qos}`));
			});
			await watch.until(
				"all was said",
				() => seen.length >= 7,
				() => seen.join(),
			);
			client.end(() => note("end"));
			await watch.until(
				"it ended",
				() => seen.includes("end"),
				() => seen.join(),
			);
			expect([...seen].sort()).toEqual([
				"end",
				"granted xs/test 2",
				"published 0",
				"published 1",
				"published 2",
				"xs/test of 0",
				"xs/test of 1",
				"xs/test of 2",
			]);
		},
	);
});
