/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "runtime/run_change_parts.h"
#include "unit.h"

static struct arena arena;
static struct error err;

static struct string_list list(const char *words)
{
	struct string_list result = { .items = arena_array(&arena, char *, 32) };
	char *rest = arena_strdup(&arena, words), *word;

	while ((word = strsep(&rest, " ")))
		if (*word)
			result.items[result.count++] = word;
	return result;
}

/* "network" as it is behind these options, on one line without blanks, or the error. */
static const char *changed(const struct network_changes *changes, const char *before)
{
	struct string_list exposed = list("80/tcp 53/udp");
	char *text = arena_printf(&arena, "{'ociVersion':'1.3.0','linux':{'namespaces':[]}%s%s}",
				  before ? ",'network':" : "", before ?: ""),
	     *result, *out;
	struct spec spec;

	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	CHECK_INT(spec_decode(&arena, "spec", text, strlen(text), &spec, &err), 0);
	if (run_change_network(&arena, changes, &exposed, &spec, &err) < 0)
		return err.text;
	text = strstr(spec_encode(&arena, &(struct spec){ .network = spec.network }, NULL),
		      "\"network\":");
	result = out = text = arena_strdup(&arena, text + strlen("\"network\":"));
	for (; *text; text++)
		if (!strchr(" \n", *text))
			*out++ = *text == '"' ? '\'' : *text;
	out[-1] = '\0'; /* of the document around it */
	return result;
}

#define NETWORKS(words)                                                                            \
	&(struct network_changes)                                                                  \
	{                                                                                          \
		.networks = list(words)                                                            \
	}

TEST(modes_and_names_of_networks)
{
	CHECK_STRING(changed(NETWORKS("host"), NULL), "{'mode':'host'}");
	CHECK_STRING(changed(NETWORKS("container:web"), NULL), "{'mode':'container:web'}");
	CHECK_STRING(changed(NETWORKS("ns:/run/netns/a"), NULL), "{'mode':'ns:/run/netns/a'}");
	CHECK_STRING(changed(NETWORKS("pasta:-T,none"), NULL), "{'mode':'pasta:-T,none'}");
	CHECK_STRING(changed(NETWORKS("bridge"), NULL), "{'mode':'bridge'}");
	CHECK_STRING(changed(NETWORKS("a"), NULL), "{'mode':'bridge','networks':[{'name':'a'}]}");
	CHECK_STRING(changed(NETWORKS("a,b c"), NULL),
		     "{'mode':'bridge','networks':[{'name':'a'},{'name':'b'},{'name':'c'}]}");
	CHECK_STRING(changed(NETWORKS("bridge a"), NULL),
		     "{'mode':'bridge','networks':[{'name':'ctr'},{'name':'a'}]}");
	CHECK_STRING(
		changed(NETWORKS("a:ip=10.0.0.2,alias=x,alias=y,interface_name=e0 "
				 "bridge:mac=02:00:00:00:00:01,ip6=fd00::2,rate_in=1m,rate_out=2m"),
			NULL),
		"{'mode':'bridge','networks':[{'name':'a','ipv4':'10.0.0.2','interface':'e0',"
		"'aliases':['x','y']},{'name':'ctr','ipv6':'fd00::2','mac':'02:00:00:00:00:01',"
		"'rateIn':'1m','rateOut':'2m'}]}");
	arena_free(&arena);
}

TEST(what_cannot_be_meant_names_the_option)
{
	CHECK_STRING(changed(NETWORKS("host a"), NULL),
		     "option '--network': 'host' excludes any other");
	CHECK_STRING(changed(NETWORKS("a,none"), NULL),
		     "option '--network': 'none' is no network beside others");
	CHECK_STRING(changed(NETWORKS("a:ip=1.2.3.4,colour=red"), NULL),
		     "option '--network': unknown word 'colour': ip, ip6, mac, alias, "
		     "interface_name, rate_in or rate_out");
	CHECK_STRING(changed(NETWORKS("a:ip"), NULL),
		     "option '--network': WORD=VALUE expected, not 'ip'");
	CHECK_STRING(
		changed(&(struct network_changes){ .networks = list("a b"), .ipv4 = "10.0.0.2" },
			NULL),
		"option '--ip': there is more than one network: write --network "
		"NETWORK:ip=...,ip6=...,mac=...");
	CHECK_CONTAINS(changed(&(struct network_changes){ .ports = list("80 x") }, NULL),
		       "option '--publish': ");
	arena_free(&arena);
}

TEST(ports_and_addresses_without_a_network_are_those_of_the_default_one)
{
	CHECK_STRING(changed(&(struct network_changes){ .ports = list("8080:80 90"),
							.publish_all = true },
			     NULL),
		     "{'ports':['8080:80','90','80/tcp','53/udp']}");
	CHECK_STRING(changed(&(struct network_changes){ .ipv4 = "10.0.0.2", .aliases = list("x") },
			     NULL),
		     "{'ipv4':'10.0.0.2','aliases':['x']}");
	CHECK_STRING(
		changed(&(struct network_changes){ .networks = list("a"),
						   .ipv4 = "10.0.0.2",
						   .aliases = list("x") },
			NULL),
		"{'mode':'bridge','networks':[{'name':'a','ipv4':'10.0.0.2','aliases':['x']}]}");
	arena_free(&arena);
}

TEST(options_say_instead_of_the_spec)
{
	static const char before[] = "{'mode':'bridge','bridge':'br0','subnet':'10.0.0.0/24',"
				     "'ports':['1:1'],'dns':['1.1.1.1'],'hosts':['a:10.0.0.1']}";

	CHECK_STRING(changed(NETWORKS("b"), before),
		     "{'mode':'bridge','networks':[{'name':'b'}],'ports':['1:1'],'dns':['1.1.1.1'],"
		     "'hosts':['a:10.0.0.1']}");
	CHECK_STRING(changed(&(struct network_changes){ .ports = list("2:2"),
							.dns = list("9.9.9.9"),
							.hosts = list("b:10.0.0.2") },
			     before),
		     "{'mode':'bridge','bridge':'br0','subnet':'10.0.0.0/24','ports':['1:1','2:2'],"
		     "'dns':['9.9.9.9'],'hosts':['b:10.0.0.2','a:10.0.0.1']}");
	arena_free(&arena);
}

/* A network is of a namespace of its own, whatever the spec had. */
TEST(a_network_brings_its_namespace)
{
	struct network_changes changes = { .networks = list("bridge") };
	struct spec_linux linux_spec = { 0 };
	struct spec spec = { .linux = &linux_spec };

	CHECK_INT(run_change_network(&arena, &changes, &(struct string_list){ 0 }, &spec, &err), 0);
	CHECK_INT(linux_spec.namespaces.count, 1);
	CHECK_INT(linux_spec.namespaces.items[0].type, NAMESPACE_NETWORK);
	arena_free(&arena);
}
