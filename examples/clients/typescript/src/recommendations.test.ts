// Against a running server: THROUGHLINE_URL=http://127.0.0.1:4000 npm test
import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, ThroughlineError } from "./client.js";
import { RecommendationsDocument } from "./gql/graphql.js";
import { recommendations, rows } from "./recommendations.js";
import { table } from "./table.js";

const url = process.env["THROUGHLINE_URL"] ?? "http://127.0.0.1:4000";

async function all(pageSize: number) {
  const found = [];
  for await (const recommendation of recommendations(url, pageSize)) found.push(recommendation);
  return found;
}

test("small pages hold what one page holds, each recommendation once", async () => {
  const { totalCount } = (await ask(url, RecommendationsDocument, { first: 0 })).recommendations;
  const paged = await all(3);
  assert.equal(paged.length, totalCount);
  assert.equal(new Set(paged.map(({ id }) => id)).size, totalCount);
  assert.deepEqual(paged, await all(50));
});

test("a page that is too large is asked for again, smaller", async () => {
  await assert.rejects(ask(url, RecommendationsDocument, { first: 100_000 }), (error) => {
    assert(error instanceof ThroughlineError);
    assert.equal(error.code, "LIMIT_EXCEEDED");
    assert(error.limit && error.limit.asked > error.limit.allowed);
    return true;
  });
  assert.equal((await all(100_000)).length, (await all(50)).length);
});

test("a cursor that is none is told by its code", async () => {
  await assert.rejects(ask(url, RecommendationsDocument, { first: 1, after: "zz" }), { code: "BAD_CURSOR" });
});

test("each initiative comes with the words that say so, and stands in the table", async () => {
  const answer = (await all(50)).flatMap(rows);
  for (const row of answer.filter(({ basis }) => basis)) {
    assert(row.words && row.source, `no words for ${row.recommendation}`);
  }
  const lines = table(answer).split("\n");
  assert.equal(lines.filter((line) => !line.startsWith(" ")).length, answer.length + 1);
});
