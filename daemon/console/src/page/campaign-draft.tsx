// A draft, step by step on one page. It saves itself; the preview follows the typing; a launch sends what the check
// has shown and nothing else.
import '../ui/common';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isProblem, path, post, type Problem, withQuery } from '../api/client';
import { type Draft, useDraft } from '../api/draft';
import { useRead } from '../api/read';
import { barred, may } from '../api/session';
import type { Campaign, Contact, List, Page, Plan, Preview, Sender, Template } from '../api/types';
import { fullName, number, time, visible } from '../format';
import { costlyCharacters } from '../text';
import { Button } from '../ui/button';
import { audienceOptions } from '../ui/audience';
import { Combobox } from '../ui/combobox';
import { Choice, Field, faultAt } from '../ui/field';
import { lazy } from '../ui/lazy';
import { useStep } from '../ui/step';
import { Badge, Loading, Note, Wrong } from '../ui/state';
import { words } from 'words/shared';
import { wizard as w } from 'words/wizard';
import campaigns from '../ui/campaign.module.css';
import style from './campaign-draft.module.css';

const after = () => import('./campaign-check');
const PlanView = lazy(() => after().then((module) => module.PlanView));
const Ready = lazy(() => after().then((module) => module.Ready));
const Planned = lazy(() => after().then((module) => module.Planned));
const TestText = lazy(() => after().then((module) => module.TestText));
const DeleteDraft = lazy(() => after().then((module) => module.DeleteDraft));

interface DraftProps {
  tenant: string;
  slug: string;
  // When it launches by itself.
  plannedFor: string | null;
  // It was launched, planned, or is planned no more.
  onLaunched: () => void;
}

export function CampaignDraft({ tenant, slug, plannedFor, onLaunched }: DraftProps) {
  const campaign = useDraft<Campaign>(path(tenant, 'campaigns', slug));
  const template = useDraft<Template>(
    campaign.data ? path(tenant, 'templates', campaign.data.template) : null,
  );
  const [plan, setPlan] = useState<Plan | undefined>();
  const [deleting, setDeleting] = useState(false);
  const readOnly = !may(tenant, 'campaigns:write');
  if (!campaign.data) return campaign.problem ? <Wrong problem={campaign.problem} /> : <Loading />;
  const { audience } = campaign.data;
  const change = (part: Partial<Campaign>) => {
    setPlan(undefined);
    campaign.change(part);
  };
  return (
    <>
      <Conflict drafts={[campaign, template]} />
      {plannedFor && <Planned tenant={tenant} slug={slug} at={plannedFor} onChanged={onLaunched} />}
      <div class={style.steps}>
        <section class={`card ${style.step}`}>
          <h2>{w.audience}</h2>
          <fieldset class="stack" disabled={readOnly}>
            <AudienceField
              tenant={tenant}
              value={audience}
              problem={campaign.problem}
              onChange={(next) => change({ audience: next })}
            />
          </fieldset>
        </section>
        <section class={`card ${style.step}`}>
          <h2>{w.text}</h2>
          <Wrong problem={template.state === 'wrong' ? template.problem : undefined} />
          <fieldset
            class="stack tight"
            disabled={readOnly || !template.data || !may(tenant, 'templates:write')}
          >
            <Field label={w.text} hint={w.textHint} error={faultAt(template.problem, 'body')}>
              <textarea
                rows={6}
                maxLength={10_000}
                value={template.data?.body ?? ''}
                onInput={(event) => {
                  setPlan(undefined);
                  template.change({ body: event.currentTarget.value });
                }}
              />
            </Field>
            <p class="small soft">{w.shared(campaign.data.template)}</p>
          </fieldset>
        </section>
        <div class={style.side}>
          <PreviewCard tenant={tenant} audience={audience} body={template.data?.body ?? ''} />
          <SavedLine drafts={[campaign, template]} />
        </div>
        <section class={`card ${style.step}`}>
          <h2>{w.senders}</h2>
          <fieldset class="stack" disabled={readOnly}>
            <SenderFields tenant={tenant} campaign={campaign.data} onChange={change} />
          </fieldset>
        </section>
        <section class={`card ${style.step}`}>
          <h2>{w.launch}</h2>
          <Check
            tenant={tenant}
            slug={slug}
            plan={plan}
            onPlan={setPlan}
            save={async () => (await campaign.flush()) && (await template.flush())}
            onLaunched={onLaunched}
          />
        </section>
        <div class="row">
          <Button kind="quiet" barred={barred(tenant, 'campaigns:write')} onClick={() => setDeleting(true)}>
            {w.deleteDraft}
          </Button>
        </div>
      </div>
      {deleting && <DeleteDraft tenant={tenant} slug={slug} onClose={() => setDeleting(false)} />}
    </>
  );
}

// Somebody else saved in between: what is here waits for a decision.
function Conflict({ drafts }: { drafts: Draft<object>[] }) {
  const conflict = drafts.find((one) => one.state === 'conflict');
  const wrong = drafts.find((one) => one.state === 'wrong');
  if (!conflict) return <Wrong problem={wrong?.problem} retry={wrong && (() => void wrong.flush())} />;
  return (
    <Note>
      <p role="alert">
        <strong>{w.conflict}</strong>
      </p>
      <div class="row">
        <Button onClick={() => void conflict.takeTheirs()}>{w.loadTheirs}</Button>
        <Button onClick={() => void conflict.keepMine()}>{w.keepMine}</Button>
      </div>
    </Note>
  );
}

// Where the draft stands, in one line.
function SavedLine({ drafts }: { drafts: Draft<object>[] }) {
  const has = (state: string) => drafts.some((one) => one.state === state);
  const saved = drafts
    .map((one) => one.savedAt)
    .sort()
    .at(-1);
  const text = has('saving')
    ? w.saving
    : has('dirty') || has('wrong') || has('conflict')
      ? w.unsaved
      : saved
        ? w.savedAt(time(saved))
        : w.savesItself;
  return (
    <p class="soft small" role="status">
      {text}
    </p>
  );
}

function AudienceField(props: {
  tenant: string;
  value: string;
  problem: Problem | undefined;
  onChange: (audience: string) => void;
}) {
  const lists = useRead<Page<List>>(withQuery(path(props.tenant, 'lists'), { limit: 200 }));
  return (
    <>
      <Wrong problem={lists.problem} retry={() => void lists.reload()} />
      <Field label={w.audienceHint} hint={w.typeTag} error={faultAt(props.problem, 'audience')}>
        <Combobox
          options={audienceOptions(lists.data?.data ?? [])}
          free={(typed) => (typed.startsWith('tag:') && typed.length > 4 ? typed : undefined)}
          value={props.value}
          onChange={props.onChange}
        />
      </Field>
    </>
  );
}

function SenderFields(props: {
  tenant: string;
  campaign: Campaign;
  onChange: (part: Partial<Campaign>) => void;
}) {
  const { tenant, campaign, onChange } = props;
  const senders = useRead<Page<Sender>>(withQuery(path(tenant, 'senders'), { limit: 200 }));
  const all = senders.data?.data ?? [];
  const [some, setSome] = useState(campaign.senders.length > 0);
  return (
    <>
      <Wrong problem={senders.problem} retry={() => void senders.reload()} />
      {senders.data && all.length === 0 && <Note>{w.noSenders}</Note>}
      <fieldset>
        <legend class="hidden">{w.senders}</legend>
        <Choice
          type="radio"
          name="senders"
          checked={!some}
          label={words.allSenders}
          onChange={() => {
            setSome(false);
            if (campaign.senders.length) onChange({ senders: [] });
          }}
        />
        {all.length > 1 && (
          <Choice
            type="radio"
            name="senders"
            checked={some}
            label={w.sendersSome}
            onChange={() => setSome(true)}
          />
        )}
        {some &&
          all.map((one) => (
            <Choice
              key={one.address}
              checked={campaign.senders.includes(one.address)}
              label={<span class="mono">{one.address}</span>}
              hint={`${words.senderKinds[one.kind] ?? one.kind}, ${number(one.rate)} ${words.rate.toLowerCase()}`}
              onChange={(on) =>
                onChange({
                  senders: on
                    ? [...campaign.senders, one.address]
                    : campaign.senders.filter((address) => address !== one.address),
                })
              }
            />
          ))}
      </fieldset>
      <fieldset>
        <legend>
          <strong>{words.kind}</strong>
        </legend>
        <Choice
          type="radio"
          name="kind"
          checked={campaign.kind === 'marketing'}
          label={words.kinds.marketing}
          hint={w.marketingAbout}
          onChange={() => onChange({ kind: 'marketing' })}
        />
        <Choice
          type="radio"
          name="kind"
          checked={campaign.kind === 'transactional'}
          label={words.kinds.transactional}
          hint={w.transactionalAbout}
          onChange={() => onChange({ kind: 'transactional' })}
        />
      </fieldset>
    </>
  );
}

// The text as one person gets it, at once for the first letter and after a short pause for the next.
function PreviewCard({ tenant, audience, body }: { tenant: string; audience: string; body: string }) {
  const [kind, name] = audience.split(/:(.*)/s);
  const filter = kind === 'list' ? { list: name } : kind === 'tag' ? { tag: name } : {};
  const people = useRead<Page<Contact>>(
    may(tenant, 'contacts:read') ? withQuery(path(tenant, 'contacts'), { limit: 10, ...filter }) : null,
  );
  const [chosen, setChosen] = useState<string | undefined>();
  const contacts = people.data?.data ?? [];
  const phone = chosen === '' ? '' : (contacts.find((one) => one.phone === chosen) ?? contacts[0])?.phone;
  const [preview, setPreview] = useState<Preview | undefined>();
  const [problem, setProblem] = useState<Problem | undefined>();
  const last = useRef(0);

  useEffect(() => {
    if (!body.trim() || (people.loading && !people.data)) return;
    const stop = new AbortController();
    const wait = Date.now() - last.current > 1000 ? 0 : 180;
    const timer = setTimeout(() => {
      last.current = Date.now();
      post<Preview>(
        path(tenant, 'templates', 'preview'),
        { body, ...(phone ? { to: phone } : {}) },
        { signal: stop.signal },
      )
        .then((next) => {
          setPreview(next);
          setProblem(undefined);
        })
        .catch((failure) => isProblem(failure) && setProblem(failure));
    }, wait);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [body, phone, people.loading]);

  const costly = preview?.encoding === 'ucs2' ? costlyCharacters(preview.text) : [];
  return (
    <section class={`card ${style.phone}`} aria-labelledby="preview">
      <h2 id="preview">{w.preview}</h2>
      <label class="stack tight">
        <span class="small soft">{w.previewFor}</span>
        <select value={phone ?? ''} onChange={(event) => setChosen(event.currentTarget.value)}>
          {contacts.map((one) => (
            <option key={one.id} value={one.phone}>
              {fullName(one) || one.phone}
            </option>
          ))}
          <option value="">{w.nobody}</option>
        </select>
      </label>
      {!body.trim() ? (
        <p class="soft">{w.previewEmpty}</p>
      ) : preview ? (
        <>
          <p class={`${campaigns.bubble} theirs`} dir="auto">
            {visible(preview.text)}
          </p>
          <p class="row small" role="status">
            <Badge tone={preview.parts > 1 ? 'warn' : 'good'}>{words.parts(preview.parts)}</Badge>
            <span class="soft">{preview.encoding === 'ucs2' ? w.encodingUnicode : w.encodingPlain}</span>
          </p>
          {costly.length > 0 && (
            <Note>
              <p>{w.costly(visible(costly.slice(0, 20).join(' ')))}</p>
              <p class="small">{w.cure}</p>
            </Note>
          )}
          {preview.missing_fields.length > 0 && (
            <Note>{w.missing(visible(preview.missing_fields.join(', ')))}</Note>
          )}
        </>
      ) : (
        !problem && <Loading lines={3} />
      )}
      <Wrong problem={problem} />
    </section>
  );
}

function Check(props: {
  tenant: string;
  slug: string;
  plan: Plan | undefined;
  onPlan: (plan: Plan | undefined) => void;
  save: () => Promise<boolean>;
  onLaunched: () => void;
}) {
  const { tenant, slug, plan, onPlan, save, onLaunched } = props;
  const { busy, problem, run, setProblem } = useStep();
  const [testing, setTesting] = useState(false);
  const head = useRef<HTMLHeadingElement>(null);
  const check = () =>
    run(async () => {
      onPlan(undefined);
      if (!(await save())) return;
      onPlan(await post<Plan>(path(tenant, 'campaigns', slug, 'preflight')));
      head.current?.focus();
    });
  return (
    <div class="stack">
      <Wrong problem={problem} focus />
      <div class="row">
        <Button
          kind={plan ? 'plain' : 'primary'}
          busy={busy}
          barred={barred(tenant, 'campaigns:write')}
          onClick={() => void check()}
        >
          {w.check}
        </Button>
        <Button barred={barred(tenant, 'campaigns:write')} onClick={() => setTesting(true)}>
          {w.test}
        </Button>
      </div>
      {busy && (
        <p class="soft" role="status">
          {w.checking}
        </p>
      )}
      {plan && (
        <div class="stack">
          <h3 ref={head} tabIndex={-1}>
            {w.result}
          </h3>
          <PlanView plan={plan} />
          <Ready
            tenant={tenant}
            slug={slug}
            plan={plan}
            onLaunched={onLaunched}
            onChanged={(failure) => {
              onPlan(undefined);
              setProblem(failure);
            }}
          />
        </div>
      )}
      {testing && <TestText tenant={tenant} slug={slug} save={save} onClose={() => setTesting(false)} />}
    </div>
  );
}
