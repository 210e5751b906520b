// SPDX-License-Identifier: MIT
import { expect, test } from "vitest";
import { type Certificate, certificateOf } from "../../../firmware/drivers/certificates.js";
import { type CertificateManager, type Der, Trust } from "../../../firmware/drivers/trust.js";
import { LinkFault } from "../../../lib/ports.js";
import { certificates, x509 } from "../../kit/ecma419/tls.js";
import { der } from "./tls-rig.js";

const now = Date.UTC(2026, 0, 1) / 1000;
const chainOf = (names: readonly string[]): Certificate[] => names.map((name) => certificateOf(der(name))!);

function judge(
	names: string,
	roots = "ca",
	server = "localhost",
	at = now,
): readonly [LinkFault | undefined, string] {
	const trusted: Der[] = roots === "" ? [] : roots.split(" ").map(der);
	const fault = new Trust(x509, certificates, trusted, server).fault(chainOf(names.split(" ")), at);
	return [fault?.fault, fault?.words ?? ""];
}

test.each([
	["alone", "server", "ca"],
	["with its root", "server ca", "ca"],
	["with a root that is not trusted behind the one that is", "server ca self-signed", "ca"],
	["the second of two roots", "server", "self-signed ca"],
	["by way of another authority", "below intermediate", "ca"],
	["and that one's root", "below intermediate ca", "ca"],
	["which is a root for us", "below", "intermediate"],
	["pinned: it is a root itself", "self-signed", "self-signed"],
	["pinned, and its chain is nobody's business", "server other", "server"],
])("trusted: %s", (_what, chain, roots) => {
	expect(judge(chain, roots)).toEqual([undefined, ""]);
	expect(judge(chain, roots, "127.0.0.1")).toEqual([undefined, ""]);
	expect(judge(chain, roots, "BROKER")).toEqual([undefined, ""]);
});

test.each([
	["another root", "server ca", "self-signed"],
	["a root of another kind of key", "server ca", "client-rsa"],
	["forged, the genuine root behind it", "self-signed ca", "ca"],
	["a gap in the chain", "below ca", "ca"],
	["no way up", "below", "ca"],
	["the order is wrong", "below server intermediate", "ca"],
	["no roots at all, and no list of them", "server ca", ""],
])("not trusted: %s", (_what, chain, roots) => {
	expect(judge(chain, roots)).toEqual([
		LinkFault.Certificate,
		"has a certificate that none of the trusted roots has signed; give the CA that did",
	]);
});

test("a certificate may not sign because it is good for something else", () => {
	const expected = [LinkFault.Certificate, "has a certificate that was signed by one that may not sign"];
	expect(judge("usurper client")).toEqual(expected);
	expect(judge("usurper client ca")).toEqual(expected);
	expect(judge("self-signed self-signed")).toEqual(expected);
});

test("dates: of the server, of those between, of the root", () => {
	expect(judge("expired ca")).toEqual([
		LinkFault.Expired,
		"has a certificate that is out of its dates (2000-01-01 to 2001-01-01, today is 2026-01-01)",
	]);
	expect(judge("server ca", "ca", "localhost", Date.UTC(2019, 0, 1) / 1000)[0]).toBe(LinkFault.Expired);
	expect(judge("server ca", "ca", "localhost", Date.UTC(2121, 0, 1) / 1000)[0]).toBe(LinkFault.Expired);
	const [server, ca] = chainOf(["server", "ca"]);
	const trust = new Trust(x509, certificates, [], "localhost");
	const late = { ...ca, until: now - 1 };
	expect(trust.fault([server, late], now)?.words).toContain("in its chain that is out of its dates");
	expect(judge("expired", "expired", "localhost", Date.UTC(2000, 6, 1) / 1000)).toEqual([undefined, ""]);
});

test("a name that is not its own, and none at all", () => {
	expect(judge("other ca")).toEqual([
		LinkFault.HostName,
		"has a certificate for elsewhere.example, not for localhost",
	]);
	expect(judge("server ca", "ca", "10.0.0.1")[0]).toBe(LinkFault.HostName);
	expect(judge("ca", "ca")[1]).toContain("no name at all");
});

test("nothing, and too much, is no chain", () => {
	const trust = new Trust(x509, certificates, [der("ca")], "localhost");
	expect(trust.fault([], now)?.words).toBe("sends no chain of certificates");
	expect(trust.fault(chainOf(Array<string>(9).fill("server")), now)?.words).toBe(
		"sends no chain of certificates",
	);
});

test("without roots of our own those of the SDK's list count", () => {
	const asked: unknown[] = [];
	const listed: CertificateManager = class extends (certificates as new (
		options: object,
	) => {
		_verify(key: object, certificate: object): boolean;
	}) {
		findCert(resource: string, identifier: unknown): object | undefined {
			asked.push([resource, identifier]);
			return { certificate: der("ca") };
		}
	};
	const trust = new Trust(x509, listed, [], "localhost");
	expect(trust.fault(chainOf(["server"]), now)).toBe(undefined);
	expect(trust.fault(chainOf(["self-signed"]), now)?.fault).toBe(LinkFault.Certificate);
	expect(asked[0]).toEqual(["ca.ski", chainOf(["server"])[0].issuerKey]);
});
