// SPDX-License-Identifier: MIT
/** Every reason by which a connection can end, and what follows: the table once more, by names. */
import { describe, expect, test } from "vitest";
import { LINK_FAULT_BASE, LinkFault, Next, Reason } from "../../../lib/index.js";
import { next } from "../../../lib/session/ends.js";

/** Not ends: they stand in other packets, or begin something. */
const NO_ENDS: readonly (keyof typeof Reason)[] = [
	"Success",
	"GrantedQos1",
	"GrantedQos2",
	"DisconnectWithWill",
	"NoMatchingSubscribers",
	"NoSubscriptionExisted",
	"ContinueAuthentication",
	"Reauthenticate",
];

const SLOW: readonly (keyof typeof Reason)[] = [
	"UnsupportedProtocolVersion",
	"ClientIdentifierNotValid",
	"BadUserNameOrPassword",
	"NotAuthorized",
	"Banned",
	"BadAuthenticationMethod",
	"TopicFilterInvalid",
	"QuotaExceeded",
	"AdministrativeAction",
	"RetainNotSupported",
	"QosNotSupported",
	"SharedSubscriptionsNotSupported",
	"SubscriptionIdentifiersNotSupported",
	"WildcardSubscriptionsNotSupported",
];

const OTHERS: Partial<Record<keyof typeof Reason, Next>> = {
	UseAnotherServer: Next.Elsewhere,
	ServerMoved: Next.Elsewhere,
	SessionTakenOver: Next.Stop,
	FetchHeldBack: Next.AtOnce,
};

describe("What follows the end of a connection", () => {
	const names = Object.keys(Reason) as (keyof typeof Reason)[];

	test.each(names)("%s", (name) => {
		const expected = SLOW.includes(name) ? Next.Slow : (OTHERS[name] ?? Next.Retry);
		if (NO_ENDS.includes(name)) expect(Reason[name]).toBeLessThan(0x80);
		expect(next(Reason[name])).toBe(expected);
	});

	test.each(Object.keys(LinkFault) as (keyof typeof LinkFault)[])("a link that ends for %s", (name) => {
		const slow = ["Certificate", "HostName", "Expired"].includes(name);
		expect(next(LINK_FAULT_BASE - LinkFault[name])).toBe(slow ? Next.Slow : Next.Retry);
	});

	test("what nobody knows of is tried again", () => {
		for (const reason of [-1000, -26, -15, 3, 0x7f, 0xa3, 0xff, 0x100, 70_000])
			expect(next(reason)).toBe(Next.Retry);
	});
});
