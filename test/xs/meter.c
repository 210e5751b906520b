/* SPDX-License-Identifier: MIT */
/*
 * The metered engine: the same program with `mxFrequency`, by which XS counts the byte codes that it executes, and the global
 * `meter` beside `xs`. An engine of its own, because counting makes it slower.
 */
#include "probe.h"

static uint64_t counted, before;
static int running;

static uint64_t executed(txMachine* the)
{
	uint64_t sum = 0;
	for (int i = 0; i < XS_CODE_COUNT; i++)
		sum += the->frequencies[i];
	return sum;
}

static void meter_start(txMachine* the)
{
	if (!running)
		before = executed(the);
	running = 1;
}

static void meter_stop(txMachine* the)
{
	if (running)
		counted += executed(the) - before;
	running = 0;
}

/* take(): byte codes between start and stop since the last call */
static void meter_take(txMachine* the)
{
	mxResult->kind = XS_NUMBER_KIND;
	mxResult->value.number = (double)counted;
	counted = 0;
}

extern void __real_probeBuildHost(txMachine* the);

void __wrap_probeBuildHost(txMachine* the)
{
	__real_probeBuildHost(the);
	mxPush(mxObjectPrototype);
	txSlot* property = fxNewObjectInstance(the);
	property = fxNextHostFunctionProperty(the, property, meter_start, 0, fxID(the, "start"), XS_GET_ONLY);
	property = fxNextHostFunctionProperty(the, property, meter_stop, 0, fxID(the, "stop"), XS_GET_ONLY);
	property = fxNextHostFunctionProperty(the, property, meter_take, 0, fxID(the, "take"), XS_GET_ONLY);
	mxPush(mxGlobal);
	fxSetID(the, fxID(the, "meter"));
	mxPop();
}
