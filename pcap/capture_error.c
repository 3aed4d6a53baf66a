/*
 * capture_error.c - the error domain of captures and filters
 */
#include "pcap/capture.h"

G_DEFINE_QUARK(ringside - capture - error - quark, capture_error)
