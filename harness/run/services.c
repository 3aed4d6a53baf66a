/*
 * services.c - a scenario's services, in the words of the wire
 *
 * Those at the address of a scripted host are the host's; all others are behind libslirp's filter.
 */
#include "harness/run/services.h"

struct services {
    struct wire_services wire;
    const struct serve_endpoint *endpoints[SERVE_MAX + 1];
    struct serve_endpoint name_server; /* by TCP */
    struct serve_dns_name names[SCENARIO_RECORDS_MAX];
};

static uint32_t services_address(const struct scenario_host *host)
{
    return (uint32_t)host->ip[0] << 24 | (uint32_t)host->ip[1] << 16 | (uint32_t)host->ip[2] << 8 |
           host->ip[3];
}

static bool services_is_of_a_host(const struct scenario *scenario, uint32_t address)
{
    for (guint i = 0; i < scenario->hosts->len; i++) {
        if (services_address(g_ptr_array_index(scenario->hosts, i)) == address) {
            return true;
        }
    }
    return false;
}

/* [RFC7766] 5: TCP is not optional. Unless the scenario has another service there. */
static void services_add_name_server(struct services *services)
{
    struct wire_egress_rules *rules = &services->wire.rules;
    if (rules->dns == 0 ||
        wire_egress_find(rules, false, rules->dns, WIRE_EGRESS_PORT_DNS) != NULL) {
        return;
    }
    services->name_server = (struct serve_endpoint){
        .address = rules->dns,
        .port = WIRE_EGRESS_PORT_DNS,
        .kind = SERVE_NAMES,
        .names = services->names,
        .name_count = services->wire.name_count,
    };
    services->endpoints[rules->count++] = &services->name_server;
}

struct services *services_new(const struct scenario *scenario, bool live)
{
    struct services *services = g_new0(struct services, 1);
    struct wire_egress_rules *rules = &services->wire.rules;
    for (guint i = 0; i < scenario->services->len; i++) {
        const struct scenario_service *service = g_ptr_array_index(scenario->services, i);
        if (!services_is_of_a_host(scenario, service->endpoint.address)) {
            services->endpoints[rules->count++] = &service->endpoint;
        }
    }
    for (guint i = 0; i < scenario->records->len; i++) {
        const struct scenario_record *record = g_ptr_array_index(scenario->records, i);
        services->names[i] = record->row;
        services->names[i].name = record->name;
        services->names[i].alias = record->alias;
    }
    rules->endpoints = services->endpoints;
    rules->dns = scenario->dns;
    rules->live = live;
    services->wire.names = services->names;
    services->wire.name_count = scenario->records->len;
    services_add_name_server(services);
    return services;
}

void services_free(struct services *services)
{
    g_free(services);
}

const struct wire_services *services_of_wire(const struct services *services)
{
    return &services->wire;
}

void services_refuse(struct board *board, const struct scenario *scenario)
{
    for (guint i = 0; i < scenario->services->len; i++) {
        const struct scenario_service *service = g_ptr_array_index(scenario->services, i);
        for (guint h = 0; h < scenario->hosts->len; h++) {
            const struct scenario_host *host = g_ptr_array_index(scenario->hosts, h);
            if (services_address(host) == service->endpoint.address) {
                wire_host_refuse(board_host(board, host->name), &service->endpoint);
            }
        }
    }
}
