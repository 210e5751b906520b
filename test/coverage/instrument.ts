// SPDX-License-Identifier: MIT
/** Counts branches: writes a counter into each side of whatever decides in a source, and moves no line by it. */
import { parseAst } from "vitest/node";
import { COUNTERS } from "./counters.js";

/** One way that control can take, and the counters that tell how often it did: those of `on` less those of `off`. */
export interface Branch {
	readonly line: number;
	/** What would be said of it if it were never taken. */
	readonly words: string;
	readonly on: number;
	/** -1: `on` alone tells. */
	readonly off: number;
}

export interface Instrumented {
	readonly code: string;
	readonly branches: readonly Branch[];
	/** How many counters the source has. */
	readonly counters: number;
}

interface Node {
	readonly type: string;
	readonly start: number;
	readonly end: number;
	readonly [child: string]: unknown;
}

class Instrument {
	readonly branches: Branch[] = [];
	counters = 0;
	private readonly lines: number[] = [];
	private readonly opening: { at: number; text: string }[] = [];
	private readonly closing: { at: number; text: string }[] = [];

	constructor(
		private readonly source: string,
		private readonly base: number,
	) {
		for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) this.lines.push(at);
	}

	/** All insertions at one place: what closes before what opens, each in the order it was asked for. */
	get code(): string {
		const all = [...this.closing, ...this.opening].sort((a, b) => a.at - b.at);
		let code = "";
		let from = 0;
		for (const { at, text } of all) {
			code += this.source.slice(from, at) + text;
			from = at;
		}
		return code + this.source.slice(from);
	}

	visit(node: Node): void {
		let close = () => {};
		if (node.type === "IfStatement") close = this.choice(node);
		else if (node.type === "ConditionalExpression") {
			this.side(node.consequent as Node, node, "?: never takes its first side");
			this.side(node.alternate as Node, node, "?: never takes its second side");
		} else if (node.type === "LogicalExpression") this.logical(node);
		else if (node.type === "AssignmentExpression" && /^(\?\?|&&|\|\|)=$/.test(node.operator as string))
			this.side(node.right as Node, node, `${node.operator} never assigns`);
		else if (node.type === "AssignmentPattern")
			this.side(node.right as Node, node, "the default is never used");
		else if (node.type === "SwitchCase") this.switchCase(node);
		for (const [name, child] of Object.entries(node)) {
			if (name === "type" || child === null || typeof child !== "object") continue;
			for (const one of Array.isArray(child) ? child : [child])
				if (typeof one?.type === "string") this.visit(one);
			const wrapped = this.pending.get(child as Node);
			if (wrapped !== undefined) this.closing.push({ at: (child as Node).end, text: wrapped });
		}
		close();
	}

	/** What follows a child once all within it is done. */
	private readonly pending = new Map<Node, string>();

	private counter(): { id: number; count: string } {
		const id = this.counters++;
		return { id, count: `${COUNTERS}[${this.base + id}]++` };
	}

	private branch(node: Node, words: string, on: number, off = -1): void {
		const after = this.lines.findIndex((at) => at >= node.start);
		this.branches.push({ line: (after < 0 ? this.lines.length : after) + 1, words, on, off });
	}

	/** Counts how often an expression is worked out. */
	private expression(node: Node): number {
		const { id, count } = this.counter();
		this.opening.push({ at: node.start, text: `(${count}, ` });
		this.pending.set(node, ")");
		return id;
	}

	private side(node: Node, of: Node, words: string): void {
		this.branch(node.type === "AssignmentPattern" ? node : of, words, this.expression(node));
	}

	private logical(node: Node): void {
		const left = this.expression(node.left as Node);
		const right = this.expression(node.right as Node);
		const operator = node.operator as string;
		this.branch(node.left as Node, `the left side of ${operator} never decides`, left, right);
		this.branch(node.right as Node, `the right side of ${operator} is never asked`, right);
	}

	private statement(node: Node, of: Node, words: string): void {
		const { id, count } = this.counter();
		const block = node.type === "BlockStatement";
		this.opening.push({ at: node.start + (block ? 1 : 0), text: block ? `${count};` : `{${count}; ` });
		if (!block) this.pending.set(node, "}");
		this.branch(of, words, id);
	}

	private choice(node: Node): () => void {
		this.statement(node.consequent as Node, node, "if is never true");
		if (node.alternate !== null) {
			this.statement(node.alternate as Node, node, "if is never false");
			return () => {};
		}
		const { id, count } = this.counter();
		this.branch(node, "if is never false", id);
		return () => void this.closing.push({ at: node.end, text: ` else ${count};` });
	}

	private switchCase(node: Node): void {
		const { id, count } = this.counter();
		const first = (node.consequent as Node[])[0];
		if (first === undefined) this.closing.push({ at: node.end, text: ` ${count};` });
		else this.opening.push({ at: first.start, text: `${count}; ` });
		this.branch(node, "case is never taken", id);
	}
}

/**
 * The source with a counter on both sides of `if`, `?:`, `&&`, `||` and `??`, in each `case`, and in each default value.
 * An `if` without `else` has two sides like any other, and a left side that decides alone is one.
 *
 * @param base the number of its first counter in the array
 */
export function instrument(source: string, base: number): Instrumented {
	const instrument = new Instrument(source, base);
	instrument.visit(parseAst(source, { lang: "ts" }) as unknown as Node);
	return { code: instrument.code, branches: instrument.branches, counters: instrument.counters };
}
