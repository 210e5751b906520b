// SPDX-License-Identifier: MIT
import { PropertyLens } from "./lens.js";
import { Property, PublishFlag } from "./protocol.js";
import { Refusal } from "./refusal.js";
import { type Filter, matches } from "./topic.js";
import { decodeText } from "./utf8.js";

/** Who keeps messages unanswered, see `Holds` of `lib/extras`. */
export interface Holder {
	/** The handle of the message whose handler runs, or a refusal. */
	hold(): number;
}

/**
 * The one lens through which received messages are seen. It shows the client's own bytes: look, take what you need, do
 * not keep it. Valid during the callback that it was given to. The payload is `bytes[payloadStart]` to `bytes[payloadEnd - 1]`.
 */
export class Message extends PropertyLens {
	/** The low four bits of the first byte of the packet. */
	flags = 0;
	topicStart = 0;
	topicEnd = 0;
	payloadStart = 0;
	payloadEnd = 0;
	/**
	 * True when this QoS 2 message may have come before: it is sent again, and the session began in an earlier life, which may
	 * have been cut short between `onMessage` and the store; or a CONNECT had no answer, and who knows whose session it is;
	 * or a message was held when its connection ended.
	 * What is done with {@link Client.remember} is done once all the same.
	 */
	mayRepeat = false;

	/** No field, so that it takes nothing where there is none. */
	declare holder?: Holder;

	/**
	 * Keeps this message unanswered beyond the callback, until {@link Client.acknowledge}; inside `onMessage` only. Returns a handle,
	 * 1 to 2³¹ - 1, the same one when it is asked again; `Refusal.NothingHeld` for QoS 0, outside of the callback, for a QoS 2
	 * message that was taken by {@link Client.remember}, and for a piece that is not the last; `Refusal.NotOffered` for a client
	 * without `holds: new Holds()`. The bytes are not kept: copy what is needed.
	 */
	hold(): number {
		const { holder } = this;
		return holder === undefined ? Refusal.NotOffered : holder.hold();
	}

	/**
	 * True when the payload begins, and ends, with these bytes: always, unless the client has `Fragments` and the message is
	 * longer than the packet region. Then it comes in pieces, in order and without gaps, and has come when `last` has: do there
	 * what must be done once. After `onOffline`, or when another `first` comes, the rest of one that has begun does not come any
	 * more. What says "the payload" here, such as `length`, `text()`, `equals()`, is of the piece.
	 */
	get first(): boolean {
		return true;
	}

	get last(): boolean {
		return true;
	}

	/** Bytes of the payload that came before these. */
	get offset(): number {
		return 0;
	}

	/** Bytes of the whole payload, known from the first piece on. */
	get totalLength(): number {
		return this.length;
	}

	/** Bytes of the payload, or of this piece of it. */
	get length(): number {
		return this.payloadEnd - this.payloadStart;
	}

	/** 0, 1 or 2: the lower of what it was published with and what was subscribed. */
	get qos(): number {
		return (this.flags & PublishFlag.QosMask) >> PublishFlag.QosShift;
	}

	/** True for a message that the broker had kept, sent because of a new subscription; with `RETAIN_AS_PUBLISHED`: as it was published. */
	get retain(): boolean {
		return (this.flags & PublishFlag.Retain) !== 0;
	}

	/** True when the topic matches the filter. */
	matches(filter: Filter): boolean {
		return matches(this.bytes, filter.start, filter.end, this.topicStart, this.topicEnd);
	}

	/** Byte `i` of the payload; `undefined` beyond it. */
	byteAt(i: number): number | undefined {
		const at = this.payloadStart + i;
		return i >= 0 && at < this.payloadEnd ? this.bytes[at] : undefined;
	}

	/** True when the payload is exactly these bytes. */
	equals(bytes: Uint8Array): boolean {
		const length = bytes.length;
		if (length !== this.length) return false;
		const mine = this.bytes;
		const start = this.payloadStart;
		for (let i = 0; i < length; i++) if (mine[start + i] !== bytes[i]) return false;
		return true;
	}

	/** The payload as a decimal integer ("-42"), or NaN when it is anything else. Allocates nothing. */
	integer(): number {
		const bytes = this.bytes;
		const end = this.payloadEnd;
		let at = this.payloadStart;
		const negative = at < end && bytes[at] === 0x2d;
		if (negative) at++;
		if (at === end || end - at > 15) return Number.NaN;
		let value = 0;
		for (; at < end; at++) {
			const digit = bytes[at] - 0x30;
			if (digit < 0 || digit > 9) return Number.NaN;
			value = value * 10 + digit;
		}
		return negative ? -value : value;
	}

	/** Copies the payload to the start of `view`, as much as fits, byte by byte; returns how many. Allocates nothing. */
	copyTo(view: Uint8Array): number {
		const room = view.length;
		const length = this.length < room ? this.length : room;
		const mine = this.bytes;
		const start = this.payloadStart;
		for (let i = 0; i < length; i++) view[i] = mine[start + i];
		return length;
	}

	/** A copy of the payload. Allocates. */
	payload(): Uint8Array {
		const copy = new Uint8Array(this.length);
		this.copyTo(copy);
		return copy;
	}

	/** The payload as a string, taken for UTF-8; what is not is replaced by U+FFFD. Allocates. */
	text(): string {
		return decodeText(this.bytes, this.payloadStart, this.payloadEnd);
	}

	/** The topic as a string. Allocates. */
	topic(): string {
		return decodeText(this.bytes, this.topicStart, this.topicEnd);
	}

	// ── properties of 5.0; in 3.1.1 there are none ───────────────────────────────────────────────────────────────

	/** 1: the publisher says that the payload is text in UTF-8, which nobody checked; 0: bytes [5.0, 3.3.2.3.2]. */
	get payloadFormat(): number {
		return this.property(Property.PayloadFormatIndicator, 0);
	}

	/** Seconds that were left of its time when the broker sent it; -1: no end was set. */
	get messageExpirySeconds(): number {
		return this.property(Property.MessageExpiryInterval, -1);
	}

	/** The `nth` (0, 1, ...) identifier of our subscriptions that it matched; 0: there is none. */
	subscriptionIdentifier(nth = 0): number {
		return this.property(Property.SubscriptionIdentifier, 0, nth);
	}

	/** What the payload is, as its publisher calls it. Allocates. */
	contentType(): string | undefined {
		return this.propertyText(Property.ContentType);
	}

	/** Where the publisher wants its answer. Allocates. */
	responseTopic(): string | undefined {
		return this.propertyText(Property.ResponseTopic);
	}

	/** A copy of what belongs into an answer. Allocates. */
	correlationData(): Uint8Array | undefined {
		const start = this.propertyStart(Property.CorrelationData);
		if (start === 0) return undefined;
		const copy = new Uint8Array(this.propertyEnd(start) - start);
		for (let i = 0; i < copy.length; i++) copy[i] = this.bytes[start + i];
		return copy;
	}
}
