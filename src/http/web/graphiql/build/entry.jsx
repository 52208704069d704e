// The GraphiQL page: workers, one fetcher, examples, and the query in the address.
import { useEffect } from "react";
import { createRoot } from "react-dom/client";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { DOC_EXPLORER_PLUGIN } from "@graphiql/plugin-doc-explorer";
import { pick, useGraphiQL, useGraphiQLActions, useMonaco } from "@graphiql/react";
import { createClient } from "graphql-ws";
import "./entry.css";

// Monaco asks for a worker by label; each is a file beside this one.
globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const name = label === "json" || label === "graphql" ? label : "editor";
    return new Worker(new URL(`${name}.worker.js`, import.meta.url), { type: "module", name });
  },
};

const root = document.getElementById("graphiql");
const endpoint = new URL(root.dataset.endpoint, location.href);

// Queries and mutations: one POST, one JSON answer. Subscriptions: graphql-transport-ws at the same address.
let sockets;
function fetcher(params, { headers, documentAST } = {}) {
  const operations = documentAST?.definitions.filter((d) => d.kind === "OperationDefinition") ?? [];
  const chosen = operations.find((o) => o.name?.value === params.operationName) ?? operations[0];
  if (chosen?.operation === "subscription") {
    sockets ??= createClient({ url: endpoint.href.replace(/^http/, "ws") });
    return sockets.iterate(params);
  }
  return ask(params, headers);
}

async function ask(params, headers) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json, application/json;q=0.9",
      ...headers,
    },
    body: JSON.stringify(params),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The server answered ${response.status} ${response.statusText}: ${text.slice(0, 500)}`);
  }
}

// Address -> editor. A link with a query opens that query, never with somebody else's stored variables.
function readAddress() {
  const asked = new URLSearchParams(location.search);
  const query = asked.get("query");
  if (!query) return null;
  return { query, variables: asked.get("variables") ?? "", operationName: asked.get("operationName") };
}

// Editor -> address. Every change of tab, query, variables or operation passes here.
let timer;
function writeAddress({ tabs, activeTabIndex }) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const { query, variables, operationName } = tabs[activeTabIndex] ?? {};
    const address = new URL(location.href);
    const set = (name, value) =>
      value?.trim() ? address.searchParams.set(name, value) : address.searchParams.delete(name);
    set("query", query);
    set("variables", query?.trim() ? variables : null);
    set("operationName", operationCount(query) > 1 ? operationName : null);
    if (address.href !== location.href) history.replaceState(history.state, "", address);
  }, 250);
}

function operationCount(query) {
  return query?.match(/^\s*(query|mutation|subscription)\b/gm)?.length ?? 0;
}

async function readExamples() {
  try {
    const response = await fetch(new URL(root.dataset.examples, location.href));
    if (!response.ok) return [];
    const examples = await response.json();
    return examples.map(({ title, query, variables }) => ({
      title,
      query,
      variables: variables === undefined ? "" : typeof variables === "string" ? variables : JSON.stringify(variables, null, 2),
    }));
  } catch {
    return [];
  }
}

// A panel that opens any example in a tab of its own, also after its tab was closed.
function examplesPlugin(examples) {
  const icon = (props) => (
    <svg viewBox="0 0 16 16" width="16" height="16" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true" {...props}>
      <path d="M8 1.8a4.4 4.4 0 0 0-2.4 8.1v1.6h4.8V9.9A4.4 4.4 0 0 0 8 1.8ZM6 14.2h4" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
  const content = () => {
    const { addTab, changeTab } = useGraphiQLActions();
    const { tabs, queryEditor, variableEditor } = useGraphiQL(pick("tabs", "queryEditor", "variableEditor"));
    const open = ({ query, variables }) => {
      const there = tabs.findIndex((tab) => tab.query === query);
      if (there >= 0) return changeTab(there);
      addTab();
      queryEditor?.setValue(query);
      variableEditor?.setValue(variables);
    };
    return (
      <section className="examples" aria-label="Example questions">
        <div className="graphiql-doc-explorer-title">Example questions</div>
        <p>Each opens in a tab. Run it with Ctrl+Enter.</p>
        <ol>
          {examples.map((example) => (
            <li key={example.title}>
              <button type="button" onClick={() => open(example)}>{example.title}</button>
            </li>
          ))}
        </ol>
      </section>
    );
  };
  return { title: "Example questions", icon, content };
}

// Things GraphiQL leaves open: Escape steps out of an editor, so that Tab moves on;
// and the operation that a link names is the one that runs.
function Manners({ link }) {
  const monaco = useMonaco((state) => state.monaco);
  const editors = useGraphiQL(pick("queryEditor", "variableEditor", "headerEditor", "responseEditor"));
  const { setOperationName } = useGraphiQLActions();
  const names = { queryEditor: "Query", variableEditor: "Variables, JSON", headerEditor: "Request headers, JSON", responseEditor: "Answer, JSON" };

  for (const [key, name] of Object.entries(names)) {
    const editor = editors[key];
    useEffect(() => {
      if (!monaco || !editor) return;
      editor.updateOptions({ ariaLabel: `${name}. Escape leaves the editor.`, fontFamily: "ui-monospace, Menlo, Consolas, monospace" });
      const action = editor.addAction({
        id: `leave-${key}`,
        label: "Leave the editor",
        keybindings: [monaco.KeyCode.Escape],
        keybindingContext:
          "editorTextFocus && !suggestWidgetVisible && !findWidgetVisible && !parameterHintsVisible && !editorHasMultipleSelections && !inSnippetMode && !renameInputVisible",
        run: () => editor.getContainerDomNode().focus(),
      });
      return () => action.dispose();
    }, [monaco, editor]);
  }

  useEffect(() => {
    const { queryEditor } = editors;
    if (!queryEditor || !link?.operationName) return;
    const model = queryEditor.getModel();
    const found = model.findMatches(`\\b(query|mutation|subscription)\\s+${link.operationName.replace(/\W/g, "")}\\b`, false, true, true, null, false, 1)[0];
    if (!found) return;
    queryEditor.setPosition(found.range.getEndPosition());
    setOperationName(link.operationName);
  }, [editors.queryEditor]);

  return null;
}

function Page({ link, examples }) {
  const tabs = examples.filter(({ query }) => query !== link?.query).map(({ query, variables }) => ({ query, variables }));
  if (link) tabs.unshift({ query: link.query, variables: link.variables });
  if (!tabs.length) tabs.push({ query: "{ __typename }" });
  return (
    <GraphiQL
      fetcher={fetcher}
      plugins={[...(examples.length ? [examples.plugin] : []), explorerPlugin(), HISTORY_PLUGIN]}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      defaultTabs={tabs}
      initialQuery={link?.query}
      initialVariables={link?.variables}
      inputValueDeprecation
      schemaDescription
      onTabChange={writeAddress}
    >
      <GraphiQL.Logo>
        <a className="graphiql-logo-link" href={root.dataset.home}>{root.dataset.title}</a>
      </GraphiQL.Logo>
      <Manners link={link} />
    </GraphiQL>
  );
}

const examples = await readExamples();
examples.plugin = examplesPlugin(examples);
createRoot(root).render(<Page link={readAddress()} examples={examples} />);
