/* SPDX-License-Identifier: MIT */
/* What the three C files of the probe share. */
#ifndef RINGBUOY_XS_PROBE
#define RINGBUOY_XS_PROBE

#include "xsAll.h"
#include "xsScript.h"

/* exit codes of the probe */
enum {
	PROBE_UNCAUGHT = 1,
	PROBE_USAGE = 2,
	PROBE_MEMORY = 3,
	PROBE_STACK = 4,
	PROBE_ENGINE = 5,
};

/* what is counted while `counting` is set; written by the linker wraps in platform.c */
typedef struct {
	int counting;
	uint64_t chunks; /* new chunks */
	uint64_t chunkBytes; /* their bytes, header and rounding included */
	uint64_t grown; /* chunks that were extended in place */
	uint64_t grownBytes;
	uint64_t mallocs; /* malloc, calloc, realloc called by the engine */
	uint64_t mallocBytes;
} ProbeCounters;

/* how the machine is laid out and what it keeps; set from the command line before the machine exists */
typedef struct {
	long heapBytes; /* fixed heap on top of the built-ins; 0: a large heap that grows */
	int stackCount; /* JavaScript stack in slots, built-in prototypes not counted */
	int named; /* functions keep names, errors keep stacks: for reading failures, not for counting */
} ProbeOptions;

extern ProbeCounters gxCounters;
extern ProbeOptions gxOptions;
extern uint64_t gxCollections;
extern const char* gxAbortReason;

/* platform.c */
void probeStrip(void);
txMachine* probeCreate(void);
void probeFitHeap(txMachine* the);
long probeFreeHeap(txMachine* the);
void probeWatchCollections(txMachine* the);

/* host.c */
void probeBuildHost(txMachine* the);

#endif
