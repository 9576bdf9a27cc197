// What became of a campaign's texts: as numbers, as shares of a bar, as a table.
import type { Status } from '../api/types';
import { money, number, percent } from '../format';
import { words } from 'words/shared';
import { skip } from 'words/skip';
import { sum } from './audience';
import style from './campaign.module.css';
import type { Share } from './state';

export interface Reach {
  texted: number; // all that a launch wanted to text
  waiting: number;
  left: number;
  delivered: number;
  onTheirWay: number;
  failed: number;
}

export function reach(status: Status): Reach {
  const texted = status.audience - sum(status.skipped);
  const { delivered = 0, undelivered = 0, failed = 0, expired = 0, canceled = 0 } = status.outcomes;
  const bad = undelivered + failed + expired + canceled;
  const waiting = status.waiting;
  return {
    texted,
    waiting,
    left: texted - waiting - expired - canceled,
    delivered,
    onTheirWay: Math.max(0, texted - waiting - delivered - bad),
    failed: bad,
  };
}

export const shares = (status: Status): Share[] => {
  const found = reach(status);
  return [
    { name: 'delivered', value: found.delivered, colour: 'var(--good)' },
    { name: 'on their way', value: found.onTheirWay, colour: 'var(--accent)' },
    { name: 'failed', value: found.failed, colour: 'var(--bad)' },
  ];
};

// What became of all texts, in the order of their way; what is nobody's fate is left out.
export function OutcomeTable({ status }: { status: Status }) {
  const rows: [string, number][] = [
    ['waiting', status.waiting],
    ['in_flight', status.in_flight],
    ['unknown', status.unknown],
    ...Object.entries(status.outcomes),
  ];
  const { texted } = reach(status);
  return (
    <table>
      <caption class="hidden">{words.run.outcome}</caption>
      <thead>
        <tr>
          <th scope="col">{words.run.state}</th>
          <th scope="col" class="number">
            {words.run.messages}
          </th>
          <th scope="col" class="number">
            {words.run.share}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows
          .filter(([, count]) => count > 0)
          .map(([name, count]) => (
            <tr key={name}>
              <td>{words.outcome[name] ?? name}</td>
              <td class="number">{number(count)}</td>
              <td class="number">{percent(count, texted)}</td>
            </tr>
          ))}
        {Object.entries(status.skipped).map(([reason, count]) => (
          <tr key={reason}>
            <td>
              {words.outcome.skipped}: {skip[reason] ?? reason}
            </td>
            <td class="number">{number(count)}</td>
            <td class="number">–</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Figures({ status }: { status: Status }) {
  const found = reach(status);
  const figures: [string, string, string][] = [
    [words.run.delivered, number(found.delivered), percent(found.delivered, found.texted)],
    [words.run.failed, number(found.failed), percent(found.failed, found.texted)],
    [words.run.replies, number(status.replies), percent(status.replies, found.texted)],
    [words.run.optOuts, number(status.opt_outs), percent(status.opt_outs, found.texted)],
    [words.run.clicks, number(status.clicks), words.run.uniqueClicks(number(status.unique_clicks))],
    [
      words.run.cost,
      money(status.cost),
      status.cost.estimated ? words.run.estimated : words.parts(status.parts),
    ],
  ];
  return (
    <dl class={style.figures}>
      {figures.map(([name, value, about]) => (
        <div key={name} class={style.figure}>
          <dt>{name}</dt>
          <dd>
            {value}
            <small>{about}</small>
          </dd>
        </div>
      ))}
    </dl>
  );
}
