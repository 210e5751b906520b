// SPDX-License-Identifier: MIT
/** Certificates for a firmware with TLS: read as PEM or DER, held against each other, written as the firmware looks for them. */

import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./usage.js";

/** Names and contents of `resources` in the firmware (`firmware/main/dialler-tls.ts`). */
export type Certificates = ReadonlyMap<string, Uint8Array>;

const CAS_MAX = 8;
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

export interface CertificateFiles {
	readonly ca?: string | undefined;
	readonly cert?: string | undefined;
	readonly key?: string | undefined;
}

/** Throws a {@link UsageError} for a file that is not what its option says. */
export function certificatesOf({ ca, cert, key }: CertificateFiles, now = new Date()): Certificates {
	const found = new Map<string, Uint8Array>();
	if (ca !== undefined) {
		const authorities = read("--ca", ca, now);
		if (authorities.length > CAS_MAX)
			throw new UsageError(`--ca: the firmware takes ${CAS_MAX} of them, ${ca} has more`);
		authorities.forEach(({ raw }, i) => void found.set(i === 0 ? "ca.der" : `ca-${i + 1}.der`, raw));
	}
	if ((cert === undefined) !== (key === undefined)) throw new UsageError("--cert and --key belong together");
	if (cert === undefined || key === undefined) return found;
	const [own] = read("--cert", cert, now);
	const secret = keyOf(key);
	if (!own.checkPrivateKey(secret)) throw new UsageError("--key is not the key of --cert");
	if (secret.asymmetricKeyType !== "rsa")
		throw new UsageError(`--key: the SDK's TLS signs with RSA only, and this is ${secret.asymmetricKeyType}`);
	found.set("client.der", own.raw);
	found.set("client-key.der", secret.export({ type: "pkcs8", format: "der" }));
	return found;
}

function read(option: string, path: string, now: Date): X509Certificate[] {
	const bytes = contents(option, path);
	const texts = bytes.toString("latin1").match(PEM) ?? [];
	let certificates: X509Certificate[];
	try {
		certificates = (texts.length > 0 ? texts : [bytes]).map((one) => new X509Certificate(one));
	} catch {
		throw new UsageError(`${option}: ${path} has no certificate in it, neither PEM nor DER`);
	}
	for (const { validTo, subject } of certificates)
		if (new Date(validTo) < now)
			throw new UsageError(
				`${option}: ${path}: ${subject.replaceAll("\n", ", ")} is out of its dates since ${validTo}`,
			);
	return certificates;
}

function keyOf(path: string): KeyObject {
	const bytes = contents("--key", path);
	const pem = bytes.includes("-----BEGIN");
	try {
		return createPrivateKey(pem ? bytes : { key: bytes, format: "der", type: "pkcs8" });
	} catch {
		throw new UsageError(`--key: ${path} has no private key in it that can be read without a password`);
	}
}

function contents(option: string, path: string): Buffer {
	try {
		return readFileSync(path);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		throw new UsageError(
			`${option}: ${path}: ${code === "ENOENT" ? "there is no such file" : `cannot be read: ${code}`}`,
		);
	}
}

/** Writes them into a folder that has nothing else in it, readable for its owner only. */
export function writeCertificates(folder: string, certificates: Certificates): void {
	rmSync(folder, { recursive: true, force: true });
	if (certificates.size === 0) return;
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	for (const [name, bytes] of certificates) writeFileSync(join(folder, name), bytes, { mode: 0o600 });
}
