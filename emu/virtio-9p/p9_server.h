/*
 * p9_server.h - a server of 9P2000.L: one session on one tree
 *
 * Takes a request that was read by p9_decode() and writes its answer, at once: what latency is, and
 * in which order answers come, is the business of whoever carries them. A session begins with
 * Tversion, which also ends the one before; its fids are a table of that name and nothing else: an
 * unknown fid is an error, and one in use is never taken over silently.
 *
 * What a client does against the protocol is answered by an error of Linux, and told to an observer
 * with the rule that it broke; docs/virtio-9p.md has the rules.
 */
#ifndef EMU_VIRTIO_9P_P9_SERVER_H
#define EMU_VIRTIO_9P_P9_SERVER_H

#include "emu/virtio-9p/p9_tree.h"

#define P9_FIDS_MAX 16384 /* of a session; the next one is EMFILE */

/* The rules that a client can break, as the observer is told them; `value` in brackets. */
#define P9_RULE_MSIZE        "a message is no longer than msize"                  /* [size] */
#define P9_RULE_COUNT        "count is at most msize without the answer's header" /* [count] */
#define P9_RULE_ROOM         "the buffer has room for the answer"                 /* [room] */
#define P9_RULE_NO_VERSION   "a session begins with Tversion"                     /* [type] */
#define P9_RULE_MSIZE_MIN    "msize is 4096 at least"                             /* [msize] */
#define P9_RULE_NOTAG        "only Tversion has the tag NOTAG"                    /* [tag] */
#define P9_RULE_VERSION_TAG  "Tversion has the tag NOTAG"                         /* [tag] */
#define P9_RULE_TAG_IN_USE   "a tag is not used twice at a time"                  /* [tag] */
#define P9_RULE_UNKNOWN_FID  "a fid is one of this session"                       /* [fid] */
#define P9_RULE_FID_IN_USE   "a new fid is not in use"                            /* [fid] */
#define P9_RULE_NOFID        "a new fid is not NOFID"                             /* [fid] */
#define P9_RULE_WALK_OPEN    "a fid that is open is not walked from"              /* [fid] */
#define P9_RULE_OPEN_TWICE   "a fid is opened once"                               /* [fid] */
#define P9_RULE_NOT_OPEN     "a fid is opened before it is read or written"       /* [fid] */
#define P9_RULE_CREATE_FLAGS "Tlopen has no flags that create"                    /* [flags] */
#define P9_RULE_AUTH         "a fid of Tauth is NOFID where there is no Tauth"    /* [afid] */
#define P9_RULE_UNKNOWN_TYPE "a request is one of 9P2000.L"                       /* [type] */

struct p9_server_config {
    uint32_t msize_max; /* what Tversion can get: P9_MSIZE_MIN to P9_MSIZE_MAX; 0: the latter */
    bool read_only;     /* what would change the tree is EROFS */
    /* Told of each breach, before its answer; NULL: nobody. The rule is one of those above. */
    void (*breach)(void *opaque, const struct p9_request *request, const char *rule,
                   uint64_t value);
    void *opaque;
};

struct p9_server;

/* Keeps the tree. The configuration is copied. */
struct p9_server *p9_server_new(struct p9_tree *tree, const struct p9_server_config *config);
/* NULL is fine. */
void p9_server_free(struct p9_server *server);

/*
 * Serves a request and writes the answer, of which it returns the size: never 0, never more than
 * room or msize. The room is P9_RLERROR_SIZE at least. A request for which there is too little
 * room is not carried out, but answered by EMSGSIZE.
 */
size_t p9_server_serve(struct p9_server *server, const struct p9_request *request, uint8_t *reply,
                       size_t room);

/* The session is gone, as when the device is reset: no fids, no version, no tags. */
void p9_server_reset(struct p9_server *server);

/*
 * Tags of requests on their way, for whoever carries them. Taking one that is taken is a breach,
 * and false. Tflush and Tversion are requests as all others here. Releasing one that is free is
 * fine, so that answers of a session before may still come.
 */
bool p9_server_take_tag(struct p9_server *server, const struct p9_request *request);
void p9_server_release_tag(struct p9_server *server, uint16_t tag);

/* What Tversion agreed on; 0: nothing yet. */
uint32_t p9_server_msize(const struct p9_server *server);
unsigned p9_server_fid_count(const struct p9_server *server);

#endif
