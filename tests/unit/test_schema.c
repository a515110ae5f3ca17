/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macro.h"
#include "specs/schema.h"
#include "tests/unit/unit.h"

/* One member for each kind of row. */
struct leg {
	char *name;
	int32_t length;
};

/* A string of its own form: "3x4" is a cage of that size, "0x0" none. */
struct cage {
	unsigned int width, depth;
};

static int cage_parse(const char *text, struct cage *cage, struct error *err)
{
	if (sscanf(text, "%ux%u", &cage->width, &cage->depth) == 2)
		return 0;
	return fail(err, EINVAL, "'%s' is no cage", text);
}

static char *cage_print(const struct cage *cage, char *buffer)
{
	buffer[0] = '\0';
	if (cage->width)
		snprintf(buffer, SCHEMA_TEXT_SIZE, "%ux%u", cage->width, cage->depth);
	return buffer;
}

SCHEMA_TEXT_OF(cage, cage_parse, cage_print);

struct pet {
	char *name, *colour, *home;
	int kind;
	bool tame, sleeps;
	int32_t small;
	int64_t large;
	uint32_t age;
	uint64_t stars;
	double speed;
	struct opt_int weight;
	struct opt_uint rank;
	struct opt_bool hungry;
	struct string_list food;
	struct {
		uint32_t *items;
		size_t count;
	} years;
	struct leg *tail;
	struct leg nose;
	struct {
		struct leg *items;
		size_t count;
	} legs, ears;
	struct string_map labels;
	struct uint_map counts;
	struct string_list places;
	struct cage cage;
};

enum { KIND_DOG, KIND_CAT };

static const struct schema_word kinds[] = { { "dog", KIND_DOG }, { "cat", KIND_CAT }, { NULL, 0 } };
static const struct schema_word colours[] = { { "red", 0 }, { "grey", 0 }, { NULL, 0 } };

SCHEMA(leg, STRING(leg, name, "name"), INT(leg, length, "length", .flags = ALWAYS));

SCHEMA(pet, STRING(pet, name, "name", .flags = REQUIRED), WORD(pet, colour, "colour", colours),
       STRING(pet, home, "home", .flags = ABSOLUTE), ENUM(pet, kind, "kind", kinds),
       BOOL(pet, tame, "tame"), BOOL(pet, sleeps, "sleeps", .flags = ALWAYS),
       INT(pet, small, "small"), INT(pet, large, "large"), UINT(pet, age, "age"),
       UINT(pet, stars, "stars"), REAL(pet, speed, "speed"),
       OPT_INT(pet, weight, "weight", RANGE(-5, 5)), OPT_UINT(pet, rank, "rank", RANGE(1, 10)),
       OPT_BOOL(pet, hungry, "hungry"), STRINGS(pet, food, "food"), UINTS(pet, years, "years"),
       OBJECT(pet, tail, "tail", leg), EMBEDDED(pet, nose, "nose", leg),
       OBJECTS(pet, legs, "legs", leg), OBJECT_MAP(pet, ears, "ears", leg, name),
       MAP(pet, labels, "labels"), UINT_MAP(pet, counts, "counts"), KEYS(pet, places, "places"),
       TEXT(pet, cage, "cage", cage));

static const char full[] =
	"{\"name\":\"Rex\",\"colour\":\"grey\",\"home\":\"/kennel\",\"kind\":\"cat\",\"tame\":true,"
	"\"sleeps\":false,\"small\":-2147483648,\"large\":9223372036854775807,\"age\":4294967295,"
	"\"stars\":18446744073709551615,\"speed\":0.12,\"weight\":0,\"rank\":1,\"hungry\":false,"
	"\"food\":[\"bones\",\"\"],\"years\":[0,4294967295],\"tail\":{\"name\":\"t\",\"length\":0},"
	"\"nose\":{\"length\":-1},\"legs\":[{\"length\":1},{\"name\":\"b\",\"length\":2}],"
	"\"ears\":{\"left\":{\"name\":\"left\",\"length\":3}},\"labels\":{\"a.b\":\"c\",\"d\":\"\"}"
	","
	"\"counts\":{\"b\":18446744073709551615,\"a\":0},\"places\":{\"80/tcp\":{},\"x\":{}},"
	"\"cage\":\"3x4\"}";

static int decode(struct arena *arena, const char *text, struct pet *pet, struct error *err)
{
	*pet = (struct pet){ 0 };
	return schema_decode(&pet_schema, arena, "pet.json", text, strlen(text), pet, err);
}

TEST(schema_reads_every_kind_of_row)
{
	cleanup_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct pet pet;

	CHECK_INT(decode(&arena, full, &pet, &err), 0);
	CHECK_STRING(pet.name, "Rex");
	CHECK_STRING(pet.colour, "grey");
	CHECK_INT(pet.kind, KIND_CAT);
	CHECK(pet.tame && !pet.sleeps);
	CHECK(pet.small == INT32_MIN && pet.large == INT64_MAX);
	CHECK(pet.age == UINT32_MAX && pet.stars == UINT64_MAX);
	CHECK(pet.speed > 0.119 && pet.speed < 0.121);
	CHECK_INT(pet.counts.count, 2);
	CHECK_STRING(pet.counts.items[0].key, "b");
	CHECK(pet.counts.items[0].value == UINT64_MAX && pet.counts.items[1].value == 0);
	CHECK(pet.weight.set && pet.weight.value == 0);
	CHECK(pet.hungry.set && !pet.hungry.value);
	CHECK(pet.food.count == 2 && !pet.food.items[2]);
	CHECK(pet.years.count == 2 && pet.years.items[1] == UINT32_MAX);
	CHECK_STRING(pet.tail->name, "t");
	CHECK_INT(pet.nose.length, -1);
	CHECK_STRING(pet.legs.items[1].name, "b");
	CHECK_STRING(pet.ears.items[0].name, "left");
	CHECK_STRING(string_map_get(&pet.labels, "a.b"), "c");
	CHECK_STRING(pet.places.items[0], "80/tcp");
	CHECK(pet.cage.width == 3 && pet.cage.depth == 4);
}

TEST(schema_reads_names_in_any_case_and_keys_as_they_are)
{
	cleanup_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct string_list unknown;
	struct pet pet;
	static const char text[] = "{\"NAME\":\"Rex\",\"age\":1,\"Age\":2,\"Labels\":{\"A\":\"b\"},"
				   "\"Kin\":1,\"nam\":\"x\"}";

	CHECK_INT(decode(&arena, text, &pet, &err), 0);
	CHECK_STRING(pet.name, "Rex");
	CHECK_INT(pet.age, 2);
	CHECK_STRING(string_map_get(&pet.labels, "A"), "b");
	CHECK(!string_map_get(&pet.labels, "a"));
	CHECK_INT(schema_unknown_members(&pet_schema, &arena, "x", text, strlen(text), &unknown,
					 &err),
		  0);
	CHECK_INT(unknown.count, 2);
	CHECK_STRING(unknown.items[0], "Kin");
}

TEST(schema_writes_what_it_has_read)
{
	cleanup_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct pet pet;
	size_t size;
	char *text;

	CHECK_INT(decode(&arena, full, &pet, &err), 0);
	text = schema_encode(&pet_schema, &arena, &pet, JSON_COMPACT, &size);
	CHECK_STRING(text, full);
	CHECK_INT(size, strlen(full));
}

TEST(schema_leaves_out_what_is_absent)
{
	cleanup_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct pet pet;

	CHECK_INT(decode(&arena, "{\"name\": \"\"}", &pet, &err), 0);
	CHECK(!pet.tail && !pet.food.items && !pet.weight.set);
	CHECK_STRING(schema_encode(&pet_schema, &arena, &pet, JSON_COMPACT, NULL),
		     "{\"name\":\"\",\"sleeps\":false}");
}

TEST(schema_takes_null_for_absent)
{
	cleanup_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct pet pet;

	CHECK_INT(decode(&arena, "{\"name\":\"a\",\"food\":null,\"tail\":null,\"weight\":null}",
			 &pet, &err),
		  0);
	CHECK(!pet.food.items && !pet.tail && !pet.weight.set);
	CHECK_INT(decode(&arena, "{\"name\":null}", &pet, &err), -1);
	CHECK_STRING(err.text, "pet.json: name: required, but missing");
}

TEST(schema_text_over_another_replaces_lists_and_adds_to_maps)
{
	static const char first[] = "{\"name\":\"Rex\",\"labels\":{\"a\":\"1\",\"b\":\"2\"},"
				    "\"food\":[\"x\",\"y\"],\"places\":{\"p\":1,\"q\":2},"
				    "\"counts\":{\"m\":1,\"n\":2}}",
			  second[] = "{\"name\":\"Rex\",\"labels\":{\"b\":\"3\",\"c\":\"4\"},"
				     "\"food\":[\"z\"],\"places\":{},\"counts\":{}}";
	cleanup_arena struct arena arena = { 0 };
	struct error err = { 0 };
	struct pet pet;

	CHECK_INT(decode(&arena, first, &pet, &err), 0);
	CHECK_INT(schema_decode(&pet_schema, &arena, "pet", second, strlen(second), &pet, &err), 0);
	CHECK_INT(pet.labels.count, 3);
	CHECK_STRING(string_map_get(&pet.labels, "a"), "1");
	CHECK_STRING(string_map_get(&pet.labels, "b"), "3");
	CHECK_STRING(string_map_get(&pet.labels, "c"), "4");
	CHECK_INT(pet.food.count, 1);
	CHECK_STRING(pet.food.items[0], "z");
	CHECK_INT(pet.places.count, 0);
	CHECK_INT(pet.counts.count, 0);
}

TEST(schema_lists_unknown_members)
{
	static const char text[] = "{\"x\":1,\"name\":\"a\",\"legs\":[{},{\"y\":[{\"z\":1}]}],"
				   "\"ears\":{\"a.b\":{\"w\":1}},\"\":1}";
	cleanup_arena struct arena arena = { 0 };
	struct string_list paths;
	struct error err = { 0 };

	CHECK_INT(schema_unknown_members(&pet_schema, &arena, "pet.json", text, strlen(text),
					 &paths, &err),
		  0);
	CHECK_INT(paths.count, 4);
	CHECK_STRING(paths.items[0], "x");
	CHECK_STRING(paths.items[1], "legs[1].y");
	CHECK_STRING(paths.items[2], "ears[\"a.b\"].w");
	CHECK_STRING(paths.items[3], "[\"\"]");
	CHECK(!paths.items[4]);
}

TEST(schema_errors_name_the_member_and_what_was_expected)
{
	static const char *const texts[] = {
		"[]",
		"3",
		"{}",
		"{'name': 1}",
		"{'name': 'a', 'colour': 'blue'}",
		"{'name': 'a', 'colour': ['red']}",
		"{'name': 'a', 'home': 'kennel'}",
		"{'name': 'a', 'kind': 'cow'}",
		"{'name': 'a', 'kind': 0}",
		"{'name': 'a', 'tame': 'yes'}",
		"{'name': 'a', 'small': 2147483648}",
		"{'name': 'a', 'small': '1'}",
		"{'name': 'a', 'small': 1.0}",
		"{'name': 'a', 'small': 1e3}",
		"{'name': 'a', 'large': 9223372036854775808}",
		"{'name': 'a', 'large': -9223372036854775809}",
		"{'name': 'a', 'age': 4294967296}",
		"{'name': 'a', 'age': -1}",
		"{'name': 'a', 'stars': 18446744073709551616}",
		"{'name': 'a', 'stars': 99999999999999999999999999999999999999}",
		"{'name': 'a', 'weight': 6}",
		"{'name': 'a', 'rank': 0}",
		"{'name': 'a', 'rank': -5}",
		"{'name': 'a', 'hungry': 1}",
		"{'name': 'a', 'food': 'bones'}",
		"{'name': 'a', 'food': ['bones', null]}",
		"{'name': 'a', 'years': [1, -1]}",
		"{'name': 'a', 'years': {}}",
		"{'name': 'a', 'tail': []}",
		"{'name': 'a', 'tail': {'length': true}}",
		"{'name': 'a', 'nose': {'name': {}}}",
		"{'name': 'a', 'legs': {}}",
		"{'name': 'a', 'legs': [{}, null]}",
		"{'name': 'a', 'legs': [{}, {'length': 'long'}]}",
		"{'name': 'a', 'ears': []}",
		"{'name': 'a', 'ears': {'left side': {'length': 'long'}}}",
		"{'name': 'a', 'labels': {'a.b': 1}}",
		"{'name': 'a', 'labels': []}",
		"{'name': 'a', 'places': []}",
		"{'name': 'a', 'speed': '0.1'}",
		"{'name': 'a', 'cage': 'small'}",
		"{'name': 'a', 'cage': 3}",
		"{'name': 'a', 'counts': []}",
		"{'name': 'a', 'counts': {'b': 1, 'a.c': -1}}",
	};
	char *golden = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&golden, &size);

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		cleanup_arena struct arena arena = { 0 };
		struct error err = { .text = "accepted" };
		struct pet pet;
		char text[128];

		snprintf(text, sizeof(text), "%s", texts[i]);
		for (char *c = text; *c; c++)
			*c = *c == '\'' ? '"' : *c;
		decode(&arena, text, &pet, &err);
		fprintf(stream, "%s\n  %s\n", texts[i], err.text);
	}
	fclose(stream);
	CHECK_GOLDEN(golden, "spec-schema-errors.txt");
	free(golden);
}
