/* SPDX-License-Identifier: MIT */
/*
 * The global `xs` that modules see: the allocation counter and the state of the heap. All of it host functions; apart
 * from print and describe none allocates anything on the XS heap.
 */
#include "probe.h"

#define WARM_UP 43

static txSlot resultSlot; /* the one object that alloc() fills */

/* ---- peak of the JavaScript stack ---- */

#define PATTERN 0xA5

static void paintStack(txMachine* the)
{
	memset(the->stackBottom, PATTERN, (txByte*)(the->stack - 1) - (txByte*)the->stackBottom);
}

static long peakStack(txMachine* the)
{
	txU1* p = (txU1*)the->stackBottom;
	txU1* end = (txU1*)the->stack;
	while (p < end && *p == PATTERN)
		p++;
	return (long)(the->stack - (the->stackBottom + (p - (txU1*)the->stackBottom) / sizeof(txSlot)));
}

/* ---- alloc(f, n) ---- */

static void callOnce(txMachine* the, txSlot* function)
{
	mxPushUndefined();
	mxPushSlot(function);
	mxCall();
	mxRunCount(0);
	mxPop();
}

static void report(txMachine* the, const char* name, double value)
{
	mxPushUndefined();
	if (value == (txInteger)value) {
		the->stack->kind = XS_INTEGER_KIND;
		the->stack->value.integer = (txInteger)value;
	}
	else {
		the->stack->kind = XS_NUMBER_KIND;
		the->stack->value.number = value;
	}
	mxPushSlot(&resultSlot);
	fxSetID(the, fxID(the, (txString)name));
	mxPop();
}

static void publish(txMachine* the, double n, double slots, double sweeps, double stack)
{
	report(the, "n", n);
	report(the, "slots", slots);
	report(the, "chunks", (double)gxCounters.chunks);
	report(the, "chunkBytes", (double)gxCounters.chunkBytes);
	report(the, "grown", (double)gxCounters.grown);
	report(the, "grownBytes", (double)gxCounters.grownBytes);
	report(the, "mallocs", (double)gxCounters.mallocs);
	report(the, "mallocBytes", (double)gxCounters.mallocBytes);
	report(the, "stack", stack);
	report(the, "collections", sweeps);
}

/* alloc(f, n = 1, warmUp = 43): totals of n calls, in one object that is filled anew each time */
static void xs_alloc(txMachine* the)
{
	txInteger n = mxArgc > 1 ? fxToInteger(the, mxArgv(1)) : 1;
	txInteger warmUp = mxArgc > 2 ? fxToInteger(the, mxArgv(2)) : WARM_UP;
	if (mxArgc < 1 || mxArgv(0)->kind != XS_REFERENCE_KIND)
		mxTypeError("alloc: a function is needed");
	for (txInteger i = 0; i < warmUp; i++)
		callOnce(the, mxArgv(0));
	fxCollect(the, XS_COMPACT_FLAG);
	paintStack(the);
	uint64_t collections = gxCollections;
	txSize slots = the->currentHeapCount;
	memset(&gxCounters, 0, sizeof(gxCounters));
	gxCounters.counting = 1;
	for (txInteger i = 0; i < n; i++)
		callOnce(the, mxArgv(0));
	gxCounters.counting = 0;
	publish(the, n, (double)the->currentHeapCount - slots, (double)(gxCollections - collections), peakStack(the));
	*mxResult = resultSlot;
	mxResult->next = NULL;
}

/* repeat(f, n): nanoseconds of thread time that n calls took */
static void xs_repeat(txMachine* the)
{
	txInteger n = fxToInteger(the, mxArgv(1));
	struct timespec from, to;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
	for (txInteger i = 0; i < n; i++)
		callOnce(the, mxArgv(0));
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
	mxResult->kind = XS_NUMBER_KIND;
	mxResult->value.number = (double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec);
}

/* ---- the heap as it is ---- */

static void answer(txMachine* the, double value)
{
	if (value == (txInteger)value) {
		mxResult->kind = XS_INTEGER_KIND;
		mxResult->value.integer = (txInteger)value;
	}
	else {
		mxResult->kind = XS_NUMBER_KIND;
		mxResult->value.number = value;
	}
}

static void xs_collect(txMachine* the)
{
	/* twice: what only a weak reference or a finalizer kept goes in the second */
	fxCollect(the, XS_COMPACT_FLAG);
	fxCollect(the, XS_COMPACT_FLAG);
	answer(the, the->currentHeapCount);
}

static void xs_slots(txMachine* the)
{
	answer(the, the->currentHeapCount);
}

static void xs_chunkBytes(txMachine* the)
{
	answer(the, the->currentChunksSize);
}

static void xs_collections(txMachine* the)
{
	answer(the, (double)gxCollections);
}

static void xs_freeHeap(txMachine* the)
{
	answer(the, (double)probeFreeHeap(the));
}

static void xs_nanoseconds(txMachine* the)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	mxResult->kind = XS_NUMBER_KIND;
	mxResult->value.number = (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void xs_print(txMachine* the)
{
	fputs(fxToString(the, mxArgv(0)), stdout);
	fputc('\n', stdout);
	fflush(stdout);
}

/* ---- the native side of a driver ---- */

extern txInteger _xsmcGetBuffer(txMachine* the, txSlot* slot, void** data, txUnsigned* count, txBoolean writable);

/* copy(to, at, from, start, end): what native code does with views, for scripted peers; checks every bound */
static void xs_copy(txMachine* the)
{
	void *to, *from;
	txUnsigned toLength, fromLength;
	if (mxArgc < 5)
		mxTypeError("copy: five arguments are needed");
	txInteger at = fxToInteger(the, mxArgv(1));
	txInteger start = fxToInteger(the, mxArgv(3)), end = fxToInteger(the, mxArgv(4));
	_xsmcGetBuffer(the, mxArgv(0), &to, &toLength, 1);
	_xsmcGetBuffer(the, mxArgv(2), &from, &fromLength, 0);
	if (start < 0 || end < start || (txUnsigned)end > fromLength)
		mxRangeError("copy: source out of bounds");
	if (at < 0 || (txUnsigned)at + (txUnsigned)(end - start) > toLength)
		mxRangeError("copy: target out of bounds");
	memmove((txByte*)to + at, (txByte*)from + start, end - start);
}

/* ---- making it ---- */

typedef struct {
	const char* name;
	txCallback call;
	txInteger length;
} HostFunction;

static const HostFunction hostFunctions[] = {
	{ "alloc", xs_alloc, 3 },
	{ "repeat", xs_repeat, 2 },
	{ "collect", xs_collect, 0 },
	{ "slots", xs_slots, 0 },
	{ "chunkBytes", xs_chunkBytes, 0 },
	{ "collections", xs_collections, 0 },
	{ "freeHeap", xs_freeHeap, 0 },
	{ "copy", xs_copy, 5 },
	{ "nanoseconds", xs_nanoseconds, 0 },
	{ "print", xs_print, 1 },
};

static void buildResult(txMachine* the)
{
	mxPush(mxObjectPrototype);
	fxNewObjectInstance(the);
	resultSlot = *the->stack;
	fxRemember(the, &resultSlot);
	mxPop();
	publish(the, 0, 0, 0, 0);
}

/* the global `xs`; nothing can be added to it or changed */
void probeBuildHost(txMachine* the)
{
	static char version[32];
	snprintf(version, sizeof(version), "%d.%d.%d", XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION);
	buildResult(the);
	mxPush(mxObjectPrototype);
	txSlot* instance = fxNewObjectInstance(the);
	txSlot* property = instance;
	for (size_t i = 0; i < sizeof(hostFunctions) / sizeof(hostFunctions[0]); i++) {
		const HostFunction* f = &hostFunctions[i];
		property = fxNextHostFunctionProperty(
			the, property, f->call, f->length, fxID(the, (txString)f->name), XS_GET_ONLY);
	}
	property = fxNextStringXProperty(the, property, version, fxID(the, "version"), XS_GET_ONLY);
	property = fxNextIntegerProperty(the, property, 8 * sizeof(void*), fxID(the, "bits"), XS_GET_ONLY);
	property = fxNextIntegerProperty(the, property, sizeof(txSlot), fxID(the, "slotBytes"), XS_GET_ONLY);
	property = fxNextIntegerProperty(the, property, gxOptions.heapBytes, fxID(the, "heapBytes"), XS_GET_ONLY);
	instance->flag |= XS_DONT_PATCH_FLAG;
	mxPush(mxGlobal);
	fxSetID(the, fxID(the, "xs"));
	mxPop();
}
