// A choice out of many that can be typed at: the ARIA pattern "editable combobox with list autocomplete".
import { useEffect, useRef, useState } from 'preact/hooks';
import { words } from 'words/shared';
import style from './combobox.module.css';

export interface Option {
  value: string;
  label: string;
  about?: string;
}

interface ComboboxProps {
  options: Option[];
  value: string;
  onChange: (value: string) => void;
  // What is typed may stand for a value that is no option; undefined: it does not.
  free?: (typed: string) => string | undefined;
  // From Field.
  id?: string;
  [name: string]: unknown;
}

const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

export function Combobox({ options, value, onChange, free, id = '', ...field }: ComboboxProps) {
  const labelOf = (one: string) => options.find((option) => option.value === one)?.label ?? one;
  const [typed, setTyped] = useState<string | undefined>();
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const found = typed ? options.filter((one) => plain(one.label).includes(plain(typed))) : options;

  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active, open]);

  const choose = (option: Option | undefined) => {
    const own = option ? undefined : typed && free?.(typed);
    if (option) onChange(option.value);
    else if (own) onChange(own);
    setTyped(undefined);
    setOpen(false);
  };
  const move = (by: number) => {
    if (!open) {
      setOpen(true);
      setActive(
        Math.max(
          0,
          found.findIndex((one) => one.value === value),
        ),
      );
    } else if (found.length) {
      setActive((active + by + found.length) % found.length);
    }
  };

  return (
    <div
      class={style.box}
      onFocusOut={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) choose(undefined);
      }}
    >
      <input
        {...field}
        id={id}
        type="text"
        role="combobox"
        autocomplete="off"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && found[active] ? `${id}-${active}` : undefined}
        value={typed ?? labelOf(value)}
        onClick={() => setOpen(true)}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setActive(0);
          setOpen(true);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') move(1);
          else if (event.key === 'ArrowUp') move(-1);
          else if (event.key === 'Enter' && open) choose(found[active]);
          else if (event.key === 'Escape' && open) choose(undefined);
          else return;
          event.preventDefault();
        }}
      />
      <ul
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label={words.choices}
        class={style.list}
        hidden={!open}
      >
        {open &&
          found.map((option, at) => (
            <li
              key={option.value}
              id={`${id}-${at}`}
              role="option"
              aria-selected={at === active}
              class={style.option}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => choose(option)}
            >
              <span>{option.label}</span>
              {option.about && <span class="soft small">{option.about}</span>}
            </li>
          ))}
        {open && found.length === 0 && (
          <li role="option" aria-selected="false" aria-disabled="true" class={style.none}>
            {words.noChoice}
          </li>
        )}
      </ul>
    </div>
  );
}
