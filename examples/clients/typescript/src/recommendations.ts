// The question, page by page, and its answer as rows.
import { ask, ThroughlineError } from "./client.js";
import { RecommendationsDocument, type RecommendationsQuery } from "./gql/graphql.js";

type Recommendation = RecommendationsQuery["recommendations"]["nodes"][number];

/** All recommendations, however many pages they take. */
export async function* recommendations(url: string, pageSize: number): AsyncGenerator<Recommendation> {
  let first = pageSize;
  let after: string | null = null;
  for (;;) {
    let page: RecommendationsQuery["recommendations"];
    try {
      ({ recommendations: page } = await ask(url, RecommendationsDocument, { first, after }));
    } catch (error) {
      // Each server sets its own limits and says by how much one was passed: ask for less.
      const smaller = error instanceof ThroughlineError ? lessThan(first, error) : 0;
      if (smaller < 1) throw error;
      first = smaller;
      continue;
    }
    yield* page.nodes;
    if (!page.pageInfo.hasNextPage) return;
    after = page.pageInfo.endCursor;
  }
}

/** The largest page that passes the limit, 0 if a smaller page would not help. */
function lessThan(first: number, { code, limit }: ThroughlineError): number {
  if (code === "TIMEOUT") return Math.floor(first / 2);
  if (code !== "LIMIT_EXCEEDED" || !limit) return 0;
  return Math.min(Math.floor((first * limit.allowed) / limit.asked), first - 1);
}

export interface Row {
  recommendation: string;
  reports: string[];
  orderedBy: string[];
  initiative: string;
  basis: string;
  /** The sentence that says that the initiative took it up, and where it stands. */
  words: string;
  source: string;
}

const NOTHING = { initiative: "", basis: "", words: "", source: "" };

/** A row for each initiative that took a recommendation up; one with gaps where none is recorded. */
export function rows({ name, recommendedBy, informs, actedOnBy }: Recommendation): Row[] {
  const reports = recommendedBy.nodes.filter((node) => node.__typename === "Report");
  const reviews = reports.flatMap((report) => report.resultedFrom.nodes);
  const orderedBy = reviews.flatMap((review) => review.orderedBy.nodes.map((agent) => agent.name));
  const of = {
    recommendation: name,
    reports: [...reports.map((report) => report.name), ...(recommendedBy.pageInfo.hasNextPage ? ["…"] : [])],
    orderedBy: [...new Set(orderedBy)],
  };
  const taken: Row[] = [...informs.edges, ...actedOnBy.edges].map(({ node, link }) => {
    // A link is as good as its best evidence: STATED if any piece of it states it.
    const best = link.evidence.find((piece) => piece.basis === link.basis) ?? link.evidence[0];
    return {
      ...of,
      initiative: node.name,
      basis: link.basis,
      words: best?.quote ?? best?.note ?? "",
      source: best?.source.name ?? "",
    };
  });
  if (informs.pageInfo.hasNextPage || actedOnBy.pageInfo.hasNextPage) 
    taken.push({ ...of, ...NOTHING, initiative: "…" });
  return taken.length > 0 ? taken : [{ ...of, ...NOTHING }];
}
