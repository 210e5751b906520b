// SPDX-License-Identifier: MIT
class Host {
	static print(text) {
		return native("xs_host_print").call(this, text);
	}
	static argument(name) {
		return native("xs_host_argument").call(this, name);
	}
	static exit(code) {
		return native("xs_host_exit").call(this, code);
	}
	static collect() {
		return native("xs_host_collect").call(this);
	}
	static mark() {
		return native("xs_host_mark").call(this);
	}
	static count(what) {
		return native("xs_host_count").call(this, what);
	}
	static copy(to, at, from, start, end) {
		return native("xs_host_copy").call(this, to, at, from, start, end);
	}
}

export default Host;
