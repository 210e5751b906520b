// SPDX-License-Identifier: MIT
/** The public names of `ringbuoy/tcp`: the ports of a client on a board that has TCP. `manifests/tcp.json` brings them. */
export { type ClockOptions, DeviceClock } from "./drivers/clock.js";
export { elsewhere, type Leading } from "./drivers/elsewhere.js";
export { DeviceMemory } from "./drivers/memory.js";
export { DeviceRandom } from "./drivers/random.js";
export {
	type Answer,
	CachingResolver,
	type CachingResolverOptions,
	lookUpBy,
	type Resolver,
} from "./drivers/resolver.js";
export type { ExceptionHandler, SocketClass } from "./drivers/socket.js";
export { TcpDialler, type TcpOptions } from "./drivers/tcp-dialler.js";
