/* SPDX-License-Identifier: MIT */
/* config_graph.c - who needs whom, in DOT. */
#include "supervisor/config_show.h"

static const char *const conditions[] = { "started", "ready", "healthy",
	"completed" };

/* Names hold letters, digits and . _ - only: quotes are enough. */
static void
add_needs(struct text *out, const struct service_config *service)
{
	const struct config_need *needs = service->depends_on.items;

	for (size_t i = 0; i < service->depends_on.count; i++)
		text_format(out, "\t\"%s\" -> \"%s\" [label=\"%s%s\"%s];\n",
		    service->name, needs[i].name,
		    conditions[needs[i].condition],
		    needs[i].restart ? ", restart" : "",
		    needs[i].required ? "" : ", style=dashed");
}

void
config_graph(struct text *out, const struct config *config)
{
	text_add(out, "digraph hale {\n\trankdir=LR;\n\tnode [shape=box];\n");
	for (size_t i = 0; i < config->service_count; i++)
		text_format(out, "\t\"%s\";\n", config->services[i].name);
	for (size_t i = 0; i < config->dependency_count; i++)
		text_format(out, "\t\"%s\" [shape=ellipse, style=dashed];\n",
		    config->dependencies[i].name);
	for (size_t i = 0; i < config->service_count; i++)
		add_needs(out, &config->services[i]);
	text_add(out, "}\n");
}
