/* SPDX-License-Identifier: MIT */
/*
 * What the SDK's XS asks of the platform it is built for: Linux without glib, without a debugger, heap in the two
 * pools that `creation` names. The functions are in main.c.
 */
#ifndef RINGBUOY_SDK_PLATFORM
#define RINGBUOY_SDK_PLATFORM

/* like a board: the milliseconds are the host's, native stack is not watched */
#undef mxLinux
#define mxLinux 0
#define mxExport extern
#define mxImport extern

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define mxUseGCCAtomics 1
#define mxUsePOSIXThreads 1
#define mxUseDefaultBuildKeys 1
#define mxUseDefaultChunkAllocation 1
#define mxUseDefaultSlotAllocation 1
#define mxUseDefaultFindModule 1
#define mxUseDefaultLoadModule 1
#define mxUseDefaultParseScript 1
#define mxUseDefaultSharedChunks 1

#define mxMachinePlatform \
	void* host; \
	void* waiterCondition; \
	void* waiterData; \
	void* waiterLink; \
	int promiseJobs;

/* time may run faster than the world's: main.c */
extern int hostTimeOfDay(struct timeval* tv, void* zone);
#define c_gettimeofday hostTimeOfDay
#define c_timeval struct timeval

/* the timers of the SDK for microcontrollers ask for these (xsHost.h of the esp platform) */
#define modCriticalSectionDeclare
#define modCriticalSectionBegin()
#define modCriticalSectionEnd()
extern void hostDelay(uint32_t ms);
#define uleep(US) hostDelay((US) / 1000)
extern void modSetTime(uint32_t seconds);
extern int32_t modGetTimeZone(void);
extern void modSetTimeZone(int32_t seconds);
extern int32_t modGetDaylightSavingsOffset(void);
extern void modSetDaylightSavingsOffset(int32_t seconds);

#endif
