// SPDX-License-Identifier: MIT
/** Plays a scenario: the client in a world of its own against the file, in virtual time. Whatever it does must stand there. */
import { Brokers } from "../../../lib/extras/index.js";
import {
	type Dialler,
	DROP_OLDEST,
	KEEP_LATEST,
	LINK_FAULT_BASE,
	LinkFault,
	NO_LOCAL,
	NO_RETAINED,
	RETAIN,
	RETAIN_AS_PUBLISHED,
	RETAINED_IF_NEW,
	Reason,
	Refusal,
	Settled,
} from "../../../lib/index.js";
import type { Acceptor, BrokerPeer, BrokerSocket } from "../../../simulator/seams.js";
import type { Version } from "../../kit/peer.js";
import { Recorder, Rig } from "../../kit/rig.js";
import { Hands, optionsOf } from "./hands.js";
import { type Came, Cutter, differs, hex, written } from "./packets.js";
import type { Scenario, Step } from "./parse.js";
import type { Sockets } from "./sockets.js";

/** After each step so much time passes, so that all that follows from it has happened. */
const SETTLE_MS = 1;

/** What the client did on the network, in order: packets, and these. */
type Act = Came | "closes" | `dials${string}`;

/** Throws when the client does anything else than the scenario says. `steps` may be given to play others. */
export function play(scenario: Scenario, version: string, steps: readonly Step[] = scenario.steps): void {
	const number: Version = version === "5.0" ? 5 : 4;
	if (scenario.throws !== undefined) {
		refuses(scenario, number);
		return;
	}
	const stage = new Stage(scenario, number);
	for (const step of steps)
		if (step.versions.includes(version)) for (const ms of stage.perform(step)) stage.pass(ms);
	stage.finish(steps[steps.length - 1].line);
}

/** The same over sockets of this machine. Time is virtual all the same: it passes when the network has nothing on its way. */
export async function playOverSockets(scenario: Scenario, version: string, sockets: Sockets): Promise<void> {
	const { steps } = scenario;
	const stage = new Stage(scenario, version === "5.0" ? 5 : 4, sockets);
	for (const step of steps) {
		if (!step.versions.includes(version)) continue;
		for (const ms of stage.perform(step)) {
			await sockets.settle();
			stage.pass(ms);
			await sockets.settle();
		}
	}
	stage.finish(steps[steps.length - 1].line);
}

function refuses(scenario: Scenario, version: Version): void {
	let said = "nothing";
	try {
		new Rig({ ...optionsOf(scenario.options), version });
	} catch (error) {
		said = (error as Error).message;
	}
	if (!said.includes(scenario.throws!))
		throw new Error(`${scenario.path}: throws "${said}" instead of "${scenario.throws}"`);
}

class Stage implements Acceptor {
	readonly #scenario: Scenario;
	readonly #version: Version;
	readonly #rig: Rig;
	readonly #acts: Act[] = [];
	readonly #recorder = new Recorder();
	readonly #hands: Hands;
	#heardNotes = 0;
	#socket: BrokerSocket | undefined;
	#cutter: Cutter;
	/** We ended the connection ourselves: that it closes is no act of the client. */
	#ended = false;
	#step: Step | undefined;
	readonly #lose: () => void;
	/** Which broker of several was dialled last. */
	#host = "";

	/** Without `sockets` over the world's own links. */
	constructor(scenario: Scenario, version: Version, sockets?: Sockets) {
		this.#scenario = scenario;
		this.#version = version;
		this.#cutter = new Cutter(version);
		const options = optionsOf(scenario.options);
		const { brokers } = scenario.options as { brokers?: readonly string[] };
		const dialler =
			brokers !== undefined
				? { dialler: this.#among(brokers, sockets) }
				: sockets === undefined
					? {}
					: { dialler: sockets.dialler };
		this.#rig = new Rig({ version, ...options, listener: this.#recorder, ...dialler });
		this.#hands = new Hands(this.#rig, this.#recorder);
		this.#rig.network.listen(this);
		if (sockets !== undefined) sockets.acceptor = this;
		this.#lose = () => (sockets ?? this.#rig).cut();
	}

	/** A list of brokers, and whoever they name: one listener stands for all, and knows who was dialled. */
	#among(hosts: readonly string[], sockets?: Sockets): Brokers {
		const lead = (host: string): Dialler => ({
			dial: (link) => {
				this.#host = host;
				return (sockets?.dialler ?? this.#rig.strict).dial(link);
			},
		});
		return new Brokers({
			brokers: hosts.map(lead),
			diallerTo: (host, port) => lead(port === 0 ? host : `${host}:${port}`),
		});
	}

	accept(socket: BrokerSocket): BrokerPeer {
		const cutter = new Cutter(this.#version);
		this.#socket = socket;
		this.#cutter = cutter;
		this.#ended = false;
		this.#acts.push(this.#host === "" ? "dials" : `dials ${this.#host}`);
		return {
			onData: (chunk) => this.#acts.push(...cutter.take(chunk)),
			onDrain: () => {},
			onClose: () => {
				if (cutter.rest > 0 && !this.#ended) this.#fail("the client closed in the middle of a packet");
				if (this.#socket === socket) this.#socket = undefined;
				if (!this.#ended) this.#acts.push("closes");
			},
		};
	}

	/** Lets virtual time pass. */
	pass(ms: number): void {
		this.#rig.pass(ms);
	}

	/** Does one step, and hands out the milliseconds that are to pass where some are. */
	*perform(step: Step): Generator<number, void> {
		this.#step = step;
		const { verb, rest } = step;
		if (verb === "hears") this.#hears(rest);
		else if (verb === "dials" || verb === "closes") this.#sees(verb, rest);
		else if (verb === "told") this.#told(rest);
		else {
			this.#nothingLeft("packets that no line expects");
			if (verb === "wait") yield milliseconds(rest) - SETTLE_MS;
			else if (verb === "sends") this.#line.send(written(rest, this.#version));
			else if (verb === "close") this.#end(() => this.#line.end());
			else if (verb === "cut") this.#end(this.#lose);
			else if (verb === "call") this.#call(rest);
			else yield* this.#connected();
			yield SETTLE_MS;
		}
	}

	/** After the last step nothing may be left over, nor come at that instant. */
	finish(line: number): void {
		this.#step = { line, verb: "wait", rest: "", versions: [] };
		this.#nothingLeft("packets after the last line");
		const notes = this.#recorder.notes.slice(this.#heardNotes);
		if (notes.length > 0) this.#fail(`the application was also told: ${notes.map(inWords).join("; ")}`);
	}

	get #line(): BrokerSocket {
		return this.#socket ?? this.#fail("there is no connection");
	}

	#end(how: () => void): void {
		this.#ended = true;
		how();
	}

	#fail(what: string): never {
		const { line, verb, rest } = this.#step!;
		const now = Math.round(this.#rig.world.now);
		throw new Error(`${this.#scenario.path}:${line}: ${verb} ${rest}: ${what} (at ${now} ms)`);
	}

	#hears(expected: string): void {
		const act = this.#acts.shift();
		if (act === undefined) this.#fail("the client sent nothing");
		if (typeof act === "string") this.#fail(`the client ${act}`);
		const why = differs(expected, act);
		if (why !== undefined) this.#fail(why);
	}

	#sees(verb: "dials" | "closes", rest = ""): void {
		const act = this.#acts.shift();
		if (act !== (rest === "" ? verb : `${verb} ${rest}`))
			this.#fail(
				act === undefined ? "it does not" : typeof act === "string" ? `it ${act}` : `it sent ${act.words}`,
			);
	}

	#told(expected: string): void {
		const note = this.#recorder.notes[this.#heardNotes++];
		if (note === undefined) this.#fail("the application was told nothing");
		if (inWords(note) !== expected) this.#fail(`it was told: ${inWords(note)}`);
	}

	#nothingLeft(what: string): void {
		const left = this.#acts.map((act) =>
			typeof act === "string" ? act : `${act.words} (${hex(act.bytes)})`,
		);
		if (left.length > 0) this.#fail(`${what}: ${left.join("; ")}`);
		if (this.#cutter.rest > 0) this.#fail("half a packet has come");
	}

	/** The usual beginning: open, CONNECT, CONNACK without properties, online. */
	*#connected(): Generator<number, void> {
		this.#rig.client.open();
		yield SETTLE_MS;
		this.#sees("dials");
		this.#hears("connect");
		this.#line.send(written("connack", this.#version));
		yield SETTLE_MS;
		this.#told("online");
	}

	/** `open`, `publish a/b "x" 1 retain -> NotOffered`, `topic a/+ -> throws no wildcards`, ... */
	#call(text: string): void {
		const [, words, refused] = /^(.*?)(?: -> (.+))?$/.exec(text)!;
		let said: string;
		try {
			const result = this.#perform((words.match(/"[^"]*"|\S+/g) ?? []).map(spelt));
			said = result < 0 ? nameOf(Refusal, result) : "nothing";
		} catch (error) {
			if (!(error instanceof RangeError)) throw error;
			said = `throws ${error.message}`;
		}
		const wanted = refused ?? "nothing";
		if (wanted.startsWith("throws ") ? !holdsWords(said, wanted) : said !== wanted)
			this.#fail(said === "nothing" ? "it was not refused" : `refused: ${said}`);
	}

	#perform(words: string[]): number {
		const [what, name, ...more] = words;
		const { client } = this.#rig;
		switch (what) {
			case "open":
				return client.open();
			case "close":
				client.close(name === "will");
				return 0;
			case "reauthenticate":
				return client.reauthenticate();
			case "topic":
				client.topic(name);
				return 0;
			case "filter":
				client.filter(name);
				return 0;
			case "publish": {
				const [payload, qos, ...rest] = more;
				const bytes = new TextEncoder().encode(payload);
				const expiry = Number(rest.find((word) => word.startsWith("expiry="))?.slice(7) ?? 0);
				const flags = rest.reduce((sum, word) => sum | (FLAGS[word] ?? 0), 0);
				return client.publish(client.topic(name), bytes, Number(qos) as 0 | 1 | 2, flags, expiry);
			}
			case "subscribe":
				return client.subscribe(this.#filter(name), Number(more[0]) as 0 | 1 | 2, flagsOf(more.slice(1)));
			case "unsubscribe":
				return client.unsubscribe(this.#filter(name));
			default:
				return this.#hands.perform(words) ?? this.#fail(`the application cannot call ${what}`);
		}
	}

	readonly #filters = new Map<string, ReturnType<Rig["client"]["filter"]>>();

	/** One object for each text: an unsubscribe names the one that was subscribed. */
	#filter(text: string): ReturnType<Rig["client"]["filter"]> {
		const found = this.#filters.get(text) ?? this.#rig.client.filter(text);
		this.#filters.set(text, found);
		return found;
	}
}

/** What may stand behind `publish`. */
const FLAGS: Readonly<Record<string, number>> = {
	retain: RETAIN,
	"drop-oldest": DROP_OLDEST,
	"keep-latest": KEEP_LATEST,
};

/** A word of a call: bare, as JSON has strings when it is quoted, or `a*65536`. */
function spelt(word: string): string {
	if (word.startsWith('"')) return JSON.parse(word);
	const many = /^(.)\*(\d+)$/.exec(word);
	return many === null ? word : many[1].repeat(Number(many[2]));
}

/** Options of a subscription, by their words. */
function flagsOf(words: readonly string[]): number {
	const known: Readonly<Record<string, number>> = {
		nolocal: NO_LOCAL,
		published: RETAIN_AS_PUBLISHED,
		ifnew: RETAINED_IF_NEW,
		noretained: NO_RETAINED,
	};
	let options = 0;
	for (const word of words) {
		if (known[word] === undefined) throw new Error(`what is ${word} in subscribe?`);
		options |= known[word];
	}
	return options;
}

/** `throws WORDS`: these words are in what was thrown. */
function holdsWords(said: string, wanted: string): boolean {
	return said.startsWith("throws ") && said.slice(7).includes(wanted.slice(7));
}

/** `90 s`, `20 ms`. */
function milliseconds(text: string): number {
	const [, count, unit] = /^(\d+) (ms|s)$/.exec(text) ?? [];
	if (count === undefined) throw new Error(`not a time: ${text}`);
	return Number(count) * (unit === "s" ? 1000 : 1);
}

/** What the application was told, as a scenario has it. */
function inWords([kind, ...values]: readonly (string | number | boolean)[]): string {
	switch (kind) {
		case "online":
			return values[0] ? "online present" : "online";
		case "offline": {
			const reason = values[0] as number;
			const known =
				reason <= LINK_FAULT_BASE ? nameOf(LinkFault, LINK_FAULT_BASE - reason) : nameOf(Reason, reason);
			return `offline ${known}${values[1] ? "" : " for good"}`;
		}
		case "message":
			return `message ${values[0]}=${values[1]} q${values[2]}${values[3] ? " retain" : ""}`;
		case "settled":
			return `settled ${values[0]} ${nameOf(Settled, values[1] as number)}${values[2] ? ` ${nameOf(Reason, values[2] as number)}` : ""}`;
		case "reply":
			return `reply ${values[0]} ${typeof values[1] === "number" ? nameOf(Reason, values[1]) : `"${values[1]}"`}`;
		case "subscribed":
		case "unsubscribed":
			return `${kind} ${(values[0] as number) > 2 ? nameOf(Reason, values[0] as number) : values[0]}`;
		default:
			return [kind, ...values].join(" ");
	}
}

function nameOf(dictionary: Readonly<Record<string, number>>, value: number): string {
	return Object.keys(dictionary).find((name) => dictionary[name] === value) ?? String(value);
}
