// The schema as a server gives it by introspection, judged by the tools that its users have: graphql-js,
// graphql-eslint, graphql-schema-linter; and the questions kept here, through graphql-codegen
// and TypeScript.
// node schema.mjs http://127.0.0.1:4000/graphql

import { execFile } from "node:child_process";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename } from "node:path";
import { promisify } from "node:util";
import { generate } from "@graphql-codegen/cli";
import graphqlEslint from "@graphql-eslint/eslint-plugin";
import { ESLint } from "eslint";
import {
  buildClientSchema, buildSchema, findBreakingChanges, findDangerousChanges, getIntrospectionQuery, isInterfaceType, isIntrospectionType, isSpecifiedDirective,
  isSpecifiedScalarType, parse, printSchema, validate, validateSchema,
} from "graphql";
import { Judge, address, root, workFolder } from "./judge.mjs";

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const judge = new Judge("schema");
const folder = workFolder("schema");

const url = address();
const schema = await introspect();
const sdl = printSchema(schema);
const read = buildSchema(sdl);
const file = `${folder}/schema.graphql`;
writeFileSync(file, sdl);
await validAndWhole();
described();
await eslint();
await schemaLinter();
const questions = operations("seed/queries");
documentsAreValid([...questions, ...operations("tests/graphql")]);
await typed(questions);
judge.done();

/** `newest` is what the specification of 2025 added. */
async function introspect(newest = {}) {
  const query = getIntrospectionQuery({
    specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true, ...newest,
  });
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query }) });
  const { data, errors } = await response.json();
  if (!data) throw new Error(`${url} gives no introspection: ${JSON.stringify(errors)}`);
  return buildClientSchema(data);
}

/** A schema by the specification, and one that loses nothing on the way through SDL. */
async function validAndWhole() {
  const errors = validateSchema(schema);
  judge.check("valid by graphql-js", !errors.length, errors.map((error) => error.message).join("; "));
  judge.check("SDL read and printed again is the same", printSchema(read) === sdl);
  same("SDL", differences(schema, read));
  // The gate judges that file, so it has to be what is served.
  same("schema/schema.graphql", differences(schema, buildSchema(readFileSync(`${root}schema/schema.graphql`, "utf8"))));
  // Asked for with isOneOf, the schema comes by another road of the server, and is to be the same there.
  const newest = await introspect({ oneOf: true });
  const ofInterfaces = (change) => {
    const [, lost, gained] = /^(\w+) no longer implements interface|interfaces implemented by (\w+)/.exec(change) ?? [];
    return isInterfaceType(schema.getType(lost ?? gained));
  };
  const changes = differences(schema, newest);
  const ofDirectives = (change) => Boolean(schema.getDirective(/^(\w+) was removed/.exec(change)?.[1]));
  same("the newest introspection in interfaces of interfaces", changes.filter(ofInterfaces));
  same("the newest introspection in directives", changes.filter(ofDirectives));
  same("the newest introspection in all else", changes.filter((change) => !ofInterfaces(change) && !ofDirectives(change)));
}

/** Changes, either way, that a client could notice. */
function differences(one, other) {
  return [[one, other], [other, one]]
    .flatMap((pair) => [...findBreakingChanges(...pair), ...findDangerousChanges(...pair)])
    .map(({ description }) => description)
    // Scalars that nothing uses, and the specification's own directives, are not in a printed schema.
    .filter((change) => !change.startsWith("Standard scalar") && !change.includes("DIRECTIVE_DEFINITION"));
}

function same(what, changes) {
  judge.check(`the same as ${what}`, !changes.length, changes.slice(0, 3).join(" "));
}

/** Everything a reader of the schema can point at says what it is. */
function described() {
  const missing = [];
  let count = 0;
  const look = (coordinate, thing) => (count++, thing.description?.trim() || missing.push(coordinate));
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue;
    look(type.name, type);
    for (const field of Object.values(type.getFields?.() ?? {})) {
      look(`${type.name}.${field.name}`, field);
      for (const argument of field.args ?? []) look(`${type.name}.${field.name}(${argument.name}:)`, argument);
    }
    for (const value of type.getValues?.() ?? []) look(`${type.name}.${value.name}`, value);
  }
  for (const directive of schema.getDirectives()) {
    if (isSpecifiedDirective(directive)) continue;
    look(`@${directive.name}`, directive);
    for (const argument of directive.args) look(`@${directive.name}(${argument.name}:)`, argument);
  }
  judge.check("everything is described", !missing.length, `${missing.length} of ${count} are not: ${missing.slice(0, 10).join(", ")}`);
  console.log(`${count} types, fields, arguments, values and directives`);
}

/** One check for each rule, and one more for each finding, so that a known finding does not cover the next. */
function found(tool, rules, findings) {
  for (const rule of rules) if (!findings.some((finding) => finding.rule === rule)) judge.check(`${tool}/${rule}`, true);
  for (const { rule, message, line } of findings) judge.check(`${tool}/${rule}: ${message}`, false, `line ${line} of ${file}`);
}

async function eslint() {
  const rules = {
    ...graphqlEslint.configs["flat/schema-recommended"].rules,
    ...graphqlEslint.configs["flat/schema-relay"].rules,
    "@graphql-eslint/require-description": ["error", { types: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true }],
    "@graphql-eslint/no-unreachable-types": "error",
    "@graphql-eslint/input-name": "error",
    "@graphql-eslint/require-deprecation-reason": "error",
    "@graphql-eslint/no-typename-prefix": "error",
    // An edge's node may be of an interface or a union, and lists of other things than edges are allowed.
    "@graphql-eslint/relay-edge-types": ["error", { withEdgeSuffix: true, shouldImplementNode: true, listTypeCanWrapOnlyEdgeType: false }],
    // It asks for an id in every object type; pages, edges and payloads are no entities.
    "@graphql-eslint/strict-id-in-types": "off",
  };
  const linter = new ESLint({
    cwd: folder,
    overrideConfigFile: true,
    overrideConfig: [{
      files: ["**/*.graphql"],
      plugins: { "@graphql-eslint": graphqlEslint },
      languageOptions: { parser: graphqlEslint.parser, parserOptions: { graphQLConfig: { schema: file } } },
      rules,
    }],
  });
  const lint = async (path) => (await linter.lintFiles([path]))[0].messages;
  // A linter that is set up wrongly finds nothing; this one has to find these.
  const faulty = `${folder}/faulty.graphql`;
  writeFileSync(faulty, 'type Query { bad_name: String }\n"Never reached." type lost { id: ID }\n');
  const seen = (await lint(faulty)).map(({ ruleId }) => shortName(ruleId ?? "parse"));
  for (const rule of ["naming-convention", "require-description"]) judge.check(`eslint/${rule} finds a fault`, seen.includes(rule), seen.join());
  const messages = await lint(file);
  const on = Object.keys(rules).filter((rule) => rules[rule] !== "off");
  found("eslint", on.map(shortName), messages.map(({ ruleId, message, line }) => ({ rule: shortName(ruleId ?? "parse"), message, line })));
}

function shortName(rule) {
  return rule.replace("@graphql-eslint/", "");
}

async function schemaLinter() {
  // Not interface-fields-sorted-alphabetically and its kin: fields stand in the order in which one reads them.
  const rules = [
    "defined-types-are-used", "deprecations-have-a-reason", "descriptions-are-capitalized", "enum-values-all-caps",
    "enum-values-have-descriptions", "fields-are-camel-cased", "fields-have-descriptions",
    "input-object-values-are-camel-cased", "input-object-values-have-descriptions", "relay-connection-types-spec",
    "relay-connection-arguments-spec", "relay-page-info-spec", "types-are-capitalized", "types-have-descriptions",
  ];
  const program = `${require.resolve("graphql-schema-linter/package.json").replace("package.json", "")}lib/cli.js`;
  async function lint(path) {
    // It ends with 1 where it found something.
    const { stdout, stderr } = await run("node", [program, "--format", "json", "--rules", rules.join(), path], { cwd: folder, maxBuffer: 1 << 26 }).catch((ended) => ended);
    if (!stdout) throw new Error(`graphql-schema-linter says nothing: ${stderr}`);
    return JSON.parse(stdout).errors;
  }
  const seen = (await lint(`${folder}/faulty.graphql`)).map(({ rule }) => rule);
  for (const rule of ["fields-are-camel-cased", "defined-types-are-used"]) judge.check(`schema-linter/${rule} finds a fault`, seen.includes(rule), seen.join());
  const errors = await lint(file);
  found("schema-linter", rules, errors.map(({ rule, message, location }) => ({ rule, message, line: location.line })));
}

function operations(place) {
  return readdirSync(root + place)
    .filter((name) => name.endsWith(".graphql") && !name.startsWith("bad_") && name !== "errors.graphql")
    .sort()
    .map((name) => ({ name: `${place}/${name}`, path: `${root}${place}/${name}`, text: readFileSync(`${root}${place}/${name}`, "utf8") }));
}

function documentsAreValid(documents) {
  for (const { name, text } of documents) {
    const errors = validate(schema, parse(text));
    judge.check(`${name} is valid`, !errors.length, errors.map((error) => error.message).join("; "));
  }
}

/** Types for a program that asks the questions, and the compiler's word on them. */
async function typed(documents) {
  const types = `${folder}/questions.ts`;
  rmSync(types, { force: true });
  let why = "";
  await generate({
    schema: file, documents: documents.map(({ path }) => path), silent: true,
    generates: { [types]: { plugins: ["typescript-operations"] } },
  }, true).catch((error) => (why = String(error.message)));
  judge.check("graphql-codegen", !why, why);
  if (why) return;
  const lines = readFileSync(types, "utf8");
  // Every question has its types, by its own name.
  for (const { name, text } of documents) {
    const [{ name: operation }] = parse(text).definitions.filter((definition) => definition.kind === "OperationDefinition");
    judge.check(`${basename(name)} has a type`, lines.includes(`export type ${operation.value}Query =`));
  }
  const compiled = await run("node", [require.resolve("typescript/package.json").replace("package.json", "bin/tsc"), "--noEmit", "--strict", "--skipLibCheck", "--ignoreConfig", types]).catch((ended) => ended);
  judge.check("tsc --strict", !compiled.code, compiled.stdout);
}
