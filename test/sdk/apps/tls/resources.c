/* SPDX-License-Identifier: MIT */
/* What the SDK's Resource reads: on a board the flash, here the files of the folder that --resources names. */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>

const void* mcGetResource(void* the, char* path, size_t* size)
{
	const char* folder = hostArgument("resources");
	char name[1024];
	snprintf(name, sizeof(name), "%s/%s", folder ? folder : ".", path);
	FILE* file = fopen(name, "rb");
	if (!file)
		return NULL;
	fseek(file, 0, SEEK_END);
	*size = ftell(file);
	rewind(file);
	void* data = malloc(*size + 1);
	if (fread(data, 1, *size, file) != *size)
		data = NULL;
	fclose(file);
	return data;
}
