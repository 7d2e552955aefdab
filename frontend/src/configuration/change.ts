// Changes to settings as new values. What is emptied is taken out, since the backend reads absent as its default.
import type { SwitchboardOptions } from '../types';

type Section = 'realtime' | 'historical' | 'limits';

/** `options` with `section.key` set; nothing, an empty text and NaN take it out. */
export function withSetting<S extends Section, K extends keyof NonNullable<SwitchboardOptions[S]>>(
  options: SwitchboardOptions,
  section: S,
  key: K,
  value: NonNullable<SwitchboardOptions[S]>[K] | undefined
): SwitchboardOptions {
  return { ...options, [section]: withField((options[section] ?? {}) as Record<string, unknown>, String(key), value) };
}

/** `object` with `key` set, or without it where `value` says nothing. */
export function withField<T extends object>(object: T, key: string, value: unknown): T {
  const { [key]: _before, ...rest } = object as Record<string, unknown>;
  const isEmpty = value === undefined || value === null || value === '' || Number.isNaN(value);
  return (isEmpty ? rest : { ...rest, [key]: value }) as T;
}

/** The number that was typed, if it is one. */
export function typedNumber(text: string): number | undefined {
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? undefined : number;
}
