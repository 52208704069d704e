"""Against a running server: THROUGHLINE_URL=http://127.0.0.1:4000 python -m unittest"""

import os
import unittest

import networkx as nx

import initiatives

URL = os.environ.get("THROUGHLINE_URL", "http://127.0.0.1:4000")


class Initiatives(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.found = list(initiatives.initiatives(URL))
        cls.table = initiatives.tabulate(cls.found)
        cls.graph = initiatives.connect(cls.found, cls.table)

    def test_there_are_as_many_as_the_server_says(self):
        counts = initiatives.ask(URL, "{ initiatives(first: 0) { totalCount } }")
        self.assertEqual(len(self.found), counts["initiatives"]["totalCount"])
        for one in self.found:
            query = "query ($id: ID!) { initiative(id: $id) { links(first: 0) { totalCount } } }"
            links = initiatives.ask(URL, query, id=one["id"])["initiative"]["links"]
            self.assertEqual(len(one["links"]), links["totalCount"], one["id"])

    def test_each_link_stands_once_with_its_words(self):
        self.assertTrue(self.table["link"].is_unique)
        self.assertEqual(self.graph.number_of_edges(), len(self.table))
        self.assertTrue(self.table["source"].notna().all())
        self.assertTrue(self.table["basis"].isin(["STATED", "INFERRED"]).all())
        self.assertTrue(all(name for _, name in self.graph.nodes(data="name")))

    def test_a_path_is_made_of_links_that_follow_one_another(self):
        start = max((one["id"] for one in self.found), key=self.graph.degree)
        end = initiatives.farthest(self.graph, start)
        path = list(initiatives.hops(self.graph, start, end))
        self.assertEqual(len(path), nx.shortest_path_length(self.graph.to_undirected(), start, end))
        self.assertTrue(all(link["sentence"] for link in path))

    def test_a_refusal_has_its_code(self):
        with self.assertRaises(initiatives.Refused) as refused:
            initiatives.ask(URL, "{ initiatives(first: 1000) { totalCount } }")
        self.assertEqual(refused.exception.code, "LIMIT_EXCEEDED")
        with self.assertRaises(initiatives.Refused) as refused:
            initiatives.ask(URL, "{ initiativs { totalCount } }")
        self.assertEqual(refused.exception.code, "GRAPHQL_VALIDATION_FAILED")


if __name__ == "__main__":
    unittest.main()
