"use client";

import {
  type ReactNode,
  type SubmitEvent,
  createContext,
  startTransition,
  useActionState,
  useContext,
  useEffect,
  useRef,
  useState,
} from "react";
import { type FormAction, type FormState, unsent } from "./form-state";
import { Notice } from "./notice";

type Answer = FormState & { readonly isPending: boolean };

const FormAnswer = createContext<Answer>({ ...unsent, isPending: false });

/** For fields and buttons: what was typed, what was refused, whether an answer is awaited. */
export function useFormAnswer(): Answer {
  return useContext(FormAnswer);
}

type Props = {
  readonly action: FormAction;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  readonly id?: string;
  /** What a refusal may have been about, beside the form's own fields: once it changes, the refusal is past. */
  readonly about?: string;
  /** Told once for every answer. */
  readonly onAnswer?: (state: FormState) => void;
};

/**
 * A form over a server action that works before any script has run. A refusal is shown on top and
 * takes the focus; what was typed stays.
 */
export function ActionForm({ action, children, className, id, about = "", onAnswer }: Props) {
  const [state, dispatch, isPending] = useActionState(action, unsent);
  const form = useRef<HTMLFormElement>(null);
  const notice = useRef<HTMLDivElement>(null);
  const { result } = state;

  const [refusedAbout, setRefusedAbout] = useState(about);
  const isPast = about !== refusedAbout;

  const told = useRef<FormState>(unsent);
  useEffect(() => {
    if (state === told.current) return;
    told.current = state;
    onAnswer?.(state);
    if (state.result?.ok !== false) return;
    const marked = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    (marked ?? notice.current)?.focus();
  }, [state, onAnswer]);

  // Left to itself React would reset the form after the action, and with it what was typed.
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget, event.nativeEvent.submitter);
    setRefusedAbout(about);
    if (!isPending) startTransition(() => dispatch(data));
  };

  return (
    <form ref={form} id={id} action={dispatch} onSubmit={submit} className={className} noValidate>
      {/* Taken away while the next answer is awaited: the same words again are a new alert. */}
      {result?.ok === false && !isPast && !isPending ? (
        <Notice kind="refusal" ref={notice}>
          {result.message}
        </Notice>
      ) : null}
      <FormAnswer.Provider value={{ ...state, isPending }}>{children}</FormAnswer.Provider>
    </form>
  );
}
