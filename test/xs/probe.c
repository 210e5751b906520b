/* SPDX-License-Identifier: MIT */
/*
 * probe [--heap BYTES] [--stack SLOTS] [--named] main.js
 *
 * Runs an ES module and all that it imports on XS, with the global `xs` (see host.c), until no promise job is left.
 * Exit code 0; 1 uncaught exception or rejection; 2 wrong use or no such module; 3 memory full; 4 stack overflow.
 */
#include "probe.h"

static void usage(void)
{
	fprintf(stderr, "usage: probe [--heap BYTES] [--stack SLOTS] [--named] main.js\n");
	exit(PROBE_USAGE);
}

static const char* readOptions(int argc, char** argv)
{
	const char* path = NULL;
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--heap") && i + 1 < argc)
			gxOptions.heapBytes = atol(argv[++i]);
		else if (!strcmp(argv[i], "--stack") && i + 1 < argc)
			gxOptions.stackCount = atoi(argv[++i]);
		else if (!strcmp(argv[i], "--named"))
			gxOptions.named = 1;
		else if (argv[i][0] == '-' || path)
			usage();
		else
			path = argv[i];
	}
	if (!path || gxOptions.heapBytes < 0 || gxOptions.stackCount < 64)
		usage();
	return path;
}

/* ---- failures ---- */

static void printException(txMachine* the)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", gxAbortReason ? gxAbortReason : "uncaught exception");
	mxTry(the) {
		mxPush(mxException);
		txString text = NULL;
		if (the->stack->kind == XS_REFERENCE_KIND) {
			mxDub();
			mxGetID(mxID(_stack));
			if (the->stack->kind == XS_STRING_KIND || the->stack->kind == XS_STRING_X_KIND)
				text = the->stack->value.string;
			else
				mxPop();
		}
		fprintf(stderr, "%s\n", text ? text : fxToString(the, the->stack));
	}
	mxCatch(the) {
		fprintf(stderr, "(it cannot be shown)\n");
	}
}

/* ---- running ---- */

static int settled = 0, failed = 0;

static void onFulfilled(txMachine* the)
{
	settled = 1;
}

static void onRejected(txMachine* the)
{
	settled = failed = 1;
	mxException = *mxArgv(0);
	mxException.next = NULL;
}

static void importMain(txMachine* the, const char* path)
{
	txSlot* realm = mxProgram.value.reference->next->value.module.realm;
	mxPushStringC((txString)path);
	fxRunImport(the, realm, XS_NO_ID);
	mxDub();
	fxGetID(the, mxID(_then));
	mxCall();
	fxNewHostFunction(the, onFulfilled, 1, XS_NO_ID, XS_NO_ID);
	fxNewHostFunction(the, onRejected, 1, XS_NO_ID, XS_NO_ID);
	mxRunCount(2);
	mxPop();
}

static void drainJobs(txMachine* the)
{
	while (the->promiseJobs) {
		the->promiseJobs = 0;
		fxRunPromiseJobs(the);
	}
	fxEndJob(the);
}

static int run(txMachine* the, const char* path)
{
	/* fxExitToHost comes back to this jump */
	txJump jump;
	memset(&jump, 0, sizeof(jump));
	jump.stack = the->stack;
	the->firstJump = &jump;
	if (c_setjmp(jump.buffer) != 0)
		failed = 1;
	else {
		fxBeginHost(the);
		probeBuildHost(the);
		probeWatchCollections(the);
		probeFitHeap(the);
		importMain(the, path);
		do
			drainJobs(the);
		while (the->promiseJobs);
		if (!failed)
			fxCheckUnhandledRejections(the, 1);
		the->firstJump = NULL;
	}
	if (failed)
		printException(the);
	else if (!settled) {
		fprintf(stderr, "the module waits for a promise that nothing settles\n");
		failed = 1;
	}
	return failed ? PROBE_UNCAUGHT : 0;
}

int main(int argc, char** argv)
{
	char path[C_PATH_MAX];
	const char* name = readOptions(argc, argv);
	if (!realpath(name, path)) {
		fprintf(stderr, "probe: no such module: %s\n", name);
		return PROBE_USAGE;
	}
	probeStrip();
	txMachine* the = probeCreate();
	if (!the) {
		fprintf(stderr, "probe: the machine could not be created\n");
		return PROBE_ENGINE;
	}
	int code = run(the, path);
	fflush(stdout);
	_exit(code); /* nothing to tear down: the process ends */
}
