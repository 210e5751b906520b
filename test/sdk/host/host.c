/* SPDX-License-Identifier: MIT */
/* The module "host": what the modules may ask of the program that runs them. Only `argument` allocates. */
#include "host.h"
#include "xsmc.h"

void xs_host_print(xsMachine* the)
{
	printf("%s\n", xsmcToString(xsArg(0)));
	fflush(stdout);
}

void xs_host_argument(xsMachine* the)
{
	const char* value = hostArgument(xsmcToString(xsArg(0)));
	if (value)
		xsmcSetString(xsResult, (char*)value);
}

void xs_host_exit(xsMachine* the)
{
	fflush(stdout);
	_exit(xsmcToInteger(xsArg(0)));
}

static uint64_t gxCodes = 0;

/* Two full collections, so that what a finalizer kept goes too. */
void xs_host_collect(xsMachine* the)
{
	fxCollect(the, XS_COMPACT_FLAG);
	fxCollect(the, XS_COMPACT_FLAG);
}

void xs_host_mark(xsMachine* the)
{
	memset(&gxCounters, 0, sizeof(gxCounters));
	hostPaintStack(the);
	gxCodes = hostCodes(the);
}

/* In the order of host.d.ts. */
enum { SLOTS, CHUNKS, CHUNK_BYTES, MALLOCS, MALLOC_BYTES, COLLECTIONS, CODES, STACK, LIVE_SLOTS, LIVE_CHUNK_BYTES, PEAK_SLOTS, PEAK_CHUNK_BYTES };

static double count(xsMachine* the, int what)
{
	switch (what) {
	case SLOTS: return (double)gxCounters.slots;
	case CHUNKS: return (double)(gxCounters.chunks + gxCounters.grown);
	case CHUNK_BYTES: return (double)(gxCounters.chunkBytes + gxCounters.grownBytes);
	case MALLOCS: return (double)gxCounters.mallocs;
	case MALLOC_BYTES: return (double)gxCounters.mallocBytes;
	case COLLECTIONS: return (double)gxCounters.collections;
	case CODES: return (double)(hostCodes(the) - gxCodes);
	case STACK: return (double)hostStackPeak(the);
	case LIVE_SLOTS: return (double)the->currentHeapCount;
	case LIVE_CHUNK_BYTES: return (double)the->currentChunksSize;
	case PEAK_SLOTS: return (double)the->peakHeapCount;
	case PEAK_CHUNK_BYTES: return (double)the->peakChunksSize;
	}
	return -1;
}

void xs_host_count(xsMachine* the)
{
	double value = count(the, xsmcToInteger(xsArg(0)));
	if (value == (double)(int32_t)value)
		xsmcSetInteger(xsResult, (int32_t)value);
	else
		xsmcSetNumber(xsResult, value);
}

/* copy(to, at, from, start, end): a native move between views, for models of hardware. */
void xs_host_copy(xsMachine* the)
{
	uint8_t *to, *from;
	xsUnsignedValue room, there;
	int at = xsmcToInteger(xsArg(1)), start = xsmcToInteger(xsArg(3)), end = xsmcToInteger(xsArg(4));
	xsmcGetBufferWritable(xsArg(0), (void**)&to, &room);
	xsmcGetBufferReadable(xsArg(2), (void**)&from, &there);
	if (at < 0 || start < 0 || end < start || end > (int)there || at + end - start > (int)room)
		xsRangeError("copy");
	memmove(to + at, from + start, end - start);
}

/* ---- a flash partition: writing clears bits, erasing sets those of a block ---- */

#define FLASH_BYTES (64 * 1024)
#define FLASH_BLOCK 4096

static uint8_t gxFlash[FLASH_BYTES];
static int gxBlank = 1;

static uint8_t* flashAt(xsMachine* the, long offset, long length)
{
	if (gxBlank)
		memset(gxFlash, 0xFF, sizeof(gxFlash));
	gxBlank = 0;
	if (offset < 0 || length < 0 || offset + length > FLASH_BYTES)
		xsRangeError("flash");
	return gxFlash + offset;
}

void xs_flash_read(xsMachine* the)
{
	uint8_t* view;
	xsUnsignedValue length;
	xsmcGetBufferWritable(xsArg(0), (void**)&view, &length);
	memcpy(view, flashAt(the, xsmcToInteger(xsArg(1)), length), length);
	xsmcSetInteger(xsResult, (xsIntegerValue)length);
}

void xs_flash_write(xsMachine* the)
{
	uint8_t* view;
	xsUnsignedValue length;
	xsmcGetBufferReadable(xsArg(0), (void**)&view, &length);
	uint8_t* to = flashAt(the, xsmcToInteger(xsArg(1)), length);
	for (xsUnsignedValue i = 0; i < length; i++)
		to[i] &= view[i];
}

void xs_flash_erase(xsMachine* the)
{
	int first = xsmcToInteger(xsArg(0));
	int end = xsmcArgc > 1 && xsmcTypeOf(xsArg(1)) != xsUndefinedType ? xsmcToInteger(xsArg(1)) : first + 1;
	memset(flashAt(the, (long)first * FLASH_BLOCK, (long)(end - first) * FLASH_BLOCK), 0xFF, (size_t)(end - first) * FLASH_BLOCK);
}
