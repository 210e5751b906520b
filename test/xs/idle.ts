// SPDX-License-Identifier: MIT
/** Ports that make as little as can be, for gates that count what a client itself takes: the board's own objects are not its. */
import { XsRandom } from "./board.js";

const port = { arm() {}, disarm() {}, timer: () => port, allocate: (bytes: number) => new Uint8Array(bytes) };

export const idle = {
	memory: port,
	clock: { ...port, ticks: 0, seconds: 0, epochSeconds: 0 },
	random: new XsRandom(),
	dialler: {
		dial(): never {
			throw new Error("nobody is there");
		},
	},
	listener: {},
};
