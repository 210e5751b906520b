// SPDX-License-Identifier: MIT
/**
 * The opening handshake of a WebSocket client (RFC 6455, section 4.1): a request in, and an answer that is checked byte
 * by byte. Runs once for each connection, so it may allocate.
 */

import type { Random } from "../../../lib/index.js";
import { base64, sha1 } from "./sha1.js";

export interface UpgradeOptions {
	/** For the header Host: the server's name, with its port where that is not 80 (with TLS 443). */
	readonly host: string;
	/** Where the server listens for WebSockets; with a query, if it wants one. */
	readonly path: string;
	/** More lines of the request, "Name: value". */
	readonly headers: readonly string[];
}

/** What a byte of the answer led to. */
export const enum Answer {
	More,
	/** The connection is a WebSocket now. */
	Accepted,
	/** It is not: `words` says why. */
	Failed,
}

/** RFC 6455, section 1.3. */
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const keyBytes = 16;
const keyLength = 24;
/** Lines that matter are shorter; of a longer one the rest is skipped. */
const lineBytes = 96;
/** A proxy with its cookies stays below; what goes on for longer is no answer to us. */
const answerBytesMost = 8192;

/** What the answer has to say, each once. */
const enum Said {
	Upgrade = 1,
	Connection = 2,
	Accept = 4,
	Protocol = 8,
	All = 15,
}

export class Upgrade {
	/** Bytes of the request: always the same. */
	readonly bytes: number;
	/** Why the answer failed: the end of a sentence that begins with the server's name. */
	words = "";
	readonly #head: string;
	readonly #tail: string;
	/** What the server has to answer, 28 bytes of Base64. */
	#accept: Uint8Array = new Uint8Array(0);
	readonly #line = new Uint8Array(lineBytes);
	#lineLength = 0;
	#count = 0;
	#status = 0;
	#said = 0;

	/** Throws when the request would not be one. */
	constructor({ host, path, headers }: UpgradeOptions) {
		const more = headers.map((line) => `${line}\r\n`).join("");
		this.#head =
			`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: ";
		this.#tail = `\r\n${more}\r\n`;
		if (!path.startsWith("/")) throw new RangeError(`a WebSocket's path begins with "/", not as "${path}"`);
		if (!fits(host) || !fits(path)) throw new RangeError("host and path are ASCII without spaces");
		for (let i = 0; i < headers.length; i++) {
			if (headers[i].indexOf(":") < 1 || !printable(headers[i]))
				throw new RangeError('a header is "Name: value" in ASCII');
		}
		this.bytes = this.#head.length + keyLength + this.#tail.length;
	}

	/** Begins a handshake: writes the request to the front of `block` and expects the answer to it. */
	compose(block: Uint8Array, random: Random): void {
		const nonce = new Uint8Array(keyBytes);
		for (let i = 0; i < keyBytes; i++) nonce[i] = random.below(256);
		const key = base64(nonce);
		const proof = new Uint8Array(keyLength + guid.length);
		proof.set(key);
		putText(proof, keyLength, guid);
		this.#accept = base64(sha1(proof));
		putText(block, 0, this.#head);
		block.set(key, this.#head.length);
		putText(block, this.#head.length + keyLength, this.#tail);
		this.words = "";
		this.#lineLength = 0;
		this.#count = 0;
		this.#status = 0;
		this.#said = 0;
	}

	/** True when what came so far is an HTTP answer, or may become one. */
	get answered(): boolean {
		return this.#status > 0;
	}

	/** Takes one byte of the answer. After {@link Answer.Accepted} come frames. */
	push(byte: number): Answer {
		if (++this.#count > answerBytesMost) return this.#fail("answers with too much HTTP");
		if (byte !== 0x0a) {
			if (this.#lineLength < lineBytes) this.#line[this.#lineLength] = byte;
			this.#lineLength++;
			// A server of MQTT, or anything else, is found out at its first bytes.
			if (this.#status === 0 && this.#lineLength === 5 && !this.#at(0, "http/"))
				return this.#fail("does not speak HTTP");
			return Answer.More;
		}
		if (this.#lineLength === 0 || this.#byteAt(this.#lineLength - 1) !== 0x0d)
			return this.#fail("ends a line of HTTP without a carriage return");
		this.#lineLength--;
		const answer = this.#takeLine();
		this.#lineLength = 0;
		return answer;
	}

	#takeLine(): Answer {
		if (this.#status === 0) return this.#takeStatus();
		if (this.#lineLength > 0) return this.#takeHeader();
		const said = this.#said;
		if (said === Said.All) return Answer.Accepted;
		if ((said & Said.Accept) === 0) return this.#fail("does not prove that it has read the request");
		if ((said & Said.Protocol) === 0) return this.#fail("does not offer the subprotocol mqtt");
		return this.#fail("does not switch to WebSocket");
	}

	/** "HTTP/1.1 101 Switching Protocols". */
	#takeStatus(): Answer {
		let status = 0;
		for (let i = 9; i < 12; i++) status = status * 10 + (this.#byteAt(i) - 0x30);
		if (!this.#at(0, "http/1.1 ") || !(status >= 100 && status <= 999))
			return this.#fail("does not speak HTTP/1.1");
		this.#status = status;
		if (status === 101) return Answer.More;
		if (status === 404) return this.#fail("answers 404: check the path of the WebSocket");
		if (status === 401 || status === 403)
			return this.#fail(`answers ${status}: it wants a token, or does not want us`);
		if (status >= 300 && status < 400)
			return this.#fail(`answers ${status}: it is somewhere else, ask for its address`);
		return this.#fail(`answers ${status} instead of becoming a WebSocket`);
	}

	#takeHeader(): Answer {
		if (this.#at(0, "upgrade:")) {
			if (this.#valueIs(8, "websocket")) this.#said |= Said.Upgrade;
		} else if (this.#at(0, "connection:")) {
			for (let i = 11; i < this.#lineLength; i++) if (this.#at(i, "upgrade")) this.#said |= Said.Connection;
		} else if (this.#at(0, "sec-websocket-accept:")) {
			if (!this.#proven(21)) return this.#fail("does not prove that it has read the request");
			this.#said |= Said.Accept;
		} else if (this.#at(0, "sec-websocket-protocol:")) {
			if (!this.#valueIs(23, "mqtt")) return this.#fail("does not offer the subprotocol mqtt");
			this.#said |= Said.Protocol;
		} else if (this.#at(0, "sec-websocket-extensions:")) {
			return this.#fail("uses an extension that nobody asked for");
		}
		return Answer.More;
	}

	/** Compares with text in lower case; bytes in upper case are equal to it. */
	#at(start: number, text: string): boolean {
		const { length } = text;
		for (let i = 0; i < length; i++) {
			let byte = this.#byteAt(start + i);
			if (byte >= 0x41 && byte <= 0x5a) byte += 0x20;
			if (byte !== text.charCodeAt(i)) return false;
		}
		return true;
	}

	#valueIs(start: number, text: string): boolean {
		const from = this.#valueStart(start);
		return this.#valueEnd() === from + text.length && this.#at(from, text);
	}

	#proven(start: number): boolean {
		const from = this.#valueStart(start);
		const { length } = this.#accept;
		if (this.#valueEnd() !== from + length) return false;
		for (let i = 0; i < length; i++) if (this.#line[from + i] !== this.#accept[i]) return false;
		return true;
	}

	#valueStart(start: number): number {
		let from = start;
		while (this.#byteAt(from) === 0x20 || this.#byteAt(from) === 0x09) from++;
		return from;
	}

	#valueEnd(): number {
		let end = this.#lineLength;
		while (end > 0 && (this.#byteAt(end - 1) === 0x20 || this.#byteAt(end - 1) === 0x09)) end--;
		return end;
	}

	/** A byte of the line; 0 behind its end, and behind what is kept of it. */
	#byteAt(index: number): number {
		if (index >= this.#lineLength) return 0;
		// The end of a long line is not kept; that it had one is.
		return index < lineBytes ? this.#line[index] : 0x0d;
	}

	#fail(words: string): Answer {
		this.words = words;
		return Answer.Failed;
	}
}

function putText(bytes: Uint8Array, at: number, text: string): void {
	for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
}

/** Without spaces and controls, which would end the word in the request. */
function fits(text: string): boolean {
	return text !== "" && printable(text) && text.indexOf(" ") < 0;
}

function printable(text: string): boolean {
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		if (code < 0x20 || code > 0x7e) return false;
	}
	return true;
}
