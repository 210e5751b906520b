// SPDX-License-Identifier: MIT
import { headerSize, type Outlet } from "./outlet.js";
import { Operation } from "./packet.js";
import { bytesOf, qosOf, topicOf } from "./text.js";
import type { MqttClientOptions, Platform } from "./types.js";

/** Bits of the CONNECT flags [3.1.2.3]. */
const enum Flag {
	Clean = 0x02,
	Will = 0x04,
	WillQosShift = 3,
	WillRetain = 0x20,
	Password = 0x40,
	User = 0x80,
}

/** CONNECT: checked and turned into bytes at construction, so that a programmer's mistake throws there; sent once. */
export class Greeting {
	/** Of the whole packet. */
	readonly size: number;
	/** 0: off. */
	readonly keepAliveSeconds: number;
	readonly #flags: number;
	/** Client identifier, will topic, will message, user, password: those that there are [MQTT-3.1.3-1]. */
	readonly #fields: Uint8Array[];

	constructor(options: MqttClientOptions, platform: Platform) {
		const { will, user, password, id = "", clean = true } = options;
		const ms = options.keepAlive ?? options.keepalive ?? 0;
		if (!(ms >= 0)) throw new RangeError("keepAlive is 0 or more milliseconds");
		this.keepAliveSeconds = Math.min(Math.ceil(ms / 1000), 0xffff);
		const fields = [bytesOf(id, platform)];
		let flags = clean ? Flag.Clean : 0;
		if (will) {
			flags |= Flag.Will | (qosOf(will.QoS) << Flag.WillQosShift) | (will.retain ? Flag.WillRetain : 0);
			fields.push(topicOf(will.topic, false, platform), bytesOf(will.message ?? "", platform));
		}
		const withPassword = password !== undefined && password !== null;
		// A password needs a user name, if an empty one [MQTT-3.1.2-22].
		if (withPassword || (user !== undefined && user !== null)) {
			flags |= Flag.User;
			fields.push(bytesOf(user ?? "", platform));
		}
		if (withPassword) {
			flags |= Flag.Password;
			fields.push(bytesOf(password, platform));
		}
		if (!clean && fields[0].length === 0) throw new RangeError("clean: false needs an id"); // [MQTT-3.1.3-8]
		this.#flags = flags;
		this.#fields = fields;
		let remaining = 10;
		for (const field of fields) remaining += 2 + field.length;
		this.size = headerSize(remaining) + remaining;
	}

	write(outlet: Outlet): void {
		const { size } = this;
		outlet.begin(size);
		// Remaining Length is what its own length leaves.
		let remaining = size - 2;
		while (headerSize(remaining) + remaining > size) remaining--;
		outlet.header(Operation.Connect << 4, remaining);
		outlet.uint16(4);
		for (const byte of [0x4d, 0x51, 0x54, 0x54]) outlet.byte(byte);
		outlet.byte(4); // [MQTT-3.1.2-1, MQTT-3.1.2-2]
		outlet.byte(this.#flags);
		outlet.uint16(this.keepAliveSeconds);
		for (const field of this.#fields) outlet.block(field);
		outlet.flush();
	}
}
