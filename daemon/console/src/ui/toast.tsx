import { store } from '../store';
import style from './toast.module.css';

const shown = store<{ id: number; text: string }[]>([]);
let last = 0;

// Says what has happened, for a few seconds, to eyes and to screen readers.
export function say(text: string) {
  const id = ++last;
  shown.value = [...shown.value.slice(-2), { id, text }];
  setTimeout(() => (shown.value = shown.value.filter((one) => one.id !== id)), 6000);
}

export function Toasts() {
  return (
    <div class={style.toasts} role="status" aria-live="polite">
      {shown.value.map((one) => (
        <div key={one.id} class={style.toast}>
          {one.text}
        </div>
      ))}
    </div>
  );
}
