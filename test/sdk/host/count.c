/* SPDX-License-Identifier: MIT */
/* Counts what the engine makes: the linker diverts the functions that make slots, chunks and C memory to here. */
#include "host.h"

HostCounters gxCounters;

extern txSlot* __real_fxNewSlot(txMachine* the);
extern void* __real_fxNewChunk(txMachine* the, txSize size);
extern void* __real_fxNewGrowableChunk(txMachine* the, txSize size, txSize capacity);
extern void* __real_fxRenewChunk(txMachine* the, void* data, txSize size);
extern void* __real_malloc(size_t size);
extern void* __real_calloc(size_t count, size_t size);
extern void* __real_realloc(void* data, size_t size);

static txSize chunkCapacity(void* data)
{
	txByte* chunk = (txByte*)data - sizeof(txChunk);
	return (txSize)(((txChunk*)chunk)->temporary - chunk);
}

static void* countChunk(void* data)
{
	gxCounters.chunks++;
	gxCounters.chunkBytes += chunkCapacity(data);
	return data;
}

txSlot* __wrap_fxNewSlot(txMachine* the)
{
	gxCounters.slots++;
	return __real_fxNewSlot(the);
}

void* __wrap_fxNewChunk(txMachine* the, txSize size)
{
	return countChunk(__real_fxNewChunk(the, size));
}

void* __wrap_fxNewGrowableChunk(txMachine* the, txSize size, txSize capacity)
{
	return countChunk(__real_fxNewGrowableChunk(the, size, capacity));
}

void* __wrap_fxRenewChunk(txMachine* the, void* data, txSize size)
{
	txSize before = chunkCapacity(data);
	void* result = __real_fxRenewChunk(the, data, size);
	if (result) {
		txSize after = chunkCapacity(result);
		if (after > before) {
			gxCounters.grown++;
			gxCounters.grownBytes += after - before;
		}
	}
	return result;
}

void* __wrap_malloc(size_t size)
{
	gxCounters.mallocs++;
	gxCounters.mallocBytes += size;
	return __real_malloc(size);
}

void* __wrap_calloc(size_t count, size_t size)
{
	gxCounters.mallocs++;
	gxCounters.mallocBytes += count * size;
	return __real_calloc(count, size);
}

void* __wrap_realloc(void* data, size_t size)
{
	gxCounters.mallocs++;
	gxCounters.mallocBytes += size;
	return __real_realloc(data, size);
}

/* ---- collections ---- */

static void marked(txMachine* the, void* data, txMarkRoot markRoot)
{
	gxCounters.collections++;
}

static const txHostHooks gxHooks = { NULL, marked, NULL };

void hostWatchCollections(txMachine* the)
{
	static txSlot root;
	fxNewHostObject(the, NULL);
	fxSetHostData(the, the->stack, &gxCounters);
	fxSetHostHooks(the, the->stack, &gxHooks);
	root = *the->stack;
	fxRemember(the, &root);
	the->stack++;
}

/* ---- the JavaScript stack ---- */

#define PATTERN 0xA5

void hostPaintStack(txMachine* the)
{
	memset(the->stackBottom, PATTERN, (txByte*)(the->stack - 1) - (txByte*)the->stackBottom);
}

long hostStackPeak(txMachine* the)
{
	txU1* p = (txU1*)the->stackBottom;
	txU1* end = (txU1*)the->stack;
	while (p < end && *p == PATTERN)
		p++;
	return (long)(the->stackTop - (the->stackBottom + (p - (txU1*)the->stackBottom) / sizeof(txSlot)));
}

/* ---- byte codes ---- */

uint64_t hostCodes(txMachine* the)
{
	uint64_t sum = 0;
#ifdef mxFrequency
	for (int i = 0; i < XS_CODE_COUNT; i++)
		sum += the->frequencies[i];
#endif
	return sum;
}
