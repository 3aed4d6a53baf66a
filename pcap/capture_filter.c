/*
 * capture_filter.c - filter expressions
 *
 * The language of pcap-filter(7), compiled by libpcap for Ethernet and run in process. Names are
 * refused (see capture_words.h): nothing is looked up, neither in the DNS nor in files of the host,
 * so that an expression means the same everywhere. An expression has a length limit, since
 * libpcap's compiler is recursive.
 */
#include "pcap/capture.h"

#include "pcap/capture_words.h"

#include <pcap/pcap.h>
#include <string.h>

#define SNAPLEN        262144
#define EXPRESSION_MAX 4096 /* bytes */
#define NAME_SHOWN_MAX 64

struct capture_filter {
    struct bpf_program program;
};

static bool capture_filter_check(const char *expression, GError **error)
{
    size_t len = strlen(expression);
    if (len > EXPRESSION_MAX) {
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_FILTER,
                    "the filter has %zu bytes, more than %d", len, EXPRESSION_MAX);
        return false;
    }
    size_t name_len;
    const char *name = capture_words_find_name(expression, &name_len);
    if (name != NULL) {
        g_set_error(
            error, CAPTURE_ERROR, CAPTURE_ERROR_FILTER,
            "`%.*s` is neither a word of pcap-filter(7) nor a number or address; names are not looked up",
            (int)MIN(name_len, NAME_SHOWN_MAX), name);
        return false;
    }
    return true;
}

struct capture_filter *capture_filter_new(const char *expression, GError **error)
{
    if (!capture_filter_check(expression, error)) {
        return NULL;
    }
    pcap_t *handle = pcap_open_dead(DLT_EN10MB, SNAPLEN);
    g_assert(handle != NULL);
    struct capture_filter *filter = g_new0(struct capture_filter, 1);
    if (pcap_compile(handle, &filter->program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        g_set_error(error, CAPTURE_ERROR, CAPTURE_ERROR_FILTER, "%s", pcap_geterr(handle));
        g_free(filter);
        filter = NULL;
    }
    pcap_close(handle);
    return filter;
}

bool capture_filter_matches(const struct capture_filter *filter, const uint8_t *frame, size_t len)
{
    g_assert(len <= SNAPLEN);
    const struct pcap_pkthdr header = {.caplen = (bpf_u_int32)len, .len = (bpf_u_int32)len};
    return pcap_offline_filter(&filter->program, &header, frame) != 0;
}

void capture_filter_free(struct capture_filter *filter)
{
    if (filter == NULL) {
        return;
    }
    pcap_freecode(&filter->program);
    g_free(filter);
}
