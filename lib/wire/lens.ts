// SPDX-License-Identifier: MIT
import type { Block } from "../ports.js";
import { PROPERTY_TYPE, Property, PropertyType } from "./protocol.js";
import { findProperty } from "./section.js";
import { decodeText } from "./utf8.js";

/**
 * The properties of the packet that is being handled, looked up in its bytes; 3.1.1 has none. Names are those of `Property`.
 * Valid during the callback; nothing here allocates unless it says so.
 */
export class PropertyLens {
	/** The client's memory. Not to be written. */
	readonly bytes: Uint8Array;
	/** The same bytes as {@link bytes}. */
	readonly view: DataView;
	/** The properties, without their length; equal when there are none. Checked by the decoder. */
	propertiesStart = 0;
	propertiesEnd = 0;

	constructor(block: Block) {
		this.bytes = block.bytes;
		this.view = block.view;
	}

	/**
	 * The `nth` (0, 1, ...) property of that name, `absent` where there is none: an integer as it is; of text and bytes where their
	 * two bytes of length stand. Only user properties and subscription identifiers come more than once.
	 */
	property(property: number, absent: number, nth = 0): number {
		const view = this.view;
		let at = findProperty(view, this.propertiesStart, this.propertiesEnd, property, nth);
		if (at === 0) return absent;
		const kind = PROPERTY_TYPE[property];
		if (kind >= PropertyType.String) return at;
		if (kind === PropertyType.FourBytes) return view.getUint32(at);
		if (kind === PropertyType.TwoBytes) return view.getUint16(at);
		// A byte is a variable byte integer of one: each of them is 0 or 1.
		let value = 0;
		let byte = 0x80;
		for (let shift = 0; byte >= 0x80; shift += 7) {
			byte = view.getUint8(at++);
			value |= (byte & 0x7f) << shift;
		}
		return value;
	}

	/**
	 * Where the text or the bytes of a property begin in {@link bytes}; 0 where there is none. They end at {@link propertyEnd}.
	 * Of the `nth` user property this is the name; its value begins two bytes behind the end of the name.
	 */
	propertyStart(property: number, nth = 0): number {
		const at = this.property(property, 0, nth);
		return at === 0 ? 0 : at + 2;
	}

	/** Where the text or the bytes end that begin at `start`, as {@link propertyStart} said; 0 of 0. */
	propertyEnd(start: number): number {
		return start === 0 ? 0 : start + this.view.getUint16(start - 2);
	}

	/** The text of a property as a string, undefined where there is none; of a user property the name. Allocates. */
	propertyText(property: number, nth = 0): string | undefined {
		const start = this.propertyStart(property, nth);
		return start === 0 ? undefined : decodeText(this.bytes, start, this.propertyEnd(start));
	}

	/** The value of the first user property of that name, undefined where there is none. Allocates. */
	userProperty(name: string): string | undefined {
		for (let nth = 0; ; nth++) {
			const start = this.propertyStart(Property.UserProperty, nth);
			if (start === 0) return undefined;
			const end = this.propertyEnd(start);
			if (decodeText(this.bytes, start, end) === name)
				return decodeText(this.bytes, end + 2, this.propertyEnd(end + 2));
		}
	}

	/** For whoever reads logs, undefined where there is none. Allocates. */
	reasonString(): string | undefined {
		return this.propertyText(Property.ReasonString);
	}
}
