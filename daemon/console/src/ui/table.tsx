import type { ComponentChildren } from 'preact';
import type { Pages } from '../api/read';
import { number } from '../format';
import { words } from 'words/shared';
import { Button } from './button';
import { Loading, Wrong } from './state';
import style from './table.module.css';

export interface Column<T> {
  name: string;
  cell: (row: T) => ComponentChildren;
  number?: boolean;
  // Not on a phone: the first column says what matters there.
  wide?: boolean;
}

interface TableProps<T> {
  caption: string;
  columns: Column<T>[];
  rows: T[];
  id: (row: T) => string | number;
}

// Rows with their first cell as head.
export function Table<T>({ caption, columns, rows, id }: TableProps<T>) {
  const classes = (column: Column<T>) => `${column.number ? 'number' : ''} ${column.wide ? 'wide' : ''}`;
  return (
    <table class={style.table}>
      <caption class="hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.name} scope="col" class={classes(column)}>
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={id(row)}>
            {columns.map((column, at) =>
              at === 0 ? (
                <th key={column.name} scope="row">
                  {column.cell(row)}
                </th>
              ) : (
                <td key={column.name} class={classes(column)}>
                  {column.cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

// A list of the API in all its states: bones, rows, what is wrong, how to begin, and the next page.
export function PagedTable<T>({
  pages,
  empty,
  ...table
}: Omit<TableProps<T>, 'rows'> & { pages: Pages<T>; empty: ComponentChildren }) {
  const { rows, problem, loading, more, reload } = pages;
  if (!rows) return problem ? <Wrong problem={problem} retry={reload} /> : <Loading lines={8} />;
  return (
    <div class={style.wrap} aria-busy={loading}>
      <Wrong problem={problem} retry={reload} />
      {rows.length === 0 ? loading ? <Loading /> : empty : <Table {...table} rows={rows} />}
      {rows.length > 0 && (
        <div class={style.more}>
          <span class="soft small" role="status">
            {more ? words.shown(number(rows.length)) : words.all(number(rows.length))}
          </span>
          {more && (
            <Button onClick={more} busy={loading}>
              {words.showMore}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
