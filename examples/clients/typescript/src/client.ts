// One request to Throughline, typed from end to end: the document carries the types of its variables
// and of its answer.
import type { TypedDocumentString } from "./gql/graphql.js";

/** `extensions.code` of an error, as far as this program reacts to it. New codes may come. */
export type Code = "BAD_ARGUMENT" | "BAD_CURSOR" | "LIMIT_EXCEEDED" | "OVERLOADED" | "TIMEOUT" | (string & {});

interface ServerError {
  message: string;
  path?: (string | number)[];
  extensions: { code: Code; limit?: { name: string; asked: number; allowed: number } };
}

interface Answer<Data> {
  data?: Data | null;
  errors?: [ServerError, ...ServerError[]];
}

/** What the server refused, in its words. The first error decides; all are kept. */
export class ThroughlineError extends Error {
  override readonly name = "ThroughlineError";
  readonly code: Code;
  /** How much was asked for and how much is allowed, where a limit was passed. */
  readonly limit: ServerError["extensions"]["limit"];

  constructor(readonly errors: readonly [ServerError, ...ServerError[]]) {
    super(errors.map(({ message, path }) => (path ? `${path.join(".")}: ${message}` : message)).join("\n"));
    this.code = errors[0].extensions.code;
    this.limit = errors[0].extensions.limit;
  }
}

/** Asks the server at `url`, such as `http://127.0.0.1:4000`. An answer with any error is thrown. */
export async function ask<Data, Variables>(
  url: string,
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  attempts = 3,
): Promise<Data> {
  const response = await fetch(new URL("/graphql", url), {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify({ query: document.toString(), variables }),
    signal: AbortSignal.timeout(30_000),
  });
  // A busy server answers 503 and says when to come back. A timeout is 503 as well, but would
  // happen again: only Retry-After tells the two apart before the body is read.
  const wait = response.headers.get("retry-after");
  if (response.status === 503 && wait && attempts > 1) {
    await response.body?.cancel();
    await new Promise((done) => setTimeout(done, Number(wait) * 1000));
    return ask(url, document, variables, attempts - 1);
  }
  if (!/^application\/(graphql-response\+)?json/.test(response.headers.get("content-type") ?? ""))
    throw new Error(`${response.url} answers ${response.status} and no GraphQL; is it a Throughline server?`);
  const { data, errors } = (await response.json()) as Answer<Data>;
  if (errors) throw new ThroughlineError(errors);
  return data as Data;
}
