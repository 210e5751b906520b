/* SPDX-License-Identifier: MIT */
/*
 * The platform of the machine: memory laid out as on the device, aborts, and the linker wraps that count and that make
 * the built-ins those of a stripped, linked image: functions have no length and name, built-in methods are
 * host-function primitives.
 */
#include "probe.h"

#include <sys/mman.h>

ProbeCounters gxCounters;
ProbeOptions gxOptions = { 0, 4096, 0 };
uint64_t gxCollections = 0;
const char* gxAbortReason = NULL;

/* ---- counting, by -Wl,--wrap= ---- */

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
	if (gxCounters.counting) {
		gxCounters.chunks++;
		gxCounters.chunkBytes += chunkCapacity(data);
	}
	return data;
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
	if (gxCounters.counting && result) {
		txSize after = chunkCapacity(result);
		if (after > before) {
			gxCounters.grown++;
			gxCounters.grownBytes += after - before;
		}
	}
	return result;
}

static void countMalloc(size_t size)
{
	if (gxCounters.counting) {
		gxCounters.mallocs++;
		gxCounters.mallocBytes += size;
	}
}

void* __wrap_malloc(size_t size)
{
	countMalloc(size);
	return __real_malloc(size);
}

void* __wrap_calloc(size_t count, size_t size)
{
	countMalloc(count * size);
	return __real_calloc(count, size);
}

void* __wrap_realloc(void* data, size_t size)
{
	countMalloc(size);
	return __real_realloc(data, size);
}

/* ---- as in a stripped, linked image ---- */

/* a stripped image has no hooks for names, lengths and error stacks; the table is constant, its page is made writable */
void probeStrip(void)
{
	if (gxOptions.named)
		return;
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = (uintptr_t)&gxDefaults & ~(page - 1);
	size_t size = (uintptr_t)&gxDefaults + sizeof(gxDefaults) - from;
	if (mprotect((void*)from, size, PROT_READ | PROT_WRITE)) {
		perror("probe: mprotect");
		exit(PROBE_ENGINE);
	}
	txDefaults* hooks = (txDefaults*)(uintptr_t)&gxDefaults;
	hooks->newFunctionLength = NULL;
	hooks->newFunctionName = NULL;
	hooks->captureErrorStack = NULL;
}

/* built-in methods are primitive values in a linked image; touching a property of one makes a function object */
txSlot* __wrap_fxNextHostFunctionProperty(
	txMachine* the, txSlot* property, txCallback call, txInteger length, txID id, txFlag flag)
{
	txHostFunctionBuilder* builder = __real_malloc(sizeof(txHostFunctionBuilder));
	if (!builder)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	builder->callback = call;
	builder->length = length;
	builder->id = id;
	property = property->next = fxNewSlot(the);
	property->flag = flag;
	property->ID = id;
	property->kind = XS_HOST_FUNCTION_KIND;
	property->value.hostFunction.builder = builder;
	property->value.hostFunction.profileID = the->profileID;
	the->profileID++;
	return property;
}

/* ---- memory: one block, chunks grow up, slots grow down ---- */

#define BLOCK_BYTES (256L * 1024 * 1024)

static txByte* blockStart = NULL;
static txByte* blockLow;
static txByte* blockHigh;
static long budget = -1; /* bytes that may still be taken from the block; negative: any */

static int take(long bytes)
{
	if (blockHigh - blockLow < bytes)
		return 0;
	if (budget >= 0) {
		if (bytes > budget)
			return 0;
		budget -= bytes;
	}
	return 1;
}

void* fxAllocateChunks(txMachine* the, txSize size)
{
	void* result = blockLow;
	if (!take(size)) {
		gxAbortReason = "no room for more chunks";
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	}
	blockLow += size;
	return result;
}

txSlot* fxAllocateSlots(txMachine* the, txSize count)
{
	if (!take((long)count * sizeof(txSlot))) {
		gxAbortReason = "no room for more slots";
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	}
	blockHigh -= (long)count * sizeof(txSlot);
	return (txSlot*)blockHigh;
}

void fxFreeChunks(txMachine* the, void* chunks)
{
}

void fxFreeSlots(txMachine* the, void* slots)
{
}

static void rewindBlock(void)
{
	if (!blockStart)
		blockStart = __real_malloc(BLOCK_BYTES);
	if (!blockStart) {
		fprintf(stderr, "probe: no memory for the heap\n");
		exit(PROBE_MEMORY);
	}
	blockLow = blockStart;
	blockHigh = blockStart + BLOCK_BYTES;
	budget = -1;
}

/* the built-in prototypes lie on top of the stack; on a device they are in flash and take nothing of it */
static int intrinsics = 0;

static txMachine* create(txSize chunkBytes, txSize chunkStep, txSize slots, txSize slotStep)
{
	txCreation creation = {
		chunkBytes, chunkStep, slots, slotStep, gxOptions.stackCount + intrinsics,
		16000, 4000, 1993, 127, 64 * 1024, 1993, 0,
	};
	rewindBlock();
	return fxCreateMachine(&creation, "probe", NULL, XS_NO_ID);
}

txMachine* probeCreate(void)
{
	/* a first machine tells what the built-ins take */
	txMachine* the = create(64 * 1024, 512, 8 * 1024, 64);
	if (!the)
		return NULL;
	intrinsics = (int)(the->stackTop - the->stack);
	if (!gxOptions.heapBytes)
		return create(4 * 1024 * 1024, 1024 * 1024, 256 * 1024, 64 * 1024);
	/* the second one gets just that, and grows like the device's */
	fxCollect(the, XS_COMPACT_FLAG);
	return create(the->currentChunksSize, 512, the->currentHeapCount, 64);
}

static long freeInside(txMachine* the)
{
	long bytes = 0;
	for (txBlock* block = the->firstBlock; block; block = block->nextBlock)
		bytes += block->limit - block->current;
	for (txSlot* slot = the->freeHeap; slot; slot = slot->next)
		bytes += sizeof(txSlot);
	return bytes;
}

/* from here on the heap has `heapBytes` left, free places inside the built-ins' part included */
void probeFitHeap(txMachine* the)
{
	if (!gxOptions.heapBytes)
		return;
	fxCollect(the, XS_COMPACT_FLAG);
	budget = gxOptions.heapBytes - freeInside(the);
	if (budget < 0) {
		fprintf(stderr, "probe: a fixed heap needs at least %ld bytes\n", freeInside(the));
		exit(PROBE_USAGE);
	}
}

long probeFreeHeap(txMachine* the)
{
	long rest = blockHigh - blockLow;
	return freeInside(the) + (budget >= 0 && budget < rest ? budget : rest);
}

/* ---- every collection marks this object's slot, whoever asked for the collection ---- */

static void onMark(txMachine* the, void* data, txMarkRoot markRoot)
{
	gxCollections++;
}

static const txHostHooks watchHooks = { NULL, onMark, NULL };
static txSlot watchSlot;

void probeWatchCollections(txMachine* the)
{
	fxNewHostObject(the, NULL);
	fxSetHostData(the, the->stack, &watchSlot);
	fxSetHostHooks(the, the->stack, &watchHooks);
	watchSlot = *the->stack;
	fxRemember(the, &watchSlot);
	the->stack++;
}

/* ---- machine, jobs, aborts ---- */

void fxCreateMachinePlatform(txMachine* the)
{
}

void fxDeleteMachinePlatform(txMachine* the)
{
}

void fxQueuePromiseJobs(txMachine* the)
{
	the->promiseJobs = 1;
}

void fxAbort(txMachine* the, int status)
{
	int code = PROBE_ENGINE;
	const char* what = "the engine stopped";
	fflush(stdout);
	switch (status) {
	case XS_STACK_OVERFLOW_EXIT:
		what = "stack overflow";
		code = PROBE_STACK;
		break;
	case XS_NOT_ENOUGH_MEMORY_EXIT:
		what = "memory full";
		code = PROBE_MEMORY;
		break;
	case XS_UNHANDLED_EXCEPTION_EXIT:
	case XS_UNHANDLED_REJECTION_EXIT:
		/* one reporter for all: it is in probe.c, above the jump that catches */
		gxAbortReason = status == XS_UNHANDLED_REJECTION_EXIT ? "unhandled rejection" : "uncaught exception";
		fxExitToHost(the);
		break;
	default:
		break;
	}
	fprintf(stderr, "probe: %s", what);
	if (gxAbortReason)
		fprintf(stderr, ": %s", gxAbortReason);
	fprintf(stderr, " (status %d, %llu collections)\n", status, (unsigned long long)gxCollections);
	_exit(code);
}
