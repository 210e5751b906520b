/* SPDX-License-Identifier: MIT */
/*
 * Modules from files, in archive mode: parsed code behaves like code that the SDK's linker put into flash. String
 * literals and functions are used where they lie instead of being copied into a chunk each time they are evaluated.
 */
#include "probe.h"

extern void fxRemapIDs(txMachine* the, txByte* code, txSize size, txID* ids);
extern void* __real_malloc(size_t size);

txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* specifier)
{
	char name[C_PATH_MAX], path[2 * C_PATH_MAX + 1], real[C_PATH_MAX];
	fxToStringBuffer(the, specifier, name, sizeof(name));
	if (name[0] == '/')
		snprintf(path, sizeof(path), "%s", name);
	else if (name[0] == '.' && moduleID != XS_NO_ID) {
		snprintf(path, sizeof(path), "%s", fxGetKeyName(the, moduleID));
		char* slash = strrchr(path, '/');
		if (!slash)
			return XS_NO_ID;
		slash[1] = 0;
		strncat(path, name, sizeof(path) - strlen(path) - 1);
	}
	else
		return XS_NO_ID;
	if (!realpath(path, real))
		return XS_NO_ID;
	return fxNewNameC(the, real);
}

static txScript* parseFile(txMachine* the, txString path)
{
	txParser _parser;
	txParser* parser = &_parser;
	txParserJump jump;
	txScript* script = NULL;
	txString name = NULL;
	FILE* file = fopen(path, "r");
	if (!file)
		return NULL;
	fxInitializeParser(parser, the, the->parserBufferSize, the->parserTableModulo);
	parser->firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		parser->path = fxNewParserSymbol(parser, path);
		fxParserTree(parser, file, (txGetter)fgetc, 0, &name);
		fxParserHoist(parser);
		fxParserBind(parser);
		script = fxParserCode(parser);
	}
	if (parser->errorCount)
		fprintf(stderr, "%s:%d: %s\n", path, parser->line, parser->errorMessage ? parser->errorMessage : "cannot be parsed");
	fclose(file);
	fxTerminateParser(parser);
	return script;
}

/* the identifiers of the script become those of the machine, once, so that the engine leaves the byte code alone */
static void mapIdentifiers(txMachine* the, txScript* script)
{
	txByte* p = script->symbolsBuffer;
	txID c, i;
	if (!p)
		return;
	mxDecodeID(p, c);
	txID* ids = __real_malloc(c * sizeof(txID));
	ids[0] = XS_NO_ID;
	for (i = 1; i < c; i++) {
		ids[i] = fxNewNameC(the, (txString)p);
		p += strlen((char*)p) + 1;
	}
	fxRemapIDs(the, script->codeBuffer, script->codeSize, ids);
	free(ids);
	script->symbolsBuffer = NULL;
}

static txU1 archived(txU1 code)
{
	switch (code) {
	case XS_CODE_STRING_1: return XS_CODE_STRING_ARCHIVE_1;
	case XS_CODE_STRING_2: return XS_CODE_STRING_ARCHIVE_2;
	case XS_CODE_STRING_4: return XS_CODE_STRING_ARCHIVE_4;
	case XS_CODE_CODE_1: return XS_CODE_CODE_ARCHIVE_1;
	case XS_CODE_CODE_2: return XS_CODE_CODE_ARCHIVE_2;
	case XS_CODE_CODE_4: return XS_CODE_CODE_ARCHIVE_4;
	default: return code;
	}
}

static void archiveCode(txByte* code, txSize size)
{
	txByte* p = code;
	txByte* end = code + size;
	while (p < end) {
		txS1 step = gxCodeSizes[*(txU1*)p];
		*(txU1*)p = archived(*(txU1*)p);
		p++;
		if (step > 0)
			p += step - 1;
		else if (step == 0)
			p += sizeof(txID);
		else if (step == -1)
			p += 1 + *(txU1*)p;
		else if (step == -2) {
			txU2 length;
			mxDecode2(p, length);
			p += length;
		}
		else {
			txS4 length;
			mxDecode4(p, length);
			p += length;
		}
	}
}

void fxLoadModule(txMachine* the, txSlot* module, txID moduleID)
{
	txScript* script = parseFile(the, fxGetKeyName(the, moduleID));
	if (!script)
		return;
	if (script->symbolsBuffer) {
		mapIdentifiers(the, script);
		archiveCode(script->codeBuffer, script->codeSize);
	}
	/* the script is never freed: its code is this machine's flash */
	fxResolveModule(the, module, moduleID, script, NULL, NULL);
}
