/** What every listing command does with `--format`: a table of its own, a table of the user's, JSON, or a template per row. */
import { value } from "../option.ts";
import { formatDocument, formatList } from "./json.ts";
import { alignColumns } from "./table.ts";
import { formatValue } from "./template-functions.ts";
import { compileTemplate } from "./template.ts";

/** A listing: rows of fields, and how they are shown when the user does not say. */
export interface Report {
  /** Field values by their template names. */
  readonly rows: readonly object[];
  /** Objects for `--format json`, where they differ from the rows. */
  readonly documents?: readonly unknown[];
  /** The user's `--format`; undefined or `table` alone for the default. */
  readonly format: string | undefined;
  /** Fields of the default table, in order. */
  readonly columns: readonly string[];
  /** Headings by field; a field's own name in capitals unless given. */
  readonly headings: Readonly<Record<string, string>>;
  readonly noHeading?: boolean;
}

/** The `--format` option of listings. */
export const formatOption = value("--format", "FORMAT", "Print with a Go template, as a table of a template's fields (table …), or as json");

/** The text of a listing. @throws CalaError `template-invalid` */
export function renderReport(report: Report): string {
  const format = unescapeFormat(report.format ?? "table").trim();
  if (format === "json") return formatList(report.documents ?? report.rows);
  const table = /^table(?:\s+([\s\S]*))?$/.exec(format);
  if (table === null) return renderRows(format, report.rows);
  return table[1] === undefined || table[1] === "" ? renderColumns(report) : renderTable(table[1], report);
}

/** An inspect document or several: JSON, or one template per document. @throws CalaError `template-invalid` */
export function renderDocuments(documents: readonly unknown[], format: string | undefined): string {
  if (format === undefined || format === "json") return formatDocument(documents);
  return renderRows(unescapeFormat(format), documents);
}

function renderRows(format: string, rows: readonly unknown[]): string {
  const template = compileTemplate(format);
  return rows.map((row) => withNewline(template.render(row))).join("");
}

/** The default table, without the cost of a template. */
function renderColumns({ rows, columns, headings, noHeading }: Report): string {
  const heading = columns.map((name) => headingFor(name, headings));
  const lines = rows.map((row) => columns.map((name) => formatValue(fieldOf(row, name))));
  return alignColumns(noHeading === true ? lines : [heading, ...lines]);
}

function fieldOf(row: object, name: string): unknown {
  const field = (row as Record<string, unknown>)[name];
  return typeof field === "function" ? (field as () => unknown).call(row) : field;
}

function renderTable(format: string, report: Report): string {
  const template = compileTemplate(format);
  const lines = report.rows.map((row) => template.render(row));
  const all = report.noHeading === true ? lines : [headingOf(format, report), ...lines];
  return alignColumns(all.map((line) => line.replace(/\n$/, "").split("\t")));
}

/** The template with each field replaced by its heading: `{{.ID}}` → `CONTAINER ID`. */
function headingOf(format: string, report: Report): string {
  return format.replace(/\{\{[^}]*\}\}/g, (action) => {
    const name = /\.([A-Za-z_]\w*)/.exec(action)?.[1];
    if (name === undefined) return "";
    return headingFor(name, report.headings);
  });
}

function headingFor(name: string, headings: Report["headings"]): string {
  return Object.hasOwn(headings, name) ? (headings[name] ?? "") : name.replace(/([a-z])([A-Z])/g, "$1 $2").toUpperCase();
}

/** Shells hand `\t` over as two characters; docker and podman turn them into a tab. */
function unescapeFormat(format: string): string {
  return format.replaceAll("\\t", "\t").replaceAll("\\n", "\n");
}

const withNewline = (line: string): string => (line.endsWith("\n") ? line : `${line}\n`);
