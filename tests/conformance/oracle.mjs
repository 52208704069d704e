// graphql-js as the oracle: random questions over the server's own schema, whole and broken in many ways. What graphql-js
// takes the server takes, what it refuses the server refuses; and graphql-js, given the server's answer as its data, has
// to build that very answer from it: the same keys in the same order, and scalars that are what their types say.
// node oracle.mjs http://127.0.0.1:4000/graphql [SEED]

import {
  Kind, buildClientSchema, execute, getIntrospectionQuery, getNamedType, getNullableType, isAbstractType,
  isCompositeType, isEnumType, isLeafType, isRequiredArgument, doTypesOverlap, parse, print, validate, visit,
} from "graphql";
import { Judge, address } from "./judge.mjs";

const QUESTIONS = 150;
const url = address();
const judge = new Judge("oracle");
let state = Number(process.argv[3] ?? 1);
const schema = buildClientSchema((await ask(getIntrospectionQuery())).data);
const composites = Object.values(schema.getTypeMap()).filter((type) => isCompositeType(type) && !type.name.startsWith("__"));

// The judge of shapes itself, on one that is right and four that are not.
const page = parse("{ __typename reports(first: 1) { totalCount pageInfo { hasNextPage } } }");
const right = { __typename: "Query", reports: { totalCount: 1, pageInfo: { hasNextPage: true } } };
judge.check("a right shape is known", hasShape(page, right));
judge.check("another order is known", !hasShape(page, { reports: right.reports, __typename: "Query" }));
judge.check("a key too many is known", !hasShape(page, { ...right, more: 1 }));
judge.check("a wrong scalar is known", !hasShape(page, { ...right, reports: { ...right.reports, totalCount: "one" } }));
judge.check("null where none may be is known", !hasShape(page, { ...right, reports: { ...right.reports, pageInfo: null } }));

let answered = 0;
let refused = 0;
for (let at = 0; at < QUESTIONS; at++) {
  const text = question();
  await whole(text, at);
  for (const [fault, broken] of faults(text)) await broke(fault, broken, at);
}
// A generator that makes only what limits refuse, or only what is empty, would judge nothing.
judge.check("most questions were answered", answered > QUESTIONS / 2, `${answered} of ${QUESTIONS}`);
console.log(`${answered} answered, ${refused} refused by a limit`);
judge.done();

async function ask(query) {
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
  return response.json();
}

async function whole(text, at) {
  const document = parse(text);
  const errors = validate(schema, document);
  // Not a judgement of the server: the generator itself has to be right.
  if (errors.length) throw new Error(`the generator made what graphql-js refuses: ${errors[0].message}\n${text}`);
  const answer = await ask(text);
  if (answer.errors?.some(({ extensions }) => extensions?.code === "LIMIT_EXCEEDED")) return void refused++;
  if (!judge.check(`question ${at} is taken`, answer.data !== undefined, `${JSON.stringify(answer).slice(0, 300)} for ${text}`)) return;
  if (!answer.data) return;
  answered++;
  judge.check(`question ${at} has its shape`, hasShape(document, answer.data), `${JSON.stringify(answer.data).slice(0, 300)} for ${text}`);
}

/** Whether graphql-js builds `data` from `data`. */
function hasShape(document, data) {
  const again = execute({
    schema, document, rootValue: data,
    fieldResolver: (source, _arguments, _context, { path }) => source[path.key],
    typeResolver: ({ __typename }) => __typename,
  });
  return JSON.stringify(again.data) === JSON.stringify(data);
}

async function broke(fault, text, at) {
  let errors;
  try {
    errors = validate(schema, parse(text));
  } catch (syntax) {
    errors = [syntax];
  }
  if (!errors.length) return;
  const answer = await ask(text);
  judge.check(`question ${at} with ${fault} is refused`, answer.data === undefined && answer.errors?.length, `${JSON.stringify(answer).slice(0, 200)} for ${text}; graphql-js: ${errors[0].message}`);
}

/** Numbers that look random and are the same for the same seed. */
function below(limit) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
}

function pick(list) {
  return list[below(list.length)];
}

function question() {
  const budget = { fields: 12, names: 0 };
  return print(parse(`query Q ${selection(schema.getQueryType(), 0, budget)}`));
}

function selection(type, depth, budget) {
  const chosen = ["__typename"];
  const fields = Object.values(type.getFields?.() ?? {}).filter((field) =>
    field.args.filter(isRequiredArgument).every((argument) => isLeafType(getNullableType(argument.type))) && (depth < 4 || isLeafType(getNamedType(field.type))));
  for (let count = 1 + below(3); count > 0 && budget.fields > 0 && fields.length; count--) {
    budget.fields--;
    const field = pick(fields);
    const inner = getNamedType(field.type);
    const condition = below(10) ? "" : pick([" @include(if: true)", " @skip(if: false)", " @include(if: false)"]);
    chosen.push(`k${budget.names++}: ${field.name}${given(field)}${condition}${isCompositeType(inner) ? selection(inner, depth + 1, budget) : ""}`);
  }
  if (isAbstractType(type) && depth < 4) {
    const part = pick(composites.filter((other) => doTypesOverlap(schema, type, other)));
    chosen.push(`... on ${part.name} ${selection(part, depth + 1, budget)}`);
  }
  return `{ ${chosen.join(" ")} }`;
}

function given(field) {
  const given = field.args
    .filter((argument) => isRequiredArgument(argument) || argument.name === "first")
    .map((argument) => `${argument.name}: ${literal(getNullableType(argument.type))}`);
  return given.length ? `(${given.join(", ")})` : "";
}

function literal(type) {
  if (isEnumType(type)) return pick(type.getValues()).name;
  return { Int: String(1 + below(3)), Float: "0.5", Boolean: "true" }[type.name] ?? '"person/healey"';
}

/** The same question with one fault in it. */
function* faults(text) {
  const name = (value) => ({ kind: Kind.NAME, value });
  const first = (kind, change) => {
    let done = false;
    return print(visit(parse(text), { [kind]: (node) => {
      if (done) return undefined;
      const changed = change(node);
      if (changed !== undefined) done = true;
      return changed;
    } }));
  };
  const start = (inserted) => text.replace("__typename", `__typename ${inserted}`);
  yield ["an unknown field", first("Field", (node) => ({ ...node, name: name("zz") }))];
  yield ["an unknown argument", start("zz: __typename(zz: 1)")];
  yield ["an undefined variable", first("Argument", (node) => ({ ...node, value: { kind: Kind.VARIABLE, name: name("zz") } }))];
  yield ["an argument of another type", first("Argument", (node) => ({ ...node, value: { kind: Kind.OBJECT, fields: [] } }))];
  yield ["an argument twice", first("Field", (node) => (node.arguments.length ? { ...node, arguments: [...node.arguments, node.arguments[0]] } : undefined))];
  yield ["no selection", first("Field", (node) => (node.selectionSet ? { ...node, selectionSet: undefined } : undefined))];
  yield ["a selection in a leaf", start("zz: __typename { zz }")];
  yield ["an unused variable", text.replace("query Q", "query Q($zz: Int)")];
  yield ["an unknown fragment", start("...ZZ")];
  yield ["an unused fragment", `${text} fragment ZZ on Query { __typename }`];
  yield ["a circle of fragments", `${start("...ZA")} fragment ZA on Query { ...ZB } fragment ZB on Query { ...ZA }`];
  yield ["a fragment on no type", start("... on ZZ { __typename }")];
  yield ["a fragment on a scalar", start("... on String { __typename }")];
  yield ["a fragment that cannot match", start("... on PageInfo { __typename }")];
  yield ["an unknown directive", start("zz: __typename @zz")];
  yield ["a directive without its argument", start("zz: __typename @include")];
  yield ["a directive twice", start("zz: __typename @skip(if: false) @skip(if: false)")];
  yield ["one name for two fields", start("zz: __typename zz: __schema { __typename }")];
  yield ["an operation twice", `${text} query Q { __typename }`];
  yield ["an operation without a name beside it", `${text} { __typename }`];
  yield ["a type definition", `${text} type ZZ { zz: Int }`];
  yield ["a brace missing", text.slice(0, -1)];
}
