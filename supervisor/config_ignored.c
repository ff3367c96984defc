/* SPDX-License-Identifier: MIT */
/*
 * config_ignored.c - keys of Compose that mean nothing inside a container.
 *
 * They speak to the engine that makes the container.  A file that comes from
 * there is taken as it is, and one note names them.
 */
#include "supervisor/config_fill.h"
#include "supervisor/config_words.h"

#include <string.h>

/* NUL between words, so that no pointer needs relocation. */
static const char in_service[] =
    "annotations\0attach\0blkio_config\0build\0cgroup\0cgroup_parent\0configs\0"
    "container_name\0cpu_count\0cpu_percent\0cpu_period\0cpu_quota\0"
    "cpu_rt_period\0cpu_rt_runtime\0cpu_shares\0cpuset\0credential_spec\0"
    "develop\0device_cgroup_rules\0devices\0dns\0dns_opt\0dns_search\0"
    "domainname\0expose\0external_links\0extra_hosts\0gpus\0hostname\0image\0"
    "init\0ipc\0isolation\0label_file\0labels\0links\0mac_address\0"
    "mem_reservation\0mem_swappiness\0memswap_limit\0models\0network_mode\0"
    "networks\0oom_kill_disable\0pid\0platform\0ports\0privileged\0"
    "provider\0pull_policy\0read_only\0runtime\0scale\0secrets\0shm_size\0"
    "storage_opt\0sysctls\0tmpfs\0use_api_socket\0userns_mode\0uts\0"
    "volume_driver\0volumes\0volumes_from\0";
static const char at_top[] = "configs\0models\0name\0networks\0version\0"
                             "volumes\0";
static const char in_logging[] = "driver\0options\0";
static const char in_hook[] = "privileged\0";
static const char in_deploy[] =
    "endpoint_mode\0labels\0mode\0placement\0replicas\0restart_policy\0"
    "rollback_config\0update_config\0";
static const char in_resources[] = "reservations\0";

const char *
config_ignored(const struct conf_table *table)
{
	if (table == &service_table)
		return in_service;
	if (table == &config_table)
		return at_top;
	if (strcmp(table->name, "logging") == 0)
		return in_logging;
	if (strcmp(table->name, "hook") == 0)
		return in_hook;
	if (strcmp(table->name, "deploy") == 0)
		return in_deploy;
	return strcmp(table->name, "resources") == 0 ? in_resources : "";
}

bool
config_is_ignored(const struct conf_table *table, const char *key)
{
	const char *word = config_ignored(table);

	for (; *word != '\0'; word += strlen(word) + 1)
		if (strcmp(word, key) == 0)
			return true;
	return false;
}
