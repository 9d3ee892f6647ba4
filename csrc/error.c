#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char detail[512];

int32_t pm_fail(int32_t code, const char *format, ...) {
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(detail, sizeof detail, format, arguments);
	va_end(arguments);
	return code;
}

int32_t pm_fail_errno(const char *what) {
	int number = errno;
	int32_t code = PLASMID_E_SYSTEM;
	if (number == ENOSPC || number == EDQUOT)
		code = PLASMID_E_NO_SPACE;
	if (number == ENOMEM)
		code = PLASMID_E_NO_MEMORY;
	return pm_fail(code, "%s: %s (errno %d)", what, strerror(number), number);
}

PLASMID_API const char *plasmid_detail(void) {
	return detail;
}

PLASMID_API const char *plasmid_error_name(int32_t code) {
	switch (code) {
#define X(name, value, message) \
	case value:                   \
		return #name;
		PLASMID_ERRORS(X)
#undef X
	default:
		return "";
	}
}

PLASMID_API const char *plasmid_error_message(int32_t code) {
	switch (code) {
#define X(name, value, message) \
	case value:                   \
		return message;
		PLASMID_ERRORS(X)
#undef X
	default:
		return "";
	}
}
