// SPDX-License-Identifier: MIT
/** `embedded:network/mqtt/client`: ours, with what it needs of the SDK and of XS. */
import { MqttClient } from "ringbuoy/firmware/drivers/mqtt-client/client";
import Time from "time";
import Timer from "timer";

const platform = Object.freeze({
	Timer,
	Time,
	// A method makes what its `this` makes: it has to be ArrayBuffer.
	encode: (text) => ArrayBuffer.fromString(text),
	decode: (buffer, start, length) => String.fromArrayBuffer(buffer, start, length),
});

export default class MQTTClient extends MqttClient {
	constructor(options) {
		super(options, platform);
	}
}
