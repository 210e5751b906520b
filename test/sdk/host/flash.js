// SPDX-License-Identifier: MIT
const STATUS = Object.freeze({ size: 65536, blockLength: 4096 });

class HostFlash {
	read(view, offset) {
		return native("xs_flash_read").call(this, view, offset);
	}
	write(view, offset) {
		return native("xs_flash_write").call(this, view, offset);
	}
	eraseBlock(first, end) {
		return native("xs_flash_erase").call(this, first, end);
	}
	status() {
		return STATUS;
	}
}

export default HostFlash;
