// Why texts did not arrive: what it is called, and how many, as bars that are a table as well.
import type { Failure } from '../api/types';
import { number } from '../format';
import { reports as w } from 'words/reports';
import { words } from 'words/shared';
import style from './failure.module.css';
import { Time } from './state';
import { Table } from './table';

export function failureName(one: Failure): string {
  const meaning = one.error_meaning || (one.error_code === null ? '' : w.code(one.error_code));
  const name = meaning || (words.outcome[one.status] ?? one.status);
  return name.charAt(0).toUpperCase() + name.slice(1);
}

// `beside`: in half a page, where only the count has room.
export function FailureBars({ rows, beside }: { rows: Failure[]; beside?: boolean }) {
  const most = Math.max(1, ...rows.map((one) => one.messages));
  return (
    <Table
      caption={w.failures}
      rows={rows}
      id={(one) => `${one.status} ${one.error_code}`}
      columns={[
        {
          name: w.reason,
          cell: (one) => (
            <span class={style.reason}>
              <strong>{failureName(one)}</strong>
              <span
                class={style.bar}
                style={{ width: `${(one.messages / most) * 100}%` }}
                aria-hidden="true"
              />
              {one.error_remedy && <span class="small soft">{one.error_remedy}</span>}
            </span>
          ),
        },
        { name: w.count, number: true, cell: (one) => number(one.messages) },
        ...(beside
          ? []
          : [
              {
                name: words.state,
                wide: true,
                cell: (one: Failure) => words.outcome[one.status] ?? one.status,
              },
              { name: w.lastAt, wide: true, cell: (one: Failure) => <Time at={one.last_at} /> },
            ]),
      ]}
    />
  );
}
