import type { StatusText } from './worker.js';

/** The languages there are texts for, English apart. */
export const languages: string[];

/**
 * The card's texts in a language: `de`, `pt-BR`, or as the portal spells it, `la`, `br`, `ua`. None for English and
 * for a language that is not there.
 */
export function statusTexts(language: string | null | undefined): Partial<Record<StatusText, string>>;
