// GraphQL over HTTP as its working group's own audits judge it, those of level MAY as well.
// node http-audit.mjs http://127.0.0.1:4000/graphql

import { serverAudits } from "graphql-http";
import { Judge, address } from "./judge.mjs";

const judge = new Judge("http-audit");
const audits = serverAudits({ url: address(), fetchFn: fetch });
// A new release that asks less would pass unseen.
judge.check("61 audits", audits.length === 61, `there are ${audits.length}`);
for (const audit of audits) {
  const { status, reason } = await audit.fn();
  judge.check(`${audit.id} ${audit.name}`, status === "ok", reason);
}
judge.done();
