// What comes after the writing of a draft, loaded when it is asked for: the figures of the check, the launch, a test.
import '../ui/common';
import { useState } from 'preact/hooks';
import { isProblem, newKey, path, post, put, remove, type Problem } from '../api/client';
import { barred } from '../api/session';
import { type Plan } from '../api/types';
import { money, number, visible, zone } from '../format';
import { go, to } from '../route';
import { Button } from '../ui/button';
import { sum } from '../ui/audience';
import { Dialog } from '../ui/dialog';
import { Field, faultAt } from '../ui/field';
import { Note, sentence, Time, Wrong } from '../ui/state';
import { useStep } from '../ui/step';
import { say } from '../ui/toast';
import campaigns from '../ui/campaign.module.css';
import { words } from 'words/shared';
import { skip } from 'words/skip';
import { check as w } from 'words/check';

export function PlanView({ plan }: { plan: Plan }) {
  const left_out = sum(plan.skipped);
  return (
    <>
      <dl class={campaigns.figures}>
        <div class={campaigns.figure}>
          <dt>{w.recipients}</dt>
          <dd>
            {number(plan.recipients)}
            <small>
              {w.inAudience}: {number(plan.audience)}
            </small>
          </dd>
        </div>
        <div class={campaigns.figure}>
          <dt>{w.cost}</dt>
          <dd>
            {money(plan.cost)}
            <small>{words.parts(plan.parts)}</small>
          </dd>
        </div>
        <div class={campaigns.figure}>
          <dt>{w.skipped}</dt>
          <dd>{number(left_out)}</dd>
        </div>
      </dl>
      {left_out > 0 && (
        <ul class="stack tight">
          {Object.entries(plan.skipped).map(([reason, count]) => (
            <li key={reason} class="row apart">
              <span>{skip[reason] ?? reason}</span>
              <span class="number">{number(count)}</span>
            </li>
          ))}
        </ul>
      )}
      {sum(plan.held) > 0 && (
        <Note>
          <strong>{w.held(sum(plan.held))}</strong>
          <ul class="stack tight">
            {Object.entries(plan.held).map(([reason, count]) => (
              <li key={reason} class="row apart">
                <span>{w.heldFor[reason] ?? reason}</span>
                <span class="number">{number(count)}</span>
              </li>
            ))}
          </ul>
        </Note>
      )}
      {plan.finishes_at && (
        <p class="soft">
          {w.finishes} <Time at={plan.finishes_at} />
        </p>
      )}
      {plan.samples.longest && (
        <div class="stack tight">
          <h3>
            {w.longest}: {words.parts(plan.samples.longest.parts)}
          </h3>
          <p class={`${campaigns.bubble} theirs`} dir="auto">
            {visible(plan.samples.longest.text)}
          </p>
        </div>
      )}
      {plan.warnings.length > 0 && (
        <Note>
          <strong>{w.warnings}</strong>
          <ul class="stack tight">
            {plan.warnings.map((one) => (
              <li key={one.code + (one.phone ?? '')}>{sentence(visible(one.message))}</li>
            ))}
          </ul>
        </Note>
      )}
      {plan.waits_for.length > 0 && (
        <Note>
          <strong>{w.waitsFor}</strong>
          <ul class="stack tight">
            {plan.waits_for.map((one) => (
              <li key={one.code}>
                {sentence(one.message)} {one.hint && <span class="soft">{sentence(one.hint)}</span>}
              </li>
            ))}
          </ul>
        </Note>
      )}
    </>
  );
}

// Now or later, to those whom the check has found.
export function Ready(props: {
  tenant: string;
  slug: string;
  plan: Plan;
  onLaunched: () => void;
  onChanged: (problem: Problem) => void;
}) {
  const { tenant, slug, plan, onLaunched, onChanged } = props;
  const [asked, setAsked] = useState<'launch' | 'later' | undefined>();
  const close = () => setAsked(undefined);
  return (
    <>
      <div class="row">
        {plan.recipients === 0 ? (
          <p>{w.nobodyGets}</p>
        ) : (
          <Button kind="primary" barred={barred(tenant, 'launch')} onClick={() => setAsked('launch')}>
            {w.launchTo(plan.recipients)}
          </Button>
        )}
        <Button barred={barred(tenant, 'launch')} onClick={() => setAsked('later')}>
          {w.later}
        </Button>
      </div>
      {asked === 'launch' && (
        <Launch
          tenant={tenant}
          slug={slug}
          plan={plan}
          onClose={close}
          onLaunched={onLaunched}
          onChanged={(failure) => {
            close();
            onChanged(failure);
          }}
        />
      )}
      {asked === 'later' && (
        <Later
          tenant={tenant}
          slug={slug}
          onClose={close}
          onPlanned={() => {
            close();
            onLaunched();
          }}
        />
      )}
    </>
  );
}

function Launch(props: {
  tenant: string;
  slug: string;
  plan: Plan;
  onClose: () => void;
  onLaunched: () => void;
  onChanged: (problem: Problem) => void;
}) {
  const { tenant, slug, plan, onClose, onLaunched, onChanged } = props;
  const { busy, problem, run } = useStep();
  // One key as long as the question stands: pressing twice, or after a lost answer, launches once.
  const [key] = useState(newKey);
  const launch = () =>
    run(async () => {
      try {
        const answer = await post<{ audience: number }>(
          path(tenant, 'campaigns', slug, 'launch'),
          { plan_hash: plan.plan_hash },
          { key },
        );
        say(w.launched(answer.audience));
        onLaunched();
      } catch (failure) {
        if (isProblem(failure) && failure.status === 422 && /plan|changed/.test(failure.message))
          onChanged(failure);
        else throw failure;
      }
    });
  return (
    <Dialog
      title={w.launchTitle(plan.recipients)}
      onClose={onClose}
      onSubmit={() => void launch()}
      actions={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {w.launchTo(plan.recipients)}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      <p>{w.launchAbout(plan.recipients, plan.parts, money(plan.cost))}</p>
      <p>{w.launchBack}</p>
    </Dialog>
  );
}

// At a time of the tenant's clocks. The audience is that of the launch.
function Later(props: { tenant: string; slug: string; onClose: () => void; onPlanned: () => void }) {
  const { tenant, slug, onClose, onPlanned } = props;
  const { busy, problem, run } = useStep();
  const [at, setAt] = useState('');
  return (
    <Dialog
      title={w.later}
      onClose={onClose}
      onSubmit={() =>
        void run(async () => {
          await put(path(tenant, 'campaigns', slug, 'schedule'), { at });
          onPlanned();
        })
      }
      actions={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {w.laterSet}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      <Field label={w.laterAt} hint={w.laterHint(zone.value)} error={faultAt(problem, 'at')}>
        <input
          type="datetime-local"
          required
          autoFocus
          value={at}
          onInput={(event) => setAt(event.currentTarget.value)}
        />
      </Field>
      <p>{w.laterAbout}</p>
    </Dialog>
  );
}

// What is planned for a draft, and the way back.
export function Planned(props: { tenant: string; slug: string; at: string; onChanged: () => void }) {
  const { tenant, slug, at, onChanged } = props;
  const { busy, problem, run } = useStep();
  return (
    <Note>
      <Wrong problem={problem} focus />
      <p role="status">
        <strong>
          {w.launchesAt} <Time at={at} />
        </strong>
      </p>
      <p>{w.laterAbout}</p>
      <div class="row">
        <Button
          busy={busy}
          barred={barred(tenant, 'launch')}
          onClick={() =>
            void run(async () => {
              await remove(path(tenant, 'campaigns', slug, 'schedule'));
              say(w.notLater);
              onChanged();
            })
          }
        >
          {w.laterCancel}
        </Button>
      </div>
    </Note>
  );
}

export function TestText(props: {
  tenant: string;
  slug: string;
  save: () => Promise<boolean>;
  onClose: () => void;
}) {
  const { tenant, slug, save, onClose } = props;
  const { busy, problem, run } = useStep();
  const [number_to, setNumber] = useState('');
  const [key, setKey] = useState(newKey);
  return (
    <Dialog
      title={w.test}
      onClose={onClose}
      onSubmit={() =>
        void run(async () => {
          if (!(await save())) return;
          await post(path(tenant, 'campaigns', slug, 'test'), { to: number_to }, { key });
          setKey(newKey());
          say(w.tested);
          onClose();
        })
      }
      actions={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {w.test}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      <Field label={w.testTo} hint={w.testAbout} error={faultAt(problem, 'to')}>
        <input
          type="tel"
          required
          autoFocus
          value={number_to}
          onInput={(event) => {
            setNumber(event.currentTarget.value);
            setKey(newKey());
          }}
        />
      </Field>
    </Dialog>
  );
}

export function DeleteDraft(props: { tenant: string; slug: string; onClose: () => void }) {
  const { tenant, slug, onClose } = props;
  const { busy, problem, run } = useStep();
  return (
    <Dialog
      title={w.deleteTitle(slug)}
      onClose={onClose}
      onSubmit={() =>
        void run(async () => {
          await remove(path(tenant, 'campaigns', slug), { match: '*' });
          say(w.deleted(slug));
          go(to(tenant, 'campaigns'), { replace: true });
        })
      }
      actions={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="danger" type="submit" busy={busy}>
            {w.deleteDraft}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      <p>{w.deleteAbout}</p>
    </Dialog>
  );
}
