#!/usr/bin/env python3
"""The checks of this folder find what they are there to find."""
import unittest

import check_coroutines
import check_docs
import check_house
import check_layers
import sources

RULES = check_layers.Rules("low | | simdjson.h\nmid | low |\ntop | mid low | boost/\nposix | unistd.h\n")


def faults(**texts):
    return check_layers.check(RULES, {name.replace("__", "/").replace("_h", ".hpp").replace("_c", ".cpp"): text for name, text in texts.items()})


class Layers(unittest.TestCase):
    def test_allowed(self):
        self.assertEqual([], faults(low__a_h="#include <simdjson.h>\n#include <string>\n", top__b_c='#include "mid/c.hpp"\n#include <boost/asio.hpp>\n', mid__c_h="#include <unistd.h>"))

    def test_upward_include(self):
        self.assertIn("low may not include mid", faults(low__a_h='#include "mid/b.hpp"', mid__b_h="")[0])

    def test_foreign_header(self):
        self.assertIn("<rocksdb/db.h>", faults(low__a_h="#include <rocksdb/db.h>")[0])

    def test_foreign_header_through_another_room(self):
        found = faults(low__a_h="#include <simdjson.h>", mid__b_h='#include "low/a.hpp"')
        self.assertEqual(1, len(found))
        self.assertIn("through low/a.hpp", found[0])

    def test_include_by_another_way_than_the_root(self):
        self.assertIn("no file", faults(low__a_h='#include "b.hpp"', low__b_h="")[0])

    def test_no_room(self):
        self.assertIn("no room", faults(attic__a_h="")[0])

    def test_circle_between_folders(self):
        found = faults(low__a_h='#include "low/x/b.hpp"', low__x__b_h='#include "low/a.hpp"')
        self.assertTrue(any("circle" in fault for fault in found), found)

    def test_production_code_does_not_include_tests(self):
        self.assertTrue(faults(low__a_h='#include "tests/b.hpp"', tests__b_h=""))


class House(unittest.TestCase):
    def test_empty_words(self):
        for name in ("FeedManager", "HelperBase", "StringUtils", "StoreImpl", "FileInfo"):
            self.assertTrue(check_house.check_code("a.hpp", f"class {name} {{}};\n"), name)

    def test_good_names(self):
        text = "class Utility;\nstruct Implicit {};\nstruct Informed {};\nusing Common_ = int;\n// class FeedManager\n"
        self.assertEqual([], check_house.check_code("a.hpp", text))

    def test_long_file(self):
        self.assertTrue(check_house.check_code("a.cpp", "\n" * 601))
        self.assertEqual([], check_house.check_code("a.cpp", "\n" * 600))

    def test_marker(self):
        self.assertTrue(check_house.check_text("a.py", "x = 1  # TO" + "DO later\n"))


class Text(unittest.TestCase):
    def test_bare_keeps_places(self):
        text = 'a("x;{"); // {\nb(\'"\', R"(})"); /* \n */ c'
        hollow = sources.bare(text)
        self.assertEqual(len(text), len(hollow))
        self.assertEqual([0, 15], [hollow.index("a("), hollow.index("b(")])
        self.assertNotIn("{", hollow)
        self.assertNotIn("}", hollow)

    def test_digit_separators_are_no_literals(self):
        self.assertEqual("f(1'000, {2'000});", sources.bare("f(1'000, {2'000});"))

    def test_coroutine_cases(self):
        self.assertEqual([], check_coroutines.cases())


class Documents(unittest.TestCase):
    def test_examples(self):
        _, examples = check_docs.prose_and_examples("x\n```sh runnable\nls\npwd\n```\n```sh\nrm\n```\n")
        self.assertEqual([(3, "ls\npwd")], examples)

    def test_headings(self):
        self.assertEqual({"how-it-works-2"}, check_docs.headings("## How it works (2)\n"))


if __name__ == "__main__":
    unittest.main()
