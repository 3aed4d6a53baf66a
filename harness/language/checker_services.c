/*
 * checker_services.c - what is wrong with services before they run
 *
 * A service is at an address of the network that libslirp plays, 10.0.2.0/24, and at none that is
 * somebody else's. Only what needs no TCP of libslirp may be at its own two; and at the address of
 * a scripted host ports can be refused, and nothing else, as the host's frames are the scenario's.
 */
#include "emu/wire/wire_egress.h"
#include "harness/language/checker.h"
#include "harness/language/diagnostic.h"
#include "harness/language/parser.h"

#include <string.h>

static const struct scenario_host *checker_host_at(const struct scenario *scenario,
                                                   uint32_t address)
{
    for (guint i = 0; i < scenario->hosts->len; i++) {
        const struct scenario_host *host = scenario->hosts->pdata[i];
        uint32_t ip = (uint32_t)host->ip[0] << 24 | (uint32_t)host->ip[1] << 16 |
                      (uint32_t)host->ip[2] << 8 | host->ip[3];
        if (ip == address) {
            return host;
        }
    }
    return NULL;
}

/* NULL, or why nobody but libslirp, or nobody at all, can be at this address. */
static const char *checker_why_not_at(uint32_t address)
{
    uint32_t host = address & ~WIRE_EGRESS_MASK;
    if ((address & WIRE_EGRESS_MASK) != WIRE_EGRESS_NETWORK) {
        return "services are at addresses of 10.0.2.0/24";
    }
    if (host == 0 || host == 255 || host == 1) {
        return "nobody can be at this address";
    }
    return address == WIRE_EGRESS_LEASE ? "10.0.2.15 is the guest's address" : NULL;
}

void checker_service(struct parser *parser, const struct lexer_token *token,
                     const struct scenario_service *service)
{
    const struct scenario *scenario = parser->scenario;
    const struct serve_endpoint *endpoint = &service->endpoint;
    const struct scenario_host *host = checker_host_at(scenario, endpoint->address);
    const char *why = host != NULL ? NULL : checker_why_not_at(endpoint->address);
    if (why != NULL) {
        parser_refuse(parser, token, g_strdup("such as 10.0.2.100"), "%s", why);
    } else if (host != NULL && endpoint->kind != SERVE_REFUSED) {
        parser_refuse(
            parser, token, g_strdup("a scripted host can have ports that are 'refused'"),
            "10.0.2.%u is the address of the host '%s', which sends what the scenario says",
            endpoint->address & 0xff, host->name);
    } else if (!endpoint->udp && endpoint->kind != SERVE_REFUSED &&
               (endpoint->address == WIRE_EGRESS_GATEWAY || endpoint->address == WIRE_EGRESS_DNS)) {
        parser_refuse(parser, token, g_strdup("such as 10.0.2.100"),
                      "libslirp has no TCP services at its own addresses");
    }
    if (scenario->services->len > SERVE_MAX) {
        parser_refuse(parser, token, NULL, "too many services: at most %d", SERVE_MAX);
    }
    for (guint i = 0; i + 1 < scenario->services->len; i++) {
        const struct scenario_service *other = scenario->services->pdata[i];
        if (other->endpoint.udp == endpoint->udp && other->endpoint.port == endpoint->port &&
            other->endpoint.address == endpoint->address) {
            parser_refuse(parser, token, NULL, "this service is on line %u already",
                          other->place.line);
        }
    }
}

void checker_dns(struct parser *parser, const struct lexer_token *token, uint32_t at)
{
    struct scenario *scenario = parser->scenario;
    uint32_t address = at == 0 ? WIRE_EGRESS_DNS : at;
    const char *why = checker_why_not_at(address);
    if (why != NULL || checker_host_at(scenario, address) != NULL) {
        parser_refuse(parser, token, NULL, "%s",
                      why != NULL ? why : "a scripted host is no name server");
    }
    if (scenario->dns != 0 && scenario->dns != address) {
        parser_refuse(parser, token, g_strdup("write the same 'at' in each line"),
                      "there is one name server: other names are at 10.0.2.%u",
                      scenario->dns & 0xff);
    }
    scenario->dns = address;
    if (scenario->records->len > SCENARIO_RECORDS_MAX) {
        parser_refuse(parser, token, NULL, "too many names: at most %d", SCENARIO_RECORDS_MAX);
    }
}

void checker_services(struct parser *parser)
{
    const struct scenario *scenario = parser->scenario;
    bool has_slirp = false;
    for (guint i = 0; i < scenario->nets->len; i++) {
        const struct scenario_net *net = scenario->nets->pdata[i];
        has_slirp = has_slirp || net->backend == SCENARIO_BACKEND_SLIRP;
    }
    for (guint i = 0; i < scenario->services->len && !has_slirp; i++) {
        const struct scenario_service *service = scenario->services->pdata[i];
        if (checker_host_at(scenario, service->endpoint.address) == NULL) {
            checker_finding_at(parser, service->place, "net eth0 backend=slirp",
                               "services are on libslirp's network, and no card is on it");
            return;
        }
    }
    if (scenario->dns != 0 && !has_slirp) {
        checker_finding_at(parser, (struct scenario_place){.file = parser->file->path},
                           "net eth0 backend=slirp",
                           "the name server is on libslirp's network, and no card is on it");
    }
}
