import '../ui/common';
import { useState } from 'preact/hooks';
import { newKey, patch, path, post, remove } from '../api/client';
import { useRead } from '../api/read';
import { barred, may } from '../api/session';
import type { ConsentEvent, ContactView, Exchange } from '../api/types';
import { fullName, number, visible } from '../format';
import { go, type PageProps, to } from '../route';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Field, faultAt } from '../ui/field';
import { Page } from '../ui/page';
import { useStep } from '../ui/step';
import { Badge, Loading, Note, sentence, Tag, Time, Wrong } from '../ui/state';
import { say } from '../ui/toast';
import { useLedger } from '../ui/ledger';
import { contact as w, contacts as contactsWords } from 'words/contacts';
import { words } from 'words/shared';
import bubbles from '../ui/bubble.module.css';
import style from './contact.module.css';

type Asked = 'dnc' | 'opt-out' | 'edit' | 'delete' | undefined;

export default function ContactPage({ tenant, id }: PageProps) {
  const address = path(tenant, 'contacts', id);
  const read = useRead<ContactView>(address);
  const contact = read.data;
  const ledger = useLedger(tenant, contact?.phone);
  const talk = useRead<{ data: Exchange[] }>(
    may(tenant, 'inbox:read') ? `${address}/conversation` : null,
    15_000,
  );
  const [asked, setAsked] = useState<Asked>();
  const { busy, problem, run } = useStep();
  const back = { href: to(tenant, 'contacts'), label: contactsWords.title };
  if (!contact)
    return (
      <Page title={w.title} back={back}>
        {read.problem ? <Wrong problem={read.problem} retry={() => void read.reload()} /> : <Loading />}
      </Page>
    );
  const name = fullName(contact) || contact.phone;
  const refresh = async () => {
    setAsked(undefined);
    await Promise.all([read.reload(), ledger.reload(), talk.reload()]);
  };
  const mayChange = barred(tenant, 'contacts:write');
  return (
    <Page
      title={name}
      back={back}
      aside={
        <Badge tone={contact.may_be_texted ? 'good' : 'bad'}>
          {contact.may_be_texted ? w.mayText : w.mayNotText}
        </Badge>
      }
      about={<span class="number">{contact.phone}</span>}
      actions={
        <>
          <Button barred={mayChange} onClick={() => setAsked('edit')}>
            {w.edit}
          </Button>
          <Button kind="quiet" barred={mayChange} onClick={() => setAsked('delete')}>
            {words.delete}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      <div class="two">
        <section class="card stack" aria-labelledby="timeline">
          <div>
            <h2 id="timeline">{w.timeline}</h2>
            <p class="small soft">{w.timelineAbout}</p>
          </div>
          <Wrong problem={talk.problem} retry={() => void talk.reload()} />
          <Timeline
            tenant={tenant}
            talk={talk.data?.data ?? []}
            ledger={ledger.data ?? []}
            loading={talk.loading && !talk.data}
          />
        </section>
        <div class="stack">
          <section class="card stack" aria-labelledby="consent">
            <h2 id="consent">{w.ledger}</h2>
            {contact.dnc && <Note>{w.dnc}</Note>}
            <p>{sentence(visible(contact.because))}</p>
            <Wrong problem={ledger.problem} retry={() => void ledger.reload()} />
            {ledger.data?.length === 0 && <p class="soft">{w.noLedger}</p>}
            <ol class="stack tight">
              {ledger.data?.map((event) => (
                <li key={event.recorded_at + event.action} class={style.event}>
                  <span class="row apart">
                    <strong>{words.consentAction[event.action] ?? event.action}</strong>
                    <span class="small soft">
                      <Time at={event.occurred_at} />
                    </span>
                  </span>
                  <span class="small soft">
                    {words.consentMethod[event.method] ?? event.method}
                    {event.source && <bdi>: {visible(event.source)}</bdi>}
                  </span>
                </li>
              ))}
            </ol>
            <div class="row">
              {contact.dnc ? (
                <Button
                  busy={busy}
                  barred={barred(tenant, 'consent:write')}
                  onClick={() =>
                    void run(async () => {
                      await post(path(tenant, 'dnc', 'remove'), { phones: [contact.phone] });
                      say(w.dncUndone);
                      await refresh();
                    })
                  }
                >
                  {w.dncRemove}
                </Button>
              ) : (
                <Button barred={barred(tenant, 'consent:write')} onClick={() => setAsked('dnc')}>
                  {w.dncAdd}
                </Button>
              )}
              {contact.consent !== 'opted_out' && (
                <Button barred={barred(tenant, 'consent:write')} onClick={() => setAsked('opt-out')}>
                  {w.optOut}
                </Button>
              )}
            </div>
          </section>
          <Details contact={contact} />
        </div>
      </div>
      {asked === 'dnc' && (
        <Reason
          title={w.dncTitle(name)}
          about={w.dncAbout}
          label={w.dncReason}
          button={w.dncAdd}
          onClose={() => setAsked(undefined)}
          act={async (reason, key) => {
            await post(
              path(tenant, 'dnc'),
              { phones: [contact.phone], ...(reason ? { reason } : {}) },
              { key },
            );
            say(w.dncDone);
            await refresh();
          }}
        />
      )}
      {asked === 'opt-out' && (
        <Reason
          title={w.optOutTitle(name)}
          about={w.optOutAbout}
          label={w.optOutSource}
          button={w.optOut}
          required
          onClose={() => setAsked(undefined)}
          act={async (source, key) => {
            await post(path(tenant, 'consent'), { phone: contact.phone, action: 'opt_out', source }, { key });
            say(w.optOutDone);
            await refresh();
          }}
        />
      )}
      {asked === 'edit' && (
        <Edit
          tenant={tenant}
          contact={contact}
          onClose={() => setAsked(undefined)}
          onDone={() => void refresh()}
        />
      )}
      {asked === 'delete' && (
        <Reason
          title={w.deleteTitle(name)}
          about={w.deleteAbout}
          button={words.delete}
          onClose={() => setAsked(undefined)}
          act={async () => {
            await remove(address);
            say(w.deleted(name));
            go(to(tenant, 'contacts'), { replace: true });
          }}
        />
      )}
    </Page>
  );
}

// Texts both ways and what was said about consent, in one order, newest first.
function Timeline(props: { tenant: string; talk: Exchange[]; ledger: ConsentEvent[]; loading: boolean }) {
  const { tenant, talk, ledger, loading } = props;
  const rows = [
    ...talk.map((one) => ({ at: one.at, talk: one, event: undefined })),
    ...ledger.map((one) => ({ at: one.occurred_at, talk: undefined, event: one })),
  ].sort((a, b) => (a.at < b.at ? 1 : -1));
  if (loading) return <Loading />;
  if (rows.length === 0) return <p class="soft">{w.noTimeline}</p>;
  return (
    <ol class={bubbles.timeline}>
      {rows.map(({ at, talk: text, event }) =>
        text ? (
          <li
            key={`${text.direction}${text.message ?? text.inbound}`}
            class={text.direction === 'in' ? bubbles.in : bubbles.out}
          >
            <p class="small soft row">
              <strong>{text.direction === 'in' ? w.they : w.we}</strong>
              <Time at={at} />
              {text.direction === 'out' && <span>{words.outcome[text.status] ?? text.status}</span>}
              {text.campaign && <a href={to(tenant, 'campaigns', text.campaign)}>{text.campaign}</a>}
            </p>
            <p class={`${bubbles.text} theirs`} dir="auto">
              {visible(text.body)}
            </p>
          </li>
        ) : (
          <li key={`consent ${at} ${event?.action}`} class={style.mark}>
            <span>{words.consentAction[event?.action ?? ''] ?? event?.action}</span>
            <span class="small soft">
              <Time at={at} />
            </span>
          </li>
        ),
      )}
    </ol>
  );
}

function Details({ contact }: { contact: ContactView }) {
  const facts: [string, string][] = [
    [contactsWords.email, visible(contact.email)],
    [w.external, visible(contact.external_id)],
    [w.zone, contact.timezone || w.zoneTenant],
    [w.country, contact.country],
    ...Object.entries(contact.attributes).map(([name, value]): [string, string] => [
      visible(name),
      visible(value),
    ]),
    [w.messages, number(contact.messages)],
  ];
  return (
    <section class="card stack" aria-labelledby="details">
      <h2 id="details">{w.details}</h2>
      <dl class="facts">
        {facts
          .filter(([, value]) => value !== '')
          .map(([label, value]) => (
            <>
              <dt>
                <bdi>{label}</bdi>
              </dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </>
          ))}
        <dt>{contactsWords.lists}</dt>
        <dd class="row">
          {contact.lists.length ? contact.lists.map((one) => <Tag key={one}>{one}</Tag>) : words.none}
        </dd>
        <dt>{contactsWords.tags}</dt>
        <dd class="row">
          {contact.tags.length ? contact.tags.map((one) => <Tag key={one}>{visible(one)}</Tag>) : words.none}
        </dd>
        <dt>{contactsWords.added}</dt>
        <dd>
          <Time at={contact.created_at} />
        </dd>
      </dl>
    </section>
  );
}

// A question before something that matters, with words of one's own where they are kept.
function Reason(props: {
  title: string;
  about: string;
  label?: string;
  button: string;
  required?: boolean;
  onClose: () => void;
  act: (words: string, key: string) => Promise<void>;
}) {
  const { busy, problem, run } = useStep();
  const [text, setText] = useState('');
  const [key] = useState(newKey);
  return (
    <Dialog
      title={props.title}
      onClose={props.onClose}
      onSubmit={() => void run(() => props.act(text, key))}
      actions={
        <>
          <Button onClick={props.onClose}>{words.cancel}</Button>
          <Button kind="danger" type="submit" busy={busy}>
            {props.button}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      <p>{props.about}</p>
      {props.label && (
        <Field label={props.label} error={faultAt(problem, 'source') ?? faultAt(problem, 'reason')}>
          <input
            required={props.required ?? false}
            maxLength={500}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </Field>
      )}
    </Dialog>
  );
}

function Edit(props: { tenant: string; contact: ContactView; onClose: () => void; onDone: () => void }) {
  const { tenant, contact, onClose, onDone } = props;
  const { busy, problem, run } = useStep();
  const [values, setValues] = useState({
    first_name: contact.first_name,
    last_name: contact.last_name,
    email: contact.email,
    external_id: contact.external_id,
    timezone: contact.timezone,
    country: contact.country,
  });
  const [tags, setTags] = useState(contact.tags.join(', '));
  const input = (name: keyof typeof values, type = 'text') => (
    <input
      type={type}
      autocomplete="off"
      value={values[name]}
      onInput={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
    />
  );
  const save = () =>
    run(async () => {
      const changed = Object.entries(values).filter(
        ([name, value]) => contact[name as keyof typeof values] !== value,
      );
      const wanted = tags
        .split(',')
        .map((one) => one.trim())
        .filter(Boolean);
      await patch(path(tenant, 'contacts', contact.id), { ...Object.fromEntries(changed), tags: wanted });
      say(words.saved);
      onDone();
    });
  return (
    <Dialog
      title={w.edit}
      onClose={onClose}
      onSubmit={() => void save()}
      actions={
        <>
          <Button onClick={onClose}>{words.cancel}</Button>
          <Button kind="primary" type="submit" busy={busy}>
            {words.save}
          </Button>
        </>
      }
    >
      <Wrong problem={problem} focus />
      <div class="pair">
        <Field label={contactsWords.firstName} error={faultAt(problem, 'first_name')}>
          {input('first_name')}
        </Field>
        <Field label={contactsWords.lastName} error={faultAt(problem, 'last_name')}>
          {input('last_name')}
        </Field>
        <Field label={contactsWords.email} error={faultAt(problem, 'email')}>
          {input('email', 'email')}
        </Field>
        <Field label={w.external} error={faultAt(problem, 'external_id')}>
          {input('external_id')}
        </Field>
        <Field label={w.zone} error={faultAt(problem, 'timezone')}>
          {input('timezone')}
        </Field>
        <Field label={w.country} error={faultAt(problem, 'country')}>
          {input('country')}
        </Field>
      </div>
      <Field label={contactsWords.tags} hint={w.tagsHint} error={faultAt(problem, 'tags')}>
        <input value={tags} onInput={(event) => setTags(event.currentTarget.value)} />
      </Field>
    </Dialog>
  );
}
