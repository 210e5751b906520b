// SPDX-License-Identifier: MIT
/** What the next life knows. */
import { StoreFault } from "../../../lib/ports.js";
import { MessageState } from "../../../lib/wire/record.js";
import { Cut, NorFlash } from "../../../simulator/nor-flash.js";
import { SeededRandom } from "../../../simulator/world/random.js";
import { Lives } from "../../kit/lives.js";
import type { Rig } from "../../kit/rig.js";
import { Life } from "../../lib/store/lives.js";
import { flashOf, lifeOn, placeOf, type Rules, sure, traffic, written } from "./common.js";

/** A store whose last record is this message, complete; the power went in its last command. */
function cutBehind(payload: string): { flash: NorFlash; at: number } {
	const flash = new NorFlash({ sectors: 8 });
	const life = lifeOn(flash);
	life.open();
	flash.arm(1, Cut.After);
	life.put({ payload });
	flash.reboot();
	return { flash, at: placeOf(flash, payload) };
}

/** What stands at this address is read rightly so many times, and then with a bit that is wrong. */
function spoilReads(flash: NorFlash, at: number, good: number): void {
	const read = flash.read.bind(flash);
	let left = good;
	flash.read = (view, offset) => {
		const length = read(view, offset);
		if (offset <= at && at < offset + length && left-- <= 0) view[at - offset] ^= 1;
		return length;
	};
}

export const LIFE_RULES: Rules = {
	"another identity": () => {
		const { flash, numbers } = written();
		const life = lifeOn(flash);
		life.store.open(1, 60);
		life.store.openInbound(3, life.content("xy"));
		life.store.commit();
		const other = lifeOn(flash);
		sure(other.store.open(2, 60) === 1, "it was not noticed");
		sure(!other.store.established, "a session is said to be there");
		other.store.clear(false);
		sure(!other.store.inbound(3), "an inbound identifier of the other is there");
		sure(other.numbers().join() === numbers.join(), "messages are lost");
		const next = lifeOn(flash);
		sure(next.store.open(2, 60) === 0 && !next.store.established, "a session came out of nowhere");
	},

	"content is compared for restored identifiers only": () => {
		const flash = flashOf();
		const life = lifeOn(flash);
		life.open();
		life.store.openInbound(3, life.content("xy"));
		life.store.commit();
		sure(!life.store.stale(3, life.content("xz")), "in the same life the identifier alone decides");
		const next = lifeOn(flash);
		next.open();
		sure(next.store.stale(3, next.content("xz")), "other content is a new message");
		sure(!next.store.stale(3, next.content("xy")), "the same content is the same message");
	},

	"a boot that does nothing writes two pages at most": () => {
		const flash = flashOf();
		const life = lifeOn(flash);
		life.open();
		life.put({ payload: "x".repeat(450) });
		lifeOn(flash).open();
		const before = flash.commands;
		for (let boot = 0; boot < 20; boot++) lifeOn(flash).open();
		sure(flash.commands - before <= 80, `20 boots take ${flash.commands - before} commands`);
	},

	"a life that ended by a cut is known to": () => {
		const flash = flashOf();
		const life = lifeOn(flash);
		life.open();
		life.store.flush();
		const next = lifeOn(flash);
		next.open();
		sure(!next.store.unclean, "an end in order is not known");
		flash.arm(2, Cut.Before);
		try {
			next.put({ payload: "x".repeat(100) });
		} catch {}
		flash.reboot();
		const third = lifeOn(flash);
		third.open();
		sure(third.store.unclean, "a cut is not known");
	},

	"a last record that can be read only once": () => {
		// Its bits read as they like from the second time on: what is copied is what was read, or nothing.
		for (let good = 1; good <= 6; good++) {
			const { flash, at } = cutBehind("dear!");
			spoilReads(flash, at, good);
			const first = lifeOn(flash);
			first.open();
			Reflect.deleteProperty(flash, "read");
			const life = lifeOn(flash);
			life.open();
			const texts = life.numbers().map((number) => life.read(number));
			sure(
				texts.every((text) => text === "t=dear!"),
				`after ${good} reads it is ${texts}`,
			);
			sure(texts.length === first.numbers().length, `after ${good} reads it comes back`);
		}
	},

	"a last record is read from its copy": () => {
		const { flash, at } = cutBehind("dear!");
		const life = lifeOn(flash);
		life.open();
		spoilReads(flash, at, 0);
		const [number] = life.numbers();
		sure(life.read(number) === "t=dear!", `it is ${life.read(number)}`);
	},

	"a message that was given up before it was sent": () => {
		const flash = flashOf();
		const life = lifeOn(flash);
		life.open();
		const number = life.put({ payload: "x" });
		life.store.mark(number, MessageState.Done);
		sure(life.store.commit() === 0, "commit refuses");
		const next = lifeOn(flash);
		next.open();
		sure(next.numbers().length === 0, "it is there again");
	},

	"nothing is tidied behind the end of a life": () => {
		for (let messages = 10; messages < 70; messages += 2) {
			const flash = flashOf(12);
			const life = lifeOn(flash);
			life.open();
			traffic(life, messages);
			life.store.flush();
			for (let i = 0; i < 3; i++) life.store.maintain();
			const next = lifeOn(flash);
			next.open();
			sure(!next.store.unclean, `after ${messages} messages something was written behind the end`);
		}
	},

	"a client that is closed ends its life": () => {
		const lives = new Lives(5);
		const rig = lives.boot();
		rig.online();
		lives.peer.answerAll();
		for (let i = 0; i < 3; i++) rig.publish("x", 1);
		rig.pass(10);
		rig.client.close();
		rig.pass(1000);
		const next = new Life(lives.flash);
		next.store.open(1, 60);
		sure(!next.store.unclean, "the next one takes it for a cut");
	},

	"subscriptions are asked for again after a cut": () => {
		const lives = new Lives(5, { resubscribe: "lost" });
		const begin = (): Rig => {
			const rig = lives.boot();
			rig.client.subscribe(rig.filter, 1);
			rig.online();
			rig.pass(10);
			return rig;
		};
		const first = begin();
		first.client.flush(1000); // what is subscribed to is in flash, and the life goes on
		first.pass(100);
		first.publish("1", 1);
		lives.cut();
		lives.peer.present = true;
		lives.peer.line.take();
		begin();
		const said = lives.peer.line.take();
		sure(
			said.some((text) => text.startsWith("subscribe")),
			`after the cut it says ${said}`,
		);
	},

	"a number is never there without its identifier": () => {
		const flash = flashOf();
		const life = lifeOn(flash);
		life.open();
		life.store.openInbound(3, life.content("xy"));
		life.store.remember(5);
		life.store.assign(0, 2);
		const next = lifeOn(flash);
		next.open();
		sure(next.store.remembered !== 5 || next.store.inbound(3), "it is");
	},

	"a number that belongs to no message": () => {
		const flash = flashOf();
		const life = lifeOn(flash);
		life.open();
		life.store.remember(7.5);
		sure(life.store.commit() === 0, "commit refuses");
		const next = lifeOn(flash);
		next.open();
		sure(next.store.remembered === 7.5, `it is ${next.store.remembered} in the next life`);
	},

	"a store that was begun in vain does not come back": () => {
		for (let seed = 1; seed <= 120; seed++) {
			const random = new SeededRandom(seed);
			const flash = new NorFlash({ sectors: 6, unstable: "together", random });
			flash.arm(1, Cut.Weak);
			lifeOn(flash).open();
			flash.reboot();
			flash.arm(2, seed % 2 === 0 ? Cut.Ghost : Cut.Weak);
			lifeOn(flash).open();
			flash.reboot();
			const life = lifeOn(flash);
			life.open();
			const number = life.put({ payload: "x" });
			sure(number > 0, `seed ${seed}: put refuses: ${number}`);
			for (let boot = 0; boot < 6; boot++) {
				flash.reboot();
				const later = lifeOn(flash);
				later.open();
				const fault = later.store.takeFault();
				sure(fault === StoreFault.None, `seed ${seed}: fault ${fault}`);
				sure(later.numbers().includes(number), `seed ${seed}: the message is lost`);
			}
		}
	},
};
