/* SPDX-License-Identifier: MIT */
/* What the parts of the host share. */
#ifndef RINGBUOY_SDK_HOST
#define RINGBUOY_SDK_HOST

#include "xsAll.h"

/* What was made since the last mark. */
typedef struct {
	uint64_t slots;
	uint64_t chunks;
	uint64_t chunkBytes;
	uint64_t grown;
	uint64_t grownBytes;
	uint64_t mallocs;
	uint64_t mallocBytes;
	uint64_t collections;
} HostCounters;

extern HostCounters gxCounters;

/* An argument `--name value` of the command line, or NULL. */
extern const char* hostArgument(const char* name);

/* Every collection marks this object's slot, whoever asked for the collection. */
extern void hostWatchCollections(txMachine* the);

/* The free part of the JavaScript stack is painted, and looked at later. */
extern void hostPaintStack(txMachine* the);
extern long hostStackPeak(txMachine* the);

/* Byte codes executed so far; 0 where the engine does not count them. */
extern uint64_t hostCodes(txMachine* the);

#endif
