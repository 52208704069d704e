// Rows as text: aligned columns, and the words under each row.
import type { Row } from "./recommendations.js";

const WIDTH = 96;

export function table(rows: Row[]): string {
  const cells = [
    ["RECOMMENDATION", "ADVISED BY THE REPORT", "REVIEW ORDERED BY", "INITIATIVE", "BASIS"],
    ...rows.map((row) => [
      row.recommendation,
      row.reports.join("; ") || "none recorded",
      row.orderedBy.join("; ") || "none recorded",
      row.initiative || "none recorded",
      row.basis,
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells
    .flatMap((line, at) => {
      const row = rows[at - 1];
      const text = line.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd();
      return row?.words ? [text, ...wrap(`“${row.words}” (${row.source})`, WIDTH).map((part) => `    ${part}`)] : [text];
    })
    .join("\n");
}

function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const last = lines.length - 1;
    if (lines[last] && lines[last].length + word.length >= width) lines.push(word);
    else lines[last] += lines[last] ? ` ${word}` : word;
  }
  return lines;
}
