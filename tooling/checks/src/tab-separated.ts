import { readText, type Workspace } from "./workspace.ts";

/** The rows of a table whose first line names its columns; throws when one of `columns` is not among them. */
export function readTable<Column extends string>(
  workspace: Workspace,
  file: string,
  columns: readonly Column[],
): Record<Column, string>[] {
  const [header = "", ...lines] = readText(workspace, file).trimEnd().split("\n");
  const names = header.split("\t");
  for (const column of columns) {
    if (!names.includes(column)) throw new Error(`${file}: there is no column "${column}"`);
  }
  return lines.map((line) => {
    const cells = line.split("\t");
    const pairs = columns.map((column) => [column, cells[names.indexOf(column)] ?? ""] as const);
    return Object.fromEntries(pairs) as Record<Column, string>;
  });
}
