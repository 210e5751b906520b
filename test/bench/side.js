// SPDX-License-Identifier: MIT
/**
 * One side of the comparison in a process of its own, `side.js ours|theirs`: code of Node that both use is compiled for
 * each by its own habits, and neither sweeps the other's garbage. Told `{ what, port, messages, qos }`, it answers with speeds.
 */
const { Side } =
	process.argv[2] === "ours"
		? { Side: (await import("./ours.js")).Ours }
		: { Side: (await import("./theirs.js")).Theirs };

/** Messages on each new connection before the clock starts. */
const WARM_UP = 1000;

const parts = {
	/** From one publisher to the broker and its acknowledgement back, by the clock and by this process's processor time. */
	async published(port, messages, qos) {
		const publisher = await Side.to(port, "publisher", qos);
		await publisher.publish(WARM_UP);
		const startedCpu = process.cpuUsage();
		const started = performance.now();
		await publisher.publish(messages);
		const seconds = (performance.now() - started) / 1000;
		const { user, system } = process.cpuUsage(startedCpu);
		await publisher.close();
		return { byClock: messages / seconds, byCpu: messages / ((user + system) / 1e6) };
	},

	/** From a publisher through the broker to a subscriber, both of the same kind, in this process. */
	async passedOn(port, messages, qos) {
		const subscriber = await Side.to(port, "subscriber", qos);
		await subscriber.subscribe();
		const publisher = await Side.to(port, "publisher", qos);
		const both = async (count) => {
			const arrived = subscriber.receive(count);
			await Promise.all([publisher.publish(count), arrived]);
		};
		await both(WARM_UP);
		const started = performance.now();
		await both(messages);
		const seconds = (performance.now() - started) / 1000;
		await publisher.close();
		await subscriber.close();
		return { byClock: messages / seconds };
	},
};

process.on("disconnect", () => process.exit(0));
process.on("message", async ({ what, port, messages, qos }) => {
	process.send(await parts[what](port, messages, qos));
});
process.send("ready");
