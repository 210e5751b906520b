// SPDX-License-Identifier: MIT
/** A client with a method of authentication that is easy to read, and a server that says what the test says. */
import type { IAuthPacket } from "mqtt-packet";
import { Authentication, type AuthenticationMethod } from "../../lib/extras/index.js";
import type { Writer } from "../../lib/index.js";
import type { World } from "../../simulator/world.js";
import { encode, type Fields, type Line, meet, type Peer } from "./peer.js";
import type { Rig, RigOptions } from "./rig.js";

export const NAME = "X-ECHO";

/** Answers each challenge with itself, in brackets; takes any end but "no". Writes down what it is asked. */
export class Echo implements AuthenticationMethod {
	readonly name: string = NAME;
	readonly asked: string[] = [];
	/** Called each time, before anything is written. */
	hook: ((what: string, out?: Writer) => void) | undefined;
	first = "hello";

	begin(out: Writer): void {
		this.#note("begin", out);
		out.text(this.first);
	}
	answer(bytes: Uint8Array, start: number, end: number, out: Writer): boolean {
		const text = Buffer.from(bytes.subarray(start, end)).toString();
		this.#note(`answer ${text}`, out);
		out.text(`<${text}>`);
		return text !== "no";
	}
	finish(bytes: Uint8Array, start: number, end: number): boolean {
		const text = Buffer.from(bytes.subarray(start, end)).toString();
		this.#note(`finish ${text}`);
		return text !== "no";
	}
	#note(what: string, out?: Writer): void {
		this.asked.push(what);
		this.hook?.(what, out);
	}
}

export interface Scene {
	readonly rig: Rig;
	readonly peer: Peer;
	readonly method: Echo;
}

/** Before CONNECT; the server answers it by hand. */
export function scene(options: RigOptions = {}, method = new Echo(), dataBytes = 64, world?: World): Scene {
	const both = meet(5, { authentication: new Authentication(method, { dataBytes }), ...options }, world);
	both.peer.polite.delete("connect");
	return { ...both, method };
}

export function properties(data?: string, name: string | undefined = NAME): Fields {
	return {
		authenticationMethod: name,
		authenticationData: data === undefined ? undefined : Buffer.from(data),
	};
}

export const said = (line: Line, reasonCode: number, data?: string, name?: string): Line =>
	line.send({ cmd: "auth", reasonCode, properties: properties(data, name) });

/** Two packets in one piece. */
export const together = (line: Line, one: Fields, two: Fields): Line =>
	line.raw(Buffer.concat([encode(one, 5), encode(two, 5)]));
export const challenge = (data: string): Fields => ({
	cmd: "auth",
	reasonCode: 0x18,
	properties: properties(data),
});

/** What AUTH packets the client has said on this line: reason, method, data. */
export const auths = (line: Line): unknown[] =>
	line.heard
		.filter(({ packet }) => packet.cmd === "auth")
		.map(({ packet }) => {
			const { reasonCode, properties: has } = packet as IAuthPacket;
			return [reasonCode, has?.authenticationMethod, has?.authenticationData?.toString()];
		});

/** Waits for CONNECT. */
export function greeted({ rig, peer }: Scene): Line {
	const before = peer.lines.length;
	rig.client.open();
	rig.until("CONNECT", () => peer.lines.length > before && peer.line.heard.length > 0);
	return peer.line;
}

/** Online, after one challenge. */
export function admitted(options: RigOptions = {}, method = new Echo(), dataBytes = 64): Scene {
	const all = scene(options, method, dataBytes);
	const line = greeted(all);
	said(line, 0x18, "one");
	all.rig.until("an answer", () => auths(line).length === 1);
	line.connack({ properties: { ...all.peer.properties, ...properties("welcome") } });
	all.rig.until("online", () => all.rig.client.online);
	line.take();
	all.rig.recorder.clear();
	all.method.asked.length = 0;
	return all;
}

/** The last reason with which the client went offline. */
export const ended = (rig: Rig): unknown => rig.recorder.of("offline").at(-1)?.[0];
export const last = (line: Line): string | undefined => line.texts.at(-1);
