import { cloneElement, type ComponentChildren, type VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { Problem } from '../api/client';
import style from './field.module.css';

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  error?: string | undefined;
  children: VNode<Record<string, unknown>>;
}

// One thing to fill in: its name above, what helps below, and what is wrong with it in reach of a screen reader.
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const about = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div class={style.field}>
      <label class={style.label} for={id}>
        {label}
      </label>
      {cloneElement(children, {
        id,
        'aria-describedby': about || undefined,
        'aria-invalid': error ? 'true' : undefined,
      })}
      {hint && (
        <p id={`${id}-hint`} class="small soft">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} class={style.error}>
          {error}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps {
  type?: 'checkbox' | 'radio';
  name?: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  label: ComponentChildren;
  hint?: ComponentChildren;
}

export function Choice({ type = 'checkbox', name, checked, onChange, label, hint }: ChoiceProps) {
  return (
    <label class={style.choice}>
      <input
        type={type}
        {...(name ? { name } : {})}
        checked={checked}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        {label}
        {hint && <span class="small soft"> {hint}</span>}
      </span>
    </label>
  );
}

// What is wrong with one field of what was sent, or of the rest of it.
export const faultAt = (problem: Problem | undefined, name: string) => problem?.at(`/${name}`) || undefined;
