// SPDX-License-Identifier: MIT
import { Alarm } from "./alarm.js";
import { Exchanges } from "./exchanges.js";
import { Greeting } from "./greeting.js";
import { Inlet } from "./inlet.js";
import { KeepAlive } from "./keep-alive.js";
import { type Opener, Opening } from "./opening.js";
import { Outlet } from "./outlet.js";
import { Fault, Operation, wordsFor } from "./packet.js";
import { Receiving, Took } from "./receiving.js";
import { Sending } from "./sending.js";
import type { Shielded } from "./shield.js";
import { Staging } from "./staging.js";
import type {
	Bytes,
	Callbacks,
	MqttClientOptions,
	MqttError,
	Platform,
	Socket,
	WriteOptions,
} from "./types.js";

/**
 *     Resolving ──address──▶ Connecting ──writable, CONNECT──▶ Login ──CONNACK 0──▶ Online ──DISCONNECT──▶ Goodbye
 *         │                      │                               │                    │                     │
 *         └──────────────────────┴───────────────────────────────┴────────────────────┴─────────────────────┴──▶ Closed
 */
const enum Phase {
	Resolving = 0,
	Connecting = 1,
	Login = 2,
	Online = 3,
	Goodbye = 4,
	Closed = 5,
}

const enum Size {
	/** One write that carries a small message whole; so many bytes of a long one are passed over at a time. */
	Staging = 256,
	/** What `onWritable` and `write` tell less than there is: room for acknowledgements, as the SDK's client has it. */
	Reserve = 8,
	/** A TLS socket tells 32 bytes less than it has, where its record needs up to 96 (its own estimate in `onWritable`). */
	TlsMargin = 64,
}

const enum Wait {
	/** Name, TCP and TLS, as in the SDK's client. */
	ConnectMs = 30_000,
	ConnackMs = 10_000,
	/** For the broker to close after DISCONNECT. */
	GoodbyeMs = 2_000,
}

/**
 * One connection, from the name to its end. The application's functions are called with `owner` as `this`, never from inside
 * one another or a constructor; every call is legal inside every one of them.
 */
export class Connection implements Opener, Shielded {
	readonly #owner: object;
	readonly #on: Callbacks;
	readonly #platform: Platform;
	readonly #inlet: Inlet;
	readonly #outlet: Outlet;
	readonly #sending: Sending;
	readonly #receiving: Receiving;
	readonly #exchanges = new Exchanges();
	readonly #alive = new KeepAlive();
	readonly #opening: Opening;
	readonly #alarm: Alarm;
	#greeting: Greeting | undefined;
	#socket: Socket | undefined;
	#phase: Phase = Phase.Resolving;
	#address: string;
	/** What ends the connection as soon as nobody is being called. */
	#fault = 0;
	/** What the host said to it. */
	#cause = "";
	/** A turn is under way: what comes meanwhile, it finds. */
	#busy = false;
	/** The application has to be told how much it may write. */
	#tell = false;
	/** Ticks of what is waited for in this phase, and of the next look. */
	#deadline: number;
	#soon = false;

	constructor(owner: object, options: MqttClientOptions, platform: Platform) {
		const { onReadable, onWritable, onControl, onClose, onError } = options;
		this.#owner = owner;
		this.#on = { onReadable, onWritable, onControl, onClose, onError };
		this.#platform = platform;
		this.#opening = new Opening(options);
		this.#greeting = new Greeting(options, platform);
		const staging = new Staging(Size.Staging);
		this.#inlet = new Inlet(staging);
		this.#outlet = new Outlet(staging, options.socket.TCP === undefined ? 0 : Size.TlsMargin);
		this.#sending = new Sending(this.#outlet, this.#exchanges, platform);
		this.#receiving = new Receiving(owner, this.#on, platform, this.#inlet, this.#exchanges);
		this.#address = this.#opening.address;
		this.#alarm = new Alarm(platform.Timer, () => this.wake());
		this.#deadline = (platform.Time.ticks + Wait.ConnectMs) | 0;
		if (this.#address !== "") this.soon();
		else {
			this.#alarm.arm(Wait.ConnectMs);
			try {
				this.#opening.start(this);
			} catch (error) {
				this.#cause = String(error);
				this.fail(Fault.Unresolved);
			}
		}
	}

	// ── what the application calls ───────────────────────────────────────────────────────────────────────────────

	/** Throws, with nothing changed, when it is not possible now. Returns how much may be written next. */
	write(data: Bytes | null | undefined, options: WriteOptions | undefined): number {
		if (this.#phase !== Phase.Online || this.#fault !== 0) throw new Error("not connected");
		const sending = this.#sending;
		try {
			if (sending.unfinished > 0) {
				if (options !== undefined) throw new Error("the payload before this is not finished");
				sending.resume(data);
			} else if (options === undefined) throw new Error("options expected");
			else this.send(data, options);
		} finally {
			if (this.#outlet.broken) this.fail(Fault.Broken);
		}
		this.#alive.lastSent = this.#platform.Time.ticks;
		if (!this.#busy && sending.unfinished === 0) this.settle();
		return this.writable();
	}

	private send(data: Bytes | null | undefined, options: WriteOptions): void {
		const sending = this.#sending;
		const operation = options.operation ?? Operation.Publish;
		if (operation === Operation.Publish) sending.publish(data, options);
		else if (operation === Operation.Subscribe || operation === Operation.Unsubscribe)
			sending.request(operation, options);
		else if (operation >= Operation.Puback && operation <= Operation.Pubcomp)
			sending.acknowledge(operation, options);
		else if (operation === Operation.Pingreq) sending.two(operation);
		else if (operation === Operation.Disconnect) {
			sending.two(operation);
			this.#phase = Phase.Goodbye;
			this.wait(Wait.GoodbyeMs);
		} else throw new Error("unknown");
	}

	/** As `MqttClient.read`. Outside of a callback, a turn goes on with what waits. */
	read(what: number | Bytes | undefined): ArrayBuffer | number | undefined {
		const result = this.#receiving.read(what, this.#socket);
		if (!this.#busy && this.#inlet.announced === 0) {
			this.settle();
			this.soon();
		}
		return result;
	}

	/** Without DISCONNECT the broker would send the will; it is not said in the middle of a payload. */
	close(): void {
		if (this.#phase === Phase.Online && this.#sending.unfinished === 0 && !this.#outlet.broken) {
			try {
				this.#sending.two(Operation.Disconnect);
			} catch {
				// No room, or no connection any more.
			}
		}
		this.release();
	}

	/** What the application may write as a payload now, its topic and header not counted. */
	private writable(): number {
		const { room } = this.#outlet;
		if (room <= Size.Reserve || this.#phase !== Phase.Online) return 0;
		return this.#exchanges.full && this.#sending.unfinished === 0 ? 0 : room - Size.Reserve;
	}

	// ── what comes from below ────────────────────────────────────────────────────────────────────────────────────

	onAddress(address: string): void {
		this.#address = address;
		this.soon();
	}

	onUnresolved(): void {
		this.fail(Fault.Unresolved);
	}

	private connect(): void {
		this.#phase = Phase.Connecting;
		try {
			const socket = this.#opening.open(this.#address, this);
			this.#socket = this.#inlet.socket = this.#outlet.socket = socket;
		} catch (error) {
			this.#cause = String(error);
			this.end(Fault.NoSocket);
		}
	}

	/** The sockets of the SDK may call this after `close`, and before the first {@link roomFor}. */
	readable(count: number): void {
		if (this.#phase === Phase.Closed) return;
		this.#inlet.waiting = count;
		this.#alive.heard(this.#platform.Time.ticks);
		if (this.#phase >= Phase.Login) this.turn();
	}

	ended(): void {
		this.end(this.#phase === Phase.Goodbye ? Fault.Goodbye : Fault.Link);
	}

	threw(error: unknown): void {
		this.#cause = String(error);
		this.fail(Fault.Tls);
	}

	roomFor(room: number): void {
		if (this.#phase === Phase.Closed) return;
		this.#outlet.room = room;
		if (this.#phase === Phase.Connecting) this.greet();
		else {
			this.#tell = true;
			this.turn();
		}
	}

	/** The connection is up, and TLS, too: CONNECT is the first packet [MQTT-3.1.0-1]. */
	private greet(): void {
		const greeting = this.#greeting as Greeting;
		if (greeting.size > this.#outlet.room) {
			this.end(Fault.ConnectTooLong);
			return;
		}
		this.#phase = Phase.Login;
		this.#greeting = undefined;
		try {
			greeting.write(this.#outlet);
		} catch {
			this.end(Fault.Broken);
			return;
		}
		this.#alive.begin(this.#platform.Time.ticks, greeting.keepAliveSeconds);
		this.wait(Wait.ConnackMs);
		if (this.#inlet.waiting > 0) this.turn();
	}

	// ── a turn ───────────────────────────────────────────────────────────────────────────────────────────────────

	/** Takes in what there is, sends what is owed, tells what may be written. */
	private turn(): void {
		if (this.#busy) return;
		this.#busy = true;
		try {
			while (this.take()) if (!this.#exchanges.canOwe) this.settle();
			this.settle();
			this.offer();
		} finally {
			this.#busy = false;
		}
		if (this.#fault !== 0) this.end(this.#fault);
	}

	/** One thing of what came. False: there is nothing more to do now. */
	private take(): boolean {
		const phase = this.#phase;
		if (phase === Phase.Goodbye) this.#inlet.drop();
		if (phase < Phase.Login || phase > Phase.Online || this.#fault !== 0) return false;
		const full = this.#exchanges.full;
		const took = this.#receiving.take(phase === Phase.Login);
		if (full && !this.#exchanges.full) this.#tell = true;
		if (took === Took.Welcome) this.welcome();
		else if (took < 0 && this.#phase !== Phase.Closed) this.#fault = -took;
		return took > Took.Nothing;
	}

	private welcome(): void {
		const { returnCode, sessionPresent } = this.#inlet;
		const { intervalMs } = this.#alive;
		this.#phase = Phase.Online;
		this.#tell = true;
		if (intervalMs > 0) this.wait(intervalMs);
		this.#on.onControl?.call(this.#owner, { operation: Operation.Connack, returnCode, sessionPresent });
	}

	/** Acknowledgements and PINGREQ, unless a payload is under way. */
	private settle(): void {
		if (this.#phase !== Phase.Online || this.#sending.unfinished > 0 || this.#fault !== 0) return;
		const owed = this.#exchanges.owed;
		const ping = this.#alive.due && this.#outlet.room >= 2;
		if (owed === 0 && !ping) return;
		try {
			if (ping) {
				this.#sending.two(Operation.Pingreq);
				this.#alive.due = false;
			}
			if (owed > 0) this.#sending.pay();
		} catch {
			this.#outlet.broken = true;
		}
		this.#alive.lastSent = this.#platform.Time.ticks;
		if (this.#outlet.broken) this.fail(Fault.Broken);
	}

	/** Acknowledgements that found no room go first. */
	private offer(): void {
		if (!this.#tell || (this.#exchanges.owed > 0 && this.#sending.unfinished === 0)) return;
		const count = this.writable();
		if (count === 0) return;
		this.#tell = false;
		this.#on.onWritable?.call(this.#owner, count);
		this.settle();
	}

	// ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────

	/** As soon as nobody is being called, a turn. */
	private soon(): void {
		this.#soon = true;
		this.#alarm.arm(0);
	}

	private wait(ms: number): void {
		this.#deadline = (this.#platform.Time.ticks + ms) | 0;
		this.#alarm.arm(this.#soon ? 0 : ms);
	}

	private wake(): void {
		const soon = this.#soon;
		this.#soon = false;
		if (this.#fault !== 0) {
			this.end(this.#fault);
			return;
		}
		if (soon && this.#phase === Phase.Resolving && this.#address !== "") this.connect();
		const online = this.#phase === Phase.Online;
		if (!online || this.#alive.intervalMs > 0) {
			const left = (this.#deadline - this.#platform.Time.ticks) | 0;
			if (left > 0) this.#alarm.arm(left);
			else if (online) this.look();
			else this.expired();
		}
		if (soon) this.turn();
		if (soon) this.#opening.shield?.resume();
	}

	private expired(): void {
		const phase = this.#phase;
		if (phase === Phase.Login) this.end(Fault.ConnackTimeout);
		else this.end(phase === Phase.Goodbye ? Fault.Goodbye : Fault.ConnectTimeout);
	}

	private look(): void {
		const alive = this.#alive;
		const { unfinished } = this.#sending;
		// In the middle of a payload no PINGREQ can be sent, and behind an unread one no answer is seen.
		const flows = this.#outlet.room > 0 || ((alive.lastSent - alive.asked) | 0) > 0;
		const excused = this.#inlet.announced > 0 || (alive.due && unfinished > 0 && flows);
		const ms = alive.look(this.#platform.Time.ticks, excused);
		if (ms < 0) this.end(Fault.PingTimeout);
		else {
			this.wait(ms);
			this.settle();
		}
	}

	// ── the end ──────────────────────────────────────────────────────────────────────────────────────────────────

	/** It has to end, and is told a moment later: never from inside a call of the application. */
	private fail(fault: Fault): void {
		if (this.#fault !== 0 || this.#phase === Phase.Closed) return;
		this.#fault = fault;
		this.soon();
	}

	private end(fault: Fault): void {
		if (this.#phase === Phase.Closed) return;
		this.release();
		const { onClose, onError } = this.#on;
		if (fault === Fault.Goodbye && onClose !== undefined) onClose.call(this.#owner);
		else if (onError !== undefined) {
			const { returnCode } = this.#inlet;
			const error: MqttError = new Error(wordsFor(fault, returnCode, this.#cause));
			if (fault === Fault.Refused) error.returnCode = returnCode;
			onError.call(this.#owner, error);
		}
	}

	private release(): void {
		this.#phase = Phase.Closed;
		this.#receiving.close();
		this.#outlet.room = 0;
		this.#alarm.close();
		this.#opening.cancel();
		const socket = this.#socket;
		this.#socket = this.#inlet.socket = this.#outlet.socket = undefined;
		this.#opening.shield?.close();
		socket?.close();
	}
}
