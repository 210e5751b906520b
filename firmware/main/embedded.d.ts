// SPDX-License-Identifier: MIT
/**
 * The SDK's modules that main imports, as far as main uses them: for a `tsc` without the SDK. mcconfig compiles file by file
 * and takes the types of the SDK (`$(MODDABLE)/typings`) instead; this file is none of its inputs.
 */

declare module "embedded:storage/flash" {
	const flash: import("../drivers/flash.js").FlashStorage;
	export default flash;
}

declare module "embedded:storage/key-value" {
	const storage: import("../drivers/ledger.js").KeyValueStorage &
		import("../drivers/credentials.js").KeyValueStorage;
	export default storage;
}

declare module "embedded:io/digital" {
	const Digital: import("../drivers/lamp.js").DigitalClass;
	export default Digital;
}

declare module "embedded:io/socket/tcp" {
	const TCP: import("../drivers/socket.js").SocketClass;
	export default TCP;
}

declare module "embedded:io/socket/tcp/tls" {
	const TLSSocket: import("../drivers/secure-socket.js").TlsSocketClass;
	export default TLSSocket;
}

declare module "x509" {
	const X509: import("../drivers/trust.js").X509;
	export default X509;
}

declare module "ssl/cert" {
	const Certificates: import("../drivers/trust.js").CertificateManager;
	export default Certificates;
}

declare module "Resource" {
	/** Bytes that the manifest put into flash. */
	export default class Resource {
		constructor(name: string);
		static exists(name: string): boolean;
		readonly byteLength: number;
	}
}

declare module "embedded:network/interface/wifi" {
	const WiFi: import("../drivers/wifi.js").WifiClass;
	export default WiFi;
}

declare module "embedded:network/interface/ethernet" {
	const Ethernet: import("../drivers/ethernet.js").EthernetClass;
	export default Ethernet;
}

declare module "timer" {
	const Timer: import("../drivers/clock.js").TimerModule & { delay(ms: number): void };
	export default Timer;
}

declare module "time" {
	const Time: import("../drivers/clock.js").TimeModule & import("../drivers/sntp.js").WallClock;
	export default Time;
}

declare module "sntp" {
	const SNTP: import("../drivers/sntp.js").SntpClass;
	export default SNTP;
}

declare module "mc/config" {
	const config: Readonly<Record<string, unknown>>;
	export default config;
}

declare module "instrumentation" {
	const instrumentation: import("../drivers/health.js").Instrumentation;
	export default instrumentation;
}

declare module "resetReason" {
	/** Why the chip started: a number of `esp_reset_reason_t`, and its name. */
	export default function getResetReason(): { readonly reason: number; readonly string: string };
}

declare module "ringbuoy/program" {
	export const start: import("./parts.js").StartProgram;
}

declare module "ringbuoy/firmware/main/dialler" {
	export const openDialler: import("./parts.js").OpenDialler;
}

declare module "ringbuoy/firmware/main/network" {
	export const openNetwork: import("./parts.js").OpenNetwork;
}

declare module "ringbuoy/firmware/main/sensors" {
	export const openSensors: import("./parts.js").OpenSensors;
}

/** Prints on the console of a build that has one: debug (xsbug) and instrumented (UART); a release build has none. */
declare function trace(...words: (string | number | boolean)[]): void;

/** Global on a device (`modules/io/system/system.js`). */
declare const System: {
	/** Does not return. */
	restart(): void;
	resolve(host: string, done: (host: string, address?: string) => void): void;
};
