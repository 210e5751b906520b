// SPDX-License-Identifier: MIT
/** What a client can do besides: make one, hand it to the client. What is not imported is not linked. */
export { Aliases, type AliasOptions } from "./aliases.js";
export { Authentication, type AuthenticationMethod, type AuthenticationOptions } from "./authentication.js";
export { Brokers, type BrokersOptions, type DiallerTo, type Place } from "./brokers.js";
export { type FragmentOptions, Fragments } from "./fragments.js";
export { type HoldOptions, Holds } from "./holds.js";
export { type RequestOptions, Requests } from "./requests.js";
export { type Handler, Router, type RouterOptions } from "./router.js";
export { type ScramOptions, ScramSha256, saltedPassword } from "./scram.js";
export { type Source, Sources } from "./sources.js";
