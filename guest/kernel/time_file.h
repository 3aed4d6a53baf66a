/*
 * time_file.h - clocks as files: "/scheme/time/CLOCK" (scheme_abi.h)
 */
#ifndef KERNEL_TIME_FILE_H
#define KERNEL_TIME_FILE_H

#define TIME_FILES_MAX    256
#define TIME_TIMEOUTS_MAX 16384 /* that are set, of all files; more: -KENOMEM */

void time_file_init(void); /* after scheme_init() */

#endif
