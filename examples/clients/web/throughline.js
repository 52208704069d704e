// What both pages share. A plain script and no module: browsers load no module into a page that was
// opened from a file.
"use strict";

/** `?api=` names the server; that of `throughline serve` if absent. */
const parameters = new URLSearchParams(location.search);
const api = parameters.get("api") ?? "http://127.0.0.1:4000";

/** Asks one GraphQL request. Throws what the server refuses, in the server's words. */
async function ask(query, variables) {
  let response;
  try {
    response = await fetch(new URL("/graphql", api), {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/graphql-response+json" },
      body: JSON.stringify({ query, variables }),
    });
  } catch {
    throw new Error(`Nothing answers at ${api}. Start it with “throughline serve”, or name another server by ?api=`);
  }
  const { data, errors } = await response.json().catch(() => {
    throw new Error(`${api} answers ${response.status} and no GraphQL; is it a Throughline server?`);
  });
  if (errors) throw new Error(errors.map(({ message }) => message).join("\n"));
  return data;
}

/** What a reader needs to judge a link: the fields that `words` shows. */
const SAID = `fragment Said on Link { id sentence basis evidence { basis quote note href source { name } } }`;

/** A link with the words it rests on and where they stand. */
function words({ sentence, basis, evidence }) {
  return [
    element("p", { className: "sentence" }, sentence),
    element("p", { className: "facts" }, basis === "STATED" ? "Stated by the source" : "Inferred from the source"),
    ...evidence.map(({ quote, note, href, source }) =>
      element("figure", {},
        quote && element("blockquote", {}, quote),
        element("figcaption", {}, href ? element("a", { href }, source.name) : source.name, note && ` — ${note}`))),
  ];
}

/** An element with properties and children; text is set as text, so that no name is taken for markup. */
function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child));
  return made;
}

/** Says in the status line what is going on, or went wrong. */
function report(text, failed = false) {
  const status = document.getElementById("status");
  status.textContent = text;
  status.classList.toggle("failed", failed);
}

/** The colours of page.css, for what is drawn on a canvas. */
function colours() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    ["paper", "ink", "soft", "line", "faint", "accent", "agent", "work", "endeavour", "claim", "concept"]
      .map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
  );
}

/** Calls back when the reader turns to light or dark. */
function onColourChange(callback) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", callback);
}

/** `recommendedBy`, `SourceDocument` as a reader would write it. */
function spoken(name) {
  return name.replace(/([a-z])([A-Z])/g, (_, end, start) => `${end} ${start.toLowerCase()}`);
}

function plural(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;
}
