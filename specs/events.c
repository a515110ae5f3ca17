/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/events.h"

#include "specs/schema.h"

/* clang-format off */
SCHEMA(psi_share,
       REAL(psi_share, avg10, "avg10", .flags = ALWAYS),
       REAL(psi_share, avg60, "avg60", .flags = ALWAYS),
       REAL(psi_share, avg300, "avg300", .flags = ALWAYS),
       UINT(psi_share, total, "total", .flags = ALWAYS));

SCHEMA(psi_stats,
       EMBEDDED(psi_stats, some, "some", psi_share, .flags = ALWAYS),
       EMBEDDED(psi_stats, full, "full", psi_share, .flags = ALWAYS));

SCHEMA(cpu_usage_stats,
       UINT(cpu_usage_stats, total, "total"),
       UINT(cpu_usage_stats, kernel, "kernel", .flags = ALWAYS),
       UINT(cpu_usage_stats, user, "user", .flags = ALWAYS));

SCHEMA(throttling_stats,
       UINT(throttling_stats, periods, "periods"),
       UINT(throttling_stats, throttled_periods, "throttledPeriods"),
       UINT(throttling_stats, throttled_time, "throttledTime"));

SCHEMA(cpu_stats,
       EMBEDDED(cpu_stats, usage, "usage", cpu_usage_stats, .flags = ALWAYS),
       EMBEDDED(cpu_stats, throttling, "throttling", throttling_stats, .flags = ALWAYS),
       OBJECT(cpu_stats, psi, "psi", psi_stats));

SCHEMA(cpuset_stats,
       UINTS(cpuset_stats, cpus, "cpus"),
       UINT(cpuset_stats, only_v1, "cpu_exclusive", .flags = ALWAYS),
       UINTS(cpuset_stats, mems, "mems"),
       UINT(cpuset_stats, only_v1, "mem_hardwall", .flags = ALWAYS),
       UINT(cpuset_stats, only_v1, "mem_exclusive", .flags = ALWAYS),
       UINT(cpuset_stats, only_v1, "memory_migrate", .flags = ALWAYS),
       UINT(cpuset_stats, only_v1, "memory_spread_page", .flags = ALWAYS),
       UINT(cpuset_stats, only_v1, "memory_spread_slab", .flags = ALWAYS),
       UINT(cpuset_stats, only_v1, "memory_pressure", .flags = ALWAYS),
       UINT(cpuset_stats, only_v1, "sched_load_balance", .flags = ALWAYS),
       UINT(cpuset_stats, only_v1, "sched_relax_domain_level", .flags = ALWAYS));

SCHEMA(memory_entry,
       UINT(memory_entry, limit, "limit", .flags = ALWAYS),
       UINT(memory_entry, usage, "usage"),
       UINT(memory_entry, max, "max"),
       UINT(memory_entry, failcnt, "failcnt", .flags = ALWAYS));

SCHEMA(memory_stats,
       UINT(memory_stats, cache, "cache"),
       EMBEDDED(memory_stats, usage, "usage", memory_entry, .flags = ALWAYS),
       EMBEDDED(memory_stats, swap, "swap", memory_entry, .flags = ALWAYS),
       EMBEDDED(memory_stats, kernel, "kernel", memory_entry, .flags = ALWAYS),
       EMBEDDED(memory_stats, kernel_tcp, "kernelTCP", memory_entry, .flags = ALWAYS),
       UINT_MAP(memory_stats, raw, "raw"),
       OBJECT(memory_stats, psi, "psi", psi_stats));

SCHEMA(pids_stats,
       UINT(pids_stats, current, "current"),
       UINT(pids_stats, limit, "limit"));

SCHEMA(blkio_entry,
       UINT(blkio_entry, major, "major"),
       UINT(blkio_entry, minor, "minor"),
       STRING(blkio_entry, op, "op"),
       UINT(blkio_entry, value, "value"));

SCHEMA(blkio_stats,
       OBJECTS(blkio_stats, service_bytes, "ioServiceBytesRecursive", blkio_entry),
       OBJECTS(blkio_stats, serviced, "ioServicedRecursive", blkio_entry),
       OBJECT(blkio_stats, psi, "psi", psi_stats));

SCHEMA(hugetlb_stats,
       UINT(hugetlb_stats, usage, "usage"),
       UINT(hugetlb_stats, max, "max"),
       UINT(hugetlb_stats, failcnt, "failcnt", .flags = ALWAYS));

SCHEMA(l3_cache_info,
       STRING(l3_cache_info, cbm_mask, "cbm_mask"),
       UINT(l3_cache_info, min_cbm_bits, "min_cbm_bits"),
       UINT(l3_cache_info, num_closids, "num_closids"));

SCHEMA(memory_bandwidth_info,
       UINT(memory_bandwidth_info, bandwidth_gran, "bandwidth_gran"),
       UINT(memory_bandwidth_info, delay_linear, "delay_linear"),
       UINT(memory_bandwidth_info, min_bandwidth, "min_bandwidth"),
       UINT(memory_bandwidth_info, num_closids, "num_closids"));

SCHEMA(mbm_stats,
       UINT(mbm_stats, total_bytes, "mbm_total_bytes", .flags = ALWAYS),
       UINT(mbm_stats, local_bytes, "mbm_local_bytes", .flags = ALWAYS));

SCHEMA(cmt_stats,
       UINT(cmt_stats, llc_occupancy, "llc_occupancy", .flags = ALWAYS));

SCHEMA(intel_rdt_stats,
       OBJECT(intel_rdt_stats, l3_cache_info, "l3_cache_info", l3_cache_info),
       STRING(intel_rdt_stats, l3_cache_schema_root, "l3_cache_schema_root"),
       STRING(intel_rdt_stats, l3_cache_schema, "l3_cache_schema"),
       OBJECT(intel_rdt_stats, memory_bandwidth_info, "mem_bw_info", memory_bandwidth_info),
       STRING(intel_rdt_stats, memory_bandwidth_schema_root, "mem_bw_schema_root"),
       STRING(intel_rdt_stats, memory_bandwidth_schema, "mem_bw_schema"),
       OBJECTS(intel_rdt_stats, mbm, "mbm_stats", mbm_stats),
       OBJECTS(intel_rdt_stats, cmt, "cmt_stats", cmt_stats));

/* In Go's spelling: runc gives these members no other. */
SCHEMA(interface_stats,
       STRING(interface_stats, name, "Name"),
       UINT(interface_stats, rx_bytes, "RxBytes", .flags = ALWAYS),
       UINT(interface_stats, rx_packets, "RxPackets", .flags = ALWAYS),
       UINT(interface_stats, rx_errors, "RxErrors", .flags = ALWAYS),
       UINT(interface_stats, rx_dropped, "RxDropped", .flags = ALWAYS),
       UINT(interface_stats, tx_bytes, "TxBytes", .flags = ALWAYS),
       UINT(interface_stats, tx_packets, "TxPackets", .flags = ALWAYS),
       UINT(interface_stats, tx_errors, "TxErrors", .flags = ALWAYS),
       UINT(interface_stats, tx_dropped, "TxDropped", .flags = ALWAYS));

SCHEMA(stats,
       EMBEDDED(stats, cpu, "cpu", cpu_stats, .flags = ALWAYS),
       EMBEDDED(stats, cpuset, "cpuset", cpuset_stats, .flags = ALWAYS),
       EMBEDDED(stats, memory, "memory", memory_stats, .flags = ALWAYS),
       EMBEDDED(stats, pids, "pids", pids_stats, .flags = ALWAYS),
       EMBEDDED(stats, blkio, "blkio", blkio_stats, .flags = ALWAYS),
       OBJECT_MAP(stats, hugetlb, "hugetlb", hugetlb_stats, size, .flags = ALWAYS),
       EMBEDDED(stats, intel_rdt, "intel_rdt", intel_rdt_stats, .flags = ALWAYS),
       OBJECTS(stats, interfaces, "network_interfaces", interface_stats, .flags = ALWAYS));

SCHEMA(event,
       STRING(event, type, "type"),
       STRING(event, id, "id"),
       OBJECT(event, data, "data", stats));
/* clang-format on */

char *event_encode(struct arena *arena, const struct event *event, size_t *size)
{
	return schema_encode(&event_schema, arena, event, JSON_COMPACT, size);
}
