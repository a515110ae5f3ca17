/* SPDX-License-Identifier: Apache-2.0 */
#include "net/rate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "base/fd.h"

#define BITS_OF_10_MS 800 /* a second's bits by this are the bytes of 10 ms */
#define DEFAULT_MTU 1500

/* The handle that tc(8) shows for it. */
#define SHAPER_HANDLE (1U << 16)

uint64_t rate_burst(uint64_t bits_per_second, uint32_t mtu)
{
	uint64_t least = 2 * (uint64_t)((mtu ?: DEFAULT_MTU) + ETH_HLEN);
	uint64_t burst = bits_per_second / BITS_OF_10_MS;

	if (burst > UINT32_MAX / 8)
		burst = UINT32_MAX / 8;
	return burst < least ? least : burst;
}

static struct nlmsghdr *discipline(struct netlink_batch *batch, const char *what, uint32_t index,
				   uint32_t handle, uint32_t parent, const char *kind)
{
	struct nlmsghdr *message =
		netlink_message(batch, what, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_REPLACE);
	struct tcmsg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));

	body->tcm_family = AF_UNSPEC;
	body->tcm_ifindex = (int)index;
	body->tcm_handle = handle;
	body->tcm_parent = parent;
	mnl_attr_put_strz(message, TCA_KIND, kind);
	return message;
}

void rate_message(struct netlink_batch *batch, uint32_t index, uint64_t bits_per_second,
		  uint32_t mtu)
{
	const uint64_t rate = bits_per_second / 8, burst = rate_burst(bits_per_second, mtu);
	uint64_t limit = burst + rate / 20;
	struct tc_tbf_qopt options = {
		.rate = { .linklayer = TC_LINKLAYER_ETHERNET,
			  .rate = rate > UINT32_MAX ? UINT32_MAX : (uint32_t)rate },
	};
	struct nlmsghdr *message =
		discipline(batch, "shape it (tbf)", index, SHAPER_HANDLE, TC_H_ROOT, "tbf");
	struct nlattr *nest = mnl_attr_nest_start(message, TCA_OPTIONS);

	/* ten full packets at least: a program that sends two at once shall not lose one */
	if (limit < 5 * rate_burst(0, mtu))
		limit = 5 * rate_burst(0, mtu);
	options.limit = limit > UINT32_MAX ? UINT32_MAX : (uint32_t)limit;
	mnl_attr_put(message, TCA_TBF_PARMS, sizeof(options), &options);
	mnl_attr_put_u32(message, TCA_TBF_BURST, (uint32_t)burst);
	if (rate > UINT32_MAX)
		mnl_attr_put_u64(message, TCA_TBF_RATE64, rate);
	mnl_attr_nest_end(message, nest);
}

int rate_failed(size_t failed, size_t shape, struct error *err)
{
	if (failed == shape && (err->errnum == ENOENT || err->errnum == EOPNOTSUPP))
		return fail(err, EOPNOTSUPP,
			    "rates: this kernel has no tbf (module sch_tbf, CONFIG_NET_SCH_TBF)");
	return -1;
}

static void filter(struct netlink_batch *batch, uint32_t index, int program)
{
	struct nlmsghdr *message =
		netlink_message(batch, "police it", RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL);
	struct tcmsg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
	struct nlattr *nest;

	body->tcm_family = AF_UNSPEC;
	body->tcm_ifindex = (int)index;
	body->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	body->tcm_info = TC_H_MAKE(1U << 16, htons(ETH_P_ALL));
	mnl_attr_put_strz(message, TCA_KIND, "bpf");
	nest = mnl_attr_nest_start(message, TCA_OPTIONS);
	mnl_attr_put_u32(message, TCA_BPF_FD, (uint32_t)program);
	mnl_attr_put_strz(message, TCA_BPF_NAME, "ctr_rate");
	mnl_attr_put_u32(message, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(message, nest);
}

int rate_police(struct netlink *host, struct arena *arena, uint32_t index, uint64_t bits_per_second,
		uint32_t mtu, struct error *err)
{
	/* what has passed the limit inside passes here: its burst is a third of ours */
	cleanup_fd int program =
		rate_program_load(bits_per_second, 3 * rate_burst(bits_per_second, mtu), err);
	struct netlink_batch batch;

	if (program < 0)
		return err->errnum == EPERM || err->errnum == ENOSYS ? 0 : -1;
	netlink_batch_begin(&batch, arena);
	discipline(&batch, "police it (clsact)", index, TC_H_MAKE(TC_H_CLSACT, 0), TC_H_CLSACT,
		   "clsact");
	filter(&batch, index, program);
	if (netlink_send(host, &batch, NULL, err) == 0 || err->errnum == ENOENT ||
	    err->errnum == EOPNOTSUPP)
		return 0;
	return -1;
}
