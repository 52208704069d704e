// Automatic persisted queries, the protocol of Apollo's clients: by hash, then with the text, then by hash alone.
// node persisted.mjs http://127.0.0.1:4000/graphql

import { createHash, randomBytes } from "node:crypto";
import { Judge, address } from "./judge.mjs";

const url = address();
const judge = new Judge("persisted");
// A name of its own, so that a server which has been judged before has not seen these documents.
const name = `Judged${randomBytes(6).toString("hex")}`;
const hashOf = (text) => createHash("sha256").update(text).digest("hex");
const byHash = (hash) => ({ persistedQuery: { version: 1, sha256Hash: hash } });

async function post(body) {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return response.json();
}
async function get(hash) {
  const response = await fetch(`${url}?${new URLSearchParams({ extensions: JSON.stringify(byHash(hash)) })}`, { headers: { accept: "application/json" } });
  return response.json();
}
const check = (what, holds, answer) => judge.check(what, holds, JSON.stringify(answer).slice(0, 200));
const answered = ({ data, errors }) => data?.__typename === "Query" && !errors;
const unknown = ({ data, errors }) => !data && errors?.[0].message === "PersistedQueryNotFound" && errors[0].extensions?.code === "PERSISTED_QUERY_NOT_FOUND";

const text = `query ${name} { __typename }`;
const hash = hashOf(text);
let answer = await post({ extensions: byHash(hash) });
check("an unknown hash is told as the clients expect it", unknown(answer), answer);
answer = await get(hash);
check("by GET too", unknown(answer), answer);
answer = await post({ query: text, extensions: byHash(hash) });
check("hash and text are answered", answered(answer), answer);
answer = await post({ extensions: byHash(hash) });
check("then the hash alone", answered(answer), answer);
answer = await get(hash);
check("and by GET", answered(answer), answer);

const other = `query ${name}Other { __typename }`;
answer = await post({ query: other, extensions: byHash(hash) });
check("a text that is not the hash's is refused", answer.errors && !answer.data, answer);
answer = await post({ extensions: byHash(hashOf(other)) });
check("and not kept under its own", unknown(answer), answer);
answer = await post({ extensions: byHash(hash) });
check("while the true one stays", answered(answer), answer);

const wrong = `query ${name}Wrong { noSuchField }`;
await post({ query: wrong, extensions: byHash(hashOf(wrong)) });
answer = await post({ extensions: byHash(hashOf(wrong)) });
check("an invalid document never answers", answer.errors && !answer.data, answer);
answer = await post({ extensions: { persistedQuery: { version: 2, sha256Hash: hash } } });
check("another version of the protocol is refused", answer.errors && !answer.data, answer);
const write = `mutation ${name}Write { __typename }`;
await post({ query: write, extensions: byHash(hashOf(write)) });
answer = await get(hashOf(write));
check("a mutation never runs by GET", answer.errors && !answer.data, answer);
judge.done();
