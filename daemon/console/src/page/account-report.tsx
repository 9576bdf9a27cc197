// What all that was sent in a time came to, as figures that add up and as a chart with its table.
import { path, withQuery } from '../api/client';
import { useRead } from '../api/read';
import type { Money } from '../api/types';
import { money, number, percent, zone } from '../format';
import { Empty, Loading, Wrong } from '../ui/state';
import { Table } from '../ui/table';
import { reports as w } from 'words/reports';
import { words } from 'words/shared';
import style from '../ui/campaign.module.css';

interface Account {
  made: number;
  skipped: Record<string, number>;
  waiting: number;
  in_flight: number;
  unknown: number;
  outcomes: Record<string, number>;
  adds_up: boolean;
  sent: number;
  costs: Money[];
  unique_clicks: number;
  received: Record<string, number>;
  opt_outs: Record<string, number>;
}
interface Step {
  at: string;
  sent: number;
  delivered: number;
  undelivered: number;
  failed: number;
  replies: number;
  opt_outs: number;
}

// "Nov 29", in the tenant's zone.
function date(text: string): string {
  const options = { month: 'short', day: 'numeric' } as const;
  const language = document.documentElement.lang || 'en';
  try {
    return new Intl.DateTimeFormat(language, { ...options, timeZone: zone.value }).format(new Date(text));
  } catch {
    return new Intl.DateTimeFormat(language, options).format(new Date(text));
  }
}

const total = (counts: Record<string, number>) => Object.values(counts).reduce((sum, one) => sum + one, 0);

// `from`: RFC 3339; `step`: how long a column of the chart is.
export function AccountReport({ tenant, from, step }: { tenant: string; from: string; step: string }) {
  const account = useRead<Account>(withQuery(path(tenant, 'reports', 'account'), { from }));
  const timeline = useRead<{ data: Step[] }>(withQuery(path(tenant, 'reports', 'timeline'), { from, step }));
  const problem = account.problem ?? timeline.problem;
  const steps = timeline.data?.data ?? [];
  const begin = steps.findIndex((one) => one.sent || one.replies || one.opt_outs || one.failed);
  return (
    <section class="card stack" aria-labelledby="account">
      <h2 id="account">{w.account}</h2>
      <Wrong
        problem={problem}
        retry={() => {
          void account.reload();
          void timeline.reload();
        }}
      />
      {!problem && !(account.data && timeline.data) && <Loading />}
      {account.data && timeline.data && (
        <>
          {begin < 0 && account.data.made === 0 ? (
            <Empty title={w.nothingSent} />
          ) : (
            <>
              <Numbers account={account.data} />
              {begin >= 0 && <Chart steps={steps.slice(begin)} />}
            </>
          )}
        </>
      )}
    </section>
  );
}

function Numbers({ account }: { account: Account }) {
  const { delivered = 0, undelivered = 0, failed = 0 } = account.outcomes;
  const rows: [string, string, string?][] = [
    [w.made, number(account.made)],
    [w.skipped, number(total(account.skipped))],
    [w.sent, number(account.sent)],
    [w.delivered, number(delivered), percent(delivered, account.sent)],
    [w.failed, number(undelivered + failed)],
    ...account.costs.map((one): [string, string, string?] => [
      w.cost,
      money(one),
      one.estimated ? words.run.estimated : '',
    ]),
    [w.clicked, number(account.unique_clicks)],
    [w.received, number(total(account.received))],
    [w.optOuts, number(total(account.opt_outs))],
  ];
  const reasons = Object.entries(account.skipped);
  return (
    <>
      <dl class={style.figures}>
        {rows.map(([name, value, about]) => (
          <div key={name} class={style.figure}>
            <dt>{name}</dt>
            <dd>
              {value}
              {about && <small>{about}</small>}
            </dd>
          </div>
        ))}
      </dl>
      {reasons.length > 0 && (
        <p class="soft small">
          {w.skippedBecause}{' '}
          {reasons.map(([why, n]) => `${why.replaceAll('_', ' ')} (${number(n)})`).join(', ')}
        </p>
      )}
      <p class="soft small">{account.adds_up ? w.addsUp : w.doesNotAddUp}</p>
    </>
  );
}

const keys = [
  [w.delivered, '--good'],
  [w.failed, '--bad'],
  [w.onTheirWay, '--soft'],
];
const height = 120;
const slot = 12;

function Chart({ steps }: { steps: Step[] }) {
  const most = Math.max(1, ...steps.map((one) => one.sent));
  const scale = (count: number) => (Math.max(0, count) / most) * height;
  const columns = Math.max(steps.length, 14);
  return (
    <>
      <svg
        style={{ width: '100%', height: '8rem' }}
        viewBox={`0 0 ${columns * slot} ${height + 1}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={w.chart(number(most))}
      >
        {steps.map((one, at) => {
          const bad = scale(one.undelivered + one.failed);
          const good = scale(one.delivered);
          const rest = Math.max(0, scale(one.sent) - bad - good);
          const x = at * slot + 1;
          return (
            <g key={one.at}>
              <rect style={{ fill: 'var(--good)' }} x={x} y={height - good} width={slot - 2} height={good} />
              <rect
                style={{ fill: 'var(--bad)' }}
                x={x}
                y={height - good - bad}
                width={slot - 2}
                height={bad}
              />
              <rect
                style={{ fill: 'var(--soft)' }}
                x={x}
                y={height - good - bad - rest}
                width={slot - 2}
                height={rest}
              />
            </g>
          );
        })}
        <line
          style={{ stroke: 'var(--line)' }}
          x1="0"
          x2={columns * slot}
          y1={height + 0.5}
          y2={height + 0.5}
        />
      </svg>
      <p class="row small soft">
        {keys.map(([name, colour]) => (
          <span key={name}>
            <svg viewBox="0 0 9 9" width="9" height="9" aria-hidden="true">
              <rect width="9" height="9" style={{ fill: `var(${colour})` }} />
            </svg>{' '}
            {name}
          </span>
        ))}
      </p>
      <details>
        <summary>{w.asTable}</summary>
        <Table
          caption={w.account}
          rows={steps.filter((one) => one.sent || one.replies || one.opt_outs || one.failed).reverse()}
          id={(one) => one.at}
          columns={[
            { name: w.day, cell: (one) => date(one.at) },
            { name: w.sent, number: true, cell: (one) => number(one.sent) },
            { name: w.delivered, number: true, cell: (one) => number(one.delivered) },
            { name: w.failed, number: true, cell: (one) => number(one.undelivered + one.failed) },
            { name: w.replies, number: true, wide: true, cell: (one) => number(one.replies) },
            { name: w.optOuts, number: true, wide: true, cell: (one) => number(one.opt_outs) },
          ]}
        />
      </details>
    </>
  );
}
