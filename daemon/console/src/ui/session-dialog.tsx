// Over whatever is being done: the session has ended, or the password is wanted again. What was asked for goes
// on afterwards, and nothing that was typed is lost.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { post } from '../api/client';
import { me, setMe, type SignIn } from '../api/session';
import { words } from 'words/shared';
import { signIn as w } from 'words/sign-in';
import { answer, type Question } from './ask-password';
import { Button } from './button';
import dialog from './dialog.module.css';
import { Field } from './field';
import { PasswordForm, SecondFactorForm } from './sign-in';
import { Wrong } from './state';
import { useStep } from './step';

export default function SessionDialog({ why }: { why: Question['why'] }) {
  const [ticket, setTicket] = useState('');
  const box = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    box.current?.showModal();
  }, []);
  const take = (came: SignIn) => {
    if (came.me) {
      const other = me.value && came.me.user !== me.value.user;
      setMe(came.me);
      answer(!other);
    } else {
      setTicket(came.ticket ?? '');
    }
  };
  return (
    <dialog
      ref={box}
      class={dialog.dialog}
      aria-labelledby={title}
      onCancel={(event) => {
        event.preventDefault();
        answer(false);
      }}
    >
      <div class={dialog.body}>
        <h2 id={title}>{why === 'ended' ? w.ended : w.stale}</h2>
        <p>{why === 'ended' ? w.endedAbout : w.staleAbout}</p>
        {why === 'stale' ? (
          <Fresh />
        ) : ticket ? (
          <SecondFactorForm ticket={ticket} onAnswer={take} />
        ) : (
          <PasswordForm {...(me.value ? { email: me.value.email } : {})} onAnswer={take} />
        )}
      </div>
    </dialog>
  );
}

function Fresh() {
  const { busy, problem, run } = useStep();
  const [password, setPassword] = useState('');
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void run(async () => {
          await post('/api/v1/auth/fresh', { password }, { open: true });
          answer(true);
        });
      }}
    >
      <Wrong problem={problem} focus />
      <Field label={w.password}>
        <input
          type="password"
          autocomplete="current-password"
          required
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
      </Field>
      <div class="row">
        <Button kind="primary" type="submit" busy={busy}>
          {w.goOn}
        </Button>
        <Button onClick={() => answer(false)}>{words.cancel}</Button>
      </div>
    </form>
  );
}
