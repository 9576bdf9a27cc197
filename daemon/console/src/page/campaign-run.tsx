// A campaign that was launched: how far it is, what holds it up, and the brake, while it runs once a second or two.
import '../ui/common';
import { useEffect, useRef, useState } from 'preact/hooks';
import { path, post } from '../api/client';
import { useRead } from '../api/read';
import { barred, may } from '../api/session';
import type { Campaign, Status, Template } from '../api/types';
import { number, visible } from '../format';
import { to } from '../route';
import { Button, LinkButton } from '../ui/button';
import { audienceName } from '../ui/audience';
import { Figures, OutcomeTable, reach, shares } from '../ui/outcome';
import { Dialog } from '../ui/dialog';
import { useStep } from '../ui/step';
import { Loading, Note, Progress, sentence, Time, Wrong } from '../ui/state';
import { say } from '../ui/toast';
import campaigns from '../ui/campaign.module.css';
import { words } from 'words/shared';

const w = words.run;

interface RunProps {
  tenant: string;
  campaign: Campaign;
  onChanged: () => void;
}

export function CampaignRun({ tenant, campaign, onChanged }: RunProps) {
  const address = path(tenant, 'campaigns', campaign.slug, 'status');
  const runs = campaign.status === 'running';
  const read = useRead<Status>(address, runs ? 1500 : 15_000);
  const template = useRead<Template>(
    may(tenant, 'templates:read') ? path(tenant, 'templates', campaign.template) : null,
  );
  const status = read.data;
  const speed = useSpeed(status);
  const { busy, problem, run } = useStep();
  const [canceling, setCanceling] = useState(false);
  // The end of it is told by the status first.
  useEffect(() => {
    if (status && status.status !== campaign.status) onChanged();
  }, [status?.status]);
  if (!status)
    return read.problem ? <Wrong problem={read.problem} retry={() => void read.reload()} /> : <Loading />;

  const steer = (verb: string, said: string) =>
    run(async () => {
      await post(path(tenant, 'campaigns', campaign.slug, verb));
      say(said);
      await read.reload();
      onChanged();
    });
  const found = reach(status);
  const live = status.status === 'running' || status.status === 'paused';
  return (
    <>
      <Wrong problem={problem} focus />
      <Wrong problem={read.problem} retry={() => void read.reload()} />
      <section class="card stack" aria-label={w.live}>
        <div class="row apart">
          <p role="status">
            <strong>{w.progress(found.left, found.texted)}</strong>
            {speed && found.waiting > 0 ? (
              <span class="soft">
                {' · '}
                {w.rate(number(Math.round(speed)))} · {w.left(found.waiting / speed)}
              </span>
            ) : null}
          </p>
          <div class="row">
            {status.status === 'running' && (
              <Button
                kind="danger"
                busy={busy}
                barred={barred(tenant, 'pause')}
                onClick={() => void steer('pause', w.paused)}
              >
                {w.pause}
              </Button>
            )}
            {status.status === 'paused' && (
              <Button
                kind="primary"
                busy={busy}
                barred={barred(tenant, 'launch')}
                onClick={() => void steer('resume', w.resumed)}
              >
                {w.resume}
              </Button>
            )}
            {live && found.waiting > 0 && (
              <Button barred={barred(tenant, 'launch')} onClick={() => setCanceling(true)}>
                {w.cancel}
              </Button>
            )}
            {may(tenant, 'reports:read') && (
              <LinkButton href={to(tenant, 'reports', campaign.slug)}>{w.fullReport}</LinkButton>
            )}
          </div>
        </div>
        <Progress label={w.progress(found.left, found.texted)} whole={found.texted} shares={shares(status)} />
        <Figures status={status} />
      </section>
      {status.holds.length > 0 && (
        <Note>
          <strong>{w.holds}</strong>
          <ul class="stack tight">
            {status.holds.map((hold) => (
              <li key={hold.code}>
                {sentence(hold.message)}
                {hold.until && (
                  <>
                    {' '}
                    {w.untilThen} <Time at={hold.until} />.
                  </>
                )}
                {hold.hint && <span class="soft"> {sentence(hold.hint)}</span>}
              </li>
            ))}
          </ul>
        </Note>
      )}
      {!live && status.receipts_outstanding > 0 && <Note>{w.receipts(status.receipts_outstanding)}</Note>}
      <div class="two">
        <section class="card flush">
          <h2>{w.outcome}</h2>
          <OutcomeTable status={status} />
        </section>
        <section class="card stack">
          <h2>{w.text}</h2>
          {template.data && (
            <p class={`${campaigns.bubble} theirs`} dir="auto">
              {visible(template.data.body)}
            </p>
          )}
          <dl class="facts">
            <dt>{words.campaigns.audience}</dt>
            <dd>{visible(audienceName(campaign.audience))}</dd>
            <dt>{words.kind}</dt>
            <dd>{words.kinds[campaign.kind]}</dd>
            <dt>{words.senders}</dt>
            <dd>{campaign.senders.length ? campaign.senders.join(', ') : words.allSenders}</dd>
            <dt>{w.launchedAt}</dt>
            <dd>
              <Time at={status.launched_at} />
            </dd>
            <dt>{w.finishedAt}</dt>
            <dd>
              <Time at={status.finished_at} />
            </dd>
          </dl>
        </section>
      </div>
      {canceling && (
        <Dialog
          title={w.cancelTitle(found.waiting)}
          onClose={() => setCanceling(false)}
          onSubmit={() => void steer('cancel', w.canceled).then(() => setCanceling(false))}
          actions={
            <>
              <Button onClick={() => setCanceling(false)}>{words.back}</Button>
              <Button kind="danger" type="submit" busy={busy}>
                {w.cancel}
              </Button>
            </>
          }
        >
          <p>{w.cancelAbout}</p>
        </Dialog>
      )}
    </>
  );
}

// Texts a second that leave, over the last ten seconds or so; undefined: not known yet.
function useSpeed(status: Status | undefined): number | undefined {
  const seen = useRef<{ at: number; left: number }[]>([]);
  const last = useRef<Status | undefined>(undefined);
  if (status && status !== last.current) {
    last.current = status;
    seen.current = [...seen.current.slice(-6), { at: Date.now(), left: reach(status).left }];
  }
  const first = seen.current[0];
  const now = seen.current.at(-1);
  if (!first || !now || now.at - first.at < 1000 || now.left <= first.left) return undefined;
  return ((now.left - first.left) * 1000) / (now.at - first.at);
}
