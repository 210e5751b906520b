/* SPDX-License-Identifier: MIT */
/*
 * image [--chunk BYTES] [--heap SLOTS] [--stack SLOTS] [--speed N] [--ticks MS] [--seconds N] [--name value]...
 *
 * Runs the module "main" of an image that the SDK's tools have linked, on the SDK's XS, until it exits.
 *
 *   --chunk --heap --stack   the sizes of `creation`, without any growth; default: what the image says
 *   --speed                  timers and clock run so many times faster than the world
 *   --ticks                  what the millisecond counter shows at the start: it wraps like that of a board
 *   --seconds                gives up after so many seconds of the world
 *
 * Exit code: the module's; 100 and the engine's status after an abort; 90 when the time is over.
 */
#include "host.h"
#include "xs.h"

#include <signal.h>

extern txPreparation* xsPreparationAndCreation(txCreation** creation);
extern void modTimersExecute(void);
extern int modTimersNext(void);

static int argumentCount;
static char** argumentValues;

const char* hostArgument(const char* name)
{
	for (int i = 1; i + 1 < argumentCount; i++)
		if (!strncmp(argumentValues[i], "--", 2) && !strcmp(argumentValues[i] + 2, name))
			return argumentValues[i + 1];
	return NULL;
}

static long number(const char* name, long otherwise)
{
	const char* value = hostArgument(name);
	return value ? atol(value) : otherwise;
}

/* ---- time ---- */

static uint64_t startedUs, epochUs;
static uint32_t firstTicks;
static int speed = 1;

static uint64_t worldUs(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static uint64_t elapsedUs(void)
{
	return (worldUs(CLOCK_MONOTONIC) - startedUs) * speed;
}

uint32_t modMilliseconds(void)
{
	return firstTicks + (uint32_t)(elapsedUs() / 1000);
}

int hostTimeOfDay(struct timeval* tv, void* zone)
{
	uint64_t us = epochUs + elapsedUs();
	tv->tv_sec = us / 1000000;
	tv->tv_usec = us % 1000000;
	return 0;
}

void modSetTime(uint32_t seconds)
{
	epochUs = (uint64_t)seconds * 1000000 - elapsedUs();
}

void hostDelay(uint32_t ms)
{
	usleep(ms * 1000 / speed);
}

int32_t modGetTimeZone(void) { return 0; }
void modSetTimeZone(int32_t seconds) {}
int32_t modGetDaylightSavingsOffset(void) { return 0; }
void modSetDaylightSavingsOffset(int32_t seconds) {}

/* ---- what the engine asks for ---- */

void fxCreateMachinePlatform(txMachine* the)
{
	the->promiseJobs = 0;
}

void fxDeleteMachinePlatform(txMachine* the) {}

void fxQueuePromiseJobs(txMachine* the)
{
	the->promiseJobs = 1;
}

void fxAbort(txMachine* the, int status)
{
	fflush(stdout);
	fprintf(stderr, "XS abort: %s", fxAbortString(status));
	if (status == XS_UNHANDLED_EXCEPTION_EXIT || status == XS_UNHANDLED_REJECTION_EXIT) {
		txSlot* exception = &mxException;
		if (exception->kind == XS_REFERENCE_KIND) {
			mxTry(the) {
				mxPushSlot(exception);
				fprintf(stderr, ": %s", fxToString(the, the->stack));
			}
			mxCatch(the) {}
		}
	}
	if (status == XS_NOT_ENOUGH_MEMORY_EXIT)
		fprintf(stderr, " (%d slots, %d chunk bytes in use)", the->currentHeapCount, the->currentChunksSize);
	fprintf(stderr, "\n");
	_exit(100 + status);
}

/* ---- the program ---- */

static void fit(txCreation* creation)
{
	creation->initialChunkSize = number("chunk", creation->initialChunkSize);
	creation->initialHeapCount = number("heap", creation->initialHeapCount);
	creation->stackCount = number("stack", creation->stackCount);
	creation->incrementalChunkSize = 0;
	creation->incrementalHeapCount = 0;
}

/* A main that is preloaded exports what starts it; another one has run when it is imported. */
static void start(xsMachine* the, const char* name)
{
	xsBeginHost(the);
	hostWatchCollections(the);
	hostPaintStack(the);
	xsResult = xsAwaitImport((char*)name, XS_IMPORT_DEFAULT);
	if (xsTest(xsResult) && xsIsInstanceOf(xsResult, xsFunctionPrototype))
		xsCallFunction0(xsResult, xsGlobal);
	xsEndHost(the);
}

static void turn(txMachine* the)
{
	modTimersExecute();
	while (the->promiseJobs) {
		the->promiseJobs = 0;
		fxRunPromiseJobs(the);
	}
	fxEndJob(the);
}

int main(int argc, char** argv)
{
	txCreation *linked, creation;
	argumentCount = argc;
	argumentValues = argv;
	speed = (int)number("speed", 1);
	firstTicks = (uint32_t)strtoll(hostArgument("ticks") ? hostArgument("ticks") : "1000", NULL, 10);
	startedUs = worldUs(CLOCK_MONOTONIC);
	epochUs = worldUs(CLOCK_REALTIME);
	long seconds = number("seconds", 60);
	signal(SIGPIPE, SIG_IGN);
	txPreparation* preparation = xsPreparationAndCreation(&linked);
	creation = *linked;
	fit(&creation);
	txMachine* the = fxPrepareMachine(&creation, preparation, "ringbuoy", NULL, NULL);
	if (!the) {
		fprintf(stderr, "the machine cannot be made: an image of another version of XS?\n");
		return 91;
	}
	start(the, preparation->main);
	for (;;) {
		turn(the);
		if (worldUs(CLOCK_MONOTONIC) - startedUs > (uint64_t)seconds * 1000000) {
			fprintf(stderr, "not done after %ld seconds\n", seconds);
			_exit(90);
		}
		int ms = modTimersNext();
		if (ms > 0)
			usleep((ms < 50 ? ms : 50) * 1000 / speed);
	}
}
