// Prints which report advised what, who ordered the review behind it, which initiative acts on it, and
// the sentence that says so.
// usage: THROUGHLINE_URL=http://127.0.0.1:4000 node dist/main.js [PAGE_SIZE]
import { ThroughlineError } from "./client.js";
import { recommendations, rows, type Row } from "./recommendations.js";
import { table } from "./table.js";

const url = process.env["THROUGHLINE_URL"] ?? "http://127.0.0.1:4000";
const pageSize = Number(process.argv[2] ?? 50);

try {
  const answer: Row[] = [];
  for await (const recommendation of recommendations(url, pageSize)) answer.push(...rows(recommendation));
  console.log(table(answer));
} catch (error) {
  console.error(error instanceof ThroughlineError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
}
