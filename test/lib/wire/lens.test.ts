// SPDX-License-Identifier: MIT
/** Properties are found in the bytes of their packet, whatever stands before them. */
import { describe, expect, test } from "vitest";
import { PropertyLens } from "../../../lib/wire/lens.js";
import { PROPERTY_TYPE, Property } from "../../../lib/wire/protocol.js";
import {
	afterProperty,
	findProperty,
	Leave,
	leaveOut,
	lengthWithout,
	putSection,
} from "../../../lib/wire/section.js";
import { fromHex, newArena, toHex } from "./bytes.js";

/** One of each kind, between two that come more than once. */
const SECTION = [
	"26 00 01 61 00 02 62 63", // a = bc
	"01 01",
	"0b 81 01", // 129
	"02 ff ff ff fe",
	"0b ff ff ff 7f",
	"23 01 02",
	"03 00 00", // empty
	"09 00 02 26 0b", // bytes that look like properties
	"26 00 00 00 01 7a", // "" = z
	"1f 00 03 e2 82 ac", // €
].join(" ");

function seen(hex: string): PropertyLens {
	const arena = newArena(256);
	const bytes = fromHex(hex);
	arena.bytes.fill(0x26).set(bytes, 40);
	const lens = new PropertyLens(arena);
	lens.propertiesStart = 40;
	lens.propertiesEnd = 40 + bytes.length;
	return lens;
}

describe("a lens on properties", () => {
	const lens = seen(SECTION);

	test("integers as they are, and what stands there when they are absent", () => {
		expect(lens.property(Property.PayloadFormatIndicator, -1)).toBe(1);
		expect(lens.property(Property.MessageExpiryInterval, -1)).toBe(0xffff_fffe);
		expect(lens.property(Property.TopicAlias, -1)).toBe(0x0102);
		expect([0, 1, 2].map((nth) => lens.property(Property.SubscriptionIdentifier, -1, nth))).toEqual([
			129, 268_435_455, -1,
		]);
		expect(lens.property(Property.ReceiveMaximum, 65_535)).toBe(65_535);
		expect(lens.property(Property.TopicAlias, -1, 1), "there is but one").toBe(-1);
	});

	test("text and bytes as a range, or as a string", () => {
		const start = lens.propertyStart(Property.CorrelationData);
		expect(toHex(lens.bytes, start, lens.propertyEnd(start))).toBe("26 0b");
		expect(lens.propertyText(Property.ContentType)).toBe("");
		expect(lens.propertyStart(Property.ContentType)).toBe(
			lens.propertyEnd(lens.propertyStart(Property.ContentType)),
		);
		expect(lens.reasonString()).toBe("€");
		expect(lens.propertyStart(Property.ResponseTopic)).toBe(0);
		expect(lens.propertyEnd(0)).toBe(0);
		expect(lens.propertyText(Property.ResponseTopic)).toBeUndefined();
	});

	test("user properties one by one, or by name", () => {
		const pairs = [];
		for (let nth = 0; lens.propertyStart(Property.UserProperty, nth) > 0; nth++) {
			const name = lens.propertyStart(Property.UserProperty, nth);
			const value = lens.propertyEnd(name) + 2;
			pairs.push([toHex(lens.bytes, name, value - 2), toHex(lens.bytes, value, lens.propertyEnd(value))]);
		}
		expect(pairs).toEqual([
			["61", "62 63"],
			["", "7a"],
		]);
		expect(["a", "", "b"].map((name) => lens.userProperty(name))).toEqual(["bc", "z", undefined]);
	});

	test("nothing, where there is nothing", () => {
		const none = seen("");
		for (let id = 0; id < Property.Limit; id++) expect(none.property(id, -7)).toBe(-7);
		expect([none.reasonString(), none.userProperty("a")]).toEqual([undefined, undefined]);
	});
});

describe("a section", () => {
	const { view, bytes, propertiesStart: start, propertiesEnd: end } = seen(SECTION);

	test("goes from one to the next, to its end", () => {
		const found = [];
		let at = start;
		for (; at < end; at = afterProperty(view, at)) found.push(view.getUint8(at));
		expect(at).toBe(end);
		expect(found).toEqual([0x26, 1, 0x0b, 2, 0x0b, 0x23, 3, 9, 0x26, 0x1f]);
		expect(new Set(found.map((id) => PROPERTY_TYPE[id])).size, "all kinds").toBe(7);
		expect(findProperty(view, start, end, 0x0b, 1)).toBe(start + 8 + 2 + 3 + 5 + 1);
	});

	test("what is left out, by the room that there is [5.0 MQTT-3.4.2-2, MQTT-3.4.2-3]", () => {
		const lengths = [Leave.Nothing, Leave.ReasonString, Leave.UserProperties, Leave.All].map((leave) =>
			lengthWithout(view, start, end, leave),
		);
		expect(lengths).toEqual([46, 40, 26, 0]);
		for (let room = 1; room < 60; room++) {
			const leave = leaveOut(view, start, end, room);
			expect(leave, `${room}`).toBe(lengths.findIndex((length) => length + 1 <= room));
			const to = putSection(bytes, view, 120, start, end, leave);
			expect(to - 121).toBe(bytes[120]);
			expect(bytes[120]).toBe(lengths[leave]);
			expect(findProperty(view, 121, to, Property.ReasonString, 0) > 0).toBe(leave === Leave.Nothing);
			expect(findProperty(view, 121, to, Property.UserProperty, 1) > 0).toBe(leave <= Leave.ReasonString);
			expect(findProperty(view, 121, to, Property.CorrelationData, 0) > 0).toBe(leave < Leave.All);
		}
	});
});
