#!/usr/bin/env -S python3 -B
"""The figures of bench/ that are computed without a server."""

import sys
import unittest
import xml.etree.ElementTree
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

import bars  # noqa: E402
import ratios  # noqa: E402


class RatiosTest(unittest.TestCase):
    def test_a_ratio_is_that_of_a_round(self):
        self.assertEqual(ratios.ratios([1, 4, 9], [2, 2, 3]), [0.5, 2, 3])

    def test_rounds_belong_together(self):
        for ours, theirs in (([1], [1, 2]), ([], [])):
            with self.assertRaises(AssertionError):
                ratios.ratios(ours, theirs)

    def test_the_median_ratio_is_not_the_ratio_of_medians(self):
        median, text = ratios.compared([1, 10, 3], [1, 2, 30], "µs")
        self.assertEqual(median, 1)
        self.assertEqual(text, "1.00 (0.10 to 5.00); 3.0 to 2.0 µs (least 1.0 to 1.0)")

    def test_a_spread_is_median_least_and_most(self):
        self.assertEqual(ratios.spread([3, 1, 2, 8], 1), "2.5 (1.0 to 8.0)")


class BarsTest(unittest.TestCase):
    def draw(self, groups):
        root = xml.etree.ElementTree.fromstring(bars.bars("A <title>", "µs", groups))
        shapes = {}
        for element in root.iter():
            shapes.setdefault(element.tag.rpartition("}")[2], []).append(element)
        return shapes

    def test_a_bar_is_as_long_as_its_median_and_a_line_spans_the_rounds(self):
        shapes = self.draw({"a & b": {"ours": (10, 5, 20), "theirs": (20, 15, 20)}})
        background, ours, theirs = shapes["rect"]
        self.assertAlmostEqual(2 * float(ours.get("width")), float(theirs.get("width")), places=1)
        least, most = (float(shapes["line"][0].get(end)) - bars.LEFT for end in ("x1", "x2"))
        self.assertAlmostEqual(4 * least, most, places=1)
        self.assertEqual([text.text for text in shapes["text"]], ["A <title>, µs", "a & b", "ours", "10", "theirs", "20"])
        self.assertLess(float(theirs.get("y")), float(background.get("height")))

    def test_a_disturbed_round_does_not_make_the_bars_short(self):
        shapes = self.draw({"a": {"ours": (10, 5, 1000)}})
        width = bars.WIDTH - bars.LEFT - bars.RIGHT
        self.assertAlmostEqual(3 * float(shapes["rect"][1].get("width")), width, places=0)
        self.assertEqual(float(shapes["line"][0].get("x2")), bars.LEFT + width)

    def test_a_name_has_one_color(self):
        _, first, second, third = self.draw({"a": {"ours": (1, 1, 1), "theirs": (1, 1, 1)}, "b": {"theirs": (1, 1, 1)}})["rect"]
        self.assertEqual(second.get("fill"), third.get("fill"))
        self.assertNotEqual(first.get("fill"), second.get("fill"))


if __name__ == "__main__":
    unittest.main()
