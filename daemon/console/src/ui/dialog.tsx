import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import style from './dialog.module.css';

interface DialogProps {
  title: string;
  onClose: () => void;
  onSubmit?: () => void;
  actions: ComponentChildren;
  children: ComponentChildren;
}

// A question before the rest of the page. The browser keeps the focus in it and gives it back.
export function Dialog({ title, onClose, onSubmit, actions, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current;
    if (shown && !shown.open) shown.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={style.dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <form
        class={style.body}
        onSubmit={(event) => {
          event.preventDefault();
          onSubmit?.();
        }}
      >
        <h2 id={id}>{title}</h2>
        {children}
        <div class={style.actions}>{actions}</div>
      </form>
    </dialog>
  );
}
